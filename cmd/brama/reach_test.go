package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Whoever cannot reach the database hears where to look, and the password never.
func TestAnUnreachableDatabaseIsExplained(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().String()
	free.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cases := map[string]string{
		"postgres://ann:s3cretpw@" + closed + "/brama":                                         "nothing listens at " + closed,
		"postgres://ann:s3cretpw@" + silent.Addr().String() + "/b?connect_timeout=1":           "does not answer in time",
		"postgres://ann:s3cr/et@pw@" + closed + "/brama":                                       "percent code",
		"postgres://ann:s3cretpw@" + closed + "/b?sslmode=verify-full&sslrootcert=/nowhere/ca": "the file /nowhere/ca, which cannot be read: no such file",
		"postgres://ann:s3cretpw@/brama?host=/nowhere/at/all":                                  "nothing listens at",
	}
	if at := os.Getenv("BRAMA_TEST_POSTGRES"); at != "" && at != "off" {
		real, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		none, stranger := *real, *real
		none.Path, stranger.User = "/nodb", url.UserPassword("nobody", "s3cretpw")
		cases[none.String()], cases[stranger.String()] = `has no database "nodb"`, `does not let user "nobody" in`
	}
	for address, want := range cases {
		_, err := storage{Data: t.TempDir(), Database: address}.open(context.Background(), false)
		if err == nil || !strings.HasPrefix(err.Error(), "--database: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cr") || strings.Contains(err.Error(), "et@pw")) {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

// A name server that does not answer says nothing about the name.
func TestANameThatCannotBeLookedUp(t *testing.T) {
	for says, lookup := range map[string]*net.DNSError{
		`there is no host "db.example"`:                {Err: "no such host", Name: "db.example", IsNotFound: true},
		`the name "db.example" could not be looked up`: {Err: "i/o timeout", Name: "db.example", IsTimeout: true},
	} {
		err := unreached("postgres://ann:s3cretpw@db.example/brama", fmt.Errorf("odd: %w", lookup))
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", lookup, err)
		}
	}
}

func TestWhatPostgresHasAgainstUs(t *testing.T) {
	for code, want := range map[string]string{
		"28P01": "does not let user", "28000": "pg_hba.conf", "3D000": "createdb -h db.example -p 5433 -O ann brama", "42501": "permission denied",
		"53300": "max_connections", "57P03": "starting or stopping", "XX000": "cannot be used: odd",
	} {
		err := unreached("postgres://ann:s3cretpw@db.example:5433/brama", fmt.Errorf("odd: %w", &pgconn.PgError{Code: code, Message: "permission denied"}))
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", code, err)
		}
	}
	err := unreached("postgres://ann:s3cretpw@db.example/brama", &net.DNSError{Name: "db.example", IsNotFound: true})
	if !strings.Contains(err.Error(), `there is no host "db.example"`) {
		t.Error(err)
	}
}

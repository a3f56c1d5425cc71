package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// unreached says of a PostgreSQL that could not be opened what is wrong and where to
// look. The password is never part of it; what it does not know stays as it was said.
func unreached(address string, err error) error {
	config, parsed := pgx.ParseConfig(address)
	var file *fs.PathError
	if errors.As(parsed, &file) { // a certificate or key that the address names
		return fmt.Errorf("--database: it names the file %s, which cannot be read: %w", file.Path, file.Err)
	}
	if parsed != nil {
		return errors.New("--database: it must be an address such as postgres://user:password@host:5432/name; a password with / @ : or % in it is written in percent code")
	}
	at := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if reason := refusedBy(err, at, config); reason != "" {
		return fmt.Errorf("--database: %s", reason)
	}
	if reason := silentAt(err, at, config); reason != "" {
		return fmt.Errorf("--database: %s", reason)
	}
	return fmt.Errorf("--database: PostgreSQL at %s cannot be used: %w", at, err)
}

// refusedBy is what a PostgreSQL that answered has against us.
func refusedBy(err error, at string, c *pgx.ConnConfig) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	switch pg.Code {
	case "28P01", "28000":
		return fmt.Sprintf("PostgreSQL at %s does not let user %q in: the password is wrong, there is no such user, or pg_hba.conf does not allow it (%s)", at, c.User, pg.Code)
	case "3D000":
		return fmt.Sprintf("PostgreSQL at %s has no database %q; make it: createdb -h %s -p %d -O %s %s", at, c.Database, c.Host, c.Port, c.User, c.Database)
	case "42501":
		return fmt.Sprintf("user %q may not do this in database %q: %s; the gateway makes its own tables, so let the user own the database", c.User, c.Database, pg.Message)
	case "53300":
		return fmt.Sprintf("PostgreSQL at %s has no connection left; the gateway takes up to 16: raise max_connections, or stop who holds them", at)
	case "57P03":
		return fmt.Sprintf("PostgreSQL at %s is starting or stopping; try again in a moment", at)
	}
	return ""
}

// silentAt is why nobody answers there.
func silentAt(err error, at string, c *pgx.ConnConfig) string {
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("there is no host %q; check the name in the address", c.Host)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %q could not be looked up: the name server does not answer; try again, or check this machine's DNS", c.Host)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return fmt.Sprintf("nothing listens at %s; is PostgreSQL running, and does it listen on that address and port (listen_addresses, port)?", at)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fmt.Sprintf("there is no way to %s from this machine; check the address and the network", at)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s does not answer in time; is the address right, and does a firewall let this machine through?", at)
	}
	return ""
}

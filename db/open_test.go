package db_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

func TestASecondProcessIsRefused(t *testing.T) {
	h := dbtest.SQLite(t, own())
	_, err := db.Open(context.Background(), h.Config)
	if !errors.Is(err, db.ErrInUse) {
		t.Errorf("a second Open = %v, want ErrInUse", err)
	}
	do(t, h, 1, increment(1)) // the first is not disturbed
	readOnly := h.Config
	readOnly.ReadOnly = true
	reader, err := db.Open(context.Background(), readOnly)
	if err != nil {
		t.Fatalf("a reader beside it: %v", err)
	}
	defer reader.Close()
	if _, err := db.Do(context.Background(), reader, 1, increment(1)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("writing through a reader = %v, want Unavailable", err)
	}
	h.Stop()
	again, err := db.Open(context.Background(), h.Config)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.Close()
}

func TestReadersDoNotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		if _, err := h.DB.Reader().Exec("UPDATE counter SET value = 9"); err == nil {
			t.Error("a reader's connection wrote")
		}
		if got := number(t, h, "SELECT value FROM counter WHERE shop_id = 1"); got != 0 {
			t.Errorf("the counter is at %d", got)
		}
	}, own())
}

func TestSQLiteSyncsEveryCommit(t *testing.T) {
	h := dbtest.SQLite(t, own())
	var mode string
	if err := h.DB.Reader().QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal_mode = %q, %v", mode, err)
	}
	if got := number(t, h, "PRAGMA query_only"); got != 1 {
		t.Errorf("query_only = %d on a reader", got)
	}
}

// The gateway's own tables come up on an empty database, twice without harm,
// also when several nodes start at the same time.
func TestTheGatewaysOwnTables(t *testing.T) {
	ctx := context.Background()
	now := dbtest.NewClock().Now
	t.Run("sqlite", func(t *testing.T) {
		config := db.Config{Path: filepath.Join(t.TempDir(), "brama.db"), Migrations: db.Migrations(), Now: now}
		for range 2 {
			d, err := db.Open(ctx, config)
			if err != nil {
				t.Fatal(err)
			}
			d.Close()
		}
	})
	t.Run("postgres", func(t *testing.T) {
		config := db.Config{URL: dbtest.PostgresURL(t), Schema: `Brama "main"`, Migrations: db.Migrations(), Writers: 1, Now: now}
		failed := make(chan error)
		for range 3 {
			go func() {
				d, err := db.Open(ctx, config)
				if err == nil {
					d.Close()
				}
				failed <- err
			}()
		}
		for range 3 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		d, err := db.Open(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var schema string
		if err := d.Reader().QueryRow("SELECT table_schema FROM information_schema.tables WHERE table_name = 'shop'").Scan(&schema); err != nil || schema != config.Schema {
			t.Errorf("the tables are in the schema %q, %v", schema, err)
		}
	})
}

func TestOpeningWhatIsNotThere(t *testing.T) {
	ctx := context.Background()
	now := dbtest.NewClock().Now
	missing := filepath.Join(t.TempDir(), "none.db")
	if _, err := db.Open(ctx, db.Config{Path: missing, ReadOnly: true, Now: now}); err == nil {
		t.Error("a reader made a database")
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("there is a file now")
	}
	_, err := db.Open(ctx, db.Config{URL: "postgres://root:sesame@[bad", Now: now})
	if err == nil || strings.Contains(err.Error(), "sesame") {
		t.Errorf("a bad address = %v; want an error without the password", err)
	}
}

// Every kind of column comes back as it was written, by each unique key.
func TestRowsComeBackAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		want := []item{
			{Shop: 1, ID: 1<<53 - 1, Name: "обід ☕ '\"\\", Parent: -1 << 62, State: 255, Open: true, Print: []byte{0, 1, 255}},
			{Shop: 1, ID: 0, Name: "", Print: nil},
			{Shop: 2, ID: 0, Name: ""},
		}
		for _, row := range want {
			do(t, h, row.Shop, act{decide: func(s *db.State) (int64, error) { items.Insert(s, &row); return 0, nil }})
		}
		for _, row := range want {
			do(t, h, row.Shop, act{
				reads: func(r *db.Reads) {
					itemsByName.Read(r, row.Name, row.Shop)
					itemsByName.Read(r, "absent", row.Shop)
					events.Read(r, row.ID, row.Shop)
				},
				decide: func(s *db.State) (int64, error) {
					byName, _ := itemsByName.Find(s, row.Name, row.Shop)
					byID, _ := items.Find(s, row.ID, row.Shop) // loaded by another key
					for _, got := range []*item{byName, byID} {
						if got == nil {
							return 0, fault.New(fault.NotFound, "no item %d of shop %d", row.ID, row.Shop)
						}
						row.Version = 1
						if !same(*got, row) {
							t.Errorf("got %+v, want %+v", *got, row)
						}
					}
					if _, ok := itemsByName.Find(s, "absent", row.Shop); ok {
						t.Error("found what is not there")
					}
					byName.State, byName.Print = 7, nil
					items.Update(s, byName)
					events.Insert(s, &event{Shop: row.Shop, ID: row.ID, Note: "seen"})
					return 0, nil
				},
			})
		}
		if got := number(t, h, "SELECT COUNT(*) FROM item WHERE state = 7 AND version = 2"); got != 3 {
			t.Errorf("%d rows were changed, want 3", got)
		}
		found, err := events.First(context.Background(), h.DB.Reader(), "shop_id = $1 ORDER BY id", 2)
		if err != nil || found == nil || found.Note != "seen" {
			t.Errorf("First = %+v, %v", found, err)
		}
		if found, err := events.First(context.Background(), h.DB.Reader(), "shop_id = $1", 9); err != nil || found != nil {
			t.Errorf("First of nothing = %+v, %v", found, err)
		}
	}, own())
}

func same(a, b item) bool {
	return bytes.Equal(a.Print, b.Print) && a.Shop == b.Shop && a.ID == b.ID && a.Name == b.Name && a.Parent == b.Parent &&
		a.State == b.State && a.Open == b.Open && a.Version == b.Version
}

// A thousand rows of one decision, in and out.
func TestManyRowsInOneDecision(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		const n = 1000
		do(t, h, 1, chain(n))
		sum := do(t, h, 1, act{
			reads: func(r *db.Reads) {
				for id := int64(1); id <= n; id++ {
					items.Read(r, id, int64(1))
				}
			},
			decide: func(s *db.State) (sum int64, err error) {
				for id := int64(1); id <= n; id++ {
					row, ok := items.Find(s, id, int64(1))
					if !ok {
						return 0, fault.New(fault.NotFound, "no item %d", id)
					}
					sum += row.ID
					row.Open = true
					items.Update(s, row)
				}
				return sum, nil
			},
		})
		if sum != n*(n+1)/2 || number(t, h, "SELECT COUNT(*) FROM item WHERE open AND version = 2") != n {
			t.Errorf("not every row was loaded and changed: sum %d", sum)
		}
	}, own())
}

// Whoever else has an account on the machine does not read the database, be its
// directory open to all.
func TestTheFilesAreTheOwnUsersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(context.Background(), db.Config{Path: filepath.Join(dir, "brama.db"), Migrations: db.Migrations(), Now: dbtest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
	}
}

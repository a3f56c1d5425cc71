package db

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/brama-pay/brama/fault"
)

func openEngine(t *testing.T) *sqliteEngine {
	t.Helper()
	e, err := openSQLiteEngine(filepath.Join(t.TempDir(), "a ?#%20b.db"), full) // a path that a URL could misread
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return e
}

func (e *sqliteEngine) must(t *testing.T, text string) {
	t.Helper()
	if err := e.exec(text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// A connection that answered before the disk has the commit must not serve.
func TestOnlyADurableDatabaseServes(t *testing.T) {
	for _, pragma := range []string{"synchronous = NORMAL", "synchronous = OFF", "journal_mode = DELETE"} {
		e := openEngine(t)
		if err := e.assertDurable(); err != nil {
			t.Fatalf("as opened: %v", err)
		}
		e.must(t, "PRAGMA "+pragma)
		if err := e.assertDurable(); err == nil {
			t.Errorf("with %s: no error", pragma)
		}
	}
}

func TestAnUpdateNamesTheVersionThatWasRead(t *testing.T) {
	ctx := context.Background()
	rows := NewTable("row", "id, name, version", "id", fieldsOf)
	e := openEngine(t)
	e.must(t, "CREATE TABLE row (id BIGINT PRIMARY KEY, name TEXT NOT NULL, version BIGINT NOT NULL)")
	e.must(t, "INSERT INTO row VALUES (1, 'one', 7)")
	for _, read := range []int64{6, 8, 7} {
		changed := &slot{table: rows.table, row: &row{ID: 1, Name: "uno"}, base: read, dirty: true}
		err := e.run(ctx, writeStatements([]*slot{changed}))
		var other unexpected
		if got := errors.As(err, &other); got != (read != 7) {
			t.Errorf("read at version %d: %v", read, err)
		}
	}
	var version int64
	look := statement{sql: "SELECT version FROM row", scan: func(row scanner) error { return row.Scan(&version) }}
	if err := e.run(ctx, []statement{look}); err != nil || version != 8 {
		t.Errorf("version = %d, %v; want 8", version, err)
	}
}

// Ever new statements do not fill the memory.
func TestPreparedStatementsAreBounded(t *testing.T) {
	e := openEngine(t)
	for i := range 2*maxPrepared + 10 {
		if _, err := e.prepare(fmt.Sprintf("SELECT %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.prepared) > maxPrepared {
		t.Errorf("%d statements are kept", len(e.prepared))
	}
}

// The driver binds ? by place and $1 by name: only what means the same may change.
func TestPositional(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT $1, $2":         "SELECT ?, ?",
		"SELECT 1":              "SELECT 1",
		"SELECT $2, $1":         "SELECT $2, $1",
		"SELECT $1, $1":         "SELECT $1, $1",
		"SELECT $1, $2, $1, $3": "SELECT $1, $2, $1, $3",
	} {
		if got := positional(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

func TestAssign(t *testing.T) {
	type number int64
	type small uint16
	type word string
	type yes bool
	var (
		n int64
		s string
		b bool
		d []byte
		a number
		u small
		w word
		y yes
	)
	row := liteRow{int64(1), "two", int64(1), []byte("4"), int64(5), int64(6), "seven", int64(1)}
	if err := row.Scan(&n, &s, &b, &d, &a, &u, &w, &y); err != nil {
		t.Fatal(err)
	}
	if n != 1 || s != "two" || !b || string(d) != "4" || a != 5 || u != 6 || w != "seven" || !bool(y) {
		t.Error(n, s, b, d, a, u, w, y)
	}
	for _, wrong := range []struct {
		to any
		v  driver.Value
	}{{&n, "1"}, {&s, int64(1)}, {&u, int64(-1)}, {&u, int64(1 << 16)}, {&w, nil}, {&b, "true"}, {&d, "x"}} {
		if err := (liteRow{wrong.v}).Scan(wrong.to); err == nil {
			t.Errorf("%#v fits %T", wrong.v, wrong.to)
		}
	}
	if err := (liteRow{int64(1)}).Scan(&n, &s); err == nil {
		t.Error("a row of one column fills two fields")
	}
}

// What a disk that failed reads as is no defect of ours: the callers hear that the
// database is not available.
func TestABrokenFileIsNotAvailable(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"a page":     func(b []byte) []byte { return append(b[:4096], bytes.Repeat([]byte{0xa5}, len(b)-4096)...) },
		"the header": func(b []byte) []byte { return append(bytes.Repeat([]byte{0xa5}, 100), b[100:]...) },
	} {
		path := filepath.Join(t.TempDir(), "broken.db")
		open := func() *sql.DB {
			pool, err := sql.Open("sqlite", "file:"+path)
			if err != nil {
				t.Fatal(err)
			}
			return pool
		}
		pool := open()
		if _, err := pool.Exec("CREATE TABLE counter (value BIGINT)"); err != nil {
			t.Fatal(err)
		}
		pool.Close()
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, spoil(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		pool = open()
		_, err = pool.Exec("INSERT INTO counter VALUES (1)")
		pool.Close()
		if got := translate(err); !fault.Is(got, fault.Unavailable) {
			t.Errorf("%s is broken: %v", name, got)
		}
	}
}

package db

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func openEngine(t *testing.T) *sqliteEngine {
	t.Helper()
	e, err := openSQLiteEngine(context.Background(), filepath.Join(t.TempDir(), "a ?#%20b.db"), true) // a path that a URL could misread
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return e
}

func (e *sqliteEngine) must(t *testing.T, text string) {
	t.Helper()
	if _, err := e.conn.ExecContext(context.Background(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// A connection that answered before the disk has the commit must not serve.
func TestOnlyADurableDatabaseServes(t *testing.T) {
	for _, pragma := range []string{"synchronous = NORMAL", "synchronous = OFF", "journal_mode = DELETE"} {
		e := openEngine(t)
		if err := e.assertDurable(context.Background()); err != nil {
			t.Fatalf("as opened: %v", err)
		}
		e.must(t, "PRAGMA "+pragma)
		if err := e.assertDurable(context.Background()); err == nil {
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
	if err := e.conn.QueryRowContext(ctx, "SELECT version FROM row").Scan(&version); err != nil || version != 8 {
		t.Errorf("version = %d, %v; want 8", version, err)
	}
}

// Ever new statements do not fill the memory.
func TestPreparedStatementsAreBounded(t *testing.T) {
	e := openEngine(t)
	for i := range 2*maxPrepared + 10 {
		text := "SELECT " + params(i, 1)
		if _, err := e.prepare(context.Background(), text); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.prepared) > maxPrepared {
		t.Errorf("%d statements are kept", len(e.prepared))
	}
}

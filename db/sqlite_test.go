package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
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
		err := e.write(ctx, []*slot{changed})
		var other unexpected
		if got := errors.As(err, &other); got != (read != 7) {
			t.Errorf("read at version %d: %v", read, err)
		}
	}
	if version, err := e.ask("SELECT version FROM row"); err != nil || version != "8" {
		t.Errorf("version = %s, %v; want 8", version, err)
	}
}

// Rows come back as they went, whatever their fields are made of.
func TestARowComesBackAsItWent(t *testing.T) {
	type (
		number int64
		small  uint16
		word   string
		yes    bool
	)
	type kept struct {
		Shop, ID int64
		N        int
		Number   number
		Small    small
		Tiny     int8
		Text     string
		Word     word
		True     bool
		Yes      yes
		Bytes    []byte
	}
	things := NewTable("thing", "shop, id, n, number, small, tiny, text, word, truth, yes, bytes", "id, word, shop", func(k *kept) []any {
		return []any{&k.Shop, &k.ID, &k.N, &k.Number, &k.Small, &k.Tiny, &k.Text, &k.Word, &k.True, &k.Yes, &k.Bytes}
	})
	e := openEngine(t)
	e.must(t, `CREATE TABLE thing (shop BIGINT, id BIGINT, n BIGINT, number BIGINT, small BIGINT, tiny BIGINT, text TEXT, word TEXT, truth BOOLEAN, yes BOOLEAN,
		bytes BYTEA, PRIMARY KEY (id, word, shop))`)
	for i, want := range []kept{
		{Shop: 1, ID: math.MaxInt64, N: -7, Number: math.MinInt64, Small: math.MaxUint16, Tiny: -128, Text: "до 0\x00 побачення", Word: "w", True: true, Yes: true, Bytes: []byte{0, 1, 255}},
		{Word: "", Bytes: []byte{}},
		{ID: 2, Word: "long", Text: strings.Repeat("x", 3*firstPiece), Bytes: bytes.Repeat([]byte{9}, 2*firstPiece)},
		{ID: 3, Text: strings.Repeat("y", firstPiece), Bytes: []byte{}},
	} {
		if err := e.write(t.Context(), []*slot{{table: things.table, row: &want, isNew: true}}); err != nil {
			t.Fatal(err)
		}
		key := things.lookup(&want, 0)
		found := &sheet{slots: map[lookup]*slot{}}
		if err := e.load(t.Context(), nil, []lookup{key}, found); err != nil {
			t.Fatal(err)
		}
		if found.slots[key] == nil || !reflect.DeepEqual(found.slots[key].row, &want) {
			t.Errorf("row %d came back otherwise", i)
		}
	}
	e.must(t, "UPDATE thing SET small = 65536 WHERE id = 2")
	if err := e.load(t.Context(), nil, []lookup{keyed(things.table, 0, []any{2, "long", 0})}, &sheet{slots: map[lookup]*slot{}}); err == nil {
		t.Error("65536 fits a uint16")
	}
	e.must(t, "UPDATE thing SET text = 5.5 WHERE id = 3")
	e.must(t, "UPDATE thing SET number = 'five' WHERE id = 0")
	if err := e.load(t.Context(), nil, []lookup{keyed(things.table, 0, []any{0, "", 0})}, &sheet{slots: map[lookup]*slot{}}); err == nil {
		t.Error("a text fits a number")
	}
}

// What another connection commits is seen at the next begin; our own is not.
func TestBeginTellsWhetherAnybodyElseWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "two.db")
	var engines []*sqliteEngine
	for range 2 {
		e, err := openSQLiteEngine(path, full)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.close)
		engines = append(engines, e)
	}
	engines[0].must(t, "CREATE TABLE row (id BIGINT PRIMARY KEY)")
	for i, step := range []struct {
		engine int
		text   string // "" writes nothing
		alone  bool
	}{
		{0, "", false}, {0, "INSERT INTO row VALUES (1)", true}, {0, "", true}, {1, "", false}, {1, "INSERT INTO row VALUES (2)", true},
		{0, "", false}, {0, "", true}, {1, "INSERT INTO row VALUES (3)", true}, {0, "INSERT INTO row VALUES (4)", false}, {1, "", false},
	} {
		e := engines[step.engine]
		alone, err := e.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && alone != step.alone {
			t.Errorf("step %d: alone is %t", i, alone)
		}
		if step.text != "" {
			e.must(t, step.text)
		}
		if err := e.commit(t.Context()); err != nil {
			t.Fatal(err)
		}
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
			t.Errorf("%s is broken: a reader hears %v", name, got)
		}
		e, err := openSQLiteEngine(path, full)
		if err == nil {
			err = e.exec("INSERT INTO counter VALUES (1)")
			e.close()
		}
		if got := translate(err); !fault.Is(got, fault.Unavailable) {
			t.Errorf("%s is broken: the writer hears %v", name, got)
		}
	}
}

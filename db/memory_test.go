package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// behind writes to the database as no process of ours does.
func behind(t *testing.T, h *dbtest.House, text string) {
	t.Helper()
	if h.Config.URL != "" {
		rawExec(t, rawConn(t, h.Config.URL), text)
		return
	}
	pool, err := sql.Open("sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// What the writer remembers is never taken for what is on the disk when another
// one wrote: not by the one that is alone, and not by the ones that only guess by it
// what will be read.
func TestWhatOthersWroteIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		for range 2 { // the second time from memory
			if _, err := db.Do(t.Context(), h.DB, 5, increment(5)); !fault.Is(err, fault.NotFound) {
				t.Fatalf("a counter that is not there: %v", err)
			}
		}
		behind(t, h, "INSERT INTO counter (shop_id, name, value, version) VALUES (5, 'c', 10, 1)")
		if got := do(t, h, 5, increment(5)); got != 11 {
			t.Errorf("after another one's insert: %d", got)
		}
		if got := do(t, h, 5, increment(5)); got != 12 {
			t.Errorf("after our own: %d", got)
		}
		behind(t, h, "UPDATE counter SET value = 20, version = version + 1 WHERE shop_id = 5")
		if got := do(t, h, 5, increment(5)); got != 21 {
			t.Errorf("after another one's update: %d", got)
		}
		behind(t, h, "DELETE FROM counter WHERE shop_id = 5")
		if _, err := db.Do(t.Context(), h.DB, 5, increment(5)); !fault.Is(err, fault.NotFound) {
			t.Errorf("after another one's deletion: %v", err)
		}
	}, own())
}

// One row names the next: when another one leads the path elsewhere, it is followed
// to where it leads now.
func TestAPathThatAnotherOneChangedIsFollowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		do(t, h, 1, chain(9))
		for range 2 {
			if got := do(t, h, 1, follow(9)); got != 45 {
				t.Fatalf("nine levels sum to %d", got)
			}
		}
		behind(t, h, "UPDATE item SET parent = 3, version = version + 1 WHERE id = 9")
		if got := do(t, h, 1, follow(9)); got != 9+3+2+1 {
			t.Errorf("after another one's change the path sums to %d", got)
		}
		behind(t, h, "UPDATE item SET parent = 8, version = version + 1 WHERE id = 9")
		behind(t, h, "UPDATE item SET parent = 0, version = version + 1 WHERE id = 8")
		if got := do(t, h, 1, follow(9)); got != 9+8 {
			t.Errorf("after another change the path sums to %d", got)
		}
	}, own())
}

// A batch that was undone leaves nothing in the writer's memory: the next one
// starts from what is stored.
func TestWhatWasUndoneIsForgotten(t *testing.T) {
	h := dbtest.SQLite(t, own())
	do(t, h, 1, increment(1))
	behind(t, h, "CREATE TRIGGER full BEFORE UPDATE ON counter WHEN NEW.value > 2 BEGIN SELECT RAISE(ABORT, 'no'); END")
	do(t, h, 1, increment(1))
	for range 3 {
		if _, err := db.Do(t.Context(), h.DB, 1, increment(1)); err == nil {
			t.Fatal("the trigger let it through")
		}
	}
	behind(t, h, "DROP TRIGGER full")
	if got := do(t, h, 1, increment(1)); got != 3 {
		t.Errorf("the counter is %d; want 3", got)
	}
	refused := errors.New("refused")
	_, err := db.Do(t.Context(), h.DB, 1, act{reads: increment(1).reads, decide: func(s *db.State) (int64, error) {
		_, _ = increment(1).decide(s)
		return 0, refused
	}})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if got := do(t, h, 1, increment(1)); got != 4 {
		t.Errorf("after a refusal the counter is %d; want 4", got)
	}
}

// A commit whose answer was lost may have been done: what was remembered from
// before it is worth nothing.
func TestACommitOfUnknownOutcomeIsForgotten(t *testing.T) {
	for _, done := range []bool{true, false} {
		var d *db.DB
		lose := false
		d, err := db.Open(t.Context(), db.Config{
			Path: filepath.Join(t.TempDir(), "lost.db"), Migrations: os.DirFS("testdata/migrations"), Now: dbtest.NewClock().Now,
			Simulation: &db.Simulation{
				Commit: func(_ []any, commit func() error) error {
					if !lose || done {
						if err := commit(); err != nil {
							return err
						}
					}
					if lose {
						return errors.New("the answer was lost")
					}
					return nil
				},
				Wait: func(ctx context.Context, ready func() bool) {
					for !ready() {
						_, _ = d.Writers()[0].Step(ctx)
					}
				},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		want := int64(1)
		look := act{reads: increment(1).reads, decide: func(s *db.State) (int64, error) {
			if row, ok := counters.Find(s, "c", 1); ok {
				return row.Value, nil
			}
			return 0, nil
		}}
		for _, lost := range []bool{false, true, false} {
			lose = lost
			got, err := db.Do(t.Context(), d, 1, increment(1))
			if lost != fault.Is(err, fault.Unknown) || !lost && got != want {
				t.Errorf("done %t, lost %t: %d, %v; want %d", done, lost, got, err, want)
			}
			if !lost || done {
				want++
			}
			lose = false
			if got, err := db.Do(t.Context(), d, 1, look); err != nil || got != want-1 { // what only looks meets no guard
				t.Errorf("done %t, lost %t: it is seen as %d, %v; want %d", done, lost, got, err, want-1)
			}
		}
	}
}

// More rows than are remembered, each changed twice, in two orders: every change
// is kept, whatever was forgotten meanwhile.
func TestMoreRowsThanAreRemembered(t *testing.T) {
	h := dbtest.SQLite(t, own())
	const rows, each = 20_000, 500
	many := func(from int64, change func(*db.State, int64)) {
		t.Helper()
		do(t, h, 1, act{reads: func(r *db.Reads) {
			for i := range int64(each) {
				items.Read(r, from+i, 1)
			}
		}, decide: func(s *db.State) (int64, error) {
			for i := range int64(each) {
				change(s, from+i)
			}
			return 0, nil
		}})
	}
	rename := func(s *db.State, id int64) {
		row, ok := items.Find(s, id, 1)
		if !ok {
			t.Fatalf("item %d is gone", id)
		}
		row.Parent++
		items.Update(s, row)
	}
	for from := int64(0); from < rows; from += each {
		many(from, func(s *db.State, id int64) { items.Insert(s, &item{Shop: 1, ID: id, Name: fmt.Sprint(id)}) })
	}
	for from := int64(0); from < rows; from += each {
		many(from, rename)
	}
	for from := int64(rows - each); from >= 0; from -= each {
		many(from, rename)
	}
	found, err := items.Select(t.Context(), h.DB.Reader(), "shop_id = $1 AND parent = 2 AND version = 3", int64(1))
	if err != nil || len(found) != rows {
		t.Errorf("%d rows were changed twice, %v; want %d", len(found), err, rows)
	}
}

package db_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// The tables of these tests: see testdata/migrations.

type counter struct {
	Shop    int64
	Name    string
	Value   int64
	Version int64
}

var counters = db.NewTable("counter", "shop_id, name, value, version", "name, shop_id", func(r *counter) []any {
	return []any{&r.Shop, &r.Name, &r.Value, &r.Version}
})

type state uint8

type item struct {
	Shop, ID int64
	Name     string
	Parent   int64
	State    state
	Open     bool
	Print    []byte
	Version  int64
}

var items = db.NewTable("item", "shop_id, id, name, parent, state, open, print, version", "id, shop_id", func(r *item) []any {
	return []any{&r.Shop, &r.ID, &r.Name, &r.Parent, &r.State, &r.Open, &r.Print, &r.Version}
})

var itemsByName = items.Unique("name, shop_id")

type event struct {
	Shop, ID int64
	Note     string
}

var events = db.NewTable("event", "shop_id, id, note", "id, shop_id", func(r *event) []any {
	return []any{&r.Shop, &r.ID, &r.Note}
})

// own brings up these tables instead of the gateway's.
func own() dbtest.Option { return dbtest.Migrations(os.DirFS("testdata/migrations")) }

// act is a use case made of two functions.
type act struct {
	reads  func(*db.Reads)
	decide func(*db.State) (int64, error)
}

func (a act) Reads(r *db.Reads) {
	if a.reads != nil {
		a.reads(r)
	}
}

func (a act) Decide(s *db.State) (int64, error) { return a.decide(s) }

// increment adds one to a shop's counter and answers with the new value.
func increment(shop int64) act {
	return act{
		reads: func(r *db.Reads) { counters.Read(r, "c", shop) },
		decide: func(s *db.State) (int64, error) {
			row, ok := counters.Find(s, "c", shop)
			if !ok {
				return 0, fault.New(fault.NotFound, "no counter")
			}
			row.Value++
			counters.Update(s, row)
			return row.Value, nil
		},
	}
}

// insert adds an item without looking whether it is there.
func insert(shop, id int64, name string) act {
	return act{decide: func(s *db.State) (int64, error) {
		items.Insert(s, &item{Shop: shop, ID: id, Name: name})
		return id, nil
	}}
}

func do(t testing.TB, h *dbtest.House, shop int64, u act) int64 {
	t.Helper()
	got, err := db.Do(context.Background(), h.DB, shop, u)
	if err != nil {
		t.Fatalf("a use case that must succeed: %v", err)
	}
	return got
}

func wantKind(t testing.TB, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("error %v; want kind %d", err, kind)
	}
}

// number asks the database directly, past everything under test.
func number(t testing.TB, h *dbtest.House, text string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := h.DB.Reader().QueryRow(text, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// waiting is the answer of a use case that stands in a queue.
type waiting struct {
	done  chan struct{}
	value int64
	err   error
}

// enqueue puts a use case into the queue of an idle house, behind those that
// were put there before.
func enqueue(t testing.TB, ctx context.Context, h *dbtest.House, shop int64, u db.UseCase[int64]) *waiting {
	t.Helper()
	w := &waiting{done: make(chan struct{})}
	before := h.DB.Queued()
	go func() {
		defer close(w.done)
		w.value, w.err = db.Do(ctx, h.DB, shop, u)
	}()
	for range 10_000 {
		if h.DB.Queued() > before {
			return w
		}
		time.Sleep(50 * time.Microsecond)
	}
	t.Fatal("the use case did not reach the queue")
	return nil
}

// step runs every batch that is queued and gives how many commits that were.
func step(t testing.TB, h *dbtest.House) int64 {
	t.Helper()
	before := h.DB.Stats.Batches.Load()
	for _, w := range h.DB.Writers() {
		for {
			worked, err := w.Step(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if !worked {
				break
			}
		}
	}
	return h.DB.Stats.Batches.Load() - before
}

// answer waits for the answer.
func (w *waiting) answer() (int64, error) {
	<-w.done
	return w.value, w.err
}

package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// nodeOf is the node number in an id.
func nodeOf(id int64) int64 { return id >> 6 & 63 }

func TestIDsOfAllNodesDiffer(t *testing.T) {
	clock := dbtest.NewClock()
	seen := map[int64]bool{}
	for node := range int64(db.Nodes) {
		clock.Set(dbtest.Start)
		ids := db.NewIDs(node, clock.Now)
		last := int64(0)
		for i := range 1000 {
			switch i % 300 { // bursts of more than 64 in a millisecond, steps forth and back
			case 100:
				clock.Add(time.Second)
			case 200:
				clock.Add(-5 * time.Second)
			}
			id := ids.Next()
			if id <= last || id >= 1<<53 || seen[id] || nodeOf(id) != node {
				t.Fatalf("node %d draws %d after %d (seen: %v)", node, id, last, seen[id])
			}
			seen[id], last = true, id
		}
	}
}

func TestAnIDTellsItsTime(t *testing.T) {
	clock := dbtest.NewClock()
	ids := db.NewIDs(5, clock.Now)
	if id := ids.Next(); id < db.FirstID(clock.Now()) || id >= db.FirstID(clock.Now()+1) {
		t.Errorf("id %d is not of its millisecond, which begins at %d", id, db.FirstID(clock.Now()))
	}
	if at := db.TimeOf(ids.Next()); at != clock.Now() {
		t.Errorf("drawn at %d, tells %d", clock.Now(), at)
	}
	if db.Epoch != time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() {
		t.Error("the epoch is not the start of 2026")
	}
	clock.Set(time.Date(2095, 1, 1, 0, 0, 0, 0, time.UTC))
	if id := db.NewIDs(63, clock.Now).Next(); id >= 1<<53 || id < 0 {
		t.Errorf("in 2095 an id is %d, not below 2^53", id)
	}
}

func TestSixtyFourNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		taken := map[int64]bool{nodeOf(h.DB.NewID()): true} // the house's own
		join := func(holder string) int64 {
			t.Helper()
			if err := h.DB.Join(ctx, holder); err != nil {
				t.Fatalf("%s: %v", holder, err)
			}
			return nodeOf(h.DB.NewID())
		}
		for i := 1; i < db.Nodes; i++ {
			taken[join(fmt.Sprint("holder ", i))] = true
		}
		if len(taken) != db.Nodes {
			t.Fatalf("%d holders have %d numbers", db.Nodes, len(taken))
		}
		wantKind(t, h.DB.Join(ctx, "one too many"), fault.Unavailable)

		last := join("holder 63") // the same holder renews
		h.Clock.Add(time.Duration(db.Lease-1) * time.Millisecond)
		if got := join("holder 63"); got != last {
			t.Errorf("renewed with number %d, had %d", got, last)
		}
		if at := db.TimeOf(h.DB.NewID()); at != h.Clock.Now() {
			t.Errorf("renewing moved the ids by %d ms", at-h.Clock.Now())
		}
		wantKind(t, h.DB.Join(ctx, "one too many"), fault.Unavailable)
		h.Clock.Add(2 * time.Millisecond) // every lease but the renewed one has ended
		if got := join("one too many"); got == last {
			t.Errorf("took over number %d, which was renewed", got)
		}
	}, own())
}

// Whoever takes over a number draws above everything its holder may have drawn,
// though that ran ahead of the clock.
func TestATakenOverNumberDrawsNothingTwice(t *testing.T) {
	h := dbtest.Postgres(t, own())
	ctx := context.Background()
	first := h.Another(t)
	number := nodeOf(first.DB.NewID())
	drawn := map[int64]bool{}
	for range 5000 { // 78 ms of ids, while the clock stands
		drawn[first.DB.NewID()] = true
	}
	for i := range db.Nodes { // all other numbers are held by somebody
		_ = h.DB.Join(ctx, fmt.Sprint("holder ", i)) // the last ones find none
	}
	if err := first.DB.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	h.Clock.Add(100 * time.Millisecond)
	second := h.Another(t)
	h.Clock.Set(dbtest.Start) // as a clock that is put right
	for range 5000 {
		id := second.DB.NewID()
		if nodeOf(id) != number {
			t.Fatalf("the number %d was left, %d is taken", number, nodeOf(id))
		}
		if drawn[id] {
			t.Fatalf("id %d is drawn twice", id)
		}
	}
}

func TestALeftNumberIsNotTakenWhileItsIDsLieAhead(t *testing.T) {
	h := dbtest.Postgres(t, own())
	first := h.Another(t)
	number := nodeOf(first.DB.NewID())
	for range 5000 {
		first.DB.NewID()
	}
	if err := first.DB.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := nodeOf(h.Another(t).DB.NewID()); got == number {
		t.Errorf("number %d is taken though its ids lie ahead of the clock", number)
	}
}

// The clock is put forward: until they have said that they live, the numbers of all
// nodes look free. Whoever comes takes one that nobody has.
func TestAStepForwardGivesNobodysNumberAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		holds := nodeOf(h.DB.NewID())
		h.Clock.Add(time.Hour)
		for i := range 3 {
			if err := h.DB.Join(context.Background(), fmt.Sprint("another ", i)); err != nil {
				t.Fatal(err)
			}
			if got := nodeOf(h.DB.NewID()); got == holds {
				t.Errorf("number %d was given away", got)
			}
		}
	}, own())
}

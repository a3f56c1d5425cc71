package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// fakeDue is a scan over a list, oldest first.
type fakeDue struct {
	rows  []db.Key
	err   error
	scans int
}

func (f *fakeDue) scan(_ context.Context, _ int64, limit int) ([]db.Key, error) {
	f.scans++
	return append([]db.Key(nil), f.rows[:min(limit, len(f.rows))]...), f.err
}

func TestWhatIsDueGoesToOneLoop(t *testing.T) {
	clock, rows := dbtest.NewClock(), &fakeDue{}
	for id := range int64(500) {
		rows.rows = append(rows.rows, db.Key{Shop: 1, ID: id})
	}
	due := &db.Due{Scan: rows.scan, Now: clock.Now}
	for want := range int64(500) { // none is given back meanwhile, and all stay due
		k, ok, err := due.Next(context.Background())
		if err != nil || !ok || k.ID != want {
			t.Fatalf("Next = %v, %v, %v; want row %d", k, ok, err, want)
		}
	}
	if k, ok, _ := due.Next(context.Background()); ok {
		t.Errorf("%v is given to a second loop", k)
	}
	clock.Add(time.Second)
	due.Done(db.Key{Shop: 1, ID: 3}, nil)
	if k, ok, _ := due.Next(context.Background()); !ok || k.ID != 3 {
		t.Errorf("what was given back and is still due: %v, %v", k, ok)
	}
}

func TestAnIdleScanIsNotRepeatedAtOnce(t *testing.T) {
	clock, rows := dbtest.NewClock(), &fakeDue{}
	due := &db.Due{Scan: rows.scan, Now: clock.Now}
	for range 10 {
		if _, ok, err := due.Next(context.Background()); ok || err != nil {
			t.Fatal("something is due", err)
		}
	}
	if rows.scans != 1 {
		t.Errorf("%d scans in one instant, want 1", rows.scans)
	}
	rows.rows = []db.Key{{Shop: 1, ID: 1}}
	clock.Add(time.Second)
	if _, ok, _ := due.Next(context.Background()); !ok {
		t.Error("what became due is not found")
	}
	clock.Add(-time.Hour) // a clock that steps back must not put the loops to sleep
	rows.rows = []db.Key{{Shop: 1, ID: 2}}
	if _, ok, _ := due.Next(context.Background()); !ok {
		t.Error("nothing is found after the clock stepped back")
	}
}

func TestAScanThatFailsIsToldAndTriedAgain(t *testing.T) {
	rows := &fakeDue{err: errors.New("no database")}
	due := &db.Due{Scan: rows.scan, Now: dbtest.NewClock().Now}
	if _, ok, err := due.Next(context.Background()); ok || err == nil {
		t.Error("the failure is not told")
	}
	rows.err, rows.rows = nil, []db.Key{{Shop: 1, ID: 1}}
	if _, ok, err := due.Next(context.Background()); !ok || err != nil {
		t.Errorf("afterwards = %v, %v", ok, err)
	}
}

// Rows whose work fails again and again must not keep those behind them from
// being found, however many they are.
func TestRowsThatFailRest(t *testing.T) {
	clock, rows := dbtest.NewClock(), &fakeDue{}
	for id := range int64(300) {
		rows.rows = append(rows.rows, db.Key{Shop: 1, ID: id})
	}
	due := &db.Due{Scan: rows.scan, Now: clock.Now}
	broken := errors.New("a defect")
	seen := map[int64]int{}
	for range 3 * 60 * 4 {
		for {
			k, ok, err := due.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			seen[k.ID]++
			if k.ID < 200 {
				due.Done(k, broken)
			} else {
				due.Done(k, nil)
				rows.rows = slices.DeleteFunc(rows.rows, func(other db.Key) bool { return other == k })
			}
		}
		clock.Add(250 * time.Millisecond)
	}
	for id := range int64(300) {
		if n := seen[id]; id >= 200 && n != 1 || id < 200 && (n < 5 || n > 20) {
			t.Errorf("row %d was worked on %d times", id, n)
		}
	}
}

package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

func TestAStepOfTheClockIsNoticed(t *testing.T) {
	clock, steady := dbtest.NewClock(), time.Duration(0)
	steps := &db.Steps{Now: clock.Now, Steady: func() time.Duration { return steady }}
	pass := func(d time.Duration) { clock.Add(d); steady += d }
	look := func(want time.Duration) {
		t.Helper()
		if got := steps.Look(); got != want.Milliseconds() {
			t.Errorf("moved by %d ms, want %s", got, want)
		}
	}
	look(0)
	if pass(time.Minute); !steps.Within(2*time.Minute) || steps.Within(time.Minute) {
		t.Error("what was before the first look is not doubted for as long as it is asked for")
	}
	pass(30 * time.Hour)
	look(0) // a process that stood still saw no step
	if steps.Within(30 * time.Hour) {
		t.Error("a step that never was is remembered")
	}
	clock.Add(-time.Hour)
	look(-time.Hour)
	look(0)
	clock.Add(24 * time.Hour)
	if !steps.Within(time.Second) { // it looks by itself
		t.Error("a step is not noticed when it is asked for")
	}
	pass(59 * time.Second)
	if !steps.Within(time.Minute) || steps.Within(59*time.Second) {
		t.Error("a step is not remembered as long as it is asked for")
	}
	for range 3 {
		clock.Add(400 * time.Millisecond)
	}
	look(1200 * time.Millisecond)
	for range 2 { // small ones add up
		clock.Add(600 * time.Millisecond)
		steps.Within(0)
	}
	if !steps.Within(time.Second) {
		t.Error("two steps of 0.6 s are none")
	}
	var none *db.Steps
	if none.Look() != 0 || none.Within(time.Hour) {
		t.Error("nobody who looks sees a step")
	}
}

// A row that failed just before the clock was put back rests a moment, not until
// the clock comes there again.
func TestARestEndsThoughTheClockIsPutBack(t *testing.T) {
	clock, rows := dbtest.NewClock(), &fakeDue{rows: []db.Key{{Shop: 1, ID: 1}}}
	due := &db.Due{Scan: rows.scan, Now: clock.Now}
	k, ok, err := due.Next(context.Background())
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	due.Done(k, errors.New("a defect"))
	clock.Add(500 * time.Millisecond)
	if _, ok, _ := due.Next(context.Background()); ok {
		t.Error("a row that failed does not rest")
	}
	clock.Add(-time.Hour)
	if _, ok, _ := due.Next(context.Background()); !ok {
		t.Error("a row that failed rests for an hour")
	}
}

func TestRecallCallsEachRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		do(t, h, 1, act{decide: func(s *db.State) (int64, error) {
			for id := range int64(700) { // more than a page
				events.Insert(s, &event{Shop: 1, ID: id + 1, Note: "x"})
			}
			return 0, nil
		}})
		seen := map[int64]int{}
		const text = "SELECT shop_id, id FROM event WHERE id > $1 AND id > $2 ORDER BY id LIMIT $3"
		n, err := db.RecallRows(context.Background(), h.DB.Reader(), text, 0, func(k db.Key) error { seen[k.ID]++; return nil })
		if err != nil || n != 700 || len(seen) != 700 {
			t.Errorf("%d rows, %d of them different, %v", n, len(seen), err)
		}
		if n, err := db.RecallRows(context.Background(), h.DB.Reader(), text, 695, func(db.Key) error { return nil }); n != 5 || err != nil {
			t.Errorf("%d rows lie after 695, %v", n, err)
		}
		broken := errors.New("not now")
		if n, err := db.RecallRows(context.Background(), h.DB.Reader(), text, 0, func(db.Key) error { return broken }); n != 0 || !errors.Is(err, broken) {
			t.Errorf("%d rows, %v", n, err)
		}
	}, own())
}

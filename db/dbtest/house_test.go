package dbtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// marks is a table of the gateway that any database has.
type mark struct {
	Name, Value string
	Version     int64
}

var marks = db.NewTable("house", "name, value, version", "name", func(r *mark) []any {
	return []any{&r.Name, &r.Value, &r.Version}
})

type put struct{ name string }

func (p put) Reads(r *db.Reads) { marks.Read(r, p.name) }

func (p put) Decide(s *db.State) (bool, error) {
	if _, there := marks.Find(s, p.name); there {
		return false, nil
	}
	marks.Insert(s, &mark{Name: p.name})
	return true, nil
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	for range 2 {
		dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
			for _, want := range []bool{true, false} {
				if got, err := db.Do(context.Background(), h.DB, db.House, put{"demo"}); err != nil || got != want {
					t.Fatalf("put = %v, %v; want %v", got, err, want)
				}
			}
		})
	}
}

func TestRowsOutliveARestart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		if _, err := db.Do(context.Background(), h.DB, db.House, put{"demo"}); err != nil {
			t.Fatal(err)
		}
		before := h.DB.NewID()
		h.Restart(t)
		if fresh, err := db.Do(context.Background(), h.DB, db.House, put{"demo"}); err != nil || fresh {
			t.Fatalf("put after the restart = %v, %v; want the row to be there", fresh, err)
		}
		if after := h.DB.NewID(); after == before {
			t.Errorf("id %d was drawn before and after the restart", after)
		}
	})
}

func TestClock(t *testing.T) {
	c := dbtest.NewClock()
	first, second := c.Now(), c.Now()
	if first != dbtest.Start.UnixMilli() || first != second {
		t.Error("a new clock does not stand at Start")
	}
	c.Add(time.Minute)
	if c.Now() != dbtest.Start.UnixMilli()+60_000 {
		t.Error("Add does not move it")
	}
	r := dbtest.NewRunningClock()
	r.Set(dbtest.Start)
	if gone := r.Now() - dbtest.Start.UnixMilli(); gone < 0 || gone > 10_000 {
		t.Errorf("a running clock set to Start shows %d ms more", gone)
	}
}

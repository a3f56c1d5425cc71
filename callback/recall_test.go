package callback

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
)

// A message that a wrong clock put off is due now, and stays the same message.
func TestRecall(t *testing.T) {
	for _, c := range []struct {
		status    Status
		due, want int64
	}{{Waiting, 601, 100}, {Waiting, 600, 600}, {Parked, 0, 0}} {
		m := Message{Shop: 1, ID: 2, Object: 3, Seq: 1, Status: c.status, Tries: 4, StartedAt: 50, DueAt: c.due, Version: 1}
		s := db.NewState(100, nil)
		messages.Put(s, &m)
		if _, err := (recall{shop: 1, id: 2, after: 600}).Decide(s); err != nil {
			t.Fatal(err)
		}
		if got, _ := messages.Find(s, int64(2), int64(1)); got.DueAt != c.want || got.Tries != 4 || got.StartedAt != 50 {
			t.Errorf("%s, due %d: %+v", c.status, c.due, got)
		}
	}
}

// No try is put off further than Farthest, the spread included.
func TestNoTryIsPutOffFurther(t *testing.T) {
	longest := pauses[len(pauses)-1]
	if most := longest + longest/jitterScale*jitterMost + Lease*time.Millisecond; most >= Farthest {
		t.Errorf("a try may be put off by %s", most)
	}
}

package callback

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
)

func TestScheduleIsThePublishedOne(t *testing.T) {
	want := []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour,
	}
	const start = 1_000_000
	now := int64(start)
	for i, pause := range want {
		due, ok := next(int64(i+1), start, now, 0)
		if !ok || due-now != pause.Milliseconds() {
			t.Fatalf("after try %d: %d ms, %v; want %v", i+1, due-now, ok, pause)
		}
		now = due
	}
}

func TestScheduleEndsAfterThreeDays(t *testing.T) {
	for _, jitter := range []int64{-jitterMost, 0, jitterMost} {
		const start = 1_000_000
		now, tried := int64(start), int64(1)
		for ; ; tried++ {
			due, ok := next(tried, start, now, jitter)
			if !ok {
				break
			}
			now = due
		}
		last := time.Duration(now-start) * time.Millisecond
		if last > 72*time.Hour || last < 67*time.Hour {
			t.Errorf("jitter %d: the last of %d tries comes %v after the first", jitter, tried, last)
		}
	}
}

func TestJitterIsWithinATenth(t *testing.T) {
	seen := map[int64]bool{}
	for bits := range 1 << 16 {
		j := jitterOf(uint16(bits))
		if j < -jitterMost || j > jitterMost {
			t.Fatalf("jitterOf(%d) = %d", bits, j)
		}
		seen[j] = true
		due, _ := next(1, 0, 0, j)
		if due < 4500 || due > 5500 {
			t.Fatalf("5 s with jitter %d are %d ms", j, due)
		}
	}
	if len(seen) != 2*jitterMost+1 {
		t.Errorf("only %d different jitters", len(seen))
	}
}

func TestATryEndsWithinItsLease(t *testing.T) {
	if timeout.Milliseconds() >= Lease || NewClient(Guard{}).Timeout != timeout {
		t.Error("two tries of a message could run at the same time")
	}
}

func TestNothingIsOwedWithoutAURL(t *testing.T) {
	s := db.NewState(5, func() int64 { return 7 })
	var counter int64
	if err := Next(s, &counter, Owed{Shop: 1, Object: 2}); err != nil || counter != 0 || len(Written(s)) != 0 {
		t.Errorf("%v, counter %d, %d rows", err, counter, len(Written(s)))
	}
	type fields struct{ Amount int64 }
	if err := Next(s, &counter, Owed{Shop: 1, Object: 2, Kind: Refund, URL: "https://x", Snapshot: fields{1 << 60}}); err != nil {
		t.Fatal(err)
	}
	rows := Written(s)
	if counter != 1 || len(rows) != 1 {
		t.Fatalf("counter %d, %d rows", counter, len(rows))
	}
	m := rows[0]
	if m.Seq != 1 || m.Status != Waiting || m.DueAt != 5 || m.Kind != Refund || m.ID != 7 {
		t.Errorf("owed %+v", m)
	}
	var back fields
	if err := m.Decode(&back); err != nil || back.Amount != 1<<60 {
		t.Errorf("the snapshot reads %+v, %v", back, err)
	}
	if err := Owe(s, 2, Owed{URL: "https://x", Snapshot: make(chan int)}); err == nil {
		t.Error("a snapshot that cannot be kept was owed")
	}
}

// A try that outlived its lease must not disturb the one that came after it,
// but a delivery is a delivery.
func TestALateTry(t *testing.T) {
	tests := []struct {
		name    string
		verdict verdict
		n       int64
		status  Status
		due     int64
	}{
		{"the present try failed", failed, 3, Waiting, 100 + 120_000},
		{"the present try delivered", taken, 3, Delivered, 0},
		{"an older one failed", failed, 2, Waiting, 10_000},
		{"an older one met 410", hopeless, 2, Waiting, 10_000},
		{"an older one delivered", taken, 2, Delivered, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := db.NewState(100, nil)
			messages.Put(s, &Message{Shop: 1, ID: 2, Object: 3, Seq: 1, Status: Waiting, Tries: 3, StartedAt: 50, DueAt: 10_000, Version: 1})
			u := record{try: Try{Shop: 1, Message: 2, N: test.n}, object: 3, seq: 1, verdict: test.verdict}
			if _, err := u.Decide(s); err != nil {
				t.Fatal(err)
			}
			m, _ := messages.Find(s, int64(2), int64(1))
			if m.Status != test.status || m.DueAt != test.due {
				t.Errorf("%s, due %d; want %s, %d", m.Status, m.DueAt, test.status, test.due)
			}
			if len(tries.Written(s)) != 1 {
				t.Error("the try left no row")
			}
		})
	}
}

// The lease is a replayed message's own: an earlier message that gets through
// must not make it due while it is being sent.
func TestWakeLeavesARunningMessageAlone(t *testing.T) {
	for _, test := range []struct {
		name            string
		tries, replayed int64
		due             int64
	}{
		{"resting, never tried", 0, 0, 100},
		{"resting since its replay", 4, 4, 100},
		{"being sent", 1, 0, 10_000},
		{"being sent again", 5, 4, 10_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := db.NewState(100, nil)
			messages.Put(s, &Message{Shop: 1, ID: 3, Object: 3, Seq: 2, Status: Waiting, Tries: test.tries, Replayed: test.replayed, DueAt: 10_000, Version: 1})
			wake(s, &Message{Shop: 1, ID: 2, Object: 3, Seq: 1})
			if m, _ := messages.Find(s, int64(3), int64(1)); m.DueAt != test.due {
				t.Errorf("due %d, want %d", m.DueAt, test.due)
			}
		})
	}
}

package callback

import (
	"testing"
	"time"
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

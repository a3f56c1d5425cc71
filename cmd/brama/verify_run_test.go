package main

import (
	"strings"
	"testing"
	"time"
)

// A look at the books that breaks off ends, says so, and leaves room for the next:
// the gateway around it goes on.
func TestABrokenLookAtTheBooksHurtsNobody(t *testing.T) {
	r := newVerifier(storage{})
	defer r.end()
	run := func(verify func(*verification) error) (failure string) {
		t.Helper()
		r.verify = verify
		if !r.Start("ann") {
			t.Fatal("there is no room for a run")
		}
		for end := time.Now().Add(10 * time.Second); r.Last().Running(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the run does not end")
			}
		}
		return r.Last().Failure
	}
	if got := run(func(*verification) error { panic("a row nobody foresaw") }); !strings.Contains(got, "broke off: a row nobody foresaw") {
		t.Errorf("it says %q", got)
	}
	if got := run(func(*verification) error { return nil }); got != "" {
		t.Errorf("the next: %q", got)
	}
}

package sim

import (
	"bytes"
	"strings"
	"testing"
)

// live runs a world that must keep every promise.
func live(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Failure != nil {
		t.Fatalf("seed %d, step %d: %s: %s\n%s", o.Seed, r.Failure.Step, r.Failure.Invariant, r.Failure.Detail, strings.Join(r.Failure.Tail, ""))
	}
	return r
}

func TestWorldsKeepThePromises(t *testing.T) {
	for seed := range uint64(2) {
		r := live(t, Options{Seed: seed + 1, Steps: 5000})
		c := r.Counts
		if c.Acknowledged == 0 || c.Crashes == 0 || c.LostCommits == 0 || c.CutCalls == 0 || c.Refunds == 0 || c.Payouts == 0 || c.FailedDeliveries == 0 {
			t.Errorf("seed %d: too little went on: %+v", seed+1, c)
		}
		t.Logf("%+v", c)
	}
}

func TestOneSeedIsOneRunToTheByte(t *testing.T) {
	var first, second bytes.Buffer
	a := live(t, Options{Seed: 7, Steps: 2500, Trace: &first})
	b := live(t, Options{Seed: 7, Steps: 2500, Trace: &second})
	if a.Trace != b.Trace || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatalf("two runs of seed 7 differ at %s", difference(first.String(), second.String()))
	}
	if c := live(t, Options{Seed: 8, Steps: 2500}); c.Trace == a.Trace {
		t.Error("two seeds are one run")
	}
}

func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\nand\n" + y[i]
		}
	}
	return "the end"
}

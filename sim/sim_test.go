package sim

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
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
	var c Counts
	for seed := range uint64(3) {
		c.Add(live(t, Options{Seed: seed + 1, Steps: 5000}).Counts)
	}
	for _, n := range c.all() {
		if rare := n == &c.Turns || n == &c.Contradictions || n == &c.Gone || n == &c.Unheard; *n == 0 && !rare {
			t.Errorf("something never happened: %s", c)
		}
	}
	t.Log(c)
}

func TestOneSeedIsOneRunToTheByte(t *testing.T) {
	var first, second bytes.Buffer
	a := live(t, Options{Seed: 7, Steps: 3000, Trace: &first})
	b := live(t, Options{Seed: 7, Steps: 3000, Trace: &second})
	if a.Trace != b.Trace || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatalf("two runs of seed 7 differ at %s", difference(first.String(), second.String()))
	}
	if c := live(t, Options{Seed: 8, Steps: 500}); c.Trace == a.Trace {
		t.Error("two seeds are one run")
	}
}

// The same world on the other database, with everything that happens in it: both
// are read and written alike, to the byte of the trace.
func TestOneSeedIsOneRunOnBothDatabases(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL, and lives two worlds")
	}
	var first, second bytes.Buffer
	address := dbtest.PostgresURL(t)
	a := live(t, Options{Seed: 9, Steps: 2000, Trace: &first})
	b := live(t, Options{Seed: 9, Steps: 2000, Trace: &second, Database: address})
	if a.Trace != b.Trace {
		t.Fatalf("SQLite and PostgreSQL differ at %s", difference(first.String(), second.String()))
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

// A world in which a promise is broken is shortened to what breaks it.
func TestShrinkFindsASmallerWorld(t *testing.T) {
	broken := &Report{Options: Options{Seed: 3, Steps: 600}, Actions: 100, Failure: &Failure{Step: 600, Invariant: "the simulation is broken on purpose"}}
	breakAt = 12
	defer func() { breakAt = 0 }()
	r := Shrink(t.Context(), broken, 20*time.Second)
	if r == broken || r.Failure.Invariant != broken.Failure.Invariant {
		t.Fatal("nothing smaller was found")
	}
	if want := []Span{{1, 12}}; !slices.Equal(r.Options.Skip, want) || r.Options.Without.String() == "" {
		t.Errorf("left out are %v and %s", r.Options.Skip, r.Options.Without)
	}
	spans, err := ParseSpans([]string{Span{4, 9}.String()})
	if err != nil || !slices.Equal(spans, []Span{{4, 9}}) {
		t.Errorf("spans are read as %v, %v", spans, err)
	}
	if f, err := ParseFaults(strings.Split(r.Options.Without.String(), ",")); err != nil || f != r.Options.Without {
		t.Errorf("faults are read as %v, %v", f, err)
	}
}

// The mirror knows a wrong row when it sees one.
func TestTheMirrorKnowsWhatMustNotBe(t *testing.T) {
	leg := func(purpose ledger.Purpose, amount int64) ledger.Leg {
		return ledger.Leg{Currency: money.USD, Purpose: purpose, Amount: amount}
	}
	transfer := &ledger.Transfer{Shop: 1, ID: 5, Posting: ledger.Posting{Kind: "deposit"}}
	for name, row := range map[string]struct {
		rows      []any
		invariant string
	}{
		"right": {[]any{transfer, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Available, 7)}, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Funding, -7)},
			&ledger.Account{Shop: 1, Currency: money.USD, Purpose: ledger.Available, Balance: 7}}, ""},
		"one-sided": {[]any{transfer, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Available, 7)}}, "the ledger sums to zero"},
		"without a transfer": {[]any{&ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Available, 7)}, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Funding, -7)}},
			"an entry has its transfer"},
		"a wrong balance":    {[]any{&ledger.Account{Shop: 1, Currency: money.USD, Purpose: ledger.Available, Balance: 7}}, "a balance is the sum of its entries"},
		"frozen for nothing": {[]any{transfer, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Frozen, 7)}, &ledger.Entry{Shop: 1, Transfer: 5, Leg: leg(ledger.Available, -7)}, &ledger.Account{Shop: 1, Currency: money.USD, Purpose: ledger.Frozen, Balance: 7}}, "what is in progress is reserved"},
	} {
		w := &World{trace: newTrace(nil)}
		w.mirror = newMirror(w)
		w.mirror.store(row.rows)
		got := ""
		if w.failure != nil {
			got = w.failure.Invariant
		}
		if got != row.invariant {
			t.Errorf("%s: %q, want %q", name, got, row.invariant)
		}
	}
}

// Who changes a secret waits for the end, also when the dice say that callers leave:
// in this world one was taken away from its wait, and the world stood still for good.
func TestWhoStaysIsNotTakenAway(t *testing.T) {
	live(t, Options{Seed: 62, Steps: 8000})
}

package invoice

import (
	"testing"

	"github.com/brama-pay/brama/fault"
)

func TestDescribeChangesTheTextAndNothingElse(t *testing.T) {
	for _, status := range []Status{Created, Held, Succeeded, Rejected} {
		s, v := state(""), *invoice(status)
		put(t, s, &v)
		before := books(s)
		got, err := Describe{Shop: v.Shop, ID: v.ID, Text: "another"}.Decide(s)
		if err != nil || got.Description != "another" || got.Status != status || got.DueAt != v.DueAt {
			t.Fatalf("%s: %+v %v", status, got, err)
		}
		if stored(t, s).Description != "another" {
			t.Errorf("%s: not written", status)
		}
		if changes := moved(before, books(s)) + owed(s); changes != "" {
			t.Errorf("%s: posted or owes %q", status, changes)
		}
		version := stored(t, s).Version
		if _, err := (Describe{Shop: v.Shop, ID: v.ID, Text: "another"}).Decide(s); err != nil || stored(t, s).Version != version {
			t.Errorf("%s: the same text again is written: %v", status, err)
		}
	}
	if _, err := (Describe{Shop: shopID, ID: 404, Text: "x"}).Decide(state("")); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

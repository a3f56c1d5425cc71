package main

import (
	"fmt"
	"strings"
	"testing"
)

// The acts that the summary counts are those of all chains, the house's own too:
// a demo's payways, rates and provider account are in no shop's.
func TestVerifyCountsTheHousesActs(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		e.serve("--demo")()
		acts := func(words ...string) int {
			return strings.Count(e.must(append([]string{"audit", "list"}, words...)...), "\n") - 1 // the heading
		}
		house, shops := acts(), acts("1520")+acts("202203")
		if house <= 0 || shops <= 0 {
			t.Fatalf("%d acts of the house, %d of the shops", house, shops)
		}
		if got, want := e.must("verify"), fmt.Sprintf(", %d audited acts: no difference", house+shops); !strings.Contains(got, want) {
			t.Errorf("want %q in %s", want, got)
		}
		if got, want := e.must("verify", "--shop", "1520"), fmt.Sprintf(", %d audited acts: no difference", acts("1520")); !strings.Contains(got, want) {
			t.Errorf("one shop: want %q in %s", want, got)
		}
	})
}

package invoice

import (
	"slices"
	"testing"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

var statuses = []Status{Created, Awaiting, Succeeded, Unknown, Rejected, Held, Charging, Unholding}

// Every decision, and that together they make every move of the table.
func TestEveryDecisionAndEveryMove(t *testing.T) {
	made := map[[2]Status]bool{{0, Created}: true} // TestCreate
	run := func(name string, decide func(*testing.T) [2]Status) {
		t.Run(name, func(t *testing.T) { made[decide(t)] = true })
	}
	for _, rows := range [][]heard{payments, holds, contradictions} {
		for _, row := range rows {
			run(row.name, row.run)
		}
	}
	for _, row := range intents {
		run(row.name, row.run)
	}
	for _, row := range visits {
		run(row.name, row.run)
	}
	for _, row := range claims {
		run(row.name, row.run)
	}
	for _, m := range Moves {
		if !made[[2]Status{m.From, m.To}] {
			t.Errorf("nothing here moves an invoice from %s to %s (%s)", m.From, m.To, m.Cause)
		}
	}
}

// What is not in the table is refused, whatever asks for it.
func TestNoOtherMove(t *testing.T) {
	for _, from := range append([]Status{0}, statuses...) {
		for _, to := range statuses {
			v := &Invoice{Status: from, Work: provider.Work{DueAt: 1}}
			err := v.move(state(""), to)
			allowed := from == to || slices.ContainsFunc(Moves, func(m Move) bool { return m.From == from && m.To == to })
			if allowed != (err == nil) || allowed != (v.Status == to) || err != nil && !fault.Is(err, fault.Internal) {
				t.Errorf("%s to %s: %v, now %s", from, to, err, v.Status)
			}
			if final := err == nil && from != to && to.Final(); final != (v.ProcessedAt == now) || final != (v.DueAt == 0) {
				t.Errorf("%s to %s: processed at %d, due at %d", from, to, v.ProcessedAt, v.DueAt)
			}
		}
	}
	for _, m := range Moves {
		if m.From.Final() {
			t.Errorf("%s is final and moves to %s", m.From, m.To)
		}
	}
}

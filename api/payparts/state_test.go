package payparts

import (
	"testing"

	"github.com/brama-pay/brama/invoice"
)

// TestStates goes through every status that the core's table can reach, and every
// failure: each has its own row, and a new word of the core is noticed here.
func TestStates(t *testing.T) {
	want := map[invoice.Status]PaymentState{
		invoice.Created: Created, invoice.Unknown: PPCreation, invoice.Held: Locked, invoice.Charging: Locked,
		invoice.Unholding: Locked, invoice.Succeeded: Succeeded,
	}
	pages := map[invoice.PageState]PaymentState{
		invoice.AskCard: ClientWait, invoice.AskStart: ClientWait, invoice.ShowContinue: ClientWait, invoice.ShowExpired: ClientWait,
		invoice.AskCode: OTPWaiting, invoice.ShowWaiting: PPCreation,
	}
	failures := map[invoice.Failure]PaymentState{
		invoice.Declined: Failed, invoice.Unavailable: Failed, invoice.Expired: Canceled, invoice.Unheld: Canceled, invoice.Canceled: Canceled,
	}
	for _, m := range invoice.Moves {
		switch state, plain := want[m.To]; {
		case plain:
			for page := range pages {
				if got := stateOf(m.To, "", page); got != state {
					t.Errorf("%s on page %s is %s, want %s", m.To, page, got, state)
				}
			}
		case m.To == invoice.Awaiting:
			for page, state := range pages {
				if got := stateOf(m.To, "", page); got != state {
					t.Errorf("awaiting on page %s is %s, want %s", page, got, state)
				}
			}
		case m.To == invoice.Rejected:
			for failure, state := range failures {
				if got := stateOf(m.To, failure, ""); got != state {
					t.Errorf("rejected because %s is %s, want %s", failure, got, state)
				}
			}
		default:
			t.Errorf("%s has no paymentState", m.To)
		}
	}
}

// TestMovesOfStates: whatever the core does, the wire's states move along the
// arrows of api/payparts.md §5, and never out of a final one.
func TestMovesOfStates(t *testing.T) {
	rank := map[PaymentState]int{Created: 0, ClientWait: 1, OTPWaiting: 2, PPCreation: 3, Locked: 4, Succeeded: 5, Failed: 5, Canceled: 5}
	for _, m := range invoice.Moves {
		if m.From == 0 {
			continue
		}
		from, to := stateOf(m.From, "", invoice.AskCard), stateOf(m.To, invoice.Declined, invoice.ShowWaiting)
		if rank[to] < rank[from] || rank[from] == 5 {
			t.Errorf("%s to %s is %s to %s", m.From, m.To, from, to)
		}
	}
	for _, row := range states {
		if _, known := rank[row.state]; !known {
			t.Errorf("%s is none of the states", row.state)
		}
	}
}

package payout

import (
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

// The rows that a payout may write, when it shares its batch with nobody
// (docs/performance.md). A row more is paid for by everybody who waits.
const (
	rowsToAccept   = 7  // the payout, its attempt, the reservation and its two entries, available and frozen
	rowsToComplete = 10 // the payout, its attempt, the settlement and its three entries, frozen, clearing and fee, the callback
)

func TestRowBudget(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00, "payout_callback_url=https://shop.example/cb")
		do(w, db.House, payway.Create{Alias: "with_fee", Direction: payway.Out, Currency: money.USD, Values: []string{"provider=card", "percent=2"}, Actor: actor})
		for i := range 2 { // the second finds its accounts there
			before := h.DB.Stats.Rows.Load()
			accepted := do(w, shopID, w.order(numbered(i), "100.00"))
			if got := h.DB.Stats.Rows.Load() - before; got != rowsToAccept {
				t.Errorf("payout %d: %d rows to accept it, the budget is %d", i, got, rowsToAccept)
			}
			before = h.DB.Stats.Rows.Load()
			p := do[*Payout](w, shopID, Apply{Shop: shopID, ID: accepted.Payout.ID, N: 1, Outcome: provider.Outcome{Result: provider.Succeeded}, Timing: timing})
			if got := h.DB.Stats.Rows.Load() - before; got != rowsToComplete || p.Status != Completed {
				t.Errorf("payout %d, %s: %d rows to complete it, the budget is %d", i, p.Status, got, rowsToComplete)
			}
		}
	})
}

// order is the use case of a payout, its first attempt sent by nobody.
func (w *world) order(id, usd string) db.UseCase[Accepted] {
	w.t.Helper()
	c := create(order("with_fee", usd))
	c.PaymentID = id
	return c
}

package sim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/payout"
)

// verify recomputes everything from what the database holds, shop by shop, and
// holds it against the mirror.
func (w *World) verify(ctx context.Context) {
	w.counts.Verifies++
	w.tracef("verify")
	reader := w.nodes[0].db.Reader()
	for _, m := range w.shops {
		report := func(what, subject, detail string) {
			w.fail("brama verify finds nothing", fmt.Sprintf("shop %d: %s %s: %s", m.id, subject, what, detail))
		}
		must := func(err error) {
			if err != nil {
				w.fail("the database answers", err.Error())
			}
		}
		must(ledger.Verify(ctx, reader, m.id, func(d ledger.Difference) { report(string(d.What), d.Subject, d.Detail) }))
		_, err := invoice.Verify(ctx, reader, m.id, report)
		must(err)
		_, err = payout.Verify(ctx, reader, m.id, report)
		must(err)
		must(callback.Verify(ctx, reader, m.id, report))
		must(audit.Verify(ctx, reader, m.id, report))
		must(w.balances(ctx, m.id))
	}
	for table, want := range map[string]int{
		"invoice": len(w.mirror.invoices), "refund": len(w.mirror.refunds), "payout": len(w.mirror.payouts), "attempt": len(w.mirror.attempts),
		"callback": len(w.mirror.messages), "transfer": len(w.mirror.transfers),
	} {
		if got := w.count(ctx, "SELECT COUNT(*) FROM "+table); got != want {
			w.fail("what was committed is there", fmt.Sprintf("%d rows of %s, %d were committed", got, table, want))
		}
	}
	for _, o := range w.ops {
		if o.acked {
			w.present(o)
		}
	}
}

func (w *World) balances(ctx context.Context, shop int64) error {
	accounts, err := ledger.Balances(ctx, w.nodes[0].db.Reader(), shop)
	for _, a := range accounts {
		if want := w.mirror.accounts[accountKey{a.Shop, a.Currency, a.Purpose, a.Provider}]; want != a.Balance {
			w.fail("what was committed is there", fmt.Sprintf("%s %s of shop %d is %d, committed was %d", a.Purpose, a.Currency, shop, a.Balance, want))
		}
	}
	return err
}

func (w *World) count(ctx context.Context, text string) (n int) {
	err := db.Query(ctx, w.nodes[0].db.Reader(), func(scan func(...any) error) error { return scan(&n) }, text)
	if err != nil {
		w.fail("the database answers", err.Error())
	}
	return n
}

// final is what must hold when nothing goes on any more.
func (w *World) final(ctx context.Context) {
	w.verify(ctx)
	m := w.mirror
	for _, id := range slices.Sorted(maps.Keys(m.invoices)) {
		v := m.invoices[id]
		m.must(v.Status.Final(), "nothing is left unknown", "invoice %d is %s, due %d", id, v.Status, v.DueAt-w.born)
	}
	for _, id := range slices.Sorted(maps.Keys(m.refunds)) {
		m.must(m.refunds[id].Status != invoice.Waiting, "nothing is left unknown", "refund %d is %s", id, m.refunds[id].Status)
	}
	for _, id := range slices.Sorted(maps.Keys(m.payouts)) {
		m.must(m.payouts[id].Status.Final(), "nothing is left unknown", "payout %d is %s", id, m.payouts[id].Status)
	}
	for _, id := range slices.Sorted(maps.Keys(m.messages)) {
		m.must(m.messages[id].Status == callback.Delivered, "every callback owed is delivered", "callback %d of %d is %s", id, m.messages[id].Object, m.messages[id].Status)
	}
	w.compare()
}

// compare holds the bank's books against ours, operation by operation.
func (w *World) compare() {
	theirs := w.bank.books()
	keys := slices.SortedFunc(maps.Keys(theirs), less)
	for k := range w.mirror.clearing {
		if _, ok := theirs[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, less)
	for _, k := range keys {
		w.mirror.must(theirs[k] == w.mirror.clearing[k], "the provider's books equal ours",
			"operation %d of shop %d at %s: the provider moved %d, our books say %d (%s)", k.operation, k.shop, k.account, theirs[k], w.mirror.clearing[k], k.currency)
	}
}

func less(a, b moved) int {
	return cmp.Or(cmp.Compare(a.shop, b.shop), cmp.Compare(a.operation, b.operation), cmp.Compare(a.account, b.account), cmp.Compare(a.currency, b.currency))
}

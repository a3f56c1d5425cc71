package payout

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
)

// ending is how a payout must end for each way in which its sending may be cut.
type ending struct {
	name   string
	script script
	cut    func(w *world, p *Payout) // instead of sending what waits at the dispatcher

	want  Status // after a quarter of an hour
	sends int
}

func never(int) bool { return false }

func always(r provider.Result) func(int) provider.Result {
	return func(int) provider.Result { return r }
}

// first is r for the first n sends, and then the truth, which is "done".
func first(n int, r provider.Result) func(int) provider.Result {
	return func(nth int) provider.Result {
		if nth <= n {
			return r
		}
		return provider.Succeeded
	}
}

func after(n int) func(int) bool { return func(nth int) bool { return nth > n } }

// drop is the end of the process before it could send.
func drop(w *world, _ *Payout) { w.start() }

// die is its end after it had sent: the bank acted, and nobody heard its answer.
func die(w *world, p *Payout) {
	w.bank.Payout(w.ctx, provider.Call{Verb: provider.Payout, Reference: provider.Reference(provider.Payout, shopID, p.ID, 1), Amount: p.ReceiveAmount()})
	w.start()
}

// However its sending is cut, a payout is sent once – or again only after it
// was certain that nothing had come of it – and its money goes one way, once.
func TestNeverSentTwice(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, h *dbtest.House) { e.run(t, h) })
		})
	}
}

func (e ending) run(t *testing.T, h *dbtest.House) {
	w := newWorld(t, h, 100_00, "payout_callback_url=https://shop.example/cb")
	w.script = e.script
	p := w.mustPay("one", "100.00")
	if e.cut != nil {
		e.cut(w, p)
	}
	w.send()
	w.work(15 * time.Minute)
	end := w.find(p.ID)
	reference := provider.Reference(provider.Payout, shopID, p.ID, 1)
	if end.Status != e.want || w.sends[reference] != e.sends || len(w.sends) != 1 {
		t.Errorf("%s after %v sends; want %s after %d", end.Status, w.sends, e.want, e.sends)
	}
	e.checkMoney(w, end)
	w.clean()
}

func (e ending) checkMoney(w *world, end *Payout) {
	w.t.Helper()
	want := map[Status][3]int64{Completed: {0, 0, 100_00}, Rejected: {100_00, 0, 0}}
	expected, final := want[end.Status]
	if !final {
		expected = [3]int64{0, 100_00, 0}
	}
	available, frozen, out := w.balances()
	if got := [3]int64{available, frozen, out}; got != expected {
		w.t.Errorf("available, frozen and out are %v, want %v", got, expected)
	}
	told, err := callback.Of(w.ctx, w.h.DB.Reader(), shopID, end.ID)
	if err != nil || (len(told) == 1) != final {
		w.t.Errorf("%d callbacks, %v", len(told), err)
	}
	posted, err := ledger.Transfers(w.ctx, w.h.DB.Reader(), shopID, end.ID)
	if transfers := map[bool]int{false: 1, true: 2}[final]; err != nil || len(posted) != transfers {
		w.t.Errorf("%d transfers, %v", len(posted), err)
	}
}

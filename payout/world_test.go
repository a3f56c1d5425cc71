package payout

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

const actor = "operator:ann"

// bank is a provider with books of its own. What it answers is scripted; what
// it did is what it really did.
type bank struct {
	t      *testing.T
	clock  *dbtest.Clock
	script script

	mu      sync.Mutex
	sends   map[string]int // by reference
	asked   map[string]int // since the last send
	sentAt  map[string]int64
	done    map[string]int64 // minor units that went out
	refused map[string]bool  // the last send was answered Refused
	pending map[string]bool
}

// script is how the bank behaves. nth counts the sends of a reference from 1.
type script struct {
	acts   func(nth int) bool            // nil: it acts
	answer func(nth int) provider.Result // to a send; nil: the truth
	hides  int                           // questions after a send that find nothing though it acted
	never  bool                          // it does not promise that "missing" is ever final
}

func (b *bank) Timing() provider.Timing {
	if b.script.never {
		return provider.Timing{CallTimeout: 5 * time.Second, SettleAfter: -1, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second}
	}
	return timing
}

// Payout sees that nothing is sent twice: not what was done, and not what was
// sent before unless the bank had refused it or, in the end, knew nothing of it.
func (b *bank) Payout(_ context.Context, c provider.Call) provider.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sends[c.Reference]++
	nth := b.sends[c.Reference]
	if b.done[c.Reference] != 0 {
		b.t.Errorf("%s is sent again though it was done", c.Reference)
	}
	settled := b.asked[c.Reference] >= 2 && b.clock.Now() >= b.sentAt[c.Reference]+timing.SettleAfter.Milliseconds() && !b.script.never
	if nth > 1 && !b.refused[c.Reference] && !settled {
		b.t.Errorf("%s is sent again while its outcome is unknown", c.Reference)
	}
	b.asked[c.Reference], b.sentAt[c.Reference] = 0, b.clock.Now()
	if b.script.acts == nil || b.script.acts(nth) {
		b.done[c.Reference] += c.Amount.Minor
	}
	outcome := b.truth(c.Reference)
	if b.script.answer != nil {
		outcome.Result = b.script.answer(nth)
	}
	b.refused[c.Reference] = outcome.Result == provider.Refused
	return outcome
}

func (b *bank) Status(_ context.Context, q provider.Query) provider.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[q.Reference]++
	if b.asked[q.Reference] <= b.script.hides {
		return provider.Outcome{Result: provider.Missing}
	}
	if b.pending[q.Reference] {
		return provider.Outcome{Result: provider.Pending}
	}
	return b.truth(q.Reference)
}

func (b *bank) truth(reference string) provider.Outcome {
	if b.done[reference] != 0 {
		return provider.Outcome{Result: provider.Succeeded, ProviderID: "p" + reference}
	}
	return provider.Outcome{Result: provider.Missing}
}

// out is how much left the bank altogether.
func (b *bank) out() (sum int64) {
	for _, minor := range b.done {
		sum += minor
	}
	return sum
}

// world is the room on a database, with a bank.
type world struct {
	*Payouts
	t   *testing.T
	h   *dbtest.House
	ctx context.Context
	box *seal.Box
	*bank
}

func newBox(t testing.TB) *seal.Box {
	t.Helper()
	key, err := seal.NewKey(rand.NewChaCha8([32]byte{1}), "a")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(rand.NewChaCha8([32]byte{2}), seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func newWorld(t *testing.T, h *dbtest.House, usd int64, settings ...string) *world {
	t.Helper()
	box := newBox(t)
	w := &world{t: t, h: h, ctx: t.Context(), box: box, bank: &bank{
		t: t, clock: h.Clock, sends: map[string]int{}, asked: map[string]int{}, sentAt: map[string]int64{}, done: map[string]int64{},
		refused: map[string]bool{}, pending: map[string]bool{},
	}}
	made, _, err := shop.NewCreate(box, rand.NewChaCha8([32]byte{3}), shopID, "Shop", actor, shop.Secrets{})
	if err != nil {
		t.Fatal(err)
	}
	made.Values = settings
	do(w, db.House, made)
	do(w, db.House, payway.Create{Alias: "card_usd", Direction: payway.Out, Currency: money.USD, Values: []string{"provider=card"}, Actor: actor})
	if usd > 0 {
		do(w, shopID, shop.Deposit{Shop: shopID, Amount: money.New(usd, money.USD), Actor: actor})
	}
	w.start()
	return w
}

func do[A any](w *world, shop int64, u db.UseCase[A]) A {
	w.t.Helper()
	answer, err := db.Do(w.ctx, w.h.DB, shop, u)
	if err != nil {
		w.t.Fatalf("%T: %v", u, err)
	}
	return answer
}

// start begins a new process: what the one before had in memory is gone.
func (w *world) start() {
	w.Payouts = &Payouts{
		DB: w.h.DB, Box: w.box, Ways: payway.NewDirectory(w.h.DB.Reader(), w.h.Clock.Time), Dispatch: provider.NewDispatcher(256), Log: slog.New(slog.DiscardHandler),
		Gate: &provider.Gate{
			Connectors: map[string]provider.Connector{"bank": w.bank}, Now: w.h.Clock.Time,
			Accounts: func(_ context.Context, name string) (provider.Account, error) {
				return provider.Account{Name: name, Connector: "bank", Active: true}, nil
			},
		},
	}
	w.Wire(w.h.Clock.Now)
}

// pay asks for a payout whose write-off is given, under an id of the shop.
func (w *world) pay(id, usd string) (Accepted, error) {
	c := create(Order{Shop: shopID, Payway: "card_usd", Amount: usd, ShopAmount: true, Currency: money.USD})
	c.PaymentID = id
	return w.Create(w.ctx, c)
}

func (w *world) mustPay(id, usd string) *Payout {
	w.t.Helper()
	made, err := w.pay(id, usd)
	if err != nil {
		w.t.Fatal(err)
	}
	return made.Payout
}

// send sends what waits at the dispatcher.
func (w *world) send() {
	for worked := true; worked; {
		worked, _ = w.Dispatch.Step(w.ctx)
	}
}

// work lets time pass while the worker works.
func (w *world) work(d time.Duration) {
	w.t.Helper()
	const tick = 250 * time.Millisecond
	for ; d > 0; d -= tick {
		for worked, err := w.Step(w.ctx); worked; worked, err = w.Step(w.ctx) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
		w.h.Clock.Add(tick)
	}
}

func (w *world) find(id int64) *Payout {
	w.t.Helper()
	p, err := w.Find(w.ctx, shopID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// balances are what is available and frozen; both in cents.
func (w *world) balances() (available, frozen, clearing int64) {
	w.t.Helper()
	list, err := ledger.Balances(w.ctx, w.h.DB.Reader(), shopID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list {
		switch a.Purpose {
		case ledger.Available:
			available = a.Balance
		case ledger.Frozen:
			frozen = a.Balance
		case ledger.Clearing:
			clearing = a.Balance
		}
	}
	return available, frozen, clearing
}

// clean checks the books, and that they say of the bank what it says itself.
func (w *world) clean() {
	w.t.Helper()
	err := ledger.Verify(w.ctx, w.h.DB.Reader(), shopID, func(d ledger.Difference) { w.t.Errorf("the books: %+v", d) })
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := Verify(w.ctx, w.h.DB.Reader(), shopID, func(what, subject, detail string) { w.t.Errorf("%s %s: %s", subject, what, detail) }); err != nil {
		w.t.Fatal(err)
	}
	if _, _, clearing := w.balances(); clearing != w.bank.out() {
		w.t.Errorf("the books say %d went out, the bank %d", clearing, w.bank.out())
	}
	if busy := w.Dispatch.Busy(); busy != 0 {
		w.t.Errorf("%d places at the dispatcher are lost", busy)
	}
}

// crowd does n things at the same time and counts what came of them.
func crowd(n int, each func(int) error) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	ends := map[string]int{}
	for i := range n {
		all.Go(func() {
			err := each(i)
			mu.Lock()
			defer mu.Unlock()
			ends[kind(err)]++
		})
	}
	all.Wait()
	return ends
}

func numbered(i int) string { return fmt.Sprint("payment ", i) }

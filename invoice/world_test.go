package invoice

import (
	"context"
	crand "crypto/rand"
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

// bank is a provider with books of its own. What it answers is scripted, verb by
// verb; what it did is what it really did.
type bank struct {
	t      *testing.T
	clock  *dbtest.Clock
	script map[provider.Verb]script

	mu      sync.Mutex
	sends   map[string]int // by reference
	asked   map[string]int // since the last send
	sentAt  map[string]int64
	refused map[string]bool  // the last send was answered Refused
	done    map[string]int64 // minor units that moved
	holding map[string]bool  // of what was done: it only holds

	hang  provider.Verb // the next send of this verb is done, and not answered …
	hung  chan struct{} // (closed then)
	hangs chan struct{} // … before this is closed
}

// script is how the bank behaves. nth counts the sends of a reference from 1.
type script struct {
	acts   func(nth int) bool            // nil: it acts
	answer func(nth int) provider.Result // to a send; nil: the truth
	status provider.Result               // to questions; "": the truth
	hides  int                           // questions after a send that find nothing though it acted
}

func (b *bank) Timing() provider.Timing { return timing }

func (b *bank) Authorize(_ context.Context, c provider.Call) provider.Outcome { return b.act(c) }
func (b *bank) Capture(_ context.Context, c provider.Call) provider.Outcome   { return b.act(c) }
func (b *bank) Void(_ context.Context, c provider.Call) provider.Outcome      { return b.act(c) }
func (b *bank) Refund(_ context.Context, c provider.Call) provider.Outcome    { return b.act(c) }

// Answer takes the payer's answer: 1234 is right.
func (b *bank) Answer(_ context.Context, c provider.Call, code string) provider.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	if code != "1234" {
		return provider.Outcome{Result: provider.Declined}
	}
	b.done[c.Reference], b.holding[c.Reference] = c.Amount.Minor, c.Hold
	return b.truth(c.Reference)
}

// act sees that nothing is sent twice: not what was done, and not what was sent
// before unless the bank had refused it or, in the end, knew nothing of it.
func (b *bank) act(c provider.Call) provider.Outcome {
	b.mu.Lock()
	o, hangs := b.perform(c), b.hang == c.Verb
	if hangs {
		b.hang = ""
	}
	b.mu.Unlock()
	if hangs {
		close(b.hung)
		<-b.hangs
	}
	return o
}

func (b *bank) perform(c provider.Call) provider.Outcome {
	b.sends[c.Reference]++
	nth, behave := b.sends[c.Reference], b.script[c.Verb]
	if b.done[c.Reference] != 0 {
		b.t.Errorf("%s is sent again though it was done", c.Reference)
	}
	if c.Verb != provider.Authorize && b.sends[c.Original] != 1 {
		b.t.Errorf("%s acts upon %q, which nobody sent", c.Reference, c.Original)
	}
	settled := b.asked[c.Reference] >= 2 && b.clock.Now() >= b.sentAt[c.Reference]+timing.SettleAfter.Milliseconds()
	if nth > 1 && !b.refused[c.Reference] && !settled {
		b.t.Errorf("%s is sent again while its outcome is unknown", c.Reference)
	}
	b.asked[c.Reference], b.sentAt[c.Reference] = 0, b.clock.Now()
	if behave.acts == nil || behave.acts(nth) {
		b.done[c.Reference], b.holding[c.Reference] = c.Amount.Minor, c.Hold || c.Verb == provider.Void
	}
	outcome := b.truth(c.Reference)
	if behave.answer != nil {
		outcome.Result = behave.answer(nth)
	}
	b.refused[c.Reference] = outcome.Result == provider.Refused
	return outcome
}

func (b *bank) Status(_ context.Context, q provider.Query) provider.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[q.Reference]++
	if q.Verb != provider.Authorize && b.sends[q.Original] != 1 {
		b.t.Errorf("a question about %s names the payment %q", q.Reference, q.Original)
	}
	behave := b.script[q.Verb]
	switch {
	case b.asked[q.Reference] <= behave.hides:
		return provider.Outcome{Result: provider.Missing}
	case behave.status != "":
		return provider.Outcome{Result: behave.status}
	}
	return b.truth(q.Reference)
}

func (b *bank) truth(reference string) provider.Outcome {
	if b.done[reference] != 0 {
		return provider.Outcome{Result: provider.Succeeded, ProviderID: "p" + reference, PayerAccount: "424242XXXXXX4242"}
	}
	return provider.Outcome{Result: provider.Missing}
}

// in is how much came in altogether, less what was given back.
func (b *bank) in() (sum int64) {
	for reference, minor := range b.done {
		switch {
		case b.holding[reference]:
		case provider.VerbOf(reference) == provider.Refund:
			sum -= minor
		default:
			sum += minor
		}
	}
	return sum
}

// world is the room on a database, with a bank.
type world struct {
	*Invoices
	t    *testing.T
	h    *dbtest.House
	ctx  context.Context
	bank *bank
	made int
}

func newWorld(t *testing.T, h *dbtest.House, usd int64, settings ...string) *world {
	t.Helper()
	key, err := seal.NewKey(rand.NewChaCha8([32]byte{1}), "a")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(rand.NewChaCha8([32]byte{2}), seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, h: h, ctx: t.Context(), bank: &bank{
		t: t, clock: h.Clock, script: map[provider.Verb]script{}, sends: map[string]int{}, asked: map[string]int{}, sentAt: map[string]int64{},
		refused: map[string]bool{}, done: map[string]int64{}, holding: map[string]bool{},
	}}
	owner, _, err := shop.NewCreate(box, rand.NewChaCha8([32]byte{3}), shopID, "Shop", actor, shop.Secrets{})
	if err != nil {
		t.Fatal(err)
	}
	owner.Values = settings
	do(w, db.House, owner)
	do(w, db.House, payway.Create{Alias: "card_usd", Direction: payway.In, Currency: money.USD, Values: []string{"provider=card", "percent=5"}, Actor: actor})
	do(w, db.House, payway.Create{Alias: "card_uah", Direction: payway.In, Currency: money.UAH, Values: []string{"provider=card"}, Actor: actor})
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
	w.Invoices = &Invoices{
		DB: w.h.DB, Dispatch: provider.NewDispatcher(256), Random: crand.Reader, Now: w.h.Clock.Time, Log: slog.New(slog.DiscardHandler),
		Gate: &provider.Gate{
			Connectors: map[string]provider.Connector{"bank": w.bank}, Now: w.h.Clock.Time,
			Accounts: func(_ context.Context, name string) (provider.Account, error) {
				return provider.Account{Name: name, Connector: "bank", Active: true}, nil
			},
		},
	}
	w.Wire()
}

// invoiced is a new invoice of 100.00.
func (w *world) invoiced(edit ...func(*Create)) *Invoice {
	w.t.Helper()
	w.made++
	c := Create{Order: order("card_usd", "100.00"), OrderID: fmt.Sprint("order ", w.made), CallbackURL: "https://asked.example/cb"}
	for _, change := range edit {
		change(&c)
	}
	v, err := w.Create(w.ctx, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func onlyHold(c *Create) { c.Hold = true }

// paid is an invoice that the payer has paid, or that is held.
func (w *world) paid(edit ...func(*Create)) *Invoice {
	w.t.Helper()
	v := w.invoiced(edit...)
	w.pay(v)
	w.send()
	return w.find(v.ID)
}

// pay sends the payer's card; nobody waits for what comes of it.
func (w *world) pay(v *Invoice) {
	w.t.Helper()
	if _, err := w.Pay(w.ctx, v.Session, provider.Card{Number: "4242424242424242"}); err != nil {
		w.t.Fatal(err)
	}
}

// send sends what waits at the dispatcher.
func (w *world) send() {
	for worked := true; worked; {
		worked, _ = w.Dispatch.Step(w.ctx)
	}
}

// sending runs senders until the test ends, for verbs whose caller waits.
func (w *world) sending() {
	ctx, stop := context.WithCancel(w.ctx)
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() { w.Dispatch.Run(ctx) })
	}
	w.t.Cleanup(func() { stop(); senders.Wait() })
}

// work lets time pass while the workers work.
func (w *world) work(d time.Duration) {
	w.t.Helper()
	const tick = 250 * time.Millisecond
	for ; d > 0; d -= tick {
		for _, step := range []func(context.Context) (bool, error){w.Step, w.StepRefunds} {
			for worked, err := step(w.ctx); worked; worked, err = step(w.ctx) {
				if err != nil {
					w.t.Fatal(err)
				}
			}
		}
		w.h.Clock.Add(tick)
	}
}

func (w *world) find(id int64) *Invoice {
	w.t.Helper()
	v, err := w.Find(w.ctx, shopID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// balance is the shop's balance of a purpose, in cents.
func (w *world) balance(purpose ledger.Purpose) (sum int64) {
	w.t.Helper()
	list, err := ledger.Balances(w.ctx, w.h.DB.Reader(), shopID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list {
		if a.Purpose == purpose {
			sum += a.Balance
		}
	}
	return sum
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
	if came := -w.balance(ledger.Clearing); came != w.bank.in() {
		w.t.Errorf("the books say %d came in, the bank %d", came, w.bank.in())
	}
	for range 100 { // a caller hears its answer before its place is given back
		if w.Dispatch.Busy() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Errorf("%d places at the dispatcher are lost", w.Dispatch.Busy())
}

// crowd does n things at the same time and counts what came of them.
func crowd(n int, each func(int) string) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	ends := map[string]int{}
	for i := range n {
		all.Go(func() {
			end := each(i)
			mu.Lock()
			defer mu.Unlock()
			ends[end]++
		})
	}
	all.Wait()
	return ends
}

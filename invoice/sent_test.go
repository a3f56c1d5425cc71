package invoice

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
)

func never(int) bool { return false }

func after(n int) func(int) bool { return func(nth int) bool { return nth > n } }

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

// cut is where the process dies.
type cut string

const (
	nowhere cut = ""
	before  cut = "before the send" // announced and committed, and never sent
	behind  cut = "after the send"  // sent, and nobody heard the answer
)

// ending is how an act must end for each way in which its sending may be cut.
type ending struct {
	name   string
	script script
	cut    cut

	done  string // "done", "not done", "open"
	sends int
}

var endings = []ending{
	{name: "nothing goes wrong", done: "done", sends: 1},
	{name: "it dies before the send", cut: before, done: "done", sends: 1},
	{name: "it dies after the send", cut: behind, done: "done", sends: 1},
	{name: "it dies after a send that never arrived", cut: behind, script: script{acts: after(1)}, done: "done", sends: 2},
	{name: "the answer is cut", script: script{answer: always(provider.Unknown)}, done: "done", sends: 1},
	{name: "the call is cut", script: script{acts: after(1), answer: first(1, provider.Unknown)}, done: "done", sends: 2},
	{name: "every call is cut", script: script{acts: never, answer: always(provider.Unknown)}, done: "not done", sends: 3},
	{name: "found only when asked twice", script: script{answer: always(provider.Unknown), hides: 1}, done: "done", sends: 1},
	{name: "refused twice", script: script{acts: after(2), answer: first(2, provider.Refused)}, done: "done", sends: 3},
	{name: "declined", script: script{acts: never, answer: always(provider.Declined)}, done: "not done", sends: 1},
	{name: "accepted, then done", script: script{answer: always(provider.Pending)}, done: "done", sends: 1},
	{name: "accepted, then not found", script: script{acts: never, answer: always(provider.Pending)}, done: "open", sends: 1},
}

// deed is an act upon a paid or held invoice: how it is asked for, and what must
// have become of it when it is done, not done, or still open.
type deed struct {
	verb  provider.Verb
	hold  bool
	begin func(ctx context.Context, w *world, id int64)
	state func(w *world, id int64) string
	books map[string][4]int64 // available, frozen, held and what came in
}

var deeds = []deed{
	{verb: provider.Capture, hold: true, begin: func(ctx context.Context, w *world, id int64) { _, _ = w.Charge(ctx, shopID, id) },
		state: status(map[Status]string{Succeeded: "done", Held: "not done", Charging: "open"}),
		books: map[string][4]int64{"done": {1095_00, 0, 0, 100_00}, "not done": {1000_00, 0, 95_00, 0}, "open": {1000_00, 0, 95_00, 0}}},
	{verb: provider.Void, hold: true, begin: func(ctx context.Context, w *world, id int64) { _, _ = w.Unhold(ctx, shopID, id) },
		state: status(map[Status]string{Rejected: "done", Held: "not done", Unholding: "open"}),
		books: map[string][4]int64{"done": {1000_00, 0, 0, 0}, "not done": {1000_00, 0, 95_00, 0}, "open": {1000_00, 0, 95_00, 0}}},
	{verb: provider.Refund, begin: func(ctx context.Context, w *world, id int64) {
		if _, err := w.CreateRefund(ctx, CreateRefund{Shop: shopID, InvoiceID: id, RefundID: "one", Amount: "60.00"}); err != nil {
			w.t.Error(err)
		}
	}, state: refundState,
		books: map[string][4]int64{"done": {1035_00, 0, 0, 40_00}, "not done": {1095_00, 0, 0, 100_00}, "open": {1035_00, 60_00, 0, 100_00}}},
}

func status(words map[Status]string) func(*world, int64) string {
	return func(w *world, id int64) string {
		v := w.find(id)
		if word, ok := words[v.Status]; ok {
			return word
		}
		return v.Status.String()
	}
}

func refundState(w *world, id int64) string {
	list, err := w.Refunds(w.ctx, shopID, id)
	if err != nil || len(list) != 1 {
		return fmt.Sprintf("%d refunds, %v", len(list), err)
	}
	return map[RefundStatus]string{Refunded: "done", Failed: "not done", Waiting: "open"}[list[0].Status]
}

// However its sending is cut, a capture, a void or a refund is sent once – or
// again only after it was certain that nothing had come of it – and its money
// goes one way, once.
func TestNeverSentTwice(t *testing.T) {
	for _, d := range deeds {
		t.Run(string(d.verb), func(t *testing.T) {
			for _, e := range endings {
				t.Run(e.name, func(t *testing.T) { d.run(t, dbtest.SQLite(t), e) })
			}
			for _, e := range endings[1:4] {
				t.Run("postgres/"+e.name, func(t *testing.T) { d.run(t, dbtest.Postgres(t), e) })
			}
		})
	}
}

func (d deed) run(t *testing.T, h *dbtest.House, e ending) {
	w := newWorld(t, h, 1000_00)
	w.bank.script[d.verb] = e.script
	v := w.invoiced(func(c *Create) { c.Hold = d.hold })
	w.pay(v)
	w.send()
	ctx, leave := context.WithCancel(w.ctx) // the shop does not wait: what was begun goes on
	begun := make(chan struct{})
	go func() { defer close(begun); d.begin(ctx, w, v.ID) }()
	for d.state(w, v.ID) != "open" {
		time.Sleep(time.Millisecond)
	}
	wake := w.cutAt(e.cut, d.verb)
	leave()
	<-begun
	w.work(3 * time.Minute)
	wake() // who was taken for dead is heard last
	if got := d.state(w, v.ID); got != e.done {
		t.Errorf("%s, want %s", got, e.done)
	}
	sends := 0
	for reference, n := range w.bank.sends {
		if provider.VerbOf(reference) == d.verb {
			sends += n
		}
	}
	if sends != e.sends || len(w.bank.sends) > 2 {
		t.Errorf("sent %v, want %d", w.bank.sends, e.sends)
	}
	got := [4]int64{w.balance(ledger.Available), w.balance(ledger.Frozen), w.balance(ledger.Held), -w.balance(ledger.Clearing)}
	if got != d.books[e.done] {
		t.Errorf("available, frozen, held and come in are %v, want %v", got, d.books[e.done])
	}
	w.clean()
}

// cutAt sends what waits at the dispatcher, or lets the process die there. What it
// gives wakes a process that was taken for dead, and waits until it has ended.
func (w *world) cutAt(c cut, verb provider.Verb) (wake func()) {
	dispatch := w.Dispatch
	if c == before {
		w.start()
		return func() {}
	}
	if c == behind {
		w.bank.hang, w.bank.hangs, w.bank.hung = verb, make(chan struct{}), make(chan struct{})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for worked := false; !worked; {
			worked, _ = dispatch.Step(w.ctx)
		}
	}()
	if c == nowhere {
		<-ended
		return func() {}
	}
	<-w.bank.hung
	hangs := w.bank.hangs
	w.start()
	return func() { close(hangs); <-ended }
}

// A call that waited at the dispatcher until others took it for lost is not made
// any more: its money may have been given back.
func TestALateCallIsNotMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00)
		v := w.paid()
		w.bank.script[provider.Refund] = script{acts: never, answer: always(provider.Unknown)}
		f, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: v.ID, RefundID: "one", Amount: "60.00"})
		if err != nil {
			t.Fatal(err)
		}
		w.work(time.Minute) // the worker asks, sends again, and gives up
		if got := refundState(w, v.ID); got != "not done" {
			t.Fatal(got)
		}
		w.bank.script[provider.Refund] = script{}
		w.send()
		if moved := w.bank.done[provider.Reference(provider.Refund, shopID, f.ID, 1)]; moved != 0 {
			t.Errorf("%d went to the payer, and the shop has it too", moved)
		}
		w.clean()
	})
}

// A card whose turn comes too late is not sent: the payer tries again with a new
// order. An answer that is not passed on is asked for again.
func TestALatePayer(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 0)
	tooLate := timing.CallTimeout/2 + time.Millisecond
	v := w.invoiced()
	w.pay(v)
	w.h.Clock.Add(tooLate)
	w.send()
	if got := w.find(v.ID); got.Status != Rejected || got.Failure != Unavailable || len(w.bank.sends) != 0 {
		t.Errorf("%s %q, sent %v", got.Status, got.Failure, w.bank.sends)
	}
	w.bank.script[provider.Authorize] = script{acts: never, answer: always(provider.Challenge), status: provider.Challenge}
	asked := w.paid()
	if _, err := w.Answer(w.ctx, asked.Session, "1234"); err != nil {
		t.Fatal(err)
	}
	w.h.Clock.Add(tooLate)
	w.send()
	w.work(time.Minute)
	if page, err := w.Open(w.ctx, asked.Session); err != nil || page.State != AskCode {
		t.Errorf("%+v, %v", page, err)
	}
	w.clean()
}

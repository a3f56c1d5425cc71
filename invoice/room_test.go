package invoice

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
)

// kind is a fault's kind as a word that a count can be kept by.
func kind(err error) string {
	words := map[fault.Kind]string{
		fault.NotUnique: "not unique", fault.TooLarge: "too large", fault.Busy: "busy", fault.Invalid: "invalid", fault.Balance: "balance",
		fault.NotFound: "not found", fault.Declined: "declined", fault.Unknown: "unknown", fault.Overloaded: "overloaded",
	}
	if err == nil {
		return "done"
	}
	if word, ok := words[fault.KindOf(err)]; ok {
		return word
	}
	return err.Error()
}

func TestOneOrderIsCreatedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		ends := crowd(64, func(int) string {
			_, err := w.Create(w.ctx, Create{Order: order("card_usd", "100.00"), OrderID: "one"})
			return kind(err)
		})
		if diff := cmp.Diff(map[string]int{"done": 1, "not unique": 63}, ends); diff != "" {
			t.Error(diff)
		}
		w.clean()
	})
}

// 100.00 paid, refunds of 60.00 at the same time: one is made.
func TestRefundsNeverExceedThePayment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00)
		for range 5 {
			v := w.paid()
			ends := crowd(16, func(i int) string {
				_, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: v.ID, RefundID: fmt.Sprint(v.ID, " ", i), Amount: "60.00"})
				return kind(err)
			})
			if diff := cmp.Diff(map[string]int{"done": 1, "too large": 15}, ends); diff != "" {
				t.Error(diff)
			}
			if got := w.find(v.ID); got.Refunded != 60_00 {
				t.Errorf("%d given back", got.Refunded)
			}
		}
		w.send()
		w.clean()
	})
}

// Charges and unholds at the same time: one kind wins, once, and everything agrees.
func TestChargeAgainstUnhold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		var list []*Invoice
		for range 5 {
			list = append(list, w.paid(onlyHold))
		}
		w.sending()
		for _, v := range list {
			w.race(v)
		}
		w.clean()
		if held := w.balance(ledger.Held); held != 0 {
			t.Errorf("%d still held", held)
		}
	})
}

func (w *world) race(v *Invoice) {
	w.t.Helper()
	ends := crowd(16, func(i int) string {
		if i%2 == 0 {
			_, err := w.Charge(w.ctx, shopID, v.ID)
			return "charge " + kind(err)
		}
		_, err := w.Unhold(w.ctx, shopID, v.ID)
		return "unhold " + kind(err)
	})
	end := w.find(v.ID)
	charged, released := ends["charge done"], ends["unhold done"]
	switch {
	case end.Status == Succeeded && charged > 0 && released == 0:
	case end.Status == Rejected && end.Failure == Unheld && released > 0 && charged == 0:
	default:
		w.t.Errorf("%s %q after %v", end.Status, end.Failure, ends)
	}
	captures, voids := w.bank.sends[fmt.Sprintf("c-%d-%d-2", shopID, v.ID)], w.bank.sends[fmt.Sprintf("v-%d-%d-2", shopID, v.ID)]
	if captures+voids != 1 || (captures == 1) != (end.Status == Succeeded) {
		w.t.Errorf("%s: captured %d times, voided %d times", end.Status, captures, voids)
	}
	told, err := callback.Of(w.ctx, w.h.DB.Reader(), shopID, v.ID)
	if err != nil || len(told) != 2 {
		w.t.Errorf("%d callbacks, %v", len(told), err)
	}
}

// However often and at once a payer clicks, the card is sent once.
func TestAClickIsPaidOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		v := w.invoiced()
		if page, err := w.Open(w.ctx, v.Session); err != nil || page.State != AskCard || w.find(v.ID).Status != Awaiting {
			t.Fatalf("%+v, %v", page, err)
		}
		crowd(16, func(int) string { w.pay(v); return "" })
		w.send()
		if got := w.find(v.ID); got.Status != Succeeded || w.bank.sends[fmt.Sprintf("a-%d-%d", shopID, v.ID)] != 1 || got.PayerAccount != "424242XXXXXX4242" {
			t.Errorf("%s after %v", got.Status, w.bank.sends)
		}
		if page, err := w.Open(w.ctx, v.Session); err != nil || page.State != ShowPaid {
			t.Errorf("%+v, %v", page, err)
		}
		if available := w.balance(ledger.Available); available != 95_00 {
			t.Errorf("available %d", available)
		}
		w.clean()
	})
}

func TestAPayerAnswers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		w.bank.script[provider.Authorize] = script{acts: never, answer: always(provider.Challenge), status: provider.Challenge}
		v := w.paid()
		w.work(time.Minute) // an open question is not asked about
		if page, err := w.Open(w.ctx, v.Session); err != nil || page.State != AskCode {
			t.Fatalf("%+v, %v", page, err)
		}
		crowd(8, func(int) string { _, err := w.Answer(w.ctx, v.Session, "1234"); return kind(err) })
		w.send()
		if got := w.find(v.ID); got.Status != Succeeded {
			t.Errorf("%s", got.Status)
		}
		w.clean()
	})
}

// The answer was taken, and the process died before it could pass it on: the
// payer is asked again, and nothing is taken for lost.
func TestAnAnswerThatDiedIsAskedAgain(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 0)
	w.bank.script[provider.Authorize] = script{acts: never, answer: always(provider.Challenge), status: provider.Challenge}
	v := w.paid()
	if _, err := w.Answer(w.ctx, v.Session, "1234"); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.work(time.Minute)
	if page, err := w.Open(w.ctx, v.Session); err != nil || page.State != AskCode {
		t.Errorf("%+v, %v", page, err)
	}
	w.clean()
}

// An invoice that nobody pays expires; one whose payment is open is asked about
// first, and what is paid after the end is in suspense, once.
func TestExpiry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0, "invoice_minutes=1")
		fresh, opened := w.invoiced(), w.invoiced()
		if _, err := w.Open(w.ctx, opened.Session); err != nil {
			t.Fatal(err)
		}
		w.bank.script[provider.Authorize] = script{acts: never, answer: always(provider.Challenge), status: provider.Challenge}
		late := w.paid()
		w.bank.script[provider.Authorize] = script{answer: always(provider.Pending), status: provider.Pending}
		busy := w.paid()
		w.work(59 * time.Second)
		for _, v := range []*Invoice{fresh, opened, late, busy} {
			if got := w.find(v.ID); got.Status.Final() {
				t.Fatalf("%s before its time", got.OrderID)
			}
		}
		w.bank.script[provider.Authorize] = script{status: provider.Challenge}
		h.Clock.Add(2 * time.Second)
		w.mustStep()
		for _, v := range []*Invoice{fresh, opened, late} {
			if got := w.find(v.ID); got.Status != Rejected || got.Failure != Expired {
				t.Errorf("%s: %s %q", got.OrderID, got.Status, got.Failure)
			}
		}
		w.bank.script[provider.Authorize] = script{}
		w.work(time.Minute)
		if got := w.find(busy.ID); got.Status != Succeeded {
			t.Errorf("what the bank had was paid late: %s", got.Status)
		}
		w.bank.done[fmt.Sprintf("a-%d-%d", shopID, late.ID)] = 100_00
		for range 3 {
			if err := w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: late.ID, N: 1}); err != nil {
				t.Fatal(err)
			}
		}
		w.contradicted(late.ID, 100_00)
		if got := w.find(late.ID); got.Status != Rejected {
			t.Errorf("%s", got.Status)
		}
		w.clean()
	})
}

// mustStep runs the worker until it has looked at everything that is due.
func (w *world) mustStep() {
	w.t.Helper()
	for worked, err := w.Step(w.ctx); worked; worked, err = w.Step(w.ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// contradicted checks that there is one contradiction, its money in suspense.
func (w *world) contradicted(operation, suspense int64) {
	w.t.Helper()
	list, err := provider.Contradictions(w.ctx, w.h.DB.Reader(), shopID)
	if err != nil || len(list) != 1 || list[0].Operation != operation {
		w.t.Errorf("%d contradictions, %v", len(list), err)
	}
	if got := w.balance(ledger.Suspense); got != suspense {
		w.t.Errorf("%d in suspense, want %d", got, suspense)
	}
}

// A hold whose time is over is kept, or released where it is to be.
func TestTheEndOfAHold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0, "hold_minutes=1")
		kept := w.paid(onlyHold)
		released := w.paid(onlyHold, func(c *Create) { c.AfterHold = ReleaseHold })
		w.work(2 * time.Minute)
		if got := w.find(kept.ID); got.Status != Held {
			t.Errorf("kept: %s", got.Status)
		}
		if got := w.find(released.ID); got.Status != Rejected {
			t.Errorf("released: %s", got.Status)
		}
		if _, err := w.Charge(w.ctx, shopID, kept.ID); kind(err) != "invalid" {
			t.Errorf("a charge past the hold: %v", err)
		}
		w.sending()
		if got, err := w.Unhold(w.ctx, shopID, kept.ID); err != nil || got.Status != Rejected {
			t.Errorf("%v", err)
		}
		w.clean()
	})
}

// Every verb on what does not exist, or is another shop's, is not found.
func TestNothingOfOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		v := w.paid(onlyHold)
		for _, key := range [][2]int64{{shopID + 1, v.ID}, {shopID, v.ID + 1}} {
			_, charge := w.Charge(w.ctx, key[0], key[1])
			_, unhold := w.Unhold(w.ctx, key[0], key[1])
			_, find := w.Find(w.ctx, key[0], key[1])
			_, list := w.Refunds(w.ctx, key[0], key[1])
			notice := w.Notice(w.ctx, provider.Notice{Shop: key[0], Operation: key[1], N: 1})
			ofRefund := w.NoticeRefund(w.ctx, provider.Notice{Shop: key[0], Operation: key[1], N: 1})
			for _, err := range []error{charge, unhold, find, list, notice, ofRefund} {
				if kind(err) != "not found" {
					t.Errorf("%v", err)
				}
			}
		}
		if _, err := w.Open(w.ctx, fmt.Sprintf("%012x%s", shopID+1, v.Session[12:])); kind(err) != "not found" {
			t.Errorf("another shop's session: %v", err)
		}
		for _, other := range []*Invoice{w.invoiced()} { // nothing was ever sent
			_, err := w.Charge(w.ctx, shopID, other.ID)
			if kind(err) != "invalid" {
				t.Errorf("%v", err)
			}
		}
		w.clean()
	})
}

// What cannot be sent now is refused before anything is stored, or waits.
func TestAFullDispatcher(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00)
		paid, held, fresh := w.paid(), w.paid(onlyHold), w.invoiced()
		w.Dispatch = provider.NewDispatcher(0)
		if _, err := w.Pay(w.ctx, fresh.Session, provider.Card{}); kind(err) != "overloaded" {
			t.Errorf("%v", err)
		}
		if _, err := w.Charge(w.ctx, shopID, held.ID); kind(err) != "overloaded" {
			t.Errorf("%v", err)
		}
		f, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: paid.ID, RefundID: "one", Amount: "100.00"})
		if err != nil || f.Attempts != 0 {
			t.Fatalf("%+v, %v", f, err)
		}
		w.work(time.Second)
		if list, err := w.Refunds(w.ctx, shopID, paid.ID); err != nil || list[0].Status != Refunded {
			t.Errorf("%+v, %v", list, err)
		}
		if w.find(held.ID).Status != Held || w.find(fresh.ID).Status != Created {
			t.Errorf("%s and %s", w.find(held.ID).Status, w.find(fresh.ID).Status)
		}
		w.clean()
	})
}

// A refund that failed for us and was made all the same is stored once, its money
// in suspense, however often it is heard; one that is still with the bank is
// settled by a notice.
func TestNoticesOfRefunds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00)
		v := w.paid()
		refund := func(id, amount string, s script) *Refund {
			w.bank.script[provider.Refund] = s
			f, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: v.ID, RefundID: id, Amount: amount})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.NoticeRefund(w.ctx, provider.Notice{Shop: shopID, Operation: f.ID, N: 1}); err != nil || len(w.bank.asked) != 0 && w.bank.asked[provider.Reference(provider.Refund, shopID, f.ID, 1)] != 0 {
				t.Errorf("a notice before the call came back: %v, asked %v", err, w.bank.asked)
			}
			w.send()
			return f
		}
		made := refund("one", "60.00", script{answer: always(provider.Pending)})
		failed := refund("two", "30.00", script{acts: never, answer: always(provider.Declined)})
		w.bank.done[provider.Reference(provider.Refund, shopID, failed.ID, 1)] = 30_00
		for range 3 {
			for _, f := range []*Refund{made, failed} {
				if err := w.NoticeRefund(w.ctx, provider.Notice{Shop: shopID, Operation: f.ID, N: 1}); err != nil {
					t.Fatal(err)
				}
			}
		}
		list, err := w.Refunds(w.ctx, shopID, v.ID)
		if err != nil || list[0].Status != Refunded || list[1].Status != Failed || list[1].Failure != Declined {
			t.Errorf("%+v, %v", list, err)
		}
		if got := w.find(v.ID); got.Refunded != 60_00 {
			t.Errorf("the invoice counts %d", got.Refunded)
		}
		w.contradicted(failed.ID, -30_00)
		w.clean()
	})
}

// A notice names a reference, maybe by its first send: what it makes the gateway
// ask about is the send that is open.
func TestANoticeOfASecondSend(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 0)
	v := w.paid(onlyHold)
	w.bank.script[provider.Capture] = script{acts: never, answer: always(provider.Refused)}
	w.sending()
	if _, err := w.Charge(w.ctx, shopID, v.ID); kind(err) != "unknown" {
		t.Fatal(err)
	}
	w.bank.script[provider.Capture] = script{answer: always(provider.Pending)}
	w.work(4 * time.Second) // sent again, and accepted
	if got := w.find(v.ID); got.Status != Charging || got.Attempts != 3 {
		t.Fatalf("%s after %d attempts", got.Status, got.Attempts)
	}
	if err := w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: v.ID, N: 2}); err != nil || w.find(v.ID).Status != Succeeded {
		t.Errorf("%v, %s", err, w.find(v.ID).Status)
	}
	w.clean()
}

// Found by the simulation: a call whose process died never comes back, so what a
// notice says after the outcome was learned by asking must not wait for its answer.
func TestANoticeAboutACallThatNeverCameBack(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 1000_00)
	v := w.paid()
	f, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: v.ID, RefundID: "one", Amount: "10.00"})
	if err != nil {
		t.Fatal(err)
	}
	reference := provider.Reference(provider.Refund, shopID, f.ID, 1)
	w.bank.done[reference] = 10_00
	w.start() // the answer is lost with the process
	w.work(time.Minute)
	before := w.bank.asked[reference]
	if err := w.NoticeRefund(w.ctx, provider.Notice{Shop: shopID, Operation: f.ID, N: 1}); err != nil {
		t.Fatal(err)
	}
	if before == 0 || w.bank.asked[reference] != before+1 {
		t.Errorf("asked %d times, then %d: the notice was taken and nobody asked", before, w.bank.asked[reference])
	}
}

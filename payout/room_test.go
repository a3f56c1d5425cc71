package payout

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

// kind is a fault's kind as a word that a count can be kept by.
func kind(err error) string {
	switch {
	case err == nil:
		return "done"
	case fault.Is(err, fault.Balance):
		return "balance"
	case fault.Is(err, fault.NotUnique):
		return "not unique"
	case fault.Is(err, fault.Busy):
		return "busy"
	}
	return err.Error()
}

// 64 payouts of 4000.00 from 100 000.00: 25 are accepted, the balance is nothing.
func TestABalanceIsSpentOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_000_00)
		ends := crowd(64, func(i int) error { _, err := w.pay(numbered(i), "4000.00"); return err })
		if diff := cmp.Diff(map[string]int{"done": 25, "balance": 39}, ends); diff != "" {
			t.Error(diff)
		}
		if available, frozen, _ := w.balances(); available != 0 || frozen != 100_000_00 {
			t.Errorf("available %d, frozen %d", available, frozen)
		}
		w.send()
		if available, frozen, out := w.balances(); available != 0 || frozen != 0 || out != 100_000_00 {
			t.Errorf("available %d, frozen %d, out %d", available, frozen, out)
		}
		w.clean()
	})
}

func TestOnePaymentIsMadeOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00)
		ends := crowd(64, func(int) error { _, err := w.pay("one", "10.00"); return err })
		if diff := cmp.Diff(map[string]int{"done": 1, "not unique": 63}, ends); diff != "" {
			t.Error(diff)
		}
		w.send()
		w.clean()
		if _, _, out := w.balances(); out != 10_00 {
			t.Errorf("%d went out", out)
		}
	})
}

// confirm, reject and the worker at the same time: one end, money in one place.
func TestOneOperatorWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00, "confirm_above=USD:5.00")
		p := w.mustPay("one", "10.00")
		if p.Status != Confirming {
			t.Fatalf("created as %s", p.Status)
		}
		ends := crowd(16, func(i int) error {
			if i%2 == 0 {
				_, err := w.Confirm(w.ctx, Confirm{shopID, p.ID, actor})
				return wins(err, "confirmed")
			}
			_, err := w.Reject(w.ctx, Reject{shopID, p.ID, actor, "odd"})
			return wins(err, "rejected")
		})
		w.work(time.Second)
		available, frozen, out := w.balances()
		switch end := w.find(p.ID); {
		case end.Status == Completed && ends["confirmed"] == 1 && available == 990_00 && frozen == 0 && out == 10_00:
		case end.Status == Rejected && ends["rejected"] == 1 && available == 1000_00 && frozen == 0 && out == 0:
		default:
			t.Errorf("%s after %v: available %d, frozen %d, out %d", end.Status, ends, available, frozen, out)
		}
		if len(ends) != 2 {
			t.Errorf("ended as %v", ends)
		}
		links, err := audit.List(w.ctx, h.DB.Reader(), shopID, 0, 10)
		if last := links[len(links)-1]; err != nil || last.Actor != actor || last.Subject != fmt.Sprint("payout ", p.ID) {
			t.Errorf("the audit ends with %+v, %v", last, err)
		}
		w.clean()
	})
}

// wins is an error that says who won; any refusal counts as busy.
func wins(err error, who string) error {
	if err == nil {
		return errors.New(who)
	}
	return err
}

var endings = []ending{
	{name: "nothing goes wrong", want: Completed, sends: 1},
	{name: "it dies before the send", cut: drop, want: Completed, sends: 1},
	{name: "it dies after the send", cut: die, want: Completed, sends: 1},
	{name: "it dies after a send that never arrived", cut: die, script: script{acts: after(1)}, want: Completed, sends: 2},
	{name: "the answer is cut", script: script{answer: always(provider.Unknown)}, want: Completed, sends: 1},
	{name: "the answer is nonsense", script: script{answer: always("perhaps")}, want: Completed, sends: 1},
	{name: "the call is cut", script: script{acts: after(1), answer: first(1, provider.Unknown)}, want: Completed, sends: 2},
	{name: "two calls are cut", script: script{acts: after(2), answer: first(2, provider.Unknown)}, want: Completed, sends: 3},
	{name: "every call is cut", script: script{acts: never, answer: always(provider.Unknown)}, want: Rejected, sends: 3},
	{name: "found only when asked twice", script: script{answer: always(provider.Unknown), hides: 1}, want: Completed, sends: 1},
	{name: "the answer to a call is not found", script: script{answer: always(provider.Missing)}, want: Completed, sends: 1},
	{name: "a bank that cannot promise", script: script{acts: never, answer: always(provider.Unknown), never: true}, want: NetworkError, sends: 1},
	{name: "refused twice", script: script{acts: after(2), answer: first(2, provider.Refused)}, want: Completed, sends: 3},
	{name: "refused for ever", script: script{acts: never, answer: always(provider.Refused)}, want: Rejected, sends: 10},
	{name: "declined", script: script{acts: never, answer: always(provider.Declined)}, want: Rejected, sends: 1},
	{name: "accepted, then done", script: script{answer: always(provider.Pending)}, want: Completed, sends: 1},
	{name: "accepted, then not found", script: script{answer: always(provider.Pending), acts: never}, want: Sent, sends: 1},
}

// A call that waited at the dispatcher until others took it for lost is not made
// any more: its money may have been given back.
func TestALateCallIsNotMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00)
		p := w.mustPay("one", "100.00")
		w.bank.script = script{acts: never, answer: always(provider.Unknown)}
		w.work(time.Minute) // the worker asks, sends again, and gives up
		if end := w.find(p.ID); end.Status != Rejected {
			t.Fatalf("%s", end.Status)
		}
		w.bank.script = script{}
		sends := w.sends[provider.Reference(provider.Payout, shopID, p.ID, 1)]
		w.send()
		if available, _, _ := w.balances(); available != 100_00 || w.bank.out() != 0 || sends != 2 {
			t.Errorf("available %d, %d went out, %d sends by the worker", available, w.bank.out(), sends)
		}
		w.clean()
	})
}

// One that is a little late, and about which nobody has asked in vain, is sent
// again in its turn.
func TestACallBeforeItsTimeIsMadeOnce(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 100_00)
	p := w.mustPay("one", "100.00")
	h := w.h
	h.Clock.Add(timing.CallTimeout/2 + time.Millisecond)
	w.send()
	if got := w.find(p.ID); got.Status != ProviderError || len(w.sends) != 0 {
		t.Errorf("%s, sent %v", got.Status, w.sends)
	}
	w.work(time.Minute)
	if got := w.find(p.ID); got.Status != Completed {
		t.Errorf("%s", got.Status)
	}
	w.clean()
}

// Two processes on one PostgreSQL: what is due is taken by one of them.
func TestTwoNodesSendOnce(t *testing.T) {
	h := dbtest.Postgres(t)
	w := newWorld(t, h, 100_00)
	p := w.mustPay("one", "100.00")
	w.start() // the send is lost
	other := *w
	other.h = h.Another(t)
	other.start()
	for range 240 {
		crowd(4, func(i int) error {
			_, err := []*world{w, &other}[i%2].Step(w.ctx)
			return err
		})
		h.Clock.Add(250 * time.Millisecond)
	}
	if got := w.find(p.ID); got.Status != Completed {
		t.Errorf("%s", got.Status)
	}
	w.clean()
}

// While the dispatcher is full payouts wait as created; the worker sends them.
func TestASaturatedDispatcherDelays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00)
		w.Dispatch = provider.NewDispatcher(1)
		first, second := w.mustPay("one", "10.00"), w.mustPay("two", "10.00")
		if first.Status != Sent || second.Status != Created {
			t.Errorf("%s and %s", first.Status, second.Status)
		}
		w.send()
		w.work(time.Second)
		if a, b := w.find(first.ID), w.find(second.ID); a.Status != Completed || b.Status != Completed {
			t.Errorf("%s and %s", a.Status, b.Status)
		}
		w.clean()
	})
}

// A notice makes the gateway ask, also about what is final; what contradicts is
// stored once, its money in suspense, however often it is heard.
func TestNotices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00)
		w.script = script{answer: always(provider.Pending)}
		p := w.mustPay("one", "50.00")
		notice := provider.Notice{Shop: shopID, Operation: p.ID, N: 1}
		if err := w.Notice(w.ctx, notice); err != nil || w.find(p.ID).Status != Sent {
			t.Fatalf("a notice before the call came back: %v, %s", err, w.find(p.ID).Status)
		}
		w.send()
		if err := w.Notice(w.ctx, notice); err != nil || w.find(p.ID).Status != Completed {
			t.Fatalf("a notice: %v, %s", err, w.find(p.ID).Status)
		}
		w.clean()

		w.script = script{acts: never, answer: always(provider.Declined)}
		failed := w.mustPay("two", "20.00")
		w.send()
		w.bank.done[provider.Reference(provider.Payout, shopID, failed.ID, 1)] = 20_00 // it went out all the same
		for range 3 {
			if err := w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: failed.ID, N: 1}); err != nil {
				t.Fatal(err)
			}
		}
		list, err := provider.Contradictions(w.ctx, h.DB.Reader(), shopID)
		if err != nil || len(list) != 1 || list[0].Operation != failed.ID || list[0].Found != provider.Succeeded {
			t.Errorf("%d contradictions, %v", len(list), err)
		}
		if got := w.find(failed.ID); got.Status != Rejected {
			t.Errorf("%s", got.Status)
		}
		w.clean()
		if err := w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: 1, N: 1}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a notice about nothing: %v", err)
		}
		if err := w.Notice(w.ctx, provider.Notice{Shop: shopID + 1, Operation: p.ID, N: 1}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a notice about another shop's: %v", err)
		}
	})
}

// What is stored of a beneficiary is sealed; the worker opens it for the send.
func TestTheBeneficiaryIsSealed(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 100_00)
	p := w.mustPay("one", "10.00")
	if p.Account == account || p.AccountMask != "424242XXXXXX4242" || p.AccountPrint == "" {
		t.Errorf("stored %q, %q, %q", p.Account, p.AccountMask, p.AccountPrint)
	}
	for _, details := range []map[string]string{nil, {"name": "ANN"}} {
		b := provider.Beneficiary{Account: account, Details: details}
		sealed, err := w.seal(shopID, b)
		if err != nil {
			t.Fatal(err)
		}
		row := &Payout{Shop: shopID, Account: sealed.Account, Details: sealed.Details}
		if opened, err := w.unseal(row); err != nil || opened.Account != account || len(opened.Details) != len(details) {
			t.Errorf("opened %d details, %v", len(opened.Details), err)
		}
		row.Shop++
		if _, err := w.unseal(row); err == nil {
			t.Error("it opens for another shop")
		}
	}
}

// The shop's context ends only its wait: what was accepted is sent.
func TestACallerWhoLeavesChangesNothing(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 100_00)
	ctx, leave := context.WithCancel(w.ctx)
	leave()
	c := create(Order{Shop: shopID, Payway: "card_usd", Amount: "10.00", ShopAmount: true, Currency: order("", "").Currency})
	if _, err := w.Create(ctx, c); err == nil {
		t.Skip("the commit was faster")
	}
	w.send()
	w.work(time.Second)
	w.clean()
}

// An operator ends what the bank cannot tell, once, and only that.
func TestResolve(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00, "confirm_above=USD:50.00")
		w.script = script{acts: never, answer: always(provider.Unknown), never: true}
		lost, found := w.mustPay("one", "10.00"), w.mustPay("two", "20.00")
		waits := w.mustPay("three", "60.00") // never sent
		w.send()
		w.bank.done[provider.Reference(provider.Payout, shopID, found.ID, 1)] = found.Receive
		for _, id := range []int64{lost.ID, found.ID} {
			ends := crowd(8, func(int) error {
				_, err := w.Resolve(w.ctx, Resolve{Shop: shopID, ID: id, Paid: id == found.ID, Actor: actor, Reason: "by phone"})
				return err
			})
			if diff := cmp.Diff(map[string]int{"done": 1, "busy": 7}, ends); diff != "" {
				t.Error(diff)
			}
		}
		if _, err := w.Resolve(w.ctx, Resolve{Shop: shopID, ID: waits.ID, Actor: actor, Reason: "by phone"}); kind(err) != "busy" {
			t.Errorf("what was never sent: %v", err)
		}
		w.work(time.Minute)
		if a, b := w.find(lost.ID), w.find(found.ID); a.Status != Rejected || b.Status != Completed {
			t.Errorf("%s and %s", a.Status, b.Status)
		}
		if available, frozen, out := w.balances(); available != 20_00 || frozen != 60_00 || out != found.Receive {
			t.Errorf("available %d, frozen %d, out %d", available, frozen, out)
		}
		w.clean()
	})
}

// What is looked up: by the shop's own id, newest first, and never another shop's.
func TestLookingUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 100_00)
		first, second := w.mustPay("one", "10.00"), w.mustPay("two", "10.00")
		if got, err := w.FindByPayment(w.ctx, shopID, "", "one"); err != nil || got.ID != first.ID {
			t.Errorf("%v", err)
		}
		_, ofSource := w.FindByPayment(w.ctx, shopID, "store", "one")
		_, ofShop := w.FindByPayment(w.ctx, shopID+1, "", "one")
		_, byID := w.Find(w.ctx, shopID+1, first.ID)
		for _, err := range []error{ofSource, ofShop, byID} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%v", err)
			}
		}
		for before, want := range map[int64][]int64{0: {second.ID, first.ID}, second.ID: {first.ID}, first.ID: nil} {
			list, err := w.List(w.ctx, shopID, before, 10)
			var got []int64
			for _, p := range list {
				got = append(got, p.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("before %d: %s %v", before, diff, err)
			}
		}
		o := Order{Shop: shopID, Payway: "card_usd", Amount: "10.00", Currency: first.Currency}
		if quote, err := w.Try(w.ctx, Try{o}); err != nil || quote.WriteOff.Minor != 10_00 {
			t.Errorf("%+v, %v", quote, err)
		}
		check := CheckAccount{Shop: shopID, Payway: "card_usd", Amount: "10.00", Beneficiary: provider.Beneficiary{Account: account}}
		if verdict, err := w.Check(w.ctx, check); err != nil || !verdict.Good || !verdict.Known {
			t.Errorf("%+v, %v", verdict, err)
		}
		check.Beneficiary.Account = ""
		if verdict, err := w.Check(w.ctx, check); err != nil || verdict.Good || verdict.Known || !verdict.Malformed {
			t.Errorf("no account: %+v, %v", verdict, err)
		}
		w.send()
		w.clean()
	})
}

// Found by the simulation: a call whose process died never comes back, so what a
// notice says after the outcome was learned by asking must not wait for its answer.
func TestANoticeAboutACallThatNeverCameBack(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 100_00)
	p := w.mustPay("one", "10.00")
	reference := provider.Reference(provider.Payout, shopID, p.ID, 1)
	w.bank.done[reference] = 10_00
	w.start() // the answer is lost with the process
	w.work(time.Minute)
	before := w.bank.asked[reference]
	if err := w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: p.ID, N: 1}); err != nil || w.find(p.ID).Status != Completed {
		t.Fatalf("%v, %s", err, w.find(p.ID).Status)
	}
	if w.bank.asked[reference] != before+1 {
		t.Error("the notice was taken and nobody asked")
	}
}

// Found by the simulation: a question about what is final is asked once. When it
// gets no answer, or its answer cannot be stored, the provider must tell it again.
func TestANoticeThatCannotBeAskedAboutIsRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), 100_00)
	p := w.mustPay("one", "10.00")
	w.send()
	if w.find(p.ID).Status != Completed {
		t.Fatal("not paid")
	}
	notice := provider.Notice{Shop: shopID, Operation: p.ID, N: 1}
	if err := w.Notice(w.ctx, notice); err != nil {
		t.Errorf("an answered question: %v", err)
	}
	w.Gate.Connectors = nil
	if err := w.Notice(w.ctx, notice); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a question without an answer: %v", err)
	}
}

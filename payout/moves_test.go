package payout

import (
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

var statuses = []Status{Created, Confirming, Sent, ProviderError, Completed, Rejected, NetworkError}

// event is something that happens to a payout.
type event struct {
	name  string
	order Order // of 100.23 when not said
	given Status
	edit  func(*Payout)
	tries []provider.Result
	does  func(*db.State, *Payout) error

	want    Status
	failure Failure
	books   string
	owed    string
	due     int64 // after now; 0: never; -1: now
	sends   int64 // number of the attempt that was announced
	fault   error
}

// hear lets the outcome of the last attempt in.
func hear(result provider.Result, asked bool) func(*db.State, *Payout) error {
	return hearOf(0, result, asked)
}

// hearOf lets the outcome of the nth attempt in, of the last when 0.
func hearOf(n int64, result provider.Result, asked bool) func(*db.State, *Payout) error {
	return func(s *db.State, p *Payout) error {
		if n == 0 {
			n = p.Attempts
		}
		_, err := Apply{Shop: shopID, ID: p.ID, N: n, Outcome: provider.Outcome{Result: result, RRN: "77", BankTransaction: "78"}, Asked: asked, Timing: timing}.Decide(s)
		return err
	}
}

func take(s *db.State, p *Payout) error {
	_, err := Take{shopID, p.ID}.Decide(s)
	return err
}

func confirm(s *db.State, p *Payout) error {
	_, err := Confirm{Shop: shopID, ID: p.ID, Actor: "operator:ann"}.Decide(s)
	return err
}

func refuse(s *db.State, p *Payout) error {
	_, err := Reject{Shop: shopID, ID: p.ID, Actor: "operator:ann", Reason: "odd"}.Decide(s)
	return err
}

func resolve(paid bool, reason string) func(*db.State, *Payout) error {
	return func(s *db.State, p *Payout) error {
		_, err := Resolve{Shop: shopID, ID: p.ID, Paid: paid, Actor: "operator:ann", Reason: reason}.Decide(s)
		return err
	}
}

func silent(s *db.State, p *Payout) {
	a, _ := provider.Attempts.Find(s, p.ID, p.Attempts, p.Shop)
	a.AnsweredAt = 0
	provider.Attempts.Update(s, a)
}

const (
	paid     = "clearing USD +100.23, fee USD +2.00, frozen USD -102.23"
	returned = "available USD +102.23, frozen USD -102.23"
)

var (
	sent    = []provider.Result{""}
	unknown = []provider.Result{provider.Unknown}
)

var events = []event{
	{name: "paid", given: Sent, tries: sent, does: hear(provider.Succeeded, false), want: Completed, books: paid, owed: toldPaid},
	{name: "paid in another currency", order: order("card_uah", "1000.00"), given: Sent, tries: sent, does: hear(provider.Succeeded, false), want: Completed, owed: toldPaid,
		books: "clearing UAH +1000.00, exchange UAH -1015.00, exchange USD +24.61, fee UAH +15.00, frozen USD -24.61"},
	{name: "paid what the shop's amount pays for", order: Order{Shop: shopID, Payway: "card_usd", Amount: "100.21", ShopAmount: true, Currency: order("", "").Currency},
		given: Sent, tries: sent, does: hear(provider.Succeeded, false), want: Completed, owed: toldPaid,
		books: "clearing USD +98.24, fee USD +1.96, frozen USD -100.21, rounding USD +0.01"},
	{name: "paid, as a question tells", given: Sent, tries: []provider.Result{provider.Pending}, does: hear(provider.Succeeded, true), want: Completed, books: paid, owed: toldPaid},
	{name: "declined", given: Sent, tries: sent, does: hear(provider.Declined, false), want: Rejected, failure: Declined, books: returned, owed: toldNot},
	{name: "not accepted", given: Sent, tries: sent, does: hear(provider.Refused, false), want: ProviderError, due: 3000},
	{name: "not accepted ten times", given: Sent, edit: func(p *Payout) { p.Refusals, p.RefusedAt = 9, now }, tries: sent, does: hear(provider.Refused, false),
		want: Rejected, failure: Unavailable, books: returned, owed: toldNot},
	{name: "accepted", given: Sent, tries: sent, does: hear(provider.Pending, false), want: Sent, due: 1000},
	{name: "no answer", given: Sent, tries: sent, does: hear(provider.Unknown, false), want: NetworkError, due: 1000},
	{name: "nobody answers a question to a payout", given: Sent, tries: sent, does: hear(provider.Challenge, false), want: NetworkError, due: 1000},
	{name: "doubt: the provider has it", given: NetworkError, tries: unknown, does: hear(provider.Pending, true), want: Sent, due: 2000},
	{name: "doubt: paid", given: NetworkError, tries: unknown, does: hear(provider.Succeeded, true), want: Completed, books: paid, owed: toldPaid},
	{name: "doubt: declined", given: NetworkError, tries: unknown, does: hear(provider.Declined, true), want: Rejected, failure: Declined, books: returned, owed: toldNot},
	{name: "doubt: not accepted", given: NetworkError, tries: unknown, does: hear(provider.Refused, true), want: ProviderError, due: 3000},
	{name: "doubt stays", given: NetworkError, tries: unknown, does: hear(provider.Unknown, true), want: NetworkError, due: 2000},
	{name: "doubt: finally never arrived", given: NetworkError, tries: unknown, does: hear(provider.Missing, true), want: NetworkError, due: -1},
	{name: "doubt: never arrived three times", given: NetworkError, edit: func(p *Payout) { p.Losses = 2 }, tries: unknown, does: hear(provider.Missing, true),
		want: Rejected, failure: Unavailable, books: returned, owed: toldNot},
	{name: "the send before the open one", given: Sent, tries: []provider.Result{provider.Lost, ""}, does: hearOf(1, provider.Succeeded, false), want: Sent, due: -1},

	{name: "taken: its first send", given: Created, does: take, want: Sent, due: provider.Lease, sends: 1},
	{name: "taken: sent again after a refusal", given: ProviderError, tries: []provider.Result{provider.Refused}, does: take, want: Sent, due: provider.Lease, sends: 2},
	{name: "taken: sent again after it never arrived", given: NetworkError, tries: []provider.Result{provider.Lost}, does: take, want: Sent, due: provider.Lease, sends: 2},
	{name: "taken: asked, not sent", given: Sent, tries: sent, does: take, want: Sent, due: provider.Lease},
	{name: "taken: asked in doubt, not sent", given: NetworkError, tries: unknown, does: take, want: NetworkError, due: provider.Lease},
	{name: "not due", given: ProviderError, edit: func(p *Payout) { p.DueAt = now + 1 }, tries: []provider.Result{provider.Refused}, does: take, want: ProviderError, due: 1},
	{name: "an operator's is not taken", given: Confirming, does: take, want: Confirming, due: -1},
	{name: "a final one is not taken", given: Completed, tries: sent, does: take, want: Completed, due: -1},

	{name: "confirmed", given: Confirming, does: confirm, want: Created, due: -1},
	{name: "rejected by an operator", given: Confirming, does: refuse, want: Rejected, failure: Declined, books: returned, owed: toldNot},
	{name: "confirmed too late", given: Sent, tries: sent, does: confirm, want: Sent, due: -1,
		fault: is(fault.Busy, "payout 10002 is sent; only one that waits for confirmation can be confirmed or rejected")},
	{name: "rejected too late", given: Completed, tries: sent, does: refuse, want: Completed, due: -1,
		fault: is(fault.Busy, "payout 10002 is completed; only one that waits for confirmation can be confirmed or rejected")},
	{name: "resolved: paid", given: NetworkError, tries: unknown, does: resolve(true, "by phone"), want: Completed, books: paid, owed: toldPaid},
	{name: "resolved: not paid", given: NetworkError, tries: unknown, does: resolve(false, "by phone"), want: Rejected, failure: Declined, books: returned, owed: toldNot},
	{name: "resolved without a reason", given: NetworkError, tries: unknown, does: resolve(true, ""), want: NetworkError, due: -1,
		fault: fault.Param("reason", "say how the outcome is known")},
	{name: "resolved though it is known", given: Sent, tries: sent, does: resolve(true, "by phone"), want: Sent, due: -1,
		fault: is(fault.Busy, "payout 10002 is sent; only one with an unknown outcome (status 9) can be resolved")},
	{name: "resolved while the call may still arrive", given: NetworkError, tries: unknown, want: NetworkError, due: -1,
		does: func(s *db.State, p *Payout) error {
			silent(s, p)
			a, _ := provider.Attempts.Find(s, p.ID, p.Attempts, p.Shop)
			a.SentAt = now - provider.LongestCall + 1
			provider.Attempts.Update(s, a)
			return resolve(false, "by phone")(s, p)
		}, fault: is(fault.Busy, "payout 10002 may still be on its way to the provider; try again in 300 s")},
	{name: "resolved after its process died", given: NetworkError, tries: unknown, want: Rejected, failure: Declined, books: returned, owed: toldNot,
		does: func(s *db.State, p *Payout) error {
			silent(s, p)
			return resolve(false, "by phone")(s, p)
		}},

	{name: "went out after it was rejected", given: Rejected, tries: []provider.Result{provider.Declined}, does: hear(provider.Succeeded, true),
		want: Rejected, books: "clearing USD +100.23, suspense USD -100.23", due: -1},
	{name: "came back after it was completed", given: Completed, tries: []provider.Result{provider.Succeeded}, does: hear(provider.Declined, true),
		want: Completed, books: "clearing USD -100.23, suspense USD +100.23", due: -1},
	{name: "completed, as we know, by an earlier send", given: Completed, tries: []provider.Result{provider.Lost, provider.Succeeded}, does: hearOf(1, provider.Succeeded, false),
		want: Completed, due: -1},
}

// run lets the event happen and compares; it gives the move that was made.
func (e event) run(t *testing.T) [2]Status {
	s := state(t, hears)
	if e.order.Payway == "" {
		e.order = order("card_usd", "100.23")
	}
	p := given(t, s, e.order, e.given, e.tries...)
	if e.edit != nil {
		e.edit(p)
		payouts.Update(s, p)
	}
	before := books(s)
	wantFault(t, e.does(s, p), e.fault)
	after := stored(t, s, p.ID)
	if after.Status != e.want || after.Failure != e.failure {
		t.Errorf("%s %q, want %s %q", after.Status, after.Failure, e.want, e.failure)
	}
	if got := moved(before, books(s)); got != e.books {
		t.Errorf("posted %q\nwant   %q", got, e.books)
	}
	if owed(s) != e.owed {
		t.Errorf("owes %q, want %q", owed(s), e.owed)
	}
	wantDue := now + e.due
	switch e.due {
	case 0:
		wantDue = 0
	case -1:
		wantDue = now
	}
	if after.DueAt != wantDue {
		t.Errorf("due in %d ms, want %d", after.DueAt-now, e.due)
	}
	if made := after.Attempts - int64(len(e.tries)); (made == 1) != (e.sends > 0) || e.sends > 0 && after.Attempts != e.sends {
		t.Errorf("%d attempts, want %d", after.Attempts, e.sends)
	}
	if after.Status == Completed && e.given != Completed && e.does != nil && after.ProcessedAt != now {
		t.Errorf("processed at %d", after.ProcessedAt)
	}
	return [2]Status{p.Status, after.Status}
}

// Every event, and that together they make every move of the table.
func TestEveryEventAndEveryMove(t *testing.T) {
	made := map[[2]Status]bool{{0, Sent}: true, {0, Created}: true, {0, Confirming}: true} // TestCreate
	for _, e := range events {
		t.Run(e.name, func(t *testing.T) { made[e.run(t)] = true })
	}
	for _, m := range Moves {
		if !made[[2]Status{m.From, m.To}] {
			t.Errorf("nothing here moves a payout from %s to %s (%s)", m.From, m.To, m.Cause)
		}
	}
}

// What is not in the table is refused, whatever asks for it.
func TestNoOtherMove(t *testing.T) {
	for _, from := range append([]Status{0}, statuses...) {
		for _, to := range statuses {
			p := &Payout{Status: from, Work: provider.Work{DueAt: 1}}
			err := p.move(state(t, "{}"), to)
			allowed := from == to || slices.ContainsFunc(Moves, func(m Move) bool { return m.From == from && m.To == to })
			if allowed != (err == nil) || allowed != (p.Status == to) || err != nil && !fault.Is(err, fault.Internal) {
				t.Errorf("%s to %s: %v, now %s", from, to, err, p.Status)
			}
			if final := err == nil && from != to && to.Final(); final != (p.ProcessedAt == now) || final != (p.DueAt == 0) {
				t.Errorf("%s to %s: processed at %d, due at %d", from, to, p.ProcessedAt, p.DueAt)
			}
		}
	}
	for _, m := range Moves {
		if m.From.Final() {
			t.Errorf("%s is final and moves to %s", m.From, m.To)
		}
	}
}

// Whatever is heard of a payout that has ended, however often and of whichever
// send, it stays and its money is booked once.
func TestAnEndedPayoutStays(t *testing.T) {
	for _, end := range []provider.Result{provider.Succeeded, provider.Declined} {
		s := state(t, hears)
		p := given(t, s, order("card_usd", "100.23"), Sent, provider.Lost, "")
		if err := hear(end, false)(s, p); err != nil {
			t.Fatal(err)
		}
		ended, told, before := stored(t, s, p.ID).Status, owed(s), books(s)
		opposite, want := provider.Declined, "clearing USD -100.23, suspense USD +100.23"
		if end == provider.Declined {
			opposite, want = provider.Succeeded, "clearing USD +100.23, suspense USD -100.23"
		}
		for _, result := range []provider.Result{opposite, end, provider.Missing, opposite, provider.Pending, provider.Refused, provider.Challenge, provider.Unknown} {
			for n := int64(1); n <= 2; n++ {
				if err := hearOf(n, result, true)(s, p); err != nil {
					t.Fatal(err)
				}
			}
		}
		if after := stored(t, s, p.ID); after.Status != ended || owed(s) != told || moved(before, books(s)) != want {
			t.Errorf("%s, owes %q, posted %q; want %q", after.Status, owed(s), moved(before, books(s)), want)
		}
	}
}

// No address, no callback; and an outcome of nothing is refused.
func TestWithoutAnAddressNothingIsOwed(t *testing.T) {
	s := state(t, "{}")
	p := given(t, s, order("card_usd", "100.23"), Sent, "")
	if err := hear(provider.Succeeded, false)(s, p); err != nil || owed(s) != "" {
		t.Errorf("%v, owes %q", err, owed(s))
	}
	if got := stored(t, s, p.ID); got.RRN != "77" || got.BankTransaction != "78" || got.Callbacks != 0 {
		t.Errorf("%+v", got)
	}
	wantFault(t, hearOf(9, provider.Succeeded, false)(s, p), is(fault.NotFound, "Withdraw (id=%d) wasn't found", p.ID))
	_, err := Apply{Shop: shopID + 1, ID: p.ID, N: 1}.Decide(s)
	wantFault(t, err, is(fault.NotFound, "Withdraw (id=%d) wasn't found", p.ID))
	_, err = Confirm{Shop: shopID + 1, ID: p.ID}.Decide(s)
	wantFault(t, err, is(fault.NotFound, "Withdraw (id=%d) wasn't found", p.ID))
	_, err = Resolve{Shop: shopID + 1, ID: p.ID}.Decide(s)
	wantFault(t, err, is(fault.NotFound, "Withdraw (id=%d) wasn't found", p.ID))
}

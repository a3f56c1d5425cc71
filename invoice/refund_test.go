package invoice

import (
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

func giveBack(amount string) CreateRefund {
	return CreateRefund{Shop: shopID, InvoiceID: invoiceID, RefundID: "refund", Amount: amount, Place: true}
}

// refundedBy is an invoice of which so much was given back.
func refundedBy(minor int64) func(*Invoice) {
	return func(v *Invoice) { v.Refunded, v.PriceRefunded = minor, minor }
}

func TestCreateRefundRefuses(t *testing.T) {
	notPaid := fault.Param("invoice_id", "the invoice is not paid")
	twice := func(s *db.State) {
		refunds.Put(s, &Refund{Shop: shopID, ID: 1, RefundID: "refund", Version: 1})
	}
	off := func(s *db.State) { shop.Put(s, shop.Shop{ID: 19, Stored: "{}", Version: 1}) }
	other := giveBack("1.00")
	other.Shop = 19
	for _, row := range []struct {
		name   string
		given  *Invoice
		before func(*db.State)
		make   CreateRefund
		fault  error
	}{
		{"no such shop", invoice(Succeeded), nil, other, is(fault.ShopNotFound, "Shop (id = 19) is not found")},
		{"a shop that is off", invoice(Succeeded), off, other, is(fault.ShopOff, "Shop (id = 19) is not active")},
		{"an id that was used, before what is left", invoice(Succeeded, refundedBy(100_00)), twice, giveBack("100.00"),
			is(fault.NotUnique, "Shop_refund_id 'refund' is not unique for shop(id=17)")},
		{"no such invoice", nil, nil, giveBack("1.00"), notThere},
		{"no number", invoice(Succeeded), nil, giveBack("-1"), fault.Param("amount", "not a plain decimal number")},
		{"nothing", invoice(Succeeded), nil, giveBack("0"), fault.Param("amount", "must be greater than 0")},
		{"unpaid", invoice(Created), nil, giveBack("1.00"), notPaid},
		{"at the payer", invoice(Awaiting), nil, giveBack("1.00"), notPaid},
		{"in doubt", invoice(Unknown), nil, giveBack("1.00"), notPaid},
		{"rejected", invoice(Rejected), nil, giveBack("1.00"), notPaid},
		{"held", invoice(Held, held), nil, giveBack("1.00"), notPaid},
		{"being charged", invoice(Charging, held), nil, giveBack("1.00"), busy},
		{"being released", invoice(Unholding, held), nil, giveBack("1.00"), busy},
		{"more than was paid", invoice(Succeeded), nil, giveBack("100.01"), is(fault.TooLarge, "Refund amount is too large, max: 100.0")},
		{"more than is left", invoice(Succeeded, refundedBy(60_00)), nil, giveBack("60.00"), is(fault.TooLarge, "Refund amount is too large, max: 40.0")},
		{"nothing is left", invoice(Succeeded, refundedBy(100_00)), nil, giveBack("0.01"), is(fault.TooLarge, "Refund amount is too large, max: 0.0")},
		{"more than the balance", invoice(Succeeded), nil, giveBack("50.01"), is(fault.Balance, "Insufficient balance(currency=840): amount=50.01, balance=50.0")},
		{"so little that the payer gets nothing", invoice(Succeeded, func(v *Invoice) { converted(v); v.Price = 50 }), nil, giveBack("0.01"),
			is(fault.TooSmall, "Refund amount is too small: the payer would get nothing")},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			fund(t, s, 50_00)
			if row.given != nil {
				put(t, s, row.given)
			}
			if row.before != nil {
				row.before(s)
			}
			before := books(s)
			_, err := row.make.Decide(s)
			wantFault(t, err, row.fault)
			if len(refunds.Written(s)) != 0 || moved(before, books(s)) != "" || len(provider.Attempts.Written(s)) != 0 {
				t.Error("a refusal left something behind")
			}
		})
	}
}

const given = `{"refund_fee":"return"}`

func TestCreateRefund(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings string
		given    *Invoice
		amount   string
		saturate bool

		price, feeBack int64
	}{
		{name: "all of it", given: invoice(Succeeded), amount: "100.00", price: 100_00},
		{name: "a part", given: invoice(Succeeded), amount: "60.00", price: 60_00},
		{name: "the rest", given: invoice(Succeeded, refundedBy(60_00)), amount: "40.00", price: 40_00},
		{name: "of a charged hold", given: invoice(Succeeded, held), amount: "100.00", price: 100_00},
		{name: "the payer's surcharge is kept", given: invoice(Succeeded, surcharged), amount: "100.00", price: 100_00},
		{name: "in the payer's currency", given: invoice(Succeeded, converted), amount: "33.33", price: 1374_86},
		{name: "with the fee", settings: given, given: invoice(Succeeded), amount: "60.00", price: 60_00, feeBack: 3_00},
		{name: "with the rest of the fee", settings: given, given: invoice(Succeeded, refundedBy(60_00), func(v *Invoice) { v.FeeReturned = 2_99 }),
			amount: "40.00", price: 40_00, feeBack: 2_01},
		{name: "while the dispatcher is full", given: invoice(Succeeded), amount: "1.00", price: 1_00, saturate: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state(row.settings)
			fund(t, s, 100_00)
			put(t, s, row.given, isHeld[0])
			before, c := books(s), giveBack(row.amount)
			c.Place = !row.saturate
			got, err := c.Decide(s)
			if err != nil {
				t.Fatal(err)
			}
			f := refunds.Written(s)[0]
			if f.Status != Waiting || f.Price != row.price || f.FeeBack != row.feeBack || f.CallbackURL != row.given.CallbackURL {
				t.Errorf("%+v", f)
			}
			v := stored(t, s)
			if v.Refunded != row.given.Refunded+f.Amount || v.PriceRefunded != row.given.PriceRefunded+f.Price || v.FeeReturned != row.given.FeeReturned+f.FeeBack {
				t.Errorf("the invoice counts %d, %d and %d", v.Refunded, v.PriceRefunded, v.FeeReturned)
			}
			if want := "available USD -" + f.GrossAmount().Text() + ", frozen USD +" + f.GrossAmount().Text(); moved(before, books(s)) != want || owed(s) != "" {
				t.Errorf("posted %q, owes %q", moved(before, books(s)), owed(s))
			}
			if row.saturate {
				if got.Attempt != nil || f.DueAt != now {
					t.Errorf("announced %+v, due at %d", got.Attempt, f.DueAt)
				}
				return
			}
			if a := got.Attempt; a == nil || a.Verb != provider.Refund || a.Reference != provider.Reference(provider.Refund, shopID, f.ID, 1) || f.DueAt != now+provider.Lease {
				t.Errorf("announced %+v", a)
			}
			if got.Original == nil || got.Original.N != 1 {
				t.Errorf("acts upon %+v", got.Original)
			}
		})
	}
}

// refunding is a waiting refund of 60.00 of the tests' invoice, its reservation
// on the books, with its attempts.
func refunding(t testing.TB, s *db.State, edit func(*Refund), outcomes ...provider.Result) *Refund {
	t.Helper()
	fund(t, s, 100_00)
	put(t, s, invoice(Succeeded), isHeld[0])
	c := giveBack("60.00")
	c.Place = false
	made, err := c.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	f := made.Refund
	for n, outcome := range outcomes {
		provider.Attempts.Put(s, &provider.Attempt{
			Shop: shopID, Operation: f.ID, N: int64(n + 1), Verb: provider.Refund, Provider: "card", Reference: provider.Reference(provider.Refund, shopID, f.ID, 1),
			Outcome: outcome, SentAt: now - 60_000, AnsweredAt: now - 59_000, Missing: 1, Version: 1,
		})
		f.Attempts = int64(n + 1)
	}
	f.DueAt = now
	if edit != nil {
		edit(f)
	}
	refunds.Update(s, f)
	return f
}

const (
	settled   = "clearing USD +60.00, frozen USD -60.00"
	unfrozen  = "available USD +60.00, frozen USD -60.00"
	toldBack  = "SUCCESS https://asked.example/cb"
	toldFails = "FAILED https://asked.example/cb"
)

func TestApplyRefund(t *testing.T) {
	made := map[[2]RefundStatus]bool{{"", Waiting}: true}
	ended := func(status RefundStatus) func(*Refund) { return func(f *Refund) { f.Status = status } }
	for _, row := range []struct {
		name  string
		given func(*Refund)
		tries []provider.Result
		n     int64 // the last when 0
		hears provider.Result
		asked bool

		want    RefundStatus
		failure Failure
		books   string
		owed    string
		due     int64
	}{
		{name: "done", tries: []provider.Result{""}, hears: provider.Succeeded, want: Refunded, books: settled, owed: toldBack},
		{name: "done, in doubt before", tries: []provider.Result{provider.Unknown}, hears: provider.Succeeded, asked: true, want: Refunded, books: settled, owed: toldBack},
		{name: "declined", tries: []provider.Result{""}, hears: provider.Declined, want: Failed, failure: Declined, books: unfrozen, owed: toldFails},
		{name: "not accepted: again", tries: []provider.Result{""}, hears: provider.Refused, want: Waiting, due: 3000},
		{name: "not accepted ten times", given: func(f *Refund) { f.Refusals, f.RefusedAt = 9, now }, tries: []provider.Result{""}, hears: provider.Refused,
			want: Failed, failure: Unavailable, books: unfrozen, owed: toldFails},
		{name: "accepted", tries: []provider.Result{""}, hears: provider.Pending, want: Waiting, due: 1000},
		{name: "in doubt", tries: []provider.Result{""}, hears: provider.Unknown, want: Waiting, due: 1000},
		{name: "nobody answers a question to it", tries: []provider.Result{""}, hears: provider.Challenge, want: Waiting, due: 1000},
		{name: "never arrived: again", tries: []provider.Result{provider.Unknown}, hears: provider.Missing, asked: true, want: Waiting, due: -1},
		{name: "never arrived three times", given: func(f *Refund) { f.Losses = 2 }, tries: []provider.Result{provider.Unknown}, hears: provider.Missing, asked: true,
			want: Failed, failure: Unavailable, books: unfrozen, owed: toldFails},
		{name: "the send before the open one", tries: []provider.Result{provider.Lost, ""}, n: 1, hears: provider.Succeeded, want: Waiting, due: -1},

		{name: "done after it failed", given: ended(Failed), tries: []provider.Result{provider.Declined}, hears: provider.Succeeded, asked: true,
			want: Failed, books: "clearing USD +60.00, suspense USD -60.00", due: -1},
		{name: "undone after it was done", given: ended(Refunded), tries: []provider.Result{provider.Succeeded}, hears: provider.Declined, asked: true,
			want: Refunded, books: "clearing USD -60.00, suspense USD +60.00", due: -1},
		{name: "done, as we know, by an earlier send", given: ended(Refunded), tries: []provider.Result{provider.Lost, provider.Succeeded}, n: 1, hears: provider.Succeeded,
			want: Refunded, due: -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			f := refunding(t, s, row.given, row.tries...)
			before, n := books(s), row.n
			if n == 0 {
				n = f.Attempts
			}
			got, err := ApplyRefund{Shop: shopID, ID: f.ID, N: n, Outcome: provider.Outcome{Result: row.hears}, Asked: row.asked, Timing: timing}.Decide(s)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != row.want || got.Failure != row.failure {
				t.Errorf("%s %q", got.Status, got.Failure)
			}
			if moved(before, books(s)) != row.books || owed(s) != row.owed {
				t.Errorf("posted %q, owes %q", moved(before, books(s)), owed(s))
			}
			if row.due == -1 && got.DueAt != now || row.due >= 0 && got.DueAt != now+row.due && !(row.due == 0 && got.DueAt == 0) {
				t.Errorf("due in %d ms", got.DueAt-now)
			}
			left := int64(60_00)
			if f.Status == Waiting && row.want == Failed {
				left = 0
			}
			if v := stored(t, s); v.Refunded != left || v.PriceRefunded != left {
				t.Errorf("the invoice counts %d given back", v.Refunded)
			}
			made[[2]RefundStatus{f.Status, got.Status}] = true
		})
	}
	for _, m := range RefundMoves {
		if !made[[2]RefundStatus{m.From, m.To}] {
			t.Errorf("nothing here moves a refund from %q to %q", m.From, m.To)
		}
	}
	for pair := range made {
		if pair[0] != pair[1] && !slices.ContainsFunc(RefundMoves, func(m RefundMove) bool { return m.From == pair[0] && m.To == pair[1] }) {
			t.Errorf("a refund moved from %q to %q", pair[0], pair[1])
		}
	}
}

// Whatever is heard of a refund that has ended, and however often, it stays and
// its money is booked once.
func TestAnEndedRefundStays(t *testing.T) {
	for _, end := range []provider.Result{provider.Succeeded, provider.Declined} {
		s := state("")
		f := refunding(t, s, nil, provider.Lost, "")
		hear := func(n int64, result provider.Result) *Refund {
			got, err := ApplyRefund{Shop: shopID, ID: f.ID, N: n, Outcome: provider.Outcome{Result: result}, Asked: true, Timing: timing}.Decide(s)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		ended := hear(2, end).Status
		opposite := map[provider.Result]provider.Result{provider.Succeeded: provider.Declined, provider.Declined: provider.Succeeded}[end]
		before := books(s)
		for _, result := range []provider.Result{opposite, end, provider.Missing, opposite, provider.Pending, provider.Refused, provider.Unknown} {
			for _, n := range []int64{1, 2} {
				if got := hear(n, result).Status; got != ended {
					t.Fatalf("%s after %s", got, ended)
				}
			}
		}
		want := "clearing USD -60.00, suspense USD +60.00"
		if end == provider.Declined {
			want = "clearing USD +60.00, suspense USD -60.00"
		}
		if got := moved(before, books(s)); got != want {
			t.Errorf("after %s posted %q, want %q", end, got, want)
		}
	}
}

func TestTakeRefund(t *testing.T) {
	for _, row := range []struct {
		name  string
		given func(*Refund)
		tries []provider.Result
		asks  bool
		sends int64
	}{
		{name: "not due", given: func(f *Refund) { f.DueAt = now + 1 }},
		{name: "never due", given: func(f *Refund) { f.DueAt = 0 }},
		{name: "ended", given: func(f *Refund) { f.Status = Refunded }, tries: []provider.Result{provider.Succeeded}},
		{name: "waits for its first send", sends: 1},
		{name: "without an outcome", tries: []provider.Result{""}, asks: true},
		{name: "in doubt", tries: []provider.Result{provider.Unknown}, asks: true},
		{name: "not accepted", tries: []provider.Result{provider.Refused}, sends: 2},
		{name: "never arrived", tries: []provider.Result{provider.Lost, provider.Lost}, sends: 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			f := refunding(t, s, row.given, row.tries...)
			got, err := TakeRefund{shopID, f.ID}.Decide(s)
			if err != nil {
				t.Fatal(err)
			}
			if (got.Open != nil) != row.asks || (got.Attempt != nil) != (row.sends > 0) {
				t.Fatalf("asks about %+v, sends %+v", got.Open, got.Attempt)
			}
			if row.sends > 0 && (got.Attempt.N != row.sends || got.Attempt.Reference != provider.Reference(provider.Refund, shopID, f.ID, 1)) {
				t.Errorf("sends %+v", got.Attempt)
			}
			if taken, _ := (TakeRefund{shopID, f.ID}).Decide(s); taken.Refund != nil {
				t.Error("a second worker takes it too")
			}
		})
	}
}

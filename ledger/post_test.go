package ledger

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

func TestPostWritesATransferItsEntriesAndTheBalances(t *testing.T) {
	s := newState()
	deposit(t, s, 1000)
	id := must(t, s, Posting{Kind: "payment", Operation: 5, Note: "order 5"},
		card(money.USD, -10000), to(Available, money.USD, 9500), to(Fee, money.USD, 500))

	posted := transfers.Written(s)
	want := Transfer{Shop: shop, ID: id, At: 1000, Posting: Posting{Kind: "payment", Operation: 5, Note: "order 5"}}
	if diff := cmp.Diff(want, *posted[len(posted)-1]); diff != "" {
		t.Error("transfer:", diff)
	}
	got := values(entries.Written(s))[2:]
	if diff := cmp.Diff([]Entry{
		{shop, id, 1, card(money.USD, -10000), -10000},
		{shop, id, 2, to(Available, money.USD, 9500), 10500},
		{shop, id, 3, to(Fee, money.USD, 500), 500},
	}, got); diff != "" {
		t.Error("entries:", diff)
	}
	for _, e := range got {
		if balance := Balance(s, shop, e.Currency, e.Purpose, e.Provider); balance != e.Balance {
			t.Errorf("%s: balance %d beside an entry that says %d", e.Purpose, balance, e.Balance)
		}
	}
}

func TestPostMergesLegsOfAnAccountAndDropsZeroes(t *testing.T) {
	s := newState()
	must(t, s, Posting{Kind: "payment"},
		to(Available, money.USD, 60), card(money.USD, -100), to(Fee, money.USD, 0), to(Available, money.USD, 40),
		to(Rounding, money.USD, 3), to(Rounding, money.USD, -3))
	want := []Entry{{shop, 1, 1, to(Available, money.USD, 100), 100}, {shop, 1, 2, card(money.USD, -100), -100}}
	if diff := cmp.Diff(want, values(entries.Written(s))); diff != "" {
		t.Error(diff)
	}
	if n := len(accounts.Written(s)); n != 2 {
		t.Errorf("%d accounts, want the two that moved", n)
	}
}

func TestClearingIsKeptForEachProviderAndCurrency(t *testing.T) {
	s := newState()
	bank := Leg{Currency: money.USD, Purpose: Clearing, Provider: "bank", Amount: 30}
	must(t, s, Posting{Kind: "move"}, card(money.USD, -30), bank, card(money.UAH, -7), to(Exchange, money.UAH, 7))
	for want, leg := range map[int64]Leg{-30: card(money.USD, 0), 30: bank, -7: card(money.UAH, 0), 0: {Currency: money.EUR, Purpose: Clearing, Provider: "card"}} {
		if got := Balance(s, shop, leg.Currency, leg.Purpose, leg.Provider); got != want {
			t.Errorf("%v has %d, want %d", leg, got, want)
		}
	}
}

func TestPostRefuses(t *testing.T) {
	payment := Posting{Kind: "payment"}
	two := []Leg{to(Funding, money.USD, -5), to(Available, money.USD, 5)}
	tests := []struct {
		name string
		shop int64
		p    Posting
		legs []Leg
		kind fault.Kind
	}{
		{"no shop", 0, payment, two, fault.Internal},
		{"no kind", shop, Posting{}, two, fault.Internal},
		{"a negative reservation", shop, Posting{Kind: "x", Resolves: -1}, two, fault.Internal},
		{"a negative original", shop, Posting{Kind: "x", Reverses: -1}, two, fault.Internal},
		{"no legs", shop, payment, nil, fault.Internal},
		{"one leg", shop, payment, two[:1], fault.Internal},
		{"legs that come to nothing", shop, payment, []Leg{to(Fee, money.USD, 5), to(Fee, money.USD, -5)}, fault.Internal},
		{"one unit too much", shop, payment, []Leg{to(Funding, money.USD, -5), to(Available, money.USD, 6)}, fault.Internal},
		{"one unit too little", shop, payment, []Leg{to(Funding, money.USD, -6), to(Available, money.USD, 5)}, fault.Internal},
		{"a sum that is zero only across currencies", shop, payment, []Leg{to(Funding, money.USD, -5), to(Available, money.UAH, 5)}, fault.Internal},
		{"the second currency not zero", shop, payment, append([]Leg{to(Exchange, money.UAH, 1)}, two...), fault.Internal},
		{"no currency", shop, payment, []Leg{to(Funding, 0, -5), to(Available, 0, 5)}, fault.Internal},
		{"an unknown purpose", shop, payment, []Leg{to("profit", money.USD, -5), to(Available, money.USD, 5)}, fault.Internal},
		{"clearing without a provider", shop, payment, []Leg{to(Clearing, money.USD, -5), to(Available, money.USD, 5)}, fault.Internal},
		{"a provider on another account", shop, payment, []Leg{{money.USD, Fee, "card", -5}, to(Available, money.USD, 5)}, fault.Internal},
		{"more than is available", shop, payment, []Leg{to(Available, money.USD, -1001), to(Frozen, money.USD, 1001)}, fault.Balance},
		{"available in another currency", shop, payment, []Leg{to(Available, money.UAH, -1), to(Frozen, money.UAH, 1)}, fault.Balance},
		{"more than is frozen", shop, payment, []Leg{to(Frozen, money.USD, -1), to(Available, money.USD, 1)}, fault.Internal},
		{"more than is held", shop, payment, []Leg{to(Held, money.USD, -1), to(Authorised, money.USD, 1)}, fault.Internal},
		{"a balance beyond the range", shop, payment, []Leg{to(Available, money.USD, math.MaxInt64-999), to(Fee, money.USD, 999-math.MaxInt64)}, fault.TooLarge},
		{"a leg beyond the range", shop, payment, []Leg{to(Fee, money.USD, math.MinInt64), to(Available, money.USD, 5)}, fault.TooLarge},
		{"a leg beyond the range after another", shop, payment, []Leg{to(Fee, money.USD, 5), to(Fee, money.USD, math.MinInt64), to(Funding, money.USD, math.MaxInt64-4)}, fault.TooLarge},
		{"legs that overflow together", shop, payment, []Leg{to(Fee, money.USD, math.MaxInt64), to(Fee, money.USD, 1), to(Funding, money.USD, -5)}, fault.TooLarge},
		// The four wrap around to zero.
		{"a sum that overflows", shop, payment, []Leg{to(Fee, money.USD, math.MaxInt64), to(Exchange, money.USD, math.MaxInt64), to(Funding, money.USD, 1), to(Suspense, money.USD, 1)}, fault.TooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newState()
			accounts.Put(s, &Account{Shop: shop, Currency: money.USD, Purpose: Available, Balance: 1000, Version: 1})
			id, err := Post(s, test.shop, test.p, test.legs...)
			if id != 0 || !fault.Is(err, test.kind) {
				t.Errorf("Post = %d, %v; want fault %v", id, err, test.kind)
			}
			if n := len(transfers.Written(s)) + len(entries.Written(s)) + len(accounts.Written(s)); n != 0 {
				t.Errorf("%d rows were written beside the error", n)
			}
		})
	}
}

func TestInsufficientBalanceSaysWhatIsThere(t *testing.T) {
	s := newState()
	deposit(t, s, 1050)
	_, err := Reserve(s, shop, 5, "payout", usd(50000))
	if want := "Insufficient balance(currency=840): amount=500.0, balance=10.5"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestRandomPostings posts anything at all and compares with the simplest books
// there can be: a map of balances.
func TestRandomPostings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newState()
		model := map[Leg]int64{}
		for range rapid.IntRange(1, 30).Draw(t, "transfers") {
			legs := randomLegs(t)
			_, err := Post(s, shop, Posting{Kind: "random"}, legs...)
			if expect := apply(model, legs); (err == nil) != (expect == "") {
				t.Fatalf("Post(%v) = %v, the model says %q", legs, err, expect)
			}
		}
		checkBooks(t, s, model)
	})
}

func randomLegs(t *rapid.T) []Leg {
	var legs []Leg
	for range rapid.IntRange(1, 5).Draw(t, "pairs") {
		currency := rapid.SampledFrom([]money.Currency{money.USD, money.UAH}).Draw(t, "currency")
		amount := rapid.Int64Range(-50, 50).Draw(t, "amount")
		for _, sign := range []int64{1, -1} {
			purpose := rapid.SampledFrom(Purposes()).Draw(t, "purpose")
			leg := to(purpose, currency, sign*amount)
			if purpose == Clearing {
				leg.Provider = rapid.SampledFrom([]string{"card", "bank"}).Draw(t, "provider")
			}
			legs = append(legs, leg)
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "spoilt") == 0 {
		legs[0].Amount++
	}
	return legs
}

// apply changes the model by the legs, or says why they are refused.
func apply(model map[Leg]int64, legs []Leg) string {
	net, sums, moved := map[Leg]int64{}, map[money.Currency]int64{}, 0
	for _, leg := range legs {
		key := leg
		key.Amount = 0
		net[key] += leg.Amount
		sums[leg.Currency] += leg.Amount
	}
	for key, amount := range net {
		if amount != 0 {
			moved++
		}
		if !key.Purpose.mayOwe() && amount != 0 && model[key]+amount < 0 {
			return fmt.Sprint("short: ", key)
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			return fmt.Sprint("unbalanced: ", currency)
		}
	}
	if moved < 2 {
		return "nothing moves"
	}
	for key, amount := range net {
		model[key] += amount
	}
	return ""
}

func checkBooks(t *rapid.T, s *db.State, model map[Leg]int64) {
	running, sums := map[Leg]int64{}, map[string]int64{}
	for _, e := range entries.Written(s) {
		key := e.Leg
		key.Amount = 0
		running[key] += e.Amount
		sums[fmt.Sprint(e.Transfer, e.Currency)] += e.Amount
		if e.Balance != running[key] || e.Amount == 0 {
			t.Fatalf("entry %+v, running balance %d", *e, running[key])
		}
	}
	for transfer, sum := range sums {
		if sum != 0 {
			t.Fatalf("transfer %s sums to %d", transfer, sum)
		}
	}
	for key, want := range model {
		if got := Balance(s, shop, key.Currency, key.Purpose, key.Provider); got != want || got != running[key] {
			t.Fatalf("%v: balance %d, entries %d, model %d", key, got, running[key], want)
		}
	}
}

// BenchmarkPost is a deposit and a reservation, without a database.
func BenchmarkPost(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s := newState()
		deposit(b, s, 100)
		if _, err := Reserve(s, shop, 1, "payout.reserve", usd(50)); err != nil {
			b.Fatal(err)
		}
	}
}

package payout

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// The numbers of the tests' world.
const (
	shopID         = 17
	now      int64 = 1_780_000_000_000
	account        = "4242424242424242"
	hears          = `{"payout_callback_url":"https://shop.example/cb"}`
	toldPaid       = "completed https://shop.example/cb"
	toldNot        = "rejected https://shop.example/cb"
)

var timing = provider.Timing{
	CallTimeout: 5 * time.Second, SettleAfter: 2 * time.Second, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second,
}

// state is a state with the shop, the payways and the rates of the tests.
func state(t testing.TB, settings string) *db.State {
	t.Helper()
	id := int64(10_000)
	s := db.NewState(now, func() int64 { id++; return id })
	shop.Put(s, shop.Shop{ID: shopID, Name: "Shop", Active: true, Stored: settings, Version: 1})
	for i, way := range payways() {
		way.ID, way.Version = int64(i+1), 1
		payway.Put(s, way)
	}
	payway.PutRate(s, payway.Rate{Base: money.USD, Quote: money.UAH, Rate: 41_2500000000, Version: 1})
	return s
}

func payways() []payway.Payway {
	card := payway.Payway{
		Alias: "card_usd", Direction: payway.Out, Currency: money.USD, Active: true, Provider: "card", Shops: "*",
		MinAmount: 100, MaxAmount: 10_000_000, Percent: 2_0000000000, AccountRegex: "[0-9]{16}",
	}
	uah, off, closed, asks, in, eur := card, card, card, card, card, card
	uah.Alias, uah.Currency, uah.Percent, uah.Fix = "card_uah", money.UAH, 1_0000000000, 5_00
	off.Alias, off.Active = "off", false
	closed.Alias, closed.Shops = "closed", "18"
	asks.Alias, asks.StoredDetails = "asks", `{"name":{"regex":"[A-Z ]+","title":"Name","required":true}}`
	in.Alias, in.Direction = "in_usd", payway.In
	eur.Alias, eur.Currency = "card_eur", money.EUR
	return []payway.Payway{card, uah, off, closed, asks, in, eur}
}

// order is an order by what the beneficiary gets.
func order(way, amount string) Order {
	return Order{Shop: shopID, Payway: way, Amount: amount, Currency: money.USD}
}

func create(o Order) Create {
	return Create{Order: o, PaymentID: "payment", Beneficiary: provider.Beneficiary{Account: account}, Place: true}
}

// fund gives the shop money.
func fund(t testing.TB, s *db.State, usd int64) {
	t.Helper()
	if _, err := ledger.Post(s, shopID, ledger.Posting{Kind: "deposit"},
		ledger.Leg{Currency: money.USD, Purpose: ledger.Funding, Amount: -usd},
		ledger.Leg{Currency: money.USD, Purpose: ledger.Available, Amount: usd}); err != nil {
		t.Fatal(err)
	}
}

// given is a payout of 100.23 that writes off 102.23 – or of what the order says –
// in a status, its money reserved, with attempts that ended as told.
func given(t testing.TB, s *db.State, o Order, status Status, outcomes ...provider.Result) *Payout {
	t.Helper()
	fund(t, s, 200_00)
	c := create(o)
	c.Place = false
	made, err := c.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	p := made.Payout
	for n, outcome := range outcomes {
		provider.Attempts.Put(s, &provider.Attempt{
			Shop: shopID, Operation: p.ID, N: int64(n + 1), Verb: provider.Payout, Provider: "card", Reference: provider.Reference(provider.Payout, shopID, p.ID, 1),
			Outcome: outcome, SentAt: now - 400_000, AnsweredAt: now - 399_000, Missing: 1, Version: 1,
		})
		p.Attempts = int64(n + 1)
	}
	p.Status, p.DueAt = status, now
	payouts.Update(s, p)
	return p
}

// stored is a payout as the decisions left it.
func stored(t testing.TB, s *db.State, id int64) *Payout {
	t.Helper()
	p, ok := payouts.Find(s, id, int64(shopID))
	if !ok {
		t.Fatal("the payout is gone")
	}
	return p
}

// books are the balances of the shop.
func books(s *db.State) map[string]int64 {
	found := map[string]int64{}
	for _, currency := range []money.Currency{money.USD, money.UAH} {
		for _, purpose := range ledger.Purposes() {
			name := ""
			if purpose == ledger.Clearing {
				name = "card"
			}
			found[string(purpose)+" "+currency.Code()] = ledger.Balance(s, shopID, currency, purpose, name)
		}
	}
	return found
}

// moved is what became different in the books: "available USD -102.23, frozen USD +102.23".
func moved(before, after map[string]int64) string {
	var parts []string
	for name, balance := range after {
		if change := balance - before[name]; change != 0 {
			sign := ""
			if change > 0 {
				sign = "+"
			}
			parts = append(parts, fmt.Sprintf("%s %s%s", name, sign, money.Format(change, 2)))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// owed are the callbacks that the decisions owe: "completed https://…".
func owed(s *db.State) string {
	var parts []string
	for _, m := range callback.Written(s) {
		parts = append(parts, m.Event+" "+m.URL)
	}
	return strings.Join(parts, ", ")
}

func is(kind fault.Kind, format string, args ...any) error { return fault.New(kind, format, args...) }

// wantFault compares kind and text; want nil wants none.
func wantFault(t testing.TB, got, want error) {
	t.Helper()
	switch {
	case want == nil && got != nil:
		t.Errorf("refused: %v", got)
	case want != nil && (got == nil || fault.KindOf(got) != fault.KindOf(want) || got.Error() != want.Error()):
		t.Errorf("answered %v, want kind %d: %v", got, fault.KindOf(want), want)
	}
}

package invoice

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// The numbers of the tests' world.
const (
	shopID          = 17
	invoiceID       = 500
	refundID        = 600
	now       int64 = 1_780_000_000_000
	lifetime  int64 = 3_600_000 // of the tests' invoices and holds
	session         = "000000000011aaaaaaaaaaaaaaaaaaaa"
)

// state is a state with the shop, the payways and the rates of the tests.
func state(settings string) *db.State {
	id := int64(10_000)
	s := db.NewState(now, func() int64 { id++; return id })
	shop.Put(s, shop.Shop{ID: shopID, Name: "Shop", Active: true, Stored: or(settings, "{}"), Version: 1})
	for i, way := range payways() {
		way.ID, way.Version = int64(i+1), 1
		payway.Put(s, way)
	}
	payway.PutRate(s, payway.Rate{Base: money.USD, Quote: money.UAH, Rate: 41_2500000000, Version: 1})
	return s
}

func payways() []payway.Payway {
	card := payway.Payway{
		Alias: "card_usd", Direction: payway.In, Name: "Card", Currency: money.USD, Active: true, Provider: "card", Shops: "*",
		MinAmount: 100, MaxAmount: 10_000_000, Percent: 5_0000000000, PercentPart: fee.Whole, FixPart: fee.Whole,
	}
	uah, off, closed, asks, dear := card, card, card, card, card
	uah.Alias, uah.Currency = "card_uah", money.UAH
	off.Alias, off.Active = "off", false
	closed.Alias, closed.Shops = "closed", "18"
	asks.Alias, asks.StoredAddOns = "asks", `{"phone":{"regex":"[0-9]+","title":"Phone","required":true}}`
	dear.Alias, dear.Fix, dear.MinAmount = "dear", 30, 1
	out := card
	out.Alias, out.Direction = "out_usd", payway.Out
	eur := card
	eur.Alias, eur.Currency = "card_eur", money.EUR
	return []payway.Payway{card, uah, off, closed, asks, dear, out, eur}
}

// invoice is a paid-by-card invoice of 100.00 USD at 5 %, changed as told.
func invoice(status Status, edit ...func(*Invoice)) *Invoice {
	v := &Invoice{
		Shop: shopID, ID: invoiceID, OrderID: "order", Session: session, Payway: "card_usd", Provider: "card",
		Currency: money.USD, Amount: 100_00, Net: 95_00, PriceCurrency: money.USD, Price: 100_00, Rate: money.One,
		Status: status, CallbackURL: "https://asked.example/cb", ExpiresAt: now + lifetime, CreatedAt: now - 1000, Version: 1,
	}
	v.DueAt = now + lifetime
	for _, change := range edit {
		change(v)
	}
	return v
}

// The changes. held is the shape of an invoice that came through a hold.
func held(v *Invoice) { v.Hold, v.AfterHold, v.HoldUntil = true, KeepHold, now+lifetime }

func released(v *Invoice) { held(v); v.AfterHold, v.HoldUntil = ReleaseHold, now }

func expired(v *Invoice) { v.ExpiresAt, v.DueAt = now, now }

func refused(n int64) func(*Invoice) {
	return func(v *Invoice) { v.Refusals, v.RefusedAt = n, now-1000 }
}

func lost(n int64) func(*Invoice) { return func(v *Invoice) { v.Losses = n } }

// converted is 100.00 USD paid as 4125.00 UAH.
func converted(v *Invoice) {
	v.PriceCurrency, v.Price, v.Rate = money.UAH, 4125_00, 41_2500000000
}

// surcharged is 100.00 USD for which the payer bears 2.50 of the fee.
func surcharged(v *Invoice) { v.Net, v.Price, v.Surcharge = 97_50, 102_50, 2_50 }

// attempt is the nth attempt of the tests' invoice; the first of its act is n too.
func attempt(n int64, verb provider.Verb, outcome provider.Result) *provider.Attempt {
	return again(n, n, verb, outcome)
}

// again is the nth attempt of an act that was first tried as number first.
func again(n, first int64, verb provider.Verb, outcome provider.Result) *provider.Attempt {
	return &provider.Attempt{
		Shop: shopID, Operation: invoiceID, N: n, Verb: verb, Provider: "card", Reference: provider.Reference(verb, shopID, invoiceID, first),
		Outcome: outcome, SentAt: now - 60_000, AnsweredAt: now - 59_000, Version: 1,
	}
}

// put stores an invoice with its attempts. One that has a hold has it in the books.
func put(t testing.TB, s *db.State, v *Invoice, attempts ...*provider.Attempt) {
	t.Helper()
	for _, a := range attempts {
		provider.Attempts.Put(s, a)
		v.Attempts = max(v.Attempts, a.N)
		if a.Verb == provider.Authorize {
			v.Authorization = a.N
		}
	}
	if v.Status.Outward() == Held {
		id, err := ledger.Post(s, shopID, ledger.Posting{Kind: "invoice.hold", Operation: v.ID},
			ledger.Leg{Currency: v.Currency, Purpose: ledger.Held, Amount: v.Net},
			ledger.Leg{Currency: v.Currency, Purpose: ledger.Authorised, Amount: -v.Net})
		if err != nil {
			t.Fatal(err)
		}
		v.HoldTransfer = id
	}
	invoices.Put(s, v)
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

// books are the balances of the shop.
func books(s *db.State) map[string]int64 {
	found := map[string]int64{}
	for _, currency := range []money.Currency{money.USD, money.UAH} {
		for _, purpose := range ledger.Purposes() {
			account := ""
			if purpose == ledger.Clearing {
				account = "card"
			}
			found[string(purpose)+" "+currency.Code()] = ledger.Balance(s, shopID, currency, purpose, account)
		}
	}
	return found
}

// moved is what became different in the books: "available USD +95.00, fee USD +5.00".
func moved(before, after map[string]int64) string {
	var parts []string
	for account, balance := range after {
		if change := balance - before[account]; change != 0 {
			sign := ""
			if change > 0 {
				sign = "+"
			}
			parts = append(parts, fmt.Sprintf("%s %s%s", account, sign, money.Format(change, 2)))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// owed are the callbacks that a decision owes: "success https://…".
func owed(s *db.State) string {
	var parts []string
	for _, m := range callback.Written(s) {
		parts = append(parts, m.Event+" "+m.URL)
	}
	return strings.Join(parts, ", ")
}

func is(kind fault.Kind, text string) error { return fault.New(kind, "%s", text) }

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

// stored is the invoice as a decision left it.
func stored(t testing.TB, s *db.State) *Invoice {
	t.Helper()
	v, ok := invoices.Find(s, int64(invoiceID), int64(shopID))
	if !ok {
		t.Fatal("the invoice is gone")
	}
	return v
}

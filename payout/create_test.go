package payout

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// fromShop is an order by what leaves the shop's balance.
func fromShop(way, amount string) Order {
	o := order(way, amount)
	o.ShopAmount = true
	return o
}

// What try refuses create refuses too, before it looks at ids, accounts and balances.
func TestRefusals(t *testing.T) {
	stranger, idle := order("card_usd", "1.00"), order("card_usd", "1.00")
	stranger.Shop, idle.Shop = 18, 19
	for _, row := range []struct {
		name  string
		order Order
		fault error
	}{
		{"no such shop", stranger, is(fault.ShopNotFound, "Shop (id = 18) is not found")},
		{"a shop that is off", idle, is(fault.ShopOff, "Shop (id = 19) is not active")},
		{"no such payway", order("nothing", "1.00"), is(fault.PaywayNotFound, "Payway (alias = nothing) is not found")},
		{"a payway of invoices", order("in_usd", "1.00"), is(fault.PaywayNotFound, "Payway (alias = in_usd) is not found")},
		{"a payway that is off", order("off", "1.00"), is(fault.PaywayOff, "Payway (alias = off) is not in use")},
		{"a payway of others", order("closed", "1.00"), is(fault.PaywayClosed, "Payway (alias = closed) is not available for shop")},
		{"no number", order("card_usd", "1,00"), fault.Param("amount", "not a plain decimal number")},
		{"nothing", order("card_usd", "0"), fault.Param("amount", "must be greater than 0")},
		{"below the payway's least", order("card_usd", "0.99"), is(fault.TooSmall, "Payee receive amount is too small, min: 1.0")},
		{"below it after the fee", fromShop("card_usd", "1.01"), is(fault.TooSmall, "Payee receive amount is too small, min: 1.0")},
		{"nothing is left after the fee", fromShop("card_uah", "0.01"), is(fault.TooSmall, "Amount is too small: the fee leaves nothing of it")},
		{"above its greatest", order("card_usd", "100000.01"), is(fault.TooLarge, "Payee receive amount is too large, max: 100000.0")},
		{"a pair without a rate", order("card_eur", "1.00"), is(fault.NoRate, "No exchange rate for USD and EUR")},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state(t, "{}")
			shop.Put(s, shop.Shop{ID: 19, Stored: "{}", Version: 1})
			_, err := Try{row.order}.Decide(s)
			wantFault(t, err, row.fault)
			payouts.Put(s, &Payout{Shop: row.order.Shop, ID: 1, PaymentID: "payment", Version: 1})
			c := create(row.order)
			c.Beneficiary.Account = "no account"
			_, err = c.Decide(s)
			wantFault(t, err, row.fault)
			if len(payouts.Written(s)) != 0 {
				t.Error("a refusal left something behind")
			}
		})
	}
}

// The order of the rest: id, account, balance (api/avanor.md §2, §7).
func TestCreateRefuses(t *testing.T) {
	used := func(s *db.State) { payouts.Put(s, &Payout{Shop: shopID, ID: 1, PaymentID: "payment", Version: 1}) }
	form := is(fault.AccountNotFound, "Account is not found: it has not the form that payway (alias = card_usd) asks for")
	for _, row := range []struct {
		name   string
		before func(*db.State)
		edit   func(*Create)
		fault  error
	}{
		{"an id that was used", used, func(c *Create) { c.Beneficiary.Account = "x" }, is(fault.NotUnique, "Shop_payment_id 'payment' is not unique for shop(id=17)")},
		{"a test message's id", nil, func(c *Create) { c.PaymentID = "brama-doctor-x-1" },
			fault.Param("shop_payment_id", "must not begin with brama-doctor-, as the ids in test messages do")},
		{"an account of the wrong form", nil, func(c *Create) { c.Beneficiary.Account = account + "0" }, form},
		{"no account", nil, func(c *Create) { c.Beneficiary.Account = "" }, form},
		{"a missing detail", nil, func(c *Create) { c.Payway = "asks" }, fault.Param("account_details.name", "field required")},
		{"an account that the provider refuses", nil, func(c *Create) { c.AccountRefused = true }, is(fault.AccountNotFound, "Account is not found: the provider refused it")},
		{"more than the balance", nil, func(c *Create) { c.Amount = "99.00" }, is(fault.Balance, "Insufficient balance(currency=840): shop_write_off=100.98, balance=100.0")},
		{"a balance in another currency", nil, func(c *Create) { c.Currency, c.Payway = money.UAH, "card_uah" },
			is(fault.Balance, "Insufficient balance(currency=980): shop_write_off=15.1, balance=0.0")},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state(t, "{}")
			fund(t, s, 100_00)
			if row.before != nil {
				row.before(s)
			}
			before, c := books(s), create(order("card_usd", "10.00"))
			row.edit(&c)
			_, err := c.Decide(s)
			wantFault(t, err, row.fault)
			if len(payouts.Written(s)) != 0 || len(provider.Attempts.Written(s)) != 0 || moved(before, books(s)) != "" {
				t.Error("a refusal left something behind")
			}
		})
	}
}

// The quote is frozen in the row; the write-off is reserved with it.
func TestCreate(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings string
		order    Order
		saturate bool
		want     Payout
		due      int64 // after now; -1: never
	}{
		{name: "what the beneficiary gets", order: order("card_usd", "100.23"),
			want: Payout{Status: Sent, WriteOff: 102_23, Receive: 100_23, Fee: 2_00, Rate: money.One}, due: provider.Lease},
		{name: "what the shop pays", order: fromShop("card_usd", "100.00"),
			want: Payout{Status: Sent, WriteOff: 100_00, Receive: 98_04, Fee: 1_96, Rate: money.One}, due: provider.Lease},
		{name: "in another currency", order: order("card_uah", "1000.00"),
			want: Payout{Status: Sent, WriteOff: 24_61, Receive: 1000_00, Fee: 15_00, Rate: 41_2500000000}, due: provider.Lease},
		{name: "while the dispatcher is full", order: order("card_usd", "100.23"), saturate: true,
			want: Payout{Status: Created, WriteOff: 102_23, Receive: 100_23, Fee: 2_00, Rate: money.One}},
		{name: "at what needs no operator", settings: `{"confirm_above":{"USD":"102.23"}}`, order: order("card_usd", "100.23"),
			want: Payout{Status: Sent, WriteOff: 102_23, Receive: 100_23, Fee: 2_00, Rate: money.One}, due: provider.Lease},
		{name: "above it", settings: `{"confirm_above":{"USD":"102.22"}}`, order: order("card_usd", "100.23"),
			want: Payout{Status: Confirming, WriteOff: 102_23, Receive: 100_23, Fee: 2_00, Rate: money.One}, due: -1},
		{name: "above it while the dispatcher is full", settings: `{"confirm_above":{"USD":"0"}}`, order: order("card_usd", "100.23"), saturate: true,
			want: Payout{Status: Confirming, WriteOff: 102_23, Receive: 100_23, Fee: 2_00, Rate: money.One}, due: -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state(t, or(row.settings, "{}"))
			fund(t, s, 150_00)
			before, c := books(s), create(row.order)
			c.Place, c.Account, c.Description = !row.saturate, Sealed{"sealed", "mask", "print", "details"}, "Rent"
			got, err := c.Decide(s)
			if err != nil {
				t.Fatal(err)
			}
			p := stored(t, s, got.Payout.ID)
			want := row.want
			want.Shop, want.ID, want.PaymentID, want.Payway, want.Provider, want.Currency = shopID, p.ID, "payment", row.order.Payway, "card", money.USD
			want.ReceiveCurrency, want.Account, want.AccountMask, want.AccountPrint, want.Details, want.Description = p.ReceiveCurrency, "sealed", "mask", "print", "details", "Rent"
			want.Reserve, want.CreatedAt, want.UpdatedAt, want.Version = p.Reserve, now, now, 1
			want.DueAt = now + row.due
			if row.due < 0 {
				want.DueAt = 0
			}
			if p.Status == Sent {
				want.Attempts = 1
			}
			if diff := cmp.Diff(&want, p); diff != "" || p.Reserve == 0 {
				t.Error(diff)
			}
			text := p.WriteOffAmount().Text()
			if moved(before, books(s)) != "available USD -"+text+", frozen USD +"+text || owed(s) != "" {
				t.Errorf("posted %q, owes %q", moved(before, books(s)), owed(s))
			}
			if got.Balance != money.New(150_00-p.WriteOff, money.USD) {
				t.Errorf("leaves %s", got.Balance)
			}
			if a := got.Attempt; (a != nil) != (p.Status == Sent) || a != nil && (a.Verb != provider.Payout || a.Reference != provider.Reference(provider.Payout, shopID, p.ID, 1)) {
				t.Errorf("announced %+v", a)
			}
			if _, err := c.Decide(s); !fault.Is(err, fault.NotUnique) {
				t.Errorf("the same again: %v", err)
			}
		})
	}
}

func TestCheckAccount(t *testing.T) {
	for _, row := range []struct {
		name, way, amount, account string
		fault                      error
	}{
		{"good", "card_usd", "1.00", account, nil},
		{"no such payway", "nothing", "1.00", account, is(fault.PaywayNotFound, "Payway (alias = nothing) is not found")},
		{"no number", "card_usd", "", account, fault.Param("amount", "not a plain decimal number")},
		{"too small", "card_usd", "0.10", account, is(fault.TooSmall, "Payee receive amount is too small, min: 1.0")},
		{"of the wrong form", "card_usd", "1.00", "4", is(fault.AccountNotFound, "Account is not found: it has not the form that payway (alias = card_usd) asks for")},
		{"without a detail", "asks", "1.00", account, fault.Param("account_details.name", "field required")},
	} {
		t.Run(row.name, func(t *testing.T) {
			way, err := CheckAccount{Shop: shopID, Payway: row.way, Amount: row.amount, Beneficiary: provider.Beneficiary{Account: row.account}}.Decide(state(t, "{}"))
			wantFault(t, err, row.fault)
			if err == nil && way.Provider != "card" {
				t.Errorf("asks %q", way.Provider)
			}
		})
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

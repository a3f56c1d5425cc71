package invoice

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

const store = "4AAD1369CF734B64B70F"

// ofStore is a store's create, its signed text being joined.
func ofStore(orderID, joined string) Create {
	c := create("card_usd", "100.00")
	c.Source, c.OrderID, c.Joined = store, orderID, joined
	c.session = session[:30] + orderID
	return c
}

// A store's create that is repeated gives the order while it is open; a text that
// another order was signed with is refused.
func TestAStoreRepeats(t *testing.T) {
	s := state("")
	made, err := ofStore("01", "text").Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := ofStore("01", "text").Decide(s); err != nil || same.ID != made.ID {
		t.Errorf("repeated: %+v, %v", same, err)
	}
	hold := ofStore("01", "text")
	hold.Hold = true
	notUnique := is(fault.NotUnique, "Shop_order_id '01' is not unique for shop(id=17)")
	_, err = hold.Decide(s)
	wantFault(t, err, notUnique)
	_, err = ofStore("01", "another").Decide(s)
	wantFault(t, err, notUnique)
	_, err = ofStore("02", "text").Decide(s)
	wantFault(t, err, fault.Param("order_id", "with this amount it cannot be told from another order of the store"))
	if err := reject(s, made, Declined); err != nil {
		t.Fatal(err)
	}
	invoices.Update(s, made)
	_, err = ofStore("01", "text").Decide(s)
	wantFault(t, err, notUnique)
}

// A store's order is paid in the currency that was signed, whatever payway the store
// is led to and whatever rates there are; a shop's own order is converted.
func TestAStoreIsNotConverted(t *testing.T) {
	for _, way := range []string{"card_uah", "card_eur"} {
		s, c := state(""), ofStore("01", "text")
		c.Payway = way
		_, err := c.Decide(s)
		wantFault(t, err, is(fault.PaywayClosed, map[string]string{
			"card_uah": "Payway (alias = card_uah) is in UAH and cannot serve a store's order in USD",
			"card_eur": "Payway (alias = card_eur) is in EUR and cannot serve a store's order in USD",
		}[way]))
	}
	c := create("card_uah", "100.00")
	c.session = session
	if v, err := c.Decide(state("")); err != nil || v.PriceCurrency != money.UAH || v.Currency != money.USD {
		t.Errorf("a shop's own: %+v, %v", v, err)
	}
}

// A store hears of its payer's acts at its own address, not of what it did itself.
func TestWhatAStoreHears(t *testing.T) {
	for _, row := range []struct {
		name string
		v    *Invoice
		want string
	}{
		{"paid", invoice(Succeeded), toldPaid},
		{"held", invoice(Held, held), toldHeld},
		{"declined", invoice(Rejected, func(v *Invoice) { v.Failure = Declined }), toldReject},
		{"the payer left", invoice(Rejected, func(v *Invoice) { v.Failure = Canceled }), toldReject},
		{"the hold's time was over", invoice(Rejected, held, func(v *Invoice) { v.Failure, v.HoldTransfer = Expired, 9 }), toldReject},
		{"it charged", invoice(Succeeded, held, func(v *Invoice) { v.HoldTransfer = 9 }), ""},
		{"it released", invoice(Rejected, held, func(v *Invoice) { v.Failure, v.HoldTransfer = Unheld, 9 }), ""},
	} {
		s := state(`{"callback_url":"https://s/cb","callback_rejected_url":"https://s/no"}`)
		row.v.Source = store
		if err := owe(s, row.v); err != nil || owed(s) != row.want {
			t.Errorf("%s: owes %q, %v; want %q", row.name, owed(s), err, row.want)
		}
		for _, m := range callback.Written(s) {
			if m.Protocol != PayParts || m.Seq != 1 {
				t.Errorf("%s: by %s, number %d", row.name, m.Protocol, m.Seq)
			}
		}
	}
	s := state(`{"callback_url":"https://s/cb"}`)
	if err := (&Refund{Shop: shopID, Status: Refunded}).owe(s, invoice(Succeeded, func(v *Invoice) { v.Source = store })); err != nil || owed(s) != "" {
		t.Errorf("a refund: owes %q, %v", owed(s), err)
	}
}

// What is looked up: by the shop's own id and source, newest first, and never
// another shop's.
func TestLookingUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		first, second := w.invoiced(), w.invoiced(func(c *Create) { c.Source, c.Joined, c.Plan = store, "text", nil })
		if got, err := w.FindByOrder(w.ctx, shopID, "", first.OrderID); err != nil || got.ID != first.ID {
			t.Errorf("%v", err)
		}
		for _, id := range []struct {
			shop   int64
			source string
		}{{shopID, store}, {shopID + 1, ""}} {
			if _, err := w.FindByOrder(w.ctx, id.shop, id.source, first.OrderID); kind(err) != "not found" {
				t.Errorf("%v: %v", id, err)
			}
		}
		for before, want := range map[int64][]int64{0: {second.ID, first.ID}, second.ID: {first.ID}, first.ID: nil} {
			list, err := w.List(w.ctx, shopID, before, 10)
			var got []int64
			for _, v := range list {
				got = append(got, v.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("before %d: %s %v", before, diff, err)
			}
		}
		if list, _ := w.List(w.ctx, shopID, 0, 1); len(list) != 1 {
			t.Errorf("a page of one has %d", len(list))
		}
		if priced, err := w.Try(w.ctx, Try{order("card_usd", "10.00")}); err != nil || priced.Quote.PayerPrice != money.New(10_00, money.USD) || priced.Quote.Net != money.New(9_50, money.USD) {
			t.Errorf("%+v, %v", priced.Quote, err)
		}
		for range 2 {
			if got, err := w.Describe(w.ctx, Describe{shopID, first.ID, "Tea"}); err != nil || got.Description != "Tea" || got.Status != Created {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if _, err := w.Describe(w.ctx, Describe{shopID + 1, first.ID, "Tea"}); kind(err) != "not found" {
			t.Errorf("%v", err)
		}
		if page, err := w.Look(w.ctx, first.Session); err != nil || page.State != AskCard || page.Invoice.Status != Created {
			t.Errorf("%+v, %v", page, err)
		}
		w.clean()
	})
}

// Leaving against paying, at the same time: the payment wins or is never sent.
func TestLeavingAgainstPaying(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		for range 5 {
			v := w.invoiced()
			crowd(8, func(i int) string {
				if i%2 == 0 {
					_, err := w.Leave(w.ctx, v.Session)
					return kind(err)
				}
				_, err := w.Pay(w.ctx, v.Session, provider.Card{})
				return kind(err)
			})
			w.send()
			sends := w.bank.sends[provider.Reference(provider.Authorize, shopID, v.ID, 1)]
			switch got := w.find(v.ID); {
			case got.Status == Succeeded && sends == 1:
			case got.Status == Rejected && got.Failure == Canceled && sends == 0:
			default:
				t.Errorf("%s %q after %d sends", got.Status, got.Failure, sends)
			}
		}
		w.clean()
	})
}

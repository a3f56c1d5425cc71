package invoice

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

func order(way, amount string) Order {
	return Order{Shop: shopID, Payway: way, Amount: amount, Currency: money.USD}
}

func create(way, amount string) Create {
	return Create{Order: order(way, amount), OrderID: "order", CallbackURL: "https://asked.example/cb", session: session}
}

// What try refuses create refuses too, before it looks at the order's id.
var refusals = []struct {
	name  string
	order Order
	given func(*db.State)
	fault error
}{
	{name: "no such shop", order: Order{Shop: 18, Payway: "card_usd", Amount: "1.00", Currency: money.USD}, fault: is(fault.ShopNotFound, "Shop (id = 18) is not found")},
	{name: "a shop that is off", order: order("card_usd", "1.00"), given: func(s *db.State) { shop.Put(s, shop.Shop{ID: 19, Stored: "{}", Version: 1}) },
		fault: is(fault.ShopOff, "Shop (id = 19) is not active")},
	{name: "no such payway", order: order("nothing", "1.00"), fault: is(fault.PaywayNotFound, "Payway (alias = nothing) is not found")},
	{name: "a payway of payouts", order: order("out_usd", "1.00"), fault: is(fault.PaywayNotFound, "Payway (alias = out_usd) is not found")},
	{name: "a payway that is off", order: order("off", "1.00"), fault: is(fault.PaywayOff, "Payway (alias = off) is not in use")},
	{name: "a payway of others", order: order("closed", "1.00"), fault: is(fault.PaywayClosed, "Payway (alias = closed) is not available for shop")},
	{name: "no number", order: order("card_usd", "1e2"), fault: fault.Param("amount", "not a plain decimal number")},
	{name: "nothing", order: order("card_usd", "0.00"), fault: fault.Param("amount", "must be greater than 0")},
	{name: "below the payway's least", order: order("card_usd", "0.99"), fault: is(fault.TooSmall, "Payer price amount is too small, min: 1.0")},
	{name: "above its greatest", order: order("card_usd", "100000.01"), fault: is(fault.TooLarge, "Payer price amount is too large, max: 100000.0")},
	{name: "above it once converted", order: order("card_uah", "2424.25"), fault: is(fault.TooLarge, "Payer price amount is too large, max: 100000.0")},
	{name: "less than its fee", order: order("dear", "0.10"), fault: is(fault.TooSmall, "Amount is too small: the fee leaves nothing of it")},
	{name: "a pair without a rate", order: order("card_eur", "1.00"), fault: is(fault.NoRate, "No exchange rate for USD and EUR")},
}

func TestRefusals(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			if row.given != nil {
				row.given(s)
				row.order.Shop = 19
			}
			_, err := Try{row.order}.Decide(s)
			wantFault(t, err, row.fault)
			taken := invoice(Created) // the id is looked at last
			taken.Shop = row.order.Shop
			invoices.Put(s, taken)
			_, err = Create{Order: row.order, OrderID: "order", session: session}.Decide(s)
			wantFault(t, err, row.fault)
			if rows := invoices.Written(s); len(rows) != 0 {
				t.Errorf("a refusal wrote %+v", rows)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	asks := create("asks", "1.00")
	asks.AddOns = map[string]string{"phone": "no", "other": "1"}
	past := create("card_usd", "1.00")
	past.ExpiresAt = now
	test := create("card_usd", "1.00")
	test.OrderID = "brama-doctor-x-1"
	for _, row := range []struct {
		name  string
		make  Create
		fault error
	}{
		{"an add-on of the wrong form", asks, fault.Param("phone", "not in the form that the payway asks for")},
		{"a missing add-on", create("asks", "1.00"), fault.Param("phone", "field required")},
		{"a test message's id", test, fault.Param("shop_order_id", "must not begin with brama-doctor-, as the ids in test messages do")},
		{"an end in the past", past, fault.Param("expires_at", "is in the past")},
		{"an id that was used", create("card_usd", "1.00"), is(fault.NotUnique, "Shop_order_id 'order' is not unique for shop(id=17)")},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			invoices.Put(s, invoice(Rejected))
			_, err := row.make.Decide(s)
			wantFault(t, err, row.fault)
			if rows := invoices.Written(s); len(rows) != 0 {
				t.Errorf("a refusal wrote %+v", rows)
			}
		})
	}
}

// The price, the fee and the rate are frozen in the row; no money moves and
// nothing is owed before the payer acts.
func TestCreate(t *testing.T) {
	settings := `{"success_url":"https://shop.example/yes","invoice_minutes":30}`
	c := create("card_uah", "100.00")
	c.Hold, c.Description, c.SuccessURL, c.FailedURL = true, "Tea", "https://asked.example/yes", "https://asked.example/no"
	c.AddOns = map[string]string{"not asked for": "1"}
	s := state(settings)
	before := books(s)
	got, err := c.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	want := &Invoice{
		Shop: shopID, ID: got.ID, OrderID: "order", Session: session, Payway: "card_uah", Provider: "card",
		Currency: money.USD, Amount: 100_00, Net: 95_00, PriceCurrency: money.UAH, Price: 4125_00, Rate: 41_2500000000, Hold: true, Status: Created,
		Description: "Tea", CallbackURL: "https://asked.example/cb", SuccessURL: "https://shop.example/yes", FailedURL: "https://asked.example/no",
		Extra: "{}", ExpiresAt: now + 30*60_000, CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	want.DueAt = want.ExpiresAt
	if diff := cmp.Diff([]*Invoice{want}, invoices.Written(s)); diff != "" {
		t.Error(diff)
	}
	if changes := moved(before, books(s)) + owed(s); changes != "" {
		t.Errorf("creating posted or owes %q", changes)
	}
	if _, err := c.Decide(s); !fault.Is(err, fault.NotUnique) {
		t.Errorf("the same again: %v", err)
	}
	c.Source, c.Payway = "4AAD1369CF734B64B70F", "card_usd" // a store has ids of its own
	c.session = "000000000011bbbbbbbbbbbbbbbbbbbb"
	if _, err := c.Decide(s); err != nil {
		t.Errorf("the same id of a store: %v", err)
	}
}

// Where callbacks go: the shop's address wins over the same one of the request, a
// rejection has one of its own (api/avanor.md §5, §8).
func TestWhereCallbacksGo(t *testing.T) {
	const shops, shopsNo, disabled = `"callback_url":"https://s/cb"`, `"callback_rejected_url":"https://s/no"`, `"disabled_urls":["https://s/cb","https://r/cb"]`
	for _, row := range []struct{ settings, request, requestNo, paid, rejected string }{
		{"{}", "", "", "", ""},
		{"{}", "https://r/cb", "", "success https://r/cb", "rejected https://r/cb"},
		{"{}", "https://r/cb", "https://r/no", "success https://r/cb", "rejected https://r/no"},
		{"{" + shops + "}", "https://r/cb", "", "success https://s/cb", "rejected https://s/cb"},
		{"{" + shops + "}", "https://r/cb", "https://r/no", "success https://s/cb", "rejected https://r/no"},
		{"{" + shopsNo + "}", "https://r/cb", "https://r/no", "success https://r/cb", "rejected https://s/no"},
		{"{" + shops + "," + shopsNo + "}", "https://r/cb", "https://r/no", "success https://s/cb", "rejected https://s/no"},
		{"{" + shopsNo + "}", "", "", "", "rejected https://s/no"},
		{"{" + disabled + "}", "https://r/cb", "https://r/no", "", "rejected https://r/no"},
		{"{" + shops + "," + disabled + "}", "https://r/other", "", "", ""},
	} {
		for status, want := range map[Status]string{Succeeded: row.paid, Rejected: row.rejected} {
			s := state(row.settings)
			v := invoice(status, func(v *Invoice) { v.CallbackURL, v.RejectedURL = row.request, row.requestNo })
			put(t, s, v)
			if err := owe(s, v); err != nil {
				t.Fatal(err)
			}
			if got := owed(s); got != want {
				t.Errorf("%s, request %q %q, %s: owes %q, want %q", row.settings, row.request, row.requestNo, status, got, want)
			}
			if made := int64(len(owed(s))); (v.Callbacks == 1) != (made > 0) {
				t.Errorf("%d messages counted: a hole", v.Callbacks)
			}
		}
	}
}

func TestSession(t *testing.T) {
	for _, text := range []string{"", "1", "00000000001", "zz0000000011aaaaaaaaaaaaaaaaaaaa", "000000000000aaaaaaaaaaaaaaaaaaaa", "-00000000011aaaaaaaaaaaaaaaaaaaa"} {
		if _, err := shopOf(text); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, id := range []int64{1, shopID, shop.MaxID} {
		made, err := newSession(zeros{}, id)
		if got, parsed := shopOf(made); err != nil || parsed != nil || got != id || len(made) != 32 {
			t.Errorf("%d: %q, %v; read back %d, %v", id, made, err, got, parsed)
		}
	}
}

// zeros is a source of no randomness at all.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

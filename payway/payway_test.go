package payway_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

var ctx = context.Background()

const actor = "operator:ann"

// demo is the payout payway of api/sandbox.md.
func demo(values ...string) payway.Create {
	base := []string{
		"provider=sandbox", "percent=2", "account_regex=^[0-9]{8,19}$", "account_title=Card",
		`details={"name":{"title":"Name","example":"Ann","regex":"","required":false}}`,
	}
	return payway.Create{Alias: "card_payway_usd", ID: 7, Direction: payway.Out, Currency: money.USD, Values: append(base, values...), Actor: actor}
}

func do[A any](t testing.TB, h *dbtest.House, u db.UseCase[A]) A {
	t.Helper()
	answer, err := db.Do(ctx, h.DB, db.House, u)
	if err != nil {
		t.Fatalf("%T: %v", u, err)
	}
	return answer
}

func acts(t testing.TB, h *dbtest.House) []string {
	t.Helper()
	links, err := audit.List(ctx, h.DB.Reader(), db.House, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, link := range links {
		list = append(list, link.Act+" "+link.Subject+": "+link.Detail)
	}
	return list
}

func TestCreate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		made := do(t, h, demo())
		stored, err := payway.Load(ctx, h.DB.Reader(), "card_payway_usd")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, stored); diff != "" {
			t.Error(diff)
		}
		least, most := stored.Limits()
		if least != money.New(100, money.USD) || most != money.New(10_000_000, money.USD) {
			t.Errorf("limits %s, %s", least, most)
		}
		if want := (fee.Tariff{Percent: 2 * money.Scale}); stored.Tariff() != want {
			t.Errorf("tariff %+v, want %+v", stored.Tariff(), want)
		}
		if got := acts(t, h); len(got) != 1 || !strings.HasPrefix(got[0], "payway.create payway card_payway_usd: out; USD; provider=sandbox; percent=2;") {
			t.Errorf("audit: %q", got)
		}
		sameID := demo()
		sameID.Alias = "other"
		for _, u := range []payway.Create{demo(), sameID} {
			if _, err := db.Do(ctx, h.DB, db.House, u); !fault.Is(err, fault.NotUnique) {
				t.Errorf("%s again: %v", u.Alias, err)
			}
		}
		drawn := demo("shops=1520")
		drawn.Alias, drawn.ID, drawn.Currency = "drawn", 0, money.JPY
		if p := do(t, h, drawn); p.ID <= 0 || p.ID >= 1<<53 || p.MinAmount != 1 || p.MaxAmount != 100_000 {
			t.Errorf("drawn: %+v", p)
		}
		for shop, want := range map[int64]int{0: 2, 1520: 2, 202203: 1} {
			list, err := payway.List(ctx, h.DB.Reader(), payway.Out, shop)
			if err != nil || len(list) != want || list[0].Alias != "card_payway_usd" {
				t.Errorf("shop %d sees %d, want %d: %v", shop, len(list), want, err)
			}
		}
		if list, err := payway.List(ctx, h.DB.Reader(), payway.In, 0); err != nil || len(list) != 0 {
			t.Errorf("payways of the other direction: %v, %v", list, err)
		}
		if _, err := payway.Load(ctx, h.DB.Reader(), "x"); !fault.Is(err, fault.PaywayNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	for _, test := range []struct {
		change func(*payway.Create)
		names  string
	}{
		{func(u *payway.Create) { u.Alias = "" }, "alias"},
		{func(u *payway.Create) { u.Alias = "card payway" }, "alias"},
		{func(u *payway.Create) { u.Alias = strings.Repeat("a", 151) }, "alias"},
		{func(u *payway.Create) { u.ID = 1 << 53 }, "id"},
		{func(u *payway.Create) { u.Direction = "both" }, "direction"},
		{func(u *payway.Create) { u.Currency = 1 }, "currency"},
		{func(u *payway.Create) { u.Values = nil }, "provider"},
		{func(u *payway.Create) { u.Values[0] = "provider=No Name" }, "provider"},
	} {
		u := demo()
		test.change(&u)
		s := db.NewState(1, func() int64 { return 1 })
		_, err := u.Decide(s)
		var invalid *fault.Error
		if !errors.As(err, &invalid) || invalid.Params[test.names] == "" {
			t.Errorf("%s: %v", test.names, err)
		}
	}
}

func TestSetEachProperty(t *testing.T) {
	for _, test := range []struct {
		text string
		want string // as Text shows it; "" when it is refused
	}{
		{"name=Картка", "Картка"},
		{"name=two\nlines", ""},
		{"active=false", "false"},
		{"active=no", ""},
		{"provider=m4-second", "m4-second"},
		{"shops=*", "*"},
		{"shops=1520, 202203,1520", "1520,202203"},
		{"shops=1520,x", ""},
		{"shops=-1", ""},
		{"min=0.01", "0.01"},
		{"min=0.001", ""},
		{"min=-1", ""},
		{"min=100000.01", ""}, // above max
		{"max=0", "0.00"},
		{"max=0.5", ""}, // below min
		{"percent=2.75", "2.75"},
		{"percent=-1", ""},
		{"fix=0.30", "0.30"},
		{"fee_min=1", "1.00"},
		{"fee_max=10", "10.00"},
		{"percent_part=0.25", "0.25"},
		{"percent_part=1.5", ""},
		{"fix_part=0", "0"},
		{"account_regex=^[A-Z]+$", "^[A-Z]+$"},
		{"account_regex=[", ""},
		{"account_regex=a)|(b", ""},
		{"account_regex=" + strings.Repeat("a", 501), ""},
		{"account_title=Wallet", "Wallet"},
		{"account_example=U1", "U1"},
		{`details={"b":{"title":"B"},"a":{"regex":"^x$","required":true}}`, `{"a":{"regex":"^x$","title":"","example":"","required":true},"b":{"regex":"","title":"B","example":"","required":false}}`},
		{`details={"a b":{}}`, ""},
		{`details={"a":{"regex":"["}}`, ""},
		{`details={"a":{"regex":"^x$","default":"y"}}`, ""},
		{`details=[]`, ""},
		{`add_ons={"parts_count":{"regex":"[2-9]|1[0-9]|2[0-5]","title":"Parts","default":"2"}}`, `{"parts_count":{"regex":"[2-9]|1[0-9]|2[0-5]","title":"Parts","example":"","required":false,"default":"2"}}`},
		{`settings={"merchant_type":"PP"}`, `{"merchant_type":"PP"}`},
		{`settings={"merchant_type":1}`, ""},
		{`settings=null`, ""},
		{"open=5", ""}, // it is open to all
		{"colour=red", ""},
		{"name", ""},
	} {
		name, _, _ := strings.Cut(test.text, "=")
		s := db.NewState(1, func() int64 { return 1 })
		made, err := demo().Decide(s)
		if err != nil {
			t.Fatal(err)
		}
		if name == "open" {
			made.Shops = "*"
		}
		s = db.NewState(2, nil)
		payway.Put(s, *made)
		changes, err := payway.Set{Alias: made.Alias, Values: []string{test.text}, Actor: actor}.Decide(s)
		after, _ := payway.Find(s, made.Alias)
		if test.want == "" {
			if changes != nil || after.Version != made.Version {
				t.Errorf("%.50s changed %v", test.text, changes)
			}
			if name != "open" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), ": ")) {
				t.Errorf("%.50s: %v", test.text, err)
			}
			continue
		}
		if err != nil || after.Text(name) != test.want {
			t.Errorf("%.50s: %q, %v", test.text, after.Text(name), err)
		}
		// What is shown can be set again and changes nothing.
		again, err := payway.Set{Alias: made.Alias, Values: []string{name + "=" + after.Text(name)}, Actor: actor}.Decide(s)
		if err != nil || again != nil {
			t.Errorf("%s shown and set again: %v, %v", name, again, err)
		}
	}
}

func TestSetStores(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		do(t, h, demo())
		values := []string{"percent=1", "fix=5", "fee_min=1", "fee_max=9", "percent_part=0.5", "fix_part=0.25", "active=false", "shops="}
		if changes := do(t, h, payway.Set{Alias: "card_payway_usd", Values: values, Actor: actor}); len(changes) != len(values) {
			t.Errorf("changed: %v", changes)
		}
		p, err := payway.Load(ctx, h.DB.Reader(), "card_payway_usd")
		if err != nil {
			t.Fatal(err)
		}
		want := fee.Tariff{Percent: money.Scale, Fix: 500, Min: 100, Max: 900, PayerPercent: fee.Whole / 2, PayerFix: fee.Whole / 4 * 3}
		if p.Tariff() != want || p.Active || p.OpenTo(1520) {
			t.Errorf("%+v", p)
		}
		do(t, h, payway.Set{Alias: "card_payway_usd", Values: []string{"open=17", "open=170", "open=17"}, Actor: actor})
		do(t, h, payway.Set{Alias: "card_payway_usd", Values: []string{"close=17"}, Actor: actor})
		p, _ = payway.Load(ctx, h.DB.Reader(), "card_payway_usd")
		if p.OpenTo(17) || !p.OpenTo(170) || p.OpenTo(1) || p.OpenTo(70) {
			t.Errorf("open to %q", p.Shops)
		}
		if _, err := db.Do(ctx, h.DB, db.House, payway.Set{Alias: "x", Actor: actor}); !fault.Is(err, fault.PaywayNotFound) {
			t.Errorf("%v", err)
		}
		if got := acts(t, h); len(got) != 4 || got[3] != `payway.set payway card_payway_usd: shops: "17,170" to "170"` {
			t.Errorf("audit: %q", got)
		}
	})
}

// A tariff by which every invoice would be refused is refused itself; one that was
// stored before keeps nothing else from being changed.
func TestAPercentageThatLeavesNothing(t *testing.T) {
	create := func(direction payway.Direction, values ...string) (*db.State, error) {
		s := db.NewState(1, func() int64 { return 7 })
		_, err := payway.Create{Alias: "card", Direction: direction, Currency: money.USD, Values: append(values, "provider=p"), Actor: actor}.Decide(s)
		return s, err
	}
	for _, values := range [][]string{{"percent=100"}, {"percent=101"}, {"percent=200", "percent_part=0.5"}} {
		if _, err := create(payway.In, values...); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `percent="the shop's part`) {
			t.Errorf("made with %v: %v", values, err)
		}
		if _, err := create(payway.Out, values...); err != nil {
			t.Errorf("of a payout %v: %v", values, err)
		}
		s, err := create(payway.In, "percent=5")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (payway.Set{Alias: "card", Values: values, Actor: actor}).Decide(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("set to %v: %v", values, err)
		}
	}
	if _, err := create(payway.In, "percent=101", "fee_max=5"); err != nil {
		t.Errorf("bounded: %v", err)
	}
	old := db.NewState(1, nil)
	payway.Put(old, payway.Payway{
		Alias: "card", Direction: payway.In, Currency: money.USD, Active: true, Provider: "p", Shops: "*", Percent: 101 * money.Scale, PercentPart: fee.Whole, FixPart: fee.Whole,
		StoredDetails: "{}", StoredAddOns: "{}", StoredSettings: "{}", Version: 1,
	})
	if _, err := (payway.Set{Alias: "card", Values: []string{"percent=102"}, Actor: actor}).Decide(old); !fault.Is(err, fault.Invalid) {
		t.Errorf("from 101 to 102: %v", err)
	}
	if changes, err := (payway.Set{Alias: "card", Values: []string{"active=false"}, Actor: actor}).Decide(old); err != nil || len(changes) != 1 {
		t.Errorf("switched off: %v, %v", changes, err)
	}
}

// The words are those of api/avanor.md §9 and §5, and the order that of its §2.
func TestUsable(t *testing.T) {
	s := db.NewState(1, nil)
	row := payway.Payway{Alias: "card_usd", Direction: payway.In, Currency: money.USD, Active: true, Shops: "1520"}
	payway.Put(s, row)
	row.Alias, row.ID, row.Active = "off", 2, false
	payway.Put(s, row)
	for _, test := range []struct {
		alias     string
		direction payway.Direction
		shop      int64
		want      string
		kind      fault.Kind
	}{
		{"card_usd", payway.In, 1520, "", 0},
		{"x", payway.In, 1520, "Payway (alias = x) is not found", fault.PaywayNotFound},
		{"card_usd", payway.Out, 1520, "Payway (alias = card_usd) is not found", fault.PaywayNotFound},
		{"off", payway.In, 1, "Payway (alias = off) is not in use", fault.PaywayOff},
		{"card_usd", payway.In, 152, "Payway (alias = card_usd) is not available for shop", fault.PaywayClosed},
	} {
		_, err := payway.Usable(s, test.alias, test.direction, test.shop)
		if test.want == "" && err != nil || test.want != "" && (!fault.Is(err, test.kind) || err.Error() != test.want) {
			t.Errorf("%s for %d: %v, want %q", test.alias, test.shop, err, test.want)
		}
	}
}

func TestWithin(t *testing.T) {
	p := payway.Payway{Currency: money.USD, MinAmount: 100, MaxAmount: 10_000_000}
	open := payway.Payway{Currency: money.USD}
	for _, test := range []struct {
		p      payway.Payway
		amount money.Amount
		want   string
	}{
		{p, money.New(100, money.USD), ""},
		{p, money.New(99, money.USD), "Payer price amount is too small, min: 1.0"},
		{p, money.New(10_000_000, money.USD), ""},
		{p, money.New(10_000_001, money.USD), "Payer price amount is too large, max: 100000.0"},
		{open, money.New(1<<60, money.USD), ""},
		{p, money.New(100, money.EUR), "1.00 EUR is not in the currency of payway "},
	} {
		err := test.p.Within("Payer price", test.amount)
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%s: %v, want %q", test.amount, err, test.want)
		}
	}
}

func TestCheckAccount(t *testing.T) {
	card := payway.Payway{Alias: "card", AccountRegex: "^[0-9]{8,19}$"}
	loose := payway.Payway{Alias: "loose", AccountRegex: "[0-9]{4}|U[0-9]+"}
	any := payway.Payway{Alias: "any"}
	for _, test := range []struct {
		p       payway.Payway
		account string
		good    bool
	}{
		{card, "4242424242424242", true}, {card, "424242", false}, {card, "4242424242424242\n", false}, {card, "", false},
		{loose, "1234", true}, {loose, "U17", true}, {loose, "12345", false}, {loose, "1234U1", false}, {loose, "xU17", false},
		{any, "x", true}, {any, "", false}, {any, strings.Repeat("я", 255), true}, {any, strings.Repeat("я", 256), false},
	} {
		err := test.p.CheckAccount(test.account)
		if test.good != (err == nil) || err != nil && !fault.Is(err, fault.AccountNotFound) {
			t.Errorf("%s: %.20q: %v", test.p.Alias, test.account, err)
		}
		if err != nil && len(test.account) > 5 && strings.Contains(err.Error(), test.account) {
			t.Errorf("the error shows the account: %v", err)
		}
	}
	broken := payway.Payway{AccountRegex: "["}
	if err := broken.CheckAccount("1"); !fault.Is(err, fault.Internal) {
		t.Errorf("a stored expression that is broken: %v", err)
	}
}

func TestPick(t *testing.T) {
	p := payway.Payway{StoredDetails: `{"name":{"required":true,"regex":"[A-Z ]+"},"bank":{"regex":"[0-9]*"},"parts":{"default":"2","regex":"[2-9]"}}`}
	fields, err := p.Details()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		given map[string]string
		want  map[string]string
		wrong string
	}{
		{map[string]string{"name": "ANN"}, map[string]string{"name": "ANN", "parts": "2"}, ""},
		{map[string]string{"name": "ANN", "bank": "", "parts": "5", "other": "x"}, map[string]string{"name": "ANN", "bank": "", "parts": "5"}, ""},
		{nil, nil, `account_details.name="field required"`},
		{map[string]string{"name": ""}, nil, `account_details.name="field required"`},
		{map[string]string{"name": "ann"}, nil, `account_details.name="not in the form that the payway asks for"`},
		{map[string]string{"name": "ANN1", "parts": "1"}, nil, `account_details.parts="not in the form that the payway asks for"`},
		{map[string]string{"name": strings.Repeat("A", 256)}, nil, `account_details.name="must have at most 255 characters"`},
	} {
		got, err := fields.Pick("account_details.", test.given)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
		if test.wrong == "" && err != nil || test.wrong != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), test.wrong)) {
			t.Errorf("%v: %v", test.given, err)
		}
	}
}

func TestRates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		set := func(pair, text string) {
			t.Helper()
			u, err := payway.ParseRate(pair, text, actor)
			if err != nil {
				t.Fatal(err)
			}
			do(t, h, u)
		}
		set("USD/UAH", "40")
		set("USD/UAH", "41.25")
		set("EUR/UAH", "44.60")
		list, err := payway.ListRates(ctx, h.DB.Reader())
		if err != nil || len(list) != 2 || list[0].Rate.String() != "41.25" || list[0].Base != money.USD || list[0].Quote != money.UAH {
			t.Fatalf("%+v, %v", list, err)
		}
		outside, err := payway.LoadRates(ctx, h.DB.Reader(), money.UAH, money.USD)
		if err != nil {
			t.Fatal(err)
		}
		for _, lookup := range []fee.Lookup{outside, do(t, h, quoting{money.UAH, money.USD})} {
			for _, pair := range []struct {
				base, quote money.Currency
				want        string
			}{{money.USD, money.UAH, "41.25"}, {money.UAH, money.USD, ""}, {money.EUR, money.UAH, ""}, {money.USD, money.USD, ""}, {money.EUR, money.USD, ""}} {
				rate, ok := lookup(pair.base, pair.quote)
				if ok != (pair.want != "") || ok && rate.String() != pair.want {
					t.Errorf("%s/%s: %s, %t", pair.base, pair.quote, rate, ok)
				}
			}
		}
		if got := acts(t, h); len(got) != 3 || got[1] != "rate.set rate USD/UAH: 40 to 41.25" {
			t.Errorf("audit: %q", got)
		}
	})
	for _, wrong := range [][2]string{{"USD", "1"}, {"USD/XXZ", "1"}, {"USD/UAH", "0"}, {"USD/UAH", "-1"}, {"USD/UAH", "x"}} {
		if _, err := payway.ParseRate(wrong[0], wrong[1], actor); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if _, err := (payway.SetRate{Base: money.USD, Quote: money.USD, Rate: money.One, Actor: actor}).Decide(db.NewState(1, nil)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a rate of a currency to itself: %v", err)
	}
}

// quoting asks for the rates between two currencies in a decision, where a pair
// that no Reads named would be a defect.
type quoting struct{ a, b money.Currency }

func (q quoting) Reads(r *db.Reads) { payway.ReadRates(r, q.a, q.b) }

func (q quoting) Decide(s *db.State) (fee.Lookup, error) { return payway.RatesOf(s, q.a, q.b), nil }

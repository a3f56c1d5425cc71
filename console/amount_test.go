package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

func TestGrouped(t *testing.T) {
	for minor, want := range map[int64]string{
		0: "0.00 USD", 99999: "999.99 USD", 100000: "1_000.00 USD", -100000: "-1_000.00 USD", -99999: "-999.99 USD",
		12345678990: "123_456_789.90 USD", -9223372036854775807: "-92_233_720_368_547_758.07 USD",
	} {
		if got := grouped(money.New(minor, money.USD)); got != strings.ReplaceAll(want, "_", thin) {
			t.Errorf("%d is %q, want %q", minor, got, want)
		}
	}
	if yen, _ := money.CurrencyByCode("JPY"); grouped(money.New(1234567, yen)) != strings.ReplaceAll("1_234_567 JPY", "_", thin) {
		t.Errorf("%q", grouped(money.New(1234567, yen)))
	}
}

// What a page shows can be typed back, with each kind of space; what is no group of
// three is no number.
func TestTypedAmounts(t *testing.T) {
	for text, want := range map[string]int64{
		"1234.56": 123456, "1 234.56": 123456, "1\u202f234.56": 123456, "1\u00a0234\u202f567.89 USD": 123456789, " 1 234 567 ": 123456700, "12.50 usd": 1250, "12.50\u00a0USD": 1250,
	} {
		if a, err := amountOf(text, money.USD); err != nil || a.Minor != want {
			t.Errorf("%q is %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"1 2", "12 34.00", "1 234 5", "1  234", "1,234.00", "1 234.56 EUR", "1 234.567", "USD", "1 234 .00", "1234 567"} {
		if a, err := amountOf(text, money.USD); err == nil {
			t.Errorf("%q is %v", text, a)
		}
	}
}

// An amount that is copied from a list finds its row again, in the filter and in the
// search; files and forms have no groups.
func TestCopiedAmount(t *testing.T) {
	w := newWorld(t)
	w.asks("order-1", "card_invoice_usd", "12345.67", false)
	w.asks("order-2", "card_invoice_usd", "12345.68", false)
	copied := grouped(money.New(1234567, money.USD))
	c := w.as(t, operator.Support)
	list := c.see(t, invoicesPath)
	if !strings.Contains(list, `<span aria-hidden="true">`+copied+`</span>`) || !strings.Contains(list, `<span class="only-read">12345.67 USD</span>`) {
		t.Error(list)
	}
	query := url.Values{"least": {copied}, "most": {copied}}.Encode()
	if found := reads(c.see(t, invoicesPath+"?"+query)); !strings.Contains(found, "order-1") || strings.Contains(found, "order-2") {
		t.Error(found)
	}
	if file := c.get(t, invoicesPath+".csv?"+query).body; !strings.Contains(file, ",12345.67,USD,") || strings.Contains(file, thin) {
		t.Error(file)
	}
	body := c.see(t, "/console/find?"+url.Values{"q": {copied}}.Encode())
	if !strings.Contains(body, `href="`+invoicesPath+`?currency=USD&amp;least=12345.67&amp;most=12345.67"`) {
		t.Error(body)
	}
	answered := w.as(t, operator.Finance).post(t, "/console/propose/shop.deposit", url.Values{
		"shop": {number(demo.Shop)}, "amount": {copied}, "currency": {"USD"}, "direction": {"deposit"}, "reason": {"x"}, "form": {"0123456789abcdef0123456789abcdef"},
	})
	if answered.status != http.StatusSeeOther {
		t.Errorf("%d %s", answered.status, reads(answered.body))
	}
}

// Settings are stored plain, however an amount was typed or copied; what is no amount
// of the setting's currency is left for the room to refuse.
func TestTypedSettings(t *testing.T) {
	for text, want := range map[string]string{
		"1_234.56": "1234.56", "1_234_567 USD": "1234567", "12 USD": "12", "": "", "1_234.56 EUR": "1_234.56 EUR", "1 2": "1 2", "much": "much",
	} {
		for _, space := range []string{" ", "\u00a0", thin} {
			given, want := strings.ReplaceAll(text, "_", space), strings.ReplaceAll(want, "_", space)
			if got := amountTyped(money.USD)(given); got != want {
				t.Errorf("%q is %q, want %q", given, got, want)
			}
		}
	}
	for text, want := range map[string]string{
		"USD:1_000.00,EUR:900": "USD:1000.00,EUR:900", "1_000.00 USD, 900 EUR": "USD:1000.00,EUR:900", "USD: 1_000 USD": "USD:1000", "": "",
		"USD:1_000 EUR": "USD:1_000 EUR", "USD": "USD", "1_000": "1_000", "USD:1,500 USD": "USD:1,500 USD", ":1_000 USD": ":1_000 USD", "USD:5,": "USD:5,",
	} {
		for _, space := range []string{" ", "\u00a0", thin} {
			given, want := strings.ReplaceAll(text, "_", space), strings.ReplaceAll(want, "_", space)
			if got := limitsTyped(given); got != want {
				t.Errorf("%q is %q, want %q", given, got, want)
			}
		}
	}
}

// A number with commas is never taken for a smaller one and a second limit.
func TestCommasInLimits(t *testing.T) {
	for _, text := range []string{
		"USD:1,000.00", "1,000.00 USD", "USD:1,000.00 USD", "USD:1,500 EUR", "EUR:900,USD:1,000.00", "USD:1,000,000", "USD 1,000.00", "USD:1,5", "1,5 USD", "900 EUR, 1,500 USD",
		"USD:1, 000.00", "USD:1 ,000.00",
	} {
		settings := shop.Defaults()
		if err := settings.Set("confirm_above=" + limitsTyped(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is %q, %v", text, settings.Text("confirm_above"), err)
		}
	}
	k := newKit(t)
	finance := k.as(t, operator.Finance)
	form := url.Values{"shop": {number(demo.Shop)}, "confirm_above": {"USD:1,500 USD"}, "reason": {"x"}, "form": {"0123456789abcdef0123456789abcdef"}}
	if answered := finance.post(t, confirmKind().path(), form); answered.status != http.StatusUnprocessableEntity || !strings.Contains(answered.body, "USD:1,500 USD") {
		t.Errorf("%d %s", answered.status, reads(answered.body))
	}
}

// What a page of a payway, a shop or a store shows is taken by its form.
func TestCopiedSettings(t *testing.T) {
	k := newKit(t)
	admin := k.as(t, operator.Admin)
	change := func(path string, values url.Values) {
		t.Helper()
		form := hidden(admin.see(t, path+"/edit"))
		for name := range values {
			form[name] = values[name]
		}
		review := admin.post(t, path+"/edit", form)
		if review.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, review.status, reads(review.body))
		}
		form = hidden(review.body)
		if answered := admin.post(t, path+"/edit", form); answered.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, answered.status, reads(answered.body))
		}
	}
	change(paywayPath("card_invoice_usd"), url.Values{"min": {"1" + thin + "234.50 USD"}, "max": {"20 000 000"}})
	row, err := payway.Load(t.Context(), k.house.DB.Reader(), "card_invoice_usd")
	if err != nil || row.MinAmount != 123450 || row.MaxAmount != 2000000000 {
		t.Errorf("%+v, %v", row, err)
	}
	change(storePath(demo.Store), url.Values{"max_amount": {"100\u00a0000.00"}})
	if page := admin.see(t, storePath(demo.Store)); !strings.Contains(page, parted("100000.00")) {
		t.Error(reads(page))
	}
	change(shopPath(demo.Shop), url.Values{"confirm_above": {limitsSaid("EUR:900.00,USD:1500.00")}})
	if k.limits(t) != "EUR:900.00,USD:1500.00" {
		t.Error(k.limits(t))
	}
	raised := k.as(t, operator.Finance).proposal(t, kindConfirm, url.Values{"shop": {number(demo.Shop)}, "confirm_above": {"USD:2 500.00,EUR:" + parted("1900.00")}})
	if answered := admin.decide(t, raised, "approve"); answered.status != http.StatusSeeOther || k.limits(t) != "EUR:1900.00,USD:2500.00" {
		t.Errorf("%d %s", answered.status, k.limits(t))
	}
}

// Whoever decides reads amounts as on every other page; what is stored and agreed on
// is the sentence as it was.
func TestAmountsInSentences(t *testing.T) {
	for text, want := range map[string]string{
		"payout 123456789 of shop 1520: 5000.00 USD to 400000****0002": "payout 123456789 of shop 1520: 5_000.00 USD to 400000****0002",
		"shop 1520: what is above EUR:900.00,USD:1234567.00 waits":     "shop 1520: what is above EUR:900.00,USD:1_234_567.00 waits",
		"deposit of 100000 JPY, shop 1520 March 2026 ABC":              "deposit of 100_000 JPY, shop 1520 March 2026 ABC",
		"999.99 USD, 1000 USDT, 1.2345 USD, 12345":                     "999.99 USD, 1000 USDT, 1.2345 USD, 12345",
	} {
		if got := amountsIn(text); got != strings.ReplaceAll(want, "_", thin) {
			t.Errorf("%q", got)
		}
	}
	k := newKit(t)
	finance := k.as(t, operator.Finance)
	path := finance.proposal(t, "shop.deposit", url.Values{"shop": {number(demo.Shop)}, "amount": {"1234567.89"}, "currency": {"USD"}, "direction": {"deposit"}})
	said := "deposit of " + parted("1234567.89") + " USD"
	for _, page := range []string{path, approvalsPath} {
		if body := k.as(t, operator.Admin).see(t, page); !strings.Contains(body, said) || strings.Contains(body, "1234567.89") {
			t.Errorf("%s: %s", page, reads(body))
		}
	}
	if answered := k.as(t, operator.Admin).decide(t, path, "approve"); answered.status != http.StatusSeeOther {
		t.Errorf("%d %s", answered.status, reads(answered.body))
	}
	k.as(t, operator.Admin).get(t, path) // shows what was done, once
	if log := k.as(t, operator.Admin).see(t, auditPath); !strings.Contains(log, "1234567.89 USD") {
		t.Error("the audit does not have it as it is stored:", reads(log))
	}
}

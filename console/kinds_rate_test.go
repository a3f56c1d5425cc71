package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
)

// rate is a pair's stored rate, "" when there is none.
func (k *kit) rate(t testing.TB, pair string) string {
	t.Helper()
	list, err := payway.ListRates(t.Context(), k.house.DB.Reader())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if pairOf(r) == pair {
			return r.Rate.String()
		}
	}
	return ""
}

// One wrong rate, and a payout of any size writes off a cent and waits for nobody.
func TestOneAloneCannotSetARate(t *testing.T) {
	const wrong = "99999999"
	k := newKit(t)
	finance, admin := k.as(t, operator.Finance), k.as(t, operator.Admin)
	if answered := finance.post(t, ratesPath, url.Values{"pair": {"USD/UAH"}, "rate": {wrong}, "version": {"1"}}); answered.status < 400 || k.rate(t, "USD/UAH") != "41.25" {
		t.Fatalf("set by one: %d, %s", answered.status, k.rate(t, "USD/UAH"))
	}
	if page := finance.see(t, ratesPath); !strings.Contains(page, proposeRate("USD/UAH")) {
		t.Error("the page has no way to propose one")
	}
	if page := k.as(t, operator.Support).see(t, ratesPath); strings.Contains(page, "propose/") {
		t.Error("support is offered to propose one")
	}
	form := finance.leads(t, kindRate, "pair", "USD/UAH", "rate", wrong)
	raised := finance.proposal(t, kindRate, form)
	for _, want := range []string{"Rate now 1 USD = 41.25 UAH", "Rate then 1 USD = 99999999 UAH", "it rises by 242424140.00 %"} {
		if text := reads(admin.see(t, raised)); !strings.Contains(text, want) {
			t.Errorf("the proposal does not say %q:\n%s", want, text)
		}
	}
	late := finance.proposal(t, kindRate, finance.leads(t, kindRate, "pair", "USD/UAH", "rate", "40"))
	if answered := k.signIn(t, "finance@example.com").decide(t, raised, "approve"); answered.status != http.StatusForbidden || k.rate(t, "USD/UAH") != "41.25" {
		t.Errorf("the proposer approves: %d", answered.status)
	}
	if answered := admin.decide(t, late, "approve"); answered.status != http.StatusSeeOther || k.rate(t, "USD/UAH") != "40" {
		t.Errorf("approved: %d, %s", answered.status, k.rate(t, "USD/UAH"))
	}
	if answered := admin.decide(t, raised, "approve"); answered.status != http.StatusConflict || k.rate(t, "USD/UAH") != "40" {
		t.Errorf("approved what was changed since: %d, %s", answered.status, k.rate(t, "USD/UAH"))
	}
	form.Set("form", "f2") // it was opened when the rate was 41.25
	if answered := finance.post(t, rateKind().path(), form); answered.status != http.StatusUnprocessableEntity || k.rate(t, "USD/UAH") != "40" {
		t.Errorf("a form of an earlier rate: %d", answered.status)
	}
	if links := auditOf(t, k, db.House, kindRate); links[0].Actor != "operator:admin@example.com, proposed by operator:finance@example.com" {
		t.Errorf("%+v", links[0])
	}
}

// A pair that is new takes the place of its inverse: it takes two as well.
func TestANewPairTakesTwo(t *testing.T) {
	k := newKit(t)
	finance, admin := k.as(t, operator.Finance), k.as(t, operator.Admin)
	first := finance.proposal(t, kindRate, finance.leads(t, kindRate, "pair", "UAH/USD", "rate", "0.02"))
	other := finance.proposal(t, kindRate, finance.leads(t, kindRate, "pair", "UAH/USD", "rate", "5"))
	for _, want := range []string{"none of its own: by division, 1 USD = 41.25 UAH", "1 UAH = 0.02 USD", "it falls by 17.50 %"} {
		if text := reads(admin.see(t, first)); !strings.Contains(text, want) {
			t.Errorf("the proposal does not say %q:\n%s", want, text)
		}
	}
	if k.rate(t, "UAH/USD") != "" {
		t.Fatal("set by one")
	}
	if answered := admin.decide(t, first, "approve"); answered.status != http.StatusSeeOther || k.rate(t, "UAH/USD") != "0.02" {
		t.Errorf("approved: %d, %s", answered.status, k.rate(t, "UAH/USD"))
	}
	if answered := admin.decide(t, other, "approve"); answered.status != http.StatusConflict || k.rate(t, "UAH/USD") != "0.02" {
		t.Errorf("approved as new what is there: %d, %s", answered.status, k.rate(t, "UAH/USD"))
	}
}

func TestRatesThatAreRefused(t *testing.T) {
	k := newKit(t)
	finance := k.as(t, operator.Finance)
	const seen = "USD/UAH.1.rate"
	for name, form := range map[string]url.Values{
		"nothing chosen":  {},
		"no such pair":    {"pair": {"USD/XXZ"}},
		"one currency":    {"pair": {"USD/USD"}, "USD/USD.0.rate": {"1"}},
		"no rate":         {"pair": {"USD/UAH"}, "rate": {"42"}},
		"another's rate":  {"pair": {"USD/UAH"}, "EUR/UAH.1.rate": {"42"}},
		"not a number":    {"pair": {"USD/UAH"}, seen: {"many"}},
		"nothing":         {"pair": {"USD/UAH"}, seen: {"0"}},
		"nothing differs": {"pair": {"USD/UAH"}, seen: {"41.250"}},
	} {
		form.Set("form", "f")
		form.Set("reason", "because")
		if answered := finance.post(t, rateKind().path(), form); answered.status != http.StatusUnprocessableEntity || !strings.Contains(answered.body, "-problem") {
			t.Errorf("%s: %d %s", name, answered.status, answered.body)
		}
	}
	if answered := k.as(t, operator.Support).get(t, rateKind().path()); answered.status != http.StatusForbidden {
		t.Errorf("support: %d", answered.status)
	}
}

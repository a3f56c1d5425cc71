package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// A setting that is new gets a name that people read.
func TestEverySettingHasALabel(t *testing.T) {
	var keys []string
	for _, k := range append(shop.Keys(), shop.StoreKeys()...) {
		keys = append(keys, k.Name)
	}
	for _, k := range payway.Keys() {
		if k.Name != "open" && k.Name != "close" {
			keys = append(keys, k.Name)
		}
	}
	for _, key := range keys {
		if labels[key] == "" {
			t.Errorf("%s has no label", key)
		}
	}
}

func TestSettingsInWords(t *testing.T) {
	for text, want := range map[string]string{
		"active=true": "yes", "callback_ok=false": "no", "confirm_above=EUR:900.00,USD:12000.00": "900.00 EUR, 12_000.00 USD", "hold_minutes=7200": "7_200 min (5 d)",
		"invoice_minutes=90": "90 min", "invoice_minutes=120": "120 min (2 h)", "now_window_minutes=0": "0 min", "max=250000.00": "250_000.00", "percent=2.5": "2.5 %", "callback_url=": "",
	} {
		name, value, _ := strings.Cut(text, "=")
		if got := (setting{name: name, value: value}).said(); got != strings.ReplaceAll(want, "_", thin) {
			t.Errorf("%s is %q", text, got)
		}
	}
}

// A proposal says in words and whole units what will be done: of what is executed,
// its arguments. No key and no minor unit is on its page.
func TestProposalsInWords(t *testing.T) {
	w := newWorld(t)
	w.set("confirm_above=USD:1.00")
	waits := w.pays("p1", "card_payway_usd", "5000.00", false)
	form := func(values ...string) url.Values {
		f := url.Values{"reason": {"why not"}, "shop": {number(demo.Shop)}}
		for i := 0; i < len(values); i += 2 {
			f.Set(values[i], values[i+1])
		}
		return f
	}
	for i, test := range []struct {
		kind string
		form url.Values
		says []string
	}{
		{"payout.confirm", form("id", number(waits.ID)), []string{"Does the payout is sent to the provider", "Beneficiary gets 5000.00 USD", "Leaves the shop's balance 5100.00 USD", "To the account " + waits.AccountMask, "Stands now 2 waits"}},
		{"payout.reject", form("id", number(waits.ID)), []string{"nothing is sent; 5100.00 USD go back to the shop's balance"}},
		{"shop.deposit", form("amount", "1234.56", "currency", "USD", "direction", "settlement", "note", "March"),
			[]string{"the shop's balance falls by what was paid out to it", "Amount 1234.56 USD", "(1520)", "Line for the books March"}},
		{"ledger.transfer", form("from", "fee", "to", "available", "amount", "1000.00", "currency", "USD"), []string{"Amount 1000.00 USD", "From account fee: our fees", "To account available: what the shop may spend"}},
		{"shop.rotate", form("kind", "secret", "how", "revoke"), []string{"it has leaked: make a new one", "the shop's secret, which signs its requests"}},
		{"shop.confirm", form("confirm_above", "USD:20000"), []string{"Payouts that wait now those above 1.00 USD", "Payouts that will wait those above 20000.00 USD"}},
		{"operator.role", form("email", "viewer@example.com", "role", "support"), []string{"Operator viewer@example.com", "Role now viewer", "New role support"}},
	} {
		test.form.Set("form", strings.Repeat(string(rune('a'+i)), 32))
		c := w.as(t, operator.Admin)
		answered := c.post(t, "/console/propose/"+test.kind, test.form)
		if answered.status != 303 {
			t.Errorf("%s: %d %s", test.kind, answered.status, reads(answered.body))
			continue
		}
		text := reads(c.see(t, answered.header.Get("Location")))
		for _, want := range test.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", test.kind, want, text)
			}
		}
		if strings.ContainsAny(text, "{}") || strings.Contains(text, "minor") {
			t.Errorf("%s shows what is stored:\n%s", test.kind, text)
		}
	}
}

// A kind that is new says what it does.
func TestEveryKindHasDetails(t *testing.T) {
	for _, k := range kinds() {
		if k.detail == nil {
			t.Errorf("%s has no detail", k.name)
		}
	}
}

// What a proposal is about may be gone, or its kind unknown to this version.
func TestProposalsThatCannotBeSaid(t *testing.T) {
	w := newWorld(t)
	for _, a := range []operator.Approval{{Kind: "payout.confirm", Shop: demo.Shop, Arguments: `{"id":1}`}, {Kind: "other", Arguments: "{}"}, {Kind: "payout.confirm", Arguments: "["}} {
		v := &visit{r: visitRequest(t), door: &door{Config: w.config()}}
		if list := v.details(&a); len(list) != 1 || !strings.Contains(list[0].text, "cannot") {
			t.Errorf("%s %s: %v", a.Kind, a.Arguments, list)
		}
	}
}

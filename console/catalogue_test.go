package console

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// hidden are the hidden fields of an edit's form.
func hidden(body string) url.Values {
	values := url.Values{}
	for _, found := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if found[1] != "csrf" && found[1] != "next" {
			values.Set(found[1], html.UnescapeString(found[2]))
		}
	}
	return values
}

// An edit is shown before it is made, made once, told in the audit, and refused
// when somebody else was there first.
func TestEditPayway(t *testing.T) {
	k := newKit(t)
	admin := k.as(t, operator.Admin)
	path := paywayPath("card_invoice_usd")
	form := hidden(admin.see(t, path+"/edit"))
	late := hidden(admin.see(t, path+"/edit"))
	form.Set("percent", "4")
	form.Set("name", "<script>x</script>")
	review := admin.post(t, path+"/edit", form)
	for _, text := range []string{"<del>5</del>", "<ins>4</ins>", "&lt;script&gt;", "Nothing was changed yet"} {
		if !strings.Contains(review.body, text) {
			t.Errorf("the review has no %q", text)
		}
	}
	if row, _ := payway.Load(t.Context(), k.house.DB.Reader(), "card_invoice_usd"); row.Percent.String() != "5" {
		t.Fatal("it was changed before that was confirmed")
	}
	sure := hidden(review.body)
	if answered := admin.post(t, path+"/edit", sure); answered.status != http.StatusSeeOther {
		t.Fatalf("%d %s", answered.status, answered.body)
	}
	if row, _ := payway.Load(t.Context(), k.house.DB.Reader(), "card_invoice_usd"); row.Percent.String() != "4" || row.Name != "<script>x</script>" {
		t.Errorf("%s %s", row.Percent, row.Name)
	}
	for _, again := range []url.Values{sure, late} { // the same once more, and one that was opened before
		again.Set("percent", "3")
		answered := admin.post(t, path+"/edit", again)
		if answered.status != http.StatusConflict || !strings.Contains(answered.body, "operator:admin@example.com") || !strings.Contains(answered.body, `percent: &#34;5&#34; to &#34;4&#34;`) {
			t.Errorf("%d %s", answered.status, answered.body)
		}
	}
	if links := auditOf(t, k, db.House, "payway.set"); len(links) != 1 || links[0].Actor != "operator:admin@example.com" {
		t.Errorf("%+v", links)
	}
	page := k.as(t, operator.Viewer).see(t, path)
	if !strings.Contains(page, "percent: &#34;5&#34; to &#34;4&#34;") || strings.Contains(page, "<script>x") || strings.Contains(page, "/edit") {
		t.Error("a viewer's page does not tell the change, holds a script, or a button")
	}
	wrong := hidden(admin.see(t, path+"/edit"))
	wrong.Set("percent", "many")
	if answered := admin.post(t, path+"/edit", wrong); answered.status != http.StatusUnprocessableEntity || !strings.Contains(answered.body, "field-percent-problem") || !strings.Contains(answered.body, `value="many"`) {
		t.Errorf("%d", answered.status)
	}
}

// A store is not led to a payway that cannot serve it: the form says what is wrong.
func TestAStoreIsNotLedAstray(t *testing.T) {
	k := newKit(t)
	admin, path := k.as(t, operator.Admin), storePath("4AAD1369CF734B64B70F")
	for alias, says := range map[string]string{
		"none": "there is no payway none", "card_invoice_usd": "card_invoice_usd is in USD", "card_payway_uah": "card_payway_uah is for payouts",
	} {
		for _, commit := range []string{"", "1"} {
			form := hidden(admin.see(t, path+"/edit"))
			form.Set("payway", alias)
			form.Set("commit", commit)
			if got := admin.post(t, path+"/edit", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, says) || !strings.Contains(got.body, "field-payway-problem") {
				t.Errorf("%s: %d\n%s", alias, got.status, reads(got.body))
			}
		}
	}
	if row, err := shop.LoadStore(t.Context(), k.house.DB.Reader(), "4AAD1369CF734B64B70F"); err != nil || row.Payway != "payparts_uah" {
		t.Errorf("%+v, %v", row, err)
	}
}

// What can be seen to be wrong with an address for callbacks is said before it is
// set. It may be set all the same: the server may be started otherwise.
func TestAnAddressIsLookedAt(t *testing.T) {
	k := newKit(t)
	admin, path := k.as(t, operator.Admin), shopPath(1520)
	for address, want := range map[string]string{
		"http://10.0.0.7:19050/x":     "no callback goes to 10.0.0.7, which is no public address, unless brama serve has --allow-callback-to 10.0.0.7/32",
		"http://shop.example/x":       "http:// is not encrypted",
		"https://shop.example/x":      "",
		"http://127.0.0.1:8080/demo/": "", // a demo's own loopback is open
	} {
		form := hidden(admin.see(t, path+"/edit"))
		form.Set("payout_callback_url", address)
		form.Set("success_url", "http://10.0.0.8/") // where payers go nobody guards
		review := admin.post(t, path+"/edit", form)
		text := reads(review.body)
		if review.status != http.StatusOK || !strings.Contains(text, want) || strings.Contains(review.body, "alert-warning") != (want != "") || strings.Contains(text, "goes to 10.0.0.8") {
			t.Errorf("%s: %d, want %q in\n%s", address, review.status, want, text)
		}
		if answered := admin.post(t, path+"/edit", hidden(review.body)); answered.status != http.StatusSeeOther {
			t.Errorf("%s: %d", address, answered.status)
		}
		form = hidden(admin.see(t, path+"/edit"))
		form.Set("payout_callback_url", "")
		form.Set("success_url", "")
		form.Set("commit", "1")
		admin.post(t, path+"/edit", form)
	}
	form := hidden(admin.see(t, path+"/edit"))
	form.Set("callback_url", "https://shop.example:70000/")
	if answered := admin.post(t, path+"/edit", form); answered.status != http.StatusUnprocessableEntity || !strings.Contains(answered.body, "must have a port from 1 to 65535") {
		t.Errorf("a port that is none: %d", answered.status)
	}
}

func TestEditOthers(t *testing.T) {
	k := newKit(t)
	admin := k.as(t, operator.Admin)
	for _, test := range []struct{ path, field, value, shows string }{
		{shopPath(1520), "invoice_minutes", "30", "<ins>30</ins>"},
		{shopPath(1520), "callback_format", "form", "<del>json</del>"},
		{storePath("4AAD1369CF734B64B70F"), "hold_days", "3", "<del>30</del>"},
	} {
		form := hidden(admin.see(t, test.path+"/edit"))
		form.Set(test.field, test.value)
		review := admin.post(t, test.path+"/edit", form)
		if !strings.Contains(review.body, test.shows) {
			t.Errorf("%s: no %q", test.path, test.shows)
		}
		if answered := admin.post(t, test.path+"/edit", hidden(review.body)); answered.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", test.path, answered.status, answered.body)
		}
		if page := admin.see(t, test.path); !strings.Contains(page, "operator:admin@example.com") {
			t.Errorf("%s does not say who changed it", test.path)
		}
	}
	row, err := shop.Load(t.Context(), k.house.DB.Reader(), 1520)
	if err != nil {
		t.Fatal(err)
	}
	if settings, _ := row.Settings(); settings.InvoiceMinutes != 30 || settings.CallbackFormat != shop.Form {
		t.Errorf("%+v", settings)
	}
	for active, want := range map[string]bool{"false": false, "true": true} {
		admin.post(t, shopPath(1520)+"/active", url.Values{"active": {active}})
		if row, _ := shop.Load(t.Context(), k.house.DB.Reader(), 1520); row.Active != want {
			t.Errorf("active=%s: %v", active, row.Active)
		}
	}
}

// The calculator spells out what a quote of now would say.
func TestFeeCalculator(t *testing.T) {
	k := newKit(t)
	viewer := k.as(t, operator.Viewer)
	for path, texts := range map[string][]string{
		paywayPath("card_invoice_usd") + "?amount=299.45":                {"5 % of 299.45 USD = 14.9725", "299.45 USD − fee 14.97 USD = 284.48 USD"},
		paywayPath("card_invoice_uah") + "?amount=100&currency=USD":      {"1 USD = 41.25 UAH", "4125.00 UAH"},
		paywayPath("card_payway_uah") + "?amount=1000":                   {"1 % of 1000.00 UAH = 10.00", "1000.00 UAH + 15.00 UAH = 1015.00 UAH"},
		paywayPath("card_payway_uah") + "?amount=1000&currency=usd":      {"1015.00 UAH", "24.61 USD"},
		paywayPath("card_payway_usd") + "?amount=10.00&type=shop":        {"9.80 USD", "10.00 USD is written off"},
		paywayPath("card_payway_usd") + "?amount=1000000":                {"It would be refused: Payee receive amount is too large"},
		paywayPath("card_payway_usd") + "?amount=x":                      {"field-amount-problem"},
		paywayPath("card_payway_usd") + "?amount=0":                      {"field-amount-problem"},
		paywayPath("wallet_payway_eur") + "?amount=10&currency=JPY":      {"No exchange rate"},
		paywayPath("wallet_payway_eur") + "?amount=10&currency=nonsense": {"field-currency-problem"},
	} {
		body := strings.ReplaceAll(viewer.see(t, path), thin, "")
		for _, text := range texts {
			if !strings.Contains(body, text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
	}
}

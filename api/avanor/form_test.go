package avanor

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	client "github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

const formType = "application/x-www-form-urlencoded"

// signedForm is the pay form as the public client makes it.
func signedForm(t testing.TB, extra map[string]string) client.Form {
	t.Helper()
	c, err := client.New("https://pay.example", 1520, secret, client.WithClock(func() time.Time { return noon }))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.PayForm("uk", client.PayFormRequest{ShopOrderID: "о-1", Amount: "10.50", Currency: money.USD, Description: "Чай", Extra: extra})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func encoded(f client.Form) string {
	values := url.Values{}
	for name, value := range f.Fields {
		values.Set(name, value)
	}
	return values.Encode()
}

func TestPayForm(t *testing.T) {
	f := signedForm(t, map[string]string{
		"payway": "card_invoice_usd", "success_url": "https://evil.example/", "failed_url": "https://evil.example/",
		"callback_url": "https://evil.example/", "callback_rejected_url": "https://evil.example/",
	})
	for _, verb := range []string{http.MethodPost, http.MethodGet} {
		h := newHouse(t)
		path, body := "/uk/pay", encoded(f)
		if verb == http.MethodGet {
			path, body = path+"?"+body, ""
		}
		a := h.send(verb, path, formType, body)
		v := h.invoices["1520о-1"]
		if a.status != http.StatusSeeOther || v == nil || a.header.Get("Location") != "https://pay.example/pay/"+v.Session+"?lang=uk" {
			t.Fatalf("%s: %d %v %s", verb, a.status, a.header, a.body)
		}
		if v.Amount != 1050 || v.Description != "Чай" || v.CallbackURL+v.RejectedURL+v.SuccessURL+v.FailedURL != "" {
			t.Errorf("%s: %+v", verb, v)
		}
		if strings.Contains(h.log.String(), f.Fields["sign"]) {
			t.Error("the log holds the signature")
		}
	}
}

// A payer who goes back or loads anew comes to the same page.
func TestPayFormAgain(t *testing.T) {
	h := newHouse(t)
	body := encoded(signedForm(t, nil))
	first, again := h.send("POST", "/en/pay/", formType, body), h.send("POST", "/en/pay", formType, body)
	if first.status != 303 || again.status != 303 || first.header.Get("Location") != again.header.Get("Location") || len(h.invoices) != 1 {
		t.Errorf("%d %d %v %v", first.status, again.status, first.header, again.header)
	}
	h.invoices["1520о-1"].Amount++ // the order is another one
	if a := h.send("POST", "/en/pay", formType, body); a.status != 400 || !strings.Contains(a.body, "is not unique") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestPayFormChoosesAPayway(t *testing.T) {
	h := newHouse(t)
	h.send("POST", "/ru/pay", formType, encoded(signedForm(t, nil)))
	if v := h.invoices["1520о-1"]; v == nil || v.Payway != "card_invoice_usd" {
		t.Errorf("the currency's own: %+v", v)
	}
	h = newHouse(t)
	h.ways["card_invoice_usd"].Active = false
	h.send("POST", "/ru/pay", formType, encoded(signedForm(t, map[string]string{"phone": "380501234567"})))
	if v := h.invoices["1520о-1"]; v == nil || v.Payway != "card_invoice_uah" || v.Extra != `{"add_ons":{"phone":"380501234567"}}` {
		t.Errorf("another: %+v", v)
	}
	h = newHouse(t)
	h.ways["card_invoice_usd"].Active, h.ways["card_invoice_uah"].Active = false, false
	if a := h.send("POST", "/ru/pay", formType, encoded(signedForm(t, nil))); a.status != 400 || !strings.Contains(a.body, "payway=") {
		t.Errorf("none: %d %s", a.status, a.body)
	}
}

// A payway that asks for a field of that name does not get an address from a payer.
func TestPayFormKeepsAddressesBack(t *testing.T) {
	sent := form{"amount": "1", "success_url": "x", "failed_url": "x", "callback_url": "x", "callback_rejected_url": "x", "phone": "1"}
	if rest := sent.rest(); len(rest) != 1 || rest["phone"] != "1" {
		t.Error(rest)
	}
}

func TestPayFormErrors(t *testing.T) {
	good := encoded(signedForm(t, nil))
	tests := []struct {
		name, verb, query, contentType, body string
		status                               int
		text                                 string
	}{
		{"nothing", "GET", "", "", "", 400, "field required"},
		{"wrong sign", "POST", "", formType, strings.Replace(good, "10.50", "10.51", 1), 400, "Invalid sign"},
		{"a field twice", "POST", "", formType, good + "&amount=10.51", 400, "twice"},
		{"a field in two cases", "POST", "", formType, good + "&Amount=10.51", 400, "twice"},
		{"JSON", "POST", "", "application/json", "{}", 400, "must be a form"},
		{"a file", "POST", "", "multipart/form-data; boundary=x", "--x--", 400, "must be a form"},
		{"half an escape", "POST", "", formType, good + "&x=%", 400, "must be a form"},
		{"not UTF-8", "POST", "", formType, good + "&x=%ff", 400, "UTF-8"},
		{"the query of a POST does not count", "POST", "?" + good, formType, "", 400, "field required"},
		{"markup", "POST", "", formType, good + "&payway=<script>", 400, "payway="},
		{"too long", "POST", "", formType, strings.Repeat("x", 3<<20), 413, "1048576"},
		{"another verb", "PUT", "", formType, good, 405, "GET, POST"},
	}
	for _, test := range tests {
		h := newHouse(t)
		a := h.send(test.verb, "/uk/pay"+test.query, test.contentType, test.body)
		if a.status != test.status || !strings.Contains(a.body, test.text) || !strings.Contains(a.body, `<html lang="uk">`) || len(h.invoices) != 0 {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
		}
		csp := a.header.Get("Content-Security-Policy")
		if a.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %v", test.name, a.header)
		}
		if strings.Contains(a.body, "<script") {
			t.Errorf("%s: %s", test.name, a.body)
		}
	}
	h := newHouse(t)
	h.trouble = fault.Wrap(fault.Internal, errBroken, "x")
	if a := h.send("POST", "/en/pay", formType, good); a.status != 500 || !strings.Contains(a.body, "incident") || strings.Contains(a.body, "driver") {
		t.Errorf("internal: %d %s", a.status, a.body)
	}
	h = newHouse(t)
	h.draining = true
	if a := h.send("POST", "/en/pay", formType, good); a.status != 503 {
		t.Errorf("draining: %d %s", a.status, a.body)
	}
}

func TestPayFormTextsAreComplete(t *testing.T) {
	if len(formTexts) != len(languages) {
		t.Errorf("%d texts for %d languages", len(formTexts), len(languages))
	}
	for language := range languages {
		if formTexts[language][0] == "" || formTexts[language][1] == "" {
			t.Errorf("no text in %s", language)
		}
	}
}

// The public client speaks with the door over real HTTP.
func TestClient(t *testing.T) {
	h := newHouse(t)
	h.now = time.Now()
	server := newServer(t, h)
	c, err := client.New(server, 1520, secret)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	page, err := c.HoldInvoice(ctx, client.InvoiceRequest{
		ShopOrderID: "17", Amount: "100.00", Currency: money.USD, Payway: "card_invoice_usd", ExpiresAt: h.now.Add(time.Hour),
		ClientIP: "203.0.113.1", ClientInfo: map[string]string{"browser_language": "uk"}, IssuePaymentToken: true,
	})
	if err != nil || page.Method != "GET" || !strings.HasPrefix(page.URL, "https://pay.example/pay/") {
		t.Fatal(page, err)
	}
	h.invoices["152017"].Status = invoice.Held
	v, err := c.ChargeInvoice(ctx, page.InvoiceID)
	if err != nil || v.Status != client.InvoiceSucceeded || v.ShopRefund != "95.0" || !v.Unique {
		t.Error(v, err)
	}
	if at, err := v.Created.In(client.Zone); err != nil || at.Unix() != h.now.Unix() {
		t.Error(at, err)
	}
	f, err := c.CreateRefund(ctx, client.RefundRequest{InvoiceID: page.InvoiceID, ShopRefundID: "r", Amount: "60"})
	if err != nil || f.Amount != "60.00" || f.Currency != "USD" || f.Status != client.RefundWaiting {
		t.Error(f, err)
	}
	if list, err := c.ListRefunds(ctx, page.InvoiceID); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if quote, err := c.TryInvoice(ctx, client.InvoiceRequest{ShopOrderID: "1", Amount: "5", Currency: money.USD, Payway: "card_invoice_uah"}); err != nil ||
		quote.PayerPrice != "206.25" || quote.AddOns["phone"].Regex != "[0-9]+" {
		t.Error(quote, err)
	}
	if ways, err := c.ListInputPayways(ctx, ""); err != nil || len(ways) != 2 || ways[0].Payways[0].Tariff.Percent != "5.0" {
		t.Error(ways, err)
	}
	made, err := c.CreatePayout(ctx, client.PayoutRequest{
		ShopPaymentID: "p", Payway: "card_payway_usd", Account: "4242424242424242", Amount: "100.23", AmountType: client.PsAmount,
		ShopCurrency: money.USD, AccountDetails: map[string]string{"name": "Adam"},
	})
	if err != nil || made.Balance != "99897.77" || made.Status != client.PayoutSent {
		t.Error(made, err)
	}
	if found, err := c.FindPayout(ctx, made.ID); err != nil || found.ShopWriteOff != "102.23" {
		t.Error(found, err)
	}
	if found, err := c.FindPayoutByShopID(ctx, "p"); err != nil || found.ID != made.ID {
		t.Error(found, err)
	}
	if check, err := c.CheckAccount(ctx, client.AccountCheckRequest{Payway: "card_payway_usd", Amount: "1", Account: "x9"}); err != nil || check.Accepted {
		t.Error(check, err)
	}
	if quote, err := c.TryPayout(ctx, client.PayoutQuoteRequest{Payway: "card_payway_usd", Amount: "100", AmountType: client.ShopAmount, ShopCurrency: money.USD}); err != nil ||
		quote.PayeeReceive != "98.04" || len(quote.AccountFields) != 2 {
		t.Error(quote, err)
	}
	if ways, err := c.ListOutputPayways(ctx, "card_payway_usd"); err != nil || len(ways) != 1 || ways[0].Payways[0].Fields["name"].Example != "Адам" {
		t.Error(ways, err)
	}
	if balances, err := c.Balances(ctx); err != nil || len(balances) != 2 || balances[1].Hold != "95.0" {
		t.Error(balances, err)
	}
}

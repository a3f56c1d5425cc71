package avanor_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
)

const secret = "account-secret-key"

// signedFields is api/avanor.md §3 written out again, so that a slip in the
// signature room does not pass because both sides share it.
var signedFields = map[string]string{
	"invoice/try":                  "amount,currency,payway,shop_id,shop_order_id",
	"invoice/create":               "amount,currency,payway,shop_id,shop_order_id",
	"invoice/hold":                 "amount,currency,payway,shop_id,shop_order_id",
	"invoice/check":                "now,shop_id,shop_order_id",
	"invoice/charge":               "invoice_id,now,shop_id",
	"invoice/unhold":               "invoice_id,now,shop_id",
	"invoice/create-refund":        "amount,invoice_id,shop_id,shop_refund_id",
	"invoice/get-refunds":          "invoice_id,now,shop_id",
	"shop_input_config/shop":       "now,shop_id",
	"shop_output_config/shop":      "now,shop_id",
	"withdraw/try":                 "amount,amount_type,payway,shop_currency,shop_id",
	"check_account":                "account,amount,payway,shop_id",
	"withdraw/create":              "account,amount,amount_type,payway,shop_currency,shop_id,shop_payment_id",
	"withdraw/status":              "now,shop_id,withdraw_id",
	"withdraw/shop_payment_status": "now,shop_id,shop_payment_id",
	"shop_balance":                 "now,shop_id",
}

// gateway answers every method with one body and keeps the last request.
type gateway struct {
	*httptest.Server
	status int
	answer string
	method string
	body   string
	calls  int
}

func newGateway(t *testing.T, answer string) *gateway {
	t.Helper()
	g := &gateway{status: http.StatusOK, answer: answer}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.method, g.body = strings.TrimPrefix(r.URL.Path, "/gateway/v1/"), string(body)
		g.calls++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(g.status)
		_, _ = io.WriteString(w, g.answer)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) client(t *testing.T, options ...avanor.Option) *avanor.Client {
	t.Helper()
	clock := func() time.Time { return time.Date(2026, 5, 24, 16, 35, 42, 719e6, time.UTC) }
	options = append([]avanor.Option{avanor.WithClock(clock)}, options...)
	c, err := avanor.New(g.URL, 1520, secret, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// literals decodes a body the way the signature sees it: numbers as written.
func literals(t *testing.T, body string) map[string]string {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &raw); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	texts := map[string]string{}
	for name, value := range raw {
		texts[name] = string(value)
		var text string
		if json.Unmarshal(value, &text) == nil {
			texts[name] = text
		}
	}
	return texts
}

// expectedSign follows api/avanor.md §2 word by word.
func expectedSign(fields map[string]string, names []string, secret string) string {
	sort.Strings(names)
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = fields[name]
	}
	sum := sha256.Sum256([]byte(strings.Join(values, ":") + secret))
	return hex.EncodeToString(sum[:])
}

func (g *gateway) checkSign(t *testing.T) {
	t.Helper()
	list, known := signedFields[g.method]
	if !known {
		t.Fatalf("method %q", g.method)
	}
	names, fields := strings.Split(list, ","), literals(t, g.body)
	for _, name := range names {
		if fields[name] == "" {
			t.Errorf("%s: signed field %s is missing in %s", g.method, name, g.body)
		}
	}
	if want := expectedSign(fields, names, secret); fields["sign"] != want {
		t.Errorf("%s: sign %s, want %s for %s", g.method, fields["sign"], want, g.body)
	}
}

type vector struct {
	What   string
	Fields map[string]string
	Secret string
	Sign   string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Avanor []vector }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Avanor) == 0 {
		t.Fatal("no vectors")
	}
	return all.Avanor
}

// TestCallSignsPublishedVectors: a body of ours carries the very signature that
// the published samples print.
func TestCallSignsPublishedVectors(t *testing.T) {
	checked := 0
	for _, v := range vectors(t) {
		if v.Fields["payway"] == "" {
			continue // the pay form and the wallet's bill have tests of their own, or none
		}
		g := newGateway(t, `{"data":{},"error_code":0,"message":"Ok","result":true}`)
		c, err := avanor.New(g.URL, 1, v.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(t.Context(), "invoice/create", v.Fields); err != nil {
			t.Fatal(err)
		}
		if sign := literals(t, g.body)["sign"]; sign != v.Sign {
			t.Errorf("%s: sign %s, want %s", v.What, sign, v.Sign)
		}
		checked++
	}
	if checked != 3 {
		t.Errorf("checked %d vectors, want 3", checked)
	}
}

func TestCallSendsEveryLiteralAsWritten(t *testing.T) {
	g := newGateway(t, `{"data":null,"error_code":0,"message":"Ok","result":true}`)
	fields := map[string]string{
		"shop_id": "1520", "currency": "840", "amount": "100.50", "shop_order_id": "017",
		"payway": "card_usd", "client_info": `{"browser_language":"uk"}`, "issue_payment_token": "true", "phone": "380",
	}
	if _, err := g.client(t).Call(t.Context(), "/invoice/create/", fields); err != nil {
		t.Fatal(err)
	}
	g.checkSign(t)
	for _, part := range []string{
		`"shop_id":1520`, `"currency":840`, `"amount":"100.50"`, `"shop_order_id":"017"`,
		`"client_info":{"browser_language":"uk"}`, `"issue_payment_token":true`, `"phone":"380"`,
	} {
		if !strings.Contains(g.body, part) {
			t.Errorf("%s is not in %s", part, g.body)
		}
	}
}

// TestCallLeavesNonsenseToTheGateway: what is no number still arrives as
// written, in a body that is still JSON, signed by the same text.
func TestCallLeavesNonsenseToTheGateway(t *testing.T) {
	for _, text := range []string{"0840", " 840", "840 ", "84o", "-", `840,"amount":1`, "NaN", "0x10"} {
		g := newGateway(t, `{"data":null,"error_code":0,"message":"Ok","result":true}`)
		fields := map[string]string{"currency": text, "amount": "1", "shop_order_id": "1", "payway": "p"}
		if _, err := g.client(t).Call(t.Context(), "invoice/create", fields); err != nil {
			t.Fatal(err)
		}
		g.checkSign(t)
		if got := literals(t, g.body)["currency"]; got != text {
			t.Errorf("currency %q arrived as %q", text, got)
		}
	}
}

func TestCallFillsInOnlyWhatIsMissing(t *testing.T) {
	g := newGateway(t, `{"data":null,"error_code":0,"message":"Ok","result":true}`)
	c := g.client(t)
	if _, err := c.Call(t.Context(), "shop_balance", nil); err != nil {
		t.Fatal(err)
	}
	g.checkSign(t)
	if got := literals(t, g.body)["now"]; got != "2026-05-24T16:35:42.719Z" {
		t.Errorf("now is %q", got)
	}
	given := map[string]string{"shop_id": "7", "now": "yesterday", "sign": "f00d"}
	if _, err := c.Call(t.Context(), "shop_balance", given); err != nil {
		t.Fatal(err)
	}
	if g.body != `{"now":"yesterday","shop_id":7,"sign":"f00d"}` {
		t.Errorf("body is %s", g.body)
	}
}

func TestCallRefusesWhatCannotBeSigned(t *testing.T) {
	g := newGateway(t, "")
	for _, method := range []string{"invoice/delete", "pay", "", "../shop_balance"} {
		if _, err := g.client(t).Call(t.Context(), method, nil); !errors.Is(err, avanor.ErrMethod) {
			t.Errorf("method %q: %v", method, err)
		}
	}
	_, err := g.client(t).Call(t.Context(), "shop_balance", map[string]string{"now": "\xff"})
	if err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("invalid UTF-8: %v", err)
	}
	if g.calls != 0 {
		t.Errorf("%d requests were sent", g.calls)
	}
}

func TestPrefixes(t *testing.T) {
	tests := []struct{ base, prefix, path string }{
		{"", avanor.DefaultPrefix, "/gateway/v1/shop_balance"},
		{"/", "gateway/v1", "/gateway/v1/shop_balance"},
		{"", avanor.RootPrefix, "/shop_balance"},
		{"", "", "/shop_balance"},
		{"/behind/", avanor.RootPrefix, "/behind/shop_balance"},
	}
	for _, test := range tests {
		var path string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.Path
			_, _ = io.WriteString(w, `{"data":null,"error_code":0,"message":"Ok","result":true}`)
		}))
		c, err := avanor.New(server.URL+test.base, 1, secret, avanor.WithPrefix(test.prefix))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(t.Context(), "shop_balance", nil); err != nil {
			t.Error(err)
		}
		server.Close()
		if path != test.path {
			t.Errorf("%+v: path %s", test, path)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		what, base string
		shop       int64
		secret     string
		option     avanor.Option
	}{
		{"no scheme", "api.example", 1, secret, nil},
		{"another scheme", "ftp://api.example", 1, secret, nil},
		{"a query", "https://api.example/?a=b", 1, secret, nil},
		{"a user", "https://u:p@api.example", 1, secret, nil},
		{"no shop", "https://api.example", 0, secret, nil},
		{"no secret", "https://api.example", 1, "", nil},
		{"a newline in the secret", "https://api.example", 1, secret + "\n", nil},
		{"a bad pay address", "https://api.example", 1, secret, avanor.WithPayURL("pay")},
	}
	for _, test := range tests {
		var options []avanor.Option
		if test.option != nil {
			options = append(options, test.option)
		}
		_, err := avanor.New(test.base, test.shop, test.secret, options...)
		if err == nil {
			t.Errorf("%s was accepted", test.what)
		} else if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), ":p@") {
			t.Errorf("%s: the error tells a secret: %v", test.what, err)
		}
	}
}

// TestTypedMethodsAreSigned walks every typed method: path, signed fields, signature.
func TestTypedMethodsAreSigned(t *testing.T) {
	g := newGateway(t, `{"data":null,"error_code":7,"message":"Not found","result":false}`)
	c, ctx := g.client(t), t.Context()
	invoice := avanor.InvoiceRequest{ShopOrderID: "Ж:1", Amount: "6320.91", Currency: 840, Payway: "card_invoice_usd"}
	payout := avanor.PayoutRequest{ShopPaymentID: "p1", Payway: "card_payway_usd", Account: "150010000097",
		Amount: "6320.91", AmountType: avanor.PsAmount, ShopCurrency: 840}
	calls := map[string]func() error{
		"invoice/try":    func() error { _, err := c.TryInvoice(ctx, invoice); return err },
		"invoice/create": func() error { _, err := c.CreateInvoice(ctx, invoice); return err },
		"invoice/hold":   func() error { _, err := c.HoldInvoice(ctx, invoice); return err },
		"invoice/check":  func() error { _, err := c.FindInvoice(ctx, "1"); return err },
		"invoice/charge": func() error { _, err := c.ChargeInvoice(ctx, 33733463); return err },
		"invoice/unhold": func() error { _, err := c.UnholdInvoice(ctx, 33733463); return err },
		"invoice/create-refund": func() error {
			_, err := c.CreateRefund(ctx, avanor.RefundRequest{InvoiceID: 1, ShopRefundID: "r", Amount: "1.50"})
			return err
		},
		"invoice/get-refunds":     func() error { _, err := c.ListRefunds(ctx, 1); return err },
		"shop_input_config/shop":  func() error { _, err := c.ListInputPayways(ctx, ""); return err },
		"shop_output_config/shop": func() error { _, err := c.ListOutputPayways(ctx, ""); return err },
		"withdraw/try": func() error {
			_, err := c.TryPayout(ctx, avanor.PayoutQuoteRequest{Payway: "p", Amount: "1", AmountType: avanor.ShopAmount, ShopCurrency: 980})
			return err
		},
		"check_account": func() error {
			_, err := c.CheckAccount(ctx, avanor.AccountCheckRequest{Payway: "p", Amount: "1", Account: "a:b"})
			return err
		},
		"withdraw/create":              func() error { _, err := c.CreatePayout(ctx, payout); return err },
		"withdraw/status":              func() error { _, err := c.FindPayout(ctx, 1234567); return err },
		"withdraw/shop_payment_status": func() error { _, err := c.FindPayoutByShopID(ctx, "p1"); return err },
		"shop_balance":                 func() error { _, err := c.Balances(ctx); return err },
	}
	for method := range signedFields {
		call, ok := calls[method]
		if !ok {
			t.Errorf("%s has no typed method", method)
			continue
		}
		if err := call(); !errors.Is(err, avanor.ErrNotFound) {
			t.Errorf("%s: %v", method, err)
		}
		if g.method != method {
			t.Errorf("%s went to %s", method, g.method)
		}
		g.checkSign(t)
		checkTypes(t, g.body)
	}
}

// checkTypes: ids of the wire are numbers, everything else a string (api/avanor.md §4).
func checkTypes(t *testing.T, body string) {
	t.Helper()
	var raw map[string]json.RawMessage
	_ = json.Unmarshal([]byte(body), &raw)
	numbers := []string{"shop_id", "currency", "shop_currency", "invoice_id", "withdraw_id"}
	for name, value := range raw {
		if isText := value[0] == '"'; isText == slices.Contains(numbers, name) {
			t.Errorf("%s is sent as %s", name, value)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	reached := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer target.Close()
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for _, option := range []avanor.Option{avanor.WithClock(time.Now), avanor.WithHTTPClient(&http.Client{})} {
		c, _ := avanor.New(server.URL, 1, secret, option)
		_, err := c.Balances(t.Context())
		var failed *avanor.TransportError
		if !errors.As(err, &failed) || failed.Status != http.StatusTemporaryRedirect || !failed.Sent {
			t.Errorf("error is %v", err)
		}
	}
	if reached {
		t.Error("the signed request went on to another address")
	}
}

func TestContextEndsACall(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	c, _ := avanor.New(server.URL, 1, secret)
	_, err := c.Balances(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, avanor.ErrOutcomeUnknown) {
		t.Errorf("error is %v", err)
	}
}

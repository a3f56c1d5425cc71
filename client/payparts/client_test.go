package payparts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func uah(minor int64) money.Amount { return money.New(minor, money.UAH) }

// vectorRequest is the request of the vectors.
func vectorRequest() payparts.CreateRequest {
	return payparts.CreateRequest{
		OrderID: order, Amount: uah(400_00),
		Plan: instalment.Plan{MerchantType: instalment.PP, PartsCount: 6, Products: []instalment.Product{
			{Name: "Телевизор", Count: 2, Price: uah(100_00)},
			{Name: "Микроволновка", Count: 1, Price: uah(200_00)},
		}},
		ResponseURL: "http://shop.com/response", RedirectURL: "http://shop.com/redirect",
	}
}

type vector struct {
	What, Signature string
	Parts           []string
}

func vectors(t *testing.T) map[string]vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ PayParts []vector }
	if err := json.Unmarshal(raw, &all); err != nil || len(all.PayParts) == 0 {
		t.Fatal("no vectors", err)
	}
	byName := map[string]vector{}
	for _, v := range all.PayParts {
		byName[v.What] = v
	}
	return byName
}

// TestRequestVectors: every request of the vectors, made by the typed methods, has
// the vector's signature.
func TestRequestVectors(t *testing.T) {
	ctx := t.Context()
	without, legacy := vectorRequest(), vectorRequest()
	without.ResponseURL, without.RedirectURL, legacy.Currency = "", "", "980"
	decline := func(minor int64) func(*payparts.Client) {
		return func(c *payparts.Client) {
			_, _ = c.Decline(ctx, payparts.DeclineRequest{OrderID: order, Amount: uah(minor)})
		}
	}
	calls := map[string][]func(*payparts.Client){
		"create/hold request, two products": {
			func(c *payparts.Client) { _, _ = c.Create(ctx, vectorRequest()) },
			func(c *payparts.Client) { _, _ = c.Hold(ctx, vectorRequest()) },
		},
		"create/hold request, no URLs":             {func(c *payparts.Client) { _, _ = c.Create(ctx, without) }},
		"create/hold request with legacy currency": {func(c *payparts.Client) { _, _ = c.Hold(ctx, legacy) }},
		"decline request 300.00":                   {decline(300_00)},
		"decline request 300.50":                   {decline(300_50)},
		"confirm, cancel, state request": {
			func(c *payparts.Client) { _, _ = c.Confirm(ctx, order) },
			func(c *payparts.Client) { _, _ = c.Cancel(ctx, order) },
			func(c *payparts.Client) { _, _ = c.State(ctx, order, payparts.Show{Refund: true}) },
		},
	}
	requests := 0
	for what, v := range vectors(t) {
		if strings.Contains(what, "request") {
			requests++
		}
		for _, call := range calls[what] {
			b, c := openBank(t)
			call(c)
			if got := b.last.text("signature"); got != v.Signature {
				t.Errorf("%s: %s, want %s", what, got, v.Signature)
			}
		}
	}
	if requests != len(calls) {
		t.Errorf("%d request vectors, %d tried", requests, len(calls))
	}
}

// TestAnswerVectors: every answer of the vectors verifies, and no longer does with
// one letter of its signature changed.
func TestAnswerVectors(t *testing.T) {
	ctx := t.Context()
	const token = "E8E354374D404C1E9279DCCF1C7B5541"
	create := func(c *payparts.Client) error {
		created, err := c.Create(ctx, vectorRequest())
		if err == nil && created.Token != token {
			err = errors.New("another token")
		}
		return err
	}
	decline := func(c *payparts.Client) error {
		_, err := c.Decline(ctx, payparts.DeclineRequest{OrderID: order, Amount: uah(300_00)})
		return err
	}
	tests := map[string]struct {
		answer  answer
		call    func(c *payparts.Client) error
		refused string
	}{
		"create answer, success":  {answer{"state": "SUCCESS", "token": token}, create, ""},
		"create answer, fail":     {answer{"state": "FAIL", "message": "error message"}, create, "error message"},
		"decline answer, success": {answer{"state": "SUCCESS"}, decline, ""},
		"decline answer, fail":    {answer{"state": "FAIL", "message": "Платеж не найден"}, decline, "Платеж не найден"},
		"description answer": {answer{"state": "SUCCESS", "message": "description successfully updated"}, func(c *payparts.Client) error {
			_, err := c.Description(ctx, order, "text")
			return err
		}, ""},
	}
	all, answers := vectors(t), 0
	for what := range all {
		if strings.Contains(what, "answer") {
			answers++
		}
	}
	if answers != len(tests) {
		t.Errorf("%d answer vectors, %d tried", answers, len(tests))
	}
	for what, test := range tests {
		test.answer["storeId"], test.answer["orderId"], test.answer["signature"] = store, order, all[what].Signature
		err := test.call(answering(200, body(test.answer)))
		var refused *payparts.Error
		if test.refused == "" && err != nil ||
			test.refused != "" && (!errors.As(err, &refused) || refused.Message != test.refused || errors.Is(err, payparts.ErrOutcomeUnknown)) {
			t.Errorf("%s: %v", what, err)
		}
		test.answer["signature"] = "A" + all[what].Signature[1:]
		if err := test.call(answering(200, body(test.answer))); !errors.Is(err, payparts.ErrSignature) || !errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("%s, signature changed: %v", what, err)
		}
	}
}

// TestSeed004 goes through the decline page: its request's fields, both its answers.
// The sample signatures of the page's answers are placeholders and must be refused.
func TestSeed004(t *testing.T) {
	const seedStore, seedPassword = "X1114B6L", "password"
	seedSig := func(parts ...string) string {
		return plainSum(seedPassword + strings.Join(parts, "") + seedPassword)
	}
	var sent request
	var header http.Header
	reply := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		_ = json.NewDecoder(r.Body).Decode(&sent)
		if r.Method != http.MethodPost || r.URL.Path != "/ipp/v2/payment/decline" {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		fmt.Fprint(w, reply)
	}))
	defer server.Close()
	c, err := payparts.New(server.URL, seedStore, seedPassword)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(answer string) error {
		reply = answer
		_, err := c.Decline(t.Context(), payparts.DeclineRequest{OrderID: order, Amount: uah(300_00), RecipientID: "qwerty1234"})
		return err
	}
	successes := `{"state":"SUCCESS","storeId":"X1114B6L","orderId":"` + order + `","signature":"%s"}`
	failures := `{"state":"FAIL","storeId":"X1114B6L","orderId":"` + order + `","message":"Платеж не найден","signature":"%s"}`

	if err := ask(fmt.Sprintf(successes, seedSig("SUCCESS", seedStore, order))); err != nil {
		t.Error(err)
	}
	err = ask(fmt.Sprintf(failures, seedSig("FAIL", seedStore, order, "Платеж не найден")))
	if !errors.Is(err, payparts.ErrPaymentNotFound) || errors.Is(err, payparts.ErrOutcomeUnknown) {
		t.Error(err)
	}
	for _, answer := range []string{successes, failures} {
		if err := ask(fmt.Sprintf(answer, "2CnBRCAqV/BfNghrHUvHjEcGJZk=")); !errors.Is(err, payparts.ErrSignature) {
			t.Errorf("the page's placeholder verifies: %v", err)
		}
	}
	want := map[string]string{
		"storeId": `"X1114B6L"`, "orderId": `"` + order + `"`, "amount": `300.00`, "recipientId": `"qwerty1234"`,
		"signature": `"` + seedSig(seedStore, order, "30000") + `"`,
	}
	for name, literal := range want {
		if string(sent[name]) != literal {
			t.Errorf("%s: sent %s, want %s", name, sent[name], literal)
		}
	}
	if len(sent) != len(want) {
		t.Errorf("sent %v", sent)
	}
	if header.Get("Accept-Encoding") != "UTF-8" || header.Get("Content-Type") != "application/json; charset=UTF-8" || header.Get("Accept") != "application/json" {
		t.Errorf("headers %v", header)
	}
}

// TestCreateSendsExactDecimals: two decimals in every number, 19.99 first of all, and
// the optional fields only when there are any.
func TestCreateSendsExactDecimals(t *testing.T) {
	b, c := openBank(t)
	q := payparts.CreateRequest{OrderID: "17", Amount: uah(300_000_00), SendPhone: "+380501234567", Plan: instalment.Plan{
		MerchantType: instalment.IA, PartsCount: 25, Scheme: 1111, RecipientID: "qwerty1234",
		Products: []instalment.Product{{Name: `<"ї">`, Count: 3, Price: uah(19_99)}, {Name: "b", Count: 1, Price: uah(50)}, {Name: "c", Count: 1, Price: uah(1)}},
	}}
	if _, err := c.Create(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	var products []request
	_ = json.Unmarshal(b.last["products"], &products)
	got := []string{string(b.last["amount"]), string(b.last["partsCount"]), string(b.last["scheme"]), b.last.text("recipientId"), b.last.text("sendPhone")}
	for _, p := range products {
		got = append(got, p.text("name"), string(p["count"]), string(p["price"]))
	}
	want := []string{"300000.00", "25", "1111", "qwerty1234", "+380501234567", `<"ї">`, "3", "19.99", "b", "1", "0.50", "c", "1", "0.01"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, there := b.last["currency"]; there {
		t.Error("an empty currency was sent")
	}
}

// TestNotSent: what cannot be signed or would be misread is refused here, and the
// error says that nothing left.
func TestNotSent(t *testing.T) {
	b, c := openBank(t)
	ctx := t.Context()
	dollars := vectorRequest()
	dollars.Amount.Currency = money.USD
	priced := vectorRequest()
	priced.Plan.Products[1].Price = uah(0)
	broken := vectorRequest()
	broken.Plan.RecipientID = "\xff"
	calls := map[string]func() error{
		"dollars":   func() error { _, err := c.Create(ctx, dollars); return err },
		"no price":  func() error { _, err := c.Hold(ctx, priced); return err },
		"not UTF-8": func() error { _, err := c.Hold(ctx, broken); return err },
		"no order":  func() error { _, err := c.Confirm(ctx, ""); return err },
		"below zero": func() error {
			_, err := c.Decline(ctx, payparts.DeclineRequest{OrderID: "1", Amount: uah(-1)})
			return err
		},
		"method": func() error { _, err := c.Call(ctx, "refund", map[string]string{"orderId": "1"}); return err },
		"path":   func() error { _, err := c.Call(ctx, "../qr", map[string]string{"orderId": "1"}); return err },
		"other store": func() error {
			_, err := c.Call(ctx, "state", map[string]string{"orderId": "1", "storeId": "x"})
			return err
		},
		"exponent": func() error {
			_, err := c.Call(ctx, "decline", map[string]string{"orderId": "1", "amount": "3e2"})
			return err
		},
		"no products": func() error {
			_, err := c.Call(ctx, "create", map[string]string{"orderId": "1", "amount": "300"})
			return err
		},
		"odd product": func() error {
			_, err := c.Call(ctx, "create", map[string]string{"orderId": "1", "amount": "300", "products": `[1]`})
			return err
		},
		"twice a price": func() error {
			_, err := c.Call(ctx, "create", map[string]string{"orderId": "1", "amount": "300", "products": `[{"name":"x","count":1,"price":1,"Price":300}]`})
			return err
		},
	}
	for what, call := range calls {
		if err := call(); !errors.Is(err, payparts.ErrNotSent) || errors.Is(err, payparts.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if b.asked() != 0 {
		t.Errorf("%d calls went out", b.asked())
	}
}

// TestCallKeepsLiterals: what the shell typed is what is sent and signed.
func TestCallKeepsLiterals(t *testing.T) {
	b, c := openBank(t)
	_, _ = c.Call(t.Context(), "create", map[string]string{
		"orderId": "9", "amount": "400.50", "partsCount": "x", "products": `[{"name":"x","count":"2","price":"200.25"}]`, "recipientId": "7",
	})
	got := []string{string(b.last["amount"]), string(b.last["partsCount"]), string(b.last["recipientId"]), string(b.last["orderId"])}
	if want := []string{"400.50", `"x"`, `"7"`, `"9"`}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if b.payments["9"] == nil {
		t.Error("its signature was refused")
	}
	_, err := c.Call(t.Context(), "state", map[string]string{"orderId": "9", "signature": "mine"})
	if b.last.text("signature") != "mine" || err == nil {
		t.Errorf("a given signature was replaced: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, args := range [][3]string{
		{"", store, password}, {"bank.example", store, password}, {"ftp://bank.example", store, password},
		{"https://u:p@bank.example", store, password}, {"https://bank.example?x=1", store, password}, {"https://bank.example/%zz", store, password},
		{payparts.BankURL, "", password}, {payparts.BankURL, store + "\n", password},
		{payparts.BankURL, store, ""}, {payparts.BankURL, store, password + " "},
	} {
		if _, err := payparts.New(args[0], args[1], args[2]); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestClientPrintsNoPassword(t *testing.T) {
	c, err := payparts.New(payparts.BankURL, store, password)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, *c, *c); strings.Contains(text, password) {
		t.Error(text)
	}
}

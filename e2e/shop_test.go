package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// The demo's public values (api/sandbox.md).
const (
	demoShop   = 1520
	otherShop  = 202203
	demoSecret = "account-secret-key"
)

// recorder keeps what the API answers, to be searched for secrets in the end.
// Pages of the checkout are left out: in a demo they show test cards as a hint.
type recorder struct {
	g    *gateway
	next http.RoundTripper
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.next.RoundTrip(request)
	if err != nil || strings.HasPrefix(request.URL.Path, "/pay/") {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	page := strings.HasSuffix(request.URL.Path, "/pay") || strings.HasPrefix(request.URL.Path, "/notify/") || strings.HasPrefix(request.URL.Path, "/ipp/") || answer.StatusCode/100 == 3
	if err == nil && request.Method == http.MethodPost && !page {
		if odd := canonical(answer, body); odd != "" {
			r.g.t.Errorf("POST %s answered %s: %s", request.URL.Path, body, odd)
		}
	}
	if err == nil {
		if odd := describedAs(request, answer, body); odd != nil {
			r.g.t.Error(odd)
		}
	}
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.g.answers.Write(body)
	return answer, err
}

// shop is a client of the gateway for one of the demo's shops.
func (g *gateway) shop(id int64) *avanor.Client {
	g.t.Helper()
	secret := demoSecret
	if id == demoShop {
		secret = g.secret
	}
	c, err := avanor.New(g.url, id, secret, avanor.WithHTTPClient(g.http))
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

// own draws an id that no other operation of this gateway has.
func (g *gateway) own(kind string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drawn++
	return fmt.Sprintf("%s-%d", kind, g.drawn)
}

// account draws a payout account of 16 digits with the given end. In clear it
// must be found nowhere afterwards.
func (g *gateway) account(end string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drawn++
	account := fmt.Sprintf("73915%07d%s", g.drawn*1733%9999991, end)
	g.private = append(g.private, account)
	return account
}

// call signs and posts a method for the demo shop and gives the envelope.
func (g *gateway) call(method string, fields map[string]string) avanor.Envelope {
	g.t.Helper()
	answer, err := g.shop(demoShop).Call(context.Background(), method, fields)
	var refused *avanor.Error
	if err != nil && !errors.As(err, &refused) {
		g.t.Fatalf("%s: %v", method, err)
	}
	return answer
}

// refuse calls a method that must be refused with a code, and gives the message.
func (g *gateway) refuse(code avanor.Code, method string, fields map[string]string) string {
	g.t.Helper()
	answer := g.call(method, fields)
	if answer.Code != code || answer.Result || answer.Status != http.StatusOK || string(answer.Data) != "null" {
		g.t.Errorf("%s %v: answered HTTP %d %s; want code %d", method, fields, answer.Status, answer.Raw, code)
	}
	return answer.Message
}

// post sends a raw body to a path of the API.
func (g *gateway) post(path string, body []byte) (status int, header http.Header, answer []byte) {
	g.t.Helper()
	response, err := g.http.Post(g.url+path, "application/json", bytes.NewReader(body))
	if err != nil {
		g.t.Fatalf("POST %s: %v", path, err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatalf("POST %s: %v", path, err)
	}
	return response.StatusCode, response.Header, answer
}

func (g *gateway) status(path string) int {
	response, err := http.Get(g.url + path)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// signed is a body of raw JSON values, with the sign over the method's fields as
// they are written here.
func signed(t testing.TB, method, secret string, fields map[string]string) []byte {
	t.Helper()
	names, ok := signature.SignedFields(method)
	if !ok {
		t.Fatalf("no method %s", method)
	}
	values := map[string]string{}
	for _, name := range names {
		values[name] = fields[name]
		var text string
		if json.Unmarshal([]byte(fields[name]), &text) == nil {
			values[name] = text
		}
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for name, raw := range fields {
		fmt.Fprintf(&b, "%q:%s,", name, raw)
	}
	fmt.Fprintf(&b, `"sign":%q}`, signature.Sign(values, secret))
	return b.Bytes()
}

// order creates an invoice for the demo shop, or a hold.
func (g *gateway) order(amount string, hold bool) (avanor.PayPage, string) {
	g.t.Helper()
	return g.orderBy(avanor.InvoiceRequest{Amount: avanor.Decimal(amount), Currency: money.USD, Payway: "card_invoice_usd"}, hold)
}

func (g *gateway) orderBy(q avanor.InvoiceRequest, hold bool) (avanor.PayPage, string) {
	g.t.Helper()
	q.ShopOrderID = g.own("order")
	create := g.shop(demoShop).CreateInvoice
	if hold {
		create = g.shop(demoShop).HoldInvoice
	}
	page, err := create(context.Background(), q)
	if err != nil {
		g.t.Fatalf("create an invoice: %v", err)
	}
	return page, q.ShopOrderID
}

// submit posts a form to the payer's page as a browser does, and gives the page
// that it leads to.
func (g *gateway) submit(page string, form url.Values) (status int, body string) {
	g.t.Helper()
	status, body, err := g.trySubmit(page, form)
	if err != nil {
		g.t.Fatalf("pay: %v", err)
	}
	return status, body
}

func (g *gateway) trySubmit(page string, form url.Values) (status int, body string, err error) {
	response, err := g.http.PostForm(page, form)
	if err != nil {
		return 0, "", err
	}
	response.Body.Close()
	if response.StatusCode == http.StatusSeeOther {
		to, err := response.Location()
		if err != nil {
			return 0, "", err
		}
		if response, err = g.http.Get(to.String()); err != nil {
			return 0, "", err
		}
	} else if response, err = g.http.Get(page); err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func cardForm(card string) url.Values {
	return url.Values{"card": {card}, "expiry": {"12/39"}, "cvv": {"123"}}
}

// pay pays with a card.
func (g *gateway) pay(page avanor.PayPage, card string) string {
	g.t.Helper()
	status, body := g.submit(page.URL, cardForm(card))
	if status != http.StatusOK {
		g.t.Errorf("the page after paying: HTTP %d", status)
	}
	return body
}

// Cards of api/sandbox.md.
const (
	cardGood = "4242424242424242"
	// cardOther is approved too, and on no page as a hint: it must be nowhere.
	cardOther = "5555555555554444"
)

// paid is an invoice of the demo shop that was created and paid.
func (g *gateway) paid(amount string) (id int64, order string) {
	g.t.Helper()
	page, order := g.order(amount, false)
	g.pay(page, cardOther)
	g.reaches(order, avanor.InvoiceSucceeded)
	return page.InvoiceID, order
}

// held is a hold of the demo shop that the payer has authorised.
func (g *gateway) held(amount string) (id int64, order string) {
	g.t.Helper()
	page, order := g.order(amount, true)
	g.pay(page, cardOther)
	g.reaches(order, avanor.InvoiceHeld)
	return page.InvoiceID, order
}

func (g *gateway) find(order string) avanor.Invoice {
	g.t.Helper()
	found, err := g.shop(demoShop).FindInvoice(context.Background(), order)
	if err != nil {
		g.t.Fatalf("invoice/check %s: %v", order, err)
	}
	return found
}

// reaches waits until an invoice has a status.
func (g *gateway) reaches(order string, want avanor.InvoiceStatus) avanor.Invoice {
	g.t.Helper()
	var found avanor.Invoice
	g.eventually(fmt.Sprintf("invoice %s is %s", order, want), func() bool {
		found = g.find(order)
		if found.Status.Final() && found.Status != want {
			g.t.Fatalf("invoice %s ended %s, want %s", order, found.Status, want)
		}
		return found.Status == want
	})
	return found
}

// payout creates a payout in USD from the demo shop.
func (g *gateway) payout(account, amount string) avanor.Payout {
	g.t.Helper()
	made, err := g.shop(demoShop).CreatePayout(context.Background(), g.payoutOf(account, amount))
	if err != nil {
		g.t.Fatalf("withdraw/create: %v", err)
	}
	return made
}

func (g *gateway) payoutOf(account, amount string) avanor.PayoutRequest {
	return avanor.PayoutRequest{
		ShopPaymentID: g.own("payment"), Payway: "card_payway_usd", Account: account, Amount: avanor.Decimal(amount),
		AmountType: avanor.PsAmount, ShopCurrency: money.USD,
	}
}

func (g *gateway) findPayout(id int64) avanor.Payout {
	g.t.Helper()
	found, err := g.shop(demoShop).FindPayout(context.Background(), id)
	if err != nil {
		g.t.Fatalf("withdraw/status %d: %v", id, err)
	}
	return found
}

// settles waits until a payout is final and gives the statuses seen on the way.
func (g *gateway) settles(id int64, want avanor.PayoutStatus) (found avanor.Payout, seen map[avanor.PayoutStatus]bool) {
	g.t.Helper()
	seen = map[avanor.PayoutStatus]bool{}
	g.eventually(fmt.Sprintf("payout %d is %s", id, want), func() bool {
		found = g.findPayout(id)
		seen[found.Status] = true
		return found.Status.Final()
	})
	if found.Status != want {
		g.t.Fatalf("payout %d ended %s, want %s", id, found.Status, want)
	}
	return found, seen
}

// refund creates a refund of the demo shop.
func (g *gateway) refund(invoice int64, amount string) avanor.Refund {
	g.t.Helper()
	made, err := g.shop(demoShop).CreateRefund(context.Background(), avanor.RefundRequest{
		InvoiceID: invoice, ShopRefundID: g.own("refund"), Amount: avanor.Decimal(amount),
	})
	if err != nil {
		g.t.Fatalf("invoice/create-refund: %v", err)
	}
	return made
}

// refunded waits until a refund of an invoice is final.
func (g *gateway) refunded(invoice int64, id string, want avanor.RefundStatus) avanor.Refund {
	g.t.Helper()
	var found avanor.Refund
	g.eventually(fmt.Sprintf("refund %s is %s", id, want), func() bool {
		list, err := g.shop(demoShop).ListRefunds(context.Background(), invoice)
		if err != nil {
			g.t.Fatalf("invoice/get-refunds: %v", err)
		}
		for _, f := range list {
			if f.ShopRefundID == id {
				found = f
			}
		}
		return found.Status.Final()
	})
	if found.Status != want {
		g.t.Fatalf("refund %s ended %s, want %s", id, found.Status, want)
	}
	return found
}

// balance is what the demo shop has in a currency, in minor units.
type balance struct{ available, frozen, hold int64 }

func (g *gateway) balance(of money.Currency) balance {
	g.t.Helper()
	list, err := g.shop(demoShop).Balances(context.Background())
	if err != nil {
		g.t.Fatalf("shop_balance: %v", err)
	}
	for _, b := range list {
		if b.Currency == of {
			return balance{g.minor(b.Available, of), g.minor(b.Frozen, of), g.minor(b.Hold, of)}
		}
	}
	return balance{}
}

func (g *gateway) minor(text avanor.Decimal, of money.Currency) int64 {
	g.t.Helper()
	amount, err := text.In(of)
	if err != nil {
		g.t.Fatalf("amount %q: %v", text, err)
	}
	return amount.Minor
}

// has checks the demo shop's balance in USD.
func (g *gateway) has(available, frozen, hold int64) {
	g.t.Helper()
	if got := g.balance(money.USD); got != (balance{available, frozen, hold}) {
		g.t.Errorf("balance in USD: available %d, frozen %d, hold %d; want %d, %d, %d",
			got.available, got.frozen, got.hold, available, frozen, hold)
	}
}

// isCode reports whether an error is the gateway's refusal with a code.
func isCode(err error, code avanor.Code) bool { return err != nil && errors.Is(err, code) }

package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/e2e/program"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
)

// Cards of docs/sandbox.md.
const (
	good      = "4242424242424242"
	declined  = "4000000000000002"
	noMoney   = "4000000000009995"
	secure    = "4000000000003220"
	later     = "4000000000000341"
	twice     = "4000000000000259"
	lostAfter = "4000000000000119"
	lostFirst = "4000000000000127"
	parts     = "0000111122223333"
	noParts   = "0000111122224444"
)

// The demo's PayParts store.
const (
	storeID       = "4AAD1369CF734B64B70F"
	storePassword = "75bef16bfdce4d0e9c0ad5a19b9940df"
)

// unhurried scales the sandbox's waiting times so that a person can see them.
const unhurried = "1"

// store is a shop with a page of its own, to which payers come back.
type store struct {
	*browser.Gateway
	t    *testing.T
	home string
}

var orders atomic.Int64

func open(t *testing.T, flags ...string) store {
	t.Helper()
	t.Parallel()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"></head><body><h1>Back in the shop: %s</h1></body></html>`, r.URL.Path[1:])
	}))
	t.Cleanup(home.Close)
	return store{browser.Serve(t, flags...), t, home.URL}
}

// wants is an order as the shop asks for it; change says what is special.
func (s store) wants(change func(*avanor.InvoiceRequest)) avanor.InvoiceRequest {
	q := avanor.InvoiceRequest{
		ShopOrderID: fmt.Sprintf("order-%d", orders.Add(1)), Amount: "1234.50", Currency: money.USD, Payway: "card_invoice_usd",
		Description: "Two tickets to the opera", SuccessURL: s.home + "/paid", FailedURL: s.home + "/failed",
	}
	if change != nil {
		change(&q)
	}
	return q
}

// order makes an invoice and gives where it is paid.
func (s store) order(change func(*avanor.InvoiceRequest)) (page avanor.PayPage, order string) {
	s.t.Helper()
	q := s.wants(change)
	page, err := s.Shop(browser.DemoShop).CreateInvoice(context.Background(), q)
	if err != nil {
		s.t.Fatalf("create an invoice: %v", err)
	}
	return page, q.ShopOrderID
}

// hold makes a hold.
func (s store) hold() (page avanor.PayPage, order string) {
	s.t.Helper()
	q := s.wants(nil)
	page, err := s.Shop(browser.DemoShop).HoldInvoice(context.Background(), q)
	if err != nil {
		s.t.Fatalf("create a hold: %v", err)
	}
	return page, q.ShopOrderID
}

// ends waits until the shop hears that its invoice has a status.
func (s store) ends(order string, want avanor.InvoiceStatus) {
	s.t.Helper()
	program.Eventually(s.t, fmt.Sprintf("%s is %s", order, want), func() bool {
		found, err := s.Shop(browser.DemoShop).FindInvoice(context.Background(), order)
		if err != nil {
			s.t.Fatal(err)
		}
		if found.Status.Final() && found.Status != want {
			s.t.Fatalf("%s ended %s, want %s", order, found.Status, want)
		}
		return found.Status == want
	})
}

// attempts is how often a card was sent for an invoice.
func (s store) attempts(id int64) int {
	s.t.Helper()
	d, err := db.Open(context.Background(), db.Config{Path: s.Data() + "/brama.db", ReadOnly: true, Now: func() int64 { return time.Now().UnixMilli() }})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	found, err := (&invoice.Invoices{DB: d}).Find(context.Background(), browser.DemoShop, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return int(found.Attempts)
}

// inParts makes a PayParts order of the demo's store and gives the address of its page.
func (s store) inParts() (bank *payparts.Client, page, order string) {
	s.t.Helper()
	bank, err := payparts.New(s.URL, storeID, storePassword)
	if err != nil {
		s.t.Fatal(err)
	}
	order = fmt.Sprintf("parts-%d", orders.Add(1))
	price := money.New(600_000, money.UAH)
	made, err := bank.Create(context.Background(), payparts.CreateRequest{
		OrderID: order, Amount: price, RedirectURL: s.home + "/parts",
		Plan: instalment.Plan{MerchantType: instalment.PP, PartsCount: 6, Products: []instalment.Product{{Name: "TV set", Count: 1, Price: price}}},
	})
	if err != nil {
		s.t.Fatalf("create an order in parts: %v", err)
	}
	return bank, bank.PageURL(made.Token), order
}

// fill types a card; the year is always ahead.
func fill(tab *browser.Tab, card string) {
	tab.Type("#card", card)
	tab.Type("#expiry", "1239")
	tab.Type("#cvv", "123")
}

// pay fills the form and sends it.
func pay(tab *browser.Tab, card string) {
	fill(tab, card)
	tab.Click("form[data-problems] button")
}

// judged is a page that is looked at from every side.
func judged(tab *browser.Tab, name string) {
	tab.Axe()
	tab.FitsWidth()
	if name != "" {
		tab.Shot(name)
	}
}

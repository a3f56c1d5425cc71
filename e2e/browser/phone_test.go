package browser_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/money"
)

// unwalked are the pages to which no link leads a person who is signed in.
var unwalked = map[string]string{
	"GET /console/sign-in":       "TestOperatorSignsIn looks at it on a phone",
	"GET /console/second-factor": "asked of who is not all the way in; it has one field",
}

// wide are the things on a page that a phone cuts off or scrolls sideways: a table, or
// in the console anything at all.
const wide = `[...document.querySelectorAll("main *, article *")].filter(e => e.clientWidth > 0 && !e.matches("input, textarea, select, .only-read, .only-read *, canvas") &&
	(e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && (e.querySelector("table") || location.pathname.startsWith("/console")) ||
	 location.pathname.startsWith("/console") && e.matches("td, th, dd, .btn, p, h2") && e.getBoundingClientRect().right > innerWidth + 1))
	.map(e => e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 80))`

// Every page of the console and of /docs fits a phone: nothing scrolls sideways, be it
// the page or a table in it. The pages are those of the console's own table, found by
// following the links of the pages: a new one is looked at by itself.
func TestEveryPageOnAPhone(t *testing.T) {
	s := open(t)
	s.trade()
	tab := signedIn(t, s.Gateway, demo.Operator, browser.Phone)
	mux, left := http.NewServeMux(), map[string]bool{}
	for _, pattern := range console.Patterns() {
		if path, ok := strings.CutPrefix(pattern, "GET "); ok {
			mux.HandleFunc(path, http.NotFound)
			if !strings.HasSuffix(path, ".csv") && !strings.HasSuffix(path, ".json") && unwalked[pattern] == "" {
				left[path] = true
			}
		}
	}
	seen, often := map[string]bool{}, map[string]int{}
	for queue := []string{"/console/", "/console/find?q=nobody", "/console/enrol", "/console/password", "/docs"}; len(queue) > 0; queue = queue[1:] {
		at, err := url.Parse(queue[0])
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(httptest.NewRequest(http.MethodGet, at.Path, nil))
		if docs := strings.HasPrefix(at.Path, "/docs"); seen[at.Path] || !docs && (!left[pattern] || often[pattern] == 3) {
			continue
		}
		seen[at.Path], often[pattern] = true, often[pattern]+1
		tab.Visit(queue[0])
		tab.FitsWidth()
		for _, one := range browser.Eval[[]string](tab, wide) {
			t.Errorf("%s, %s: cut off or scrolling: %s", queue[0], pattern, one)
		}
		queue = append(queue, browser.Eval[[]string](tab, `[...document.querySelectorAll("a[href]:not([download])")].map(a => new URL(a.href)).
			filter(u => u.origin === location.origin && /^\/(console|docs)(\/|$)/.test(u.pathname)).map(u => u.pathname + u.search)`)...)
	}
	for path := range left {
		if often[path] == 0 {
			t.Errorf("no link leads to %s: it was not looked at", path)
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d pages were seen", len(seen))
	}
}

// trade makes an operation of each kind, callbacks that fail, large amounts and a proposal.
func (s store) trade() {
	s.t.Helper()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	s.t.Cleanup(broken.Close)
	s.told(broken.URL+"/a/rather/long/address/of/a/shop", 1)
	page, order := s.order(func(q *avanor.InvoiceRequest) { q.Amount = "1299.45" })
	answer, err := http.Post(page.URL, "application/x-www-form-urlencoded", strings.NewReader("card="+good+"&expiry=12%2F30&cvv=123"))
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	s.ends(order, avanor.InvoiceSucceeded)
	shop, ctx := s.Shop(browser.DemoShop), context.Background()
	if _, err := shop.CreateRefund(ctx, avanor.RefundRequest{InvoiceID: page.InvoiceID, ShopRefundID: "back-1", Amount: "1000.00"}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := shop.CreatePayout(ctx, avanor.PayoutRequest{
		ShopPaymentID: "a-payout-with-a-very-long-id-of-its-shop-0123456789", Payway: "card_payway_usd", Amount: "9100.23", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
		Account: "150010000097", AccountDetails: map[string]string{"name": "Adam"},
	}); err != nil {
		s.t.Fatal(err)
	}
	first := signedIn(s.t, s.Gateway, demo.SecondOperator)
	first.Visit("/console/propose/shop.deposit?shop=1520&currency=USD&amount=1234567.89")
	first.Type("#field-reason", "cash at the counter")
	first.Press(browser.Enter)
	first.See("Another operator must approve it")
}

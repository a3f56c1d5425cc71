package browser_test

import (
	"context"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/money"
)

// Support finds what a shop asks about, reads why, and sends a callback again.
func TestOperationsInTheConsole(t *testing.T) {
	s := open(t)
	page, order := s.order(func(q *avanor.InvoiceRequest) { q.Amount = "299.45" })
	payer := browser.Open(t, s.Gateway)
	payer.Visit(page.URL)
	pay(payer, good)
	payer.See(saysPaid)
	s.ends(order, avanor.InvoiceSucceeded)
	s.order(nil)
	shop := s.Shop(browser.DemoShop)
	if _, err := shop.CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: page.InvoiceID, ShopRefundID: "back-1", Amount: "100.00"}); err != nil {
		t.Fatal(err)
	}
	for id, account := range map[string]string{"p1": "150010000097", "p2": "150010000002"} {
		if _, err := shop.CreatePayout(context.Background(), avanor.PayoutRequest{
			ShopPaymentID: id, Payway: "card_payway_usd", Amount: "100.23", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
			Account: account, AccountDetails: map[string]string{"name": "Adam"},
		}); err != nil {
			t.Fatal(err)
		}
	}

	tab := signedIn(t, s.Gateway, demo.Operator)
	tab.Type("header input[name=q]", order)
	tab.Press(browser.Enter)
	tab.See("5 % of 299.45 = 14.9725, rounded half away from zero")
	tab.See("284.48 USD")
	consoleJudged(tab, "invoice")
	tab.Click("main table .id a")
	tab.See("Taken back from the shop")
	consoleJudged(tab, "refund")
	tab.Visit("/console/find?q=p1")
	tab.See("was paid once")
	consoleJudged(tab, "payout")
	for _, list := range []string{"invoices", "payouts", "refunds"} {
		tab.Visit("/console/" + list)
		tab.See("Needs attention")
		consoleJudged(tab, list)
	}
	tab.Visit("/console/payouts?least=5")
	tab.See("needs a currency")
	consoleJudged(tab, "payouts-wrong")
	tab.Visit("/console/refunds?shop=7")
	tab.See("Nothing is here that fits")
	tab.Visit("/console/find?q=nobody")
	tab.See("It finds, of any shop")
	consoleJudged(tab, "find-nothing")

	phone := signedIn(t, s.Gateway, demo.SecondOperator, browser.Phone, browser.Dark, browser.NoScript)
	phone.Visit("/console/find?q=p1")
	phone.See("was paid once")
	phone.FitsWidth()
	phone.Visit("/console/find?q=" + order)
	phone.See("taken, the shop answered HTTP 200")
	phone.FitsWidth()
	phone.Click("button[popovertarget^=replay]")
	phone.Await("[popover]:popover-open")
	consoleJudged(phone, "replay-question")
	phone.Click("[popover]:popover-open form button")
	phone.See("is sent again now")
	phoneFolds(t, phone)
}

// phoneFolds: a phone shows rows as cards that name their columns, and the filter when asked to;
// what is wrong with it is not hidden. No script runs.
func phoneFolds(t *testing.T, phone *browser.Tab) {
	filtered := func() bool {
		return browser.Eval[bool](phone, `document.querySelector("#field-shop").checkVisibility()`)
	}
	t.Helper()
	phone.Visit("/console/payouts")
	if filtered() {
		t.Error("the filter stands open on a phone")
	}
	for _, hidden := range browser.Eval[[]string](phone, `[...document.querySelectorAll("main td")].filter(td => td.getBoundingClientRect().right > innerWidth).map(td => td.textContent)`) {
		t.Errorf("%q lies outside of a phone", hidden)
	}
	phone.Click(".fold-label")
	if !filtered() {
		t.Error("the filter cannot be opened")
	}
	consoleJudged(phone, "payouts-filter")
	phone.Visit("/console/payouts?least=5")
	phone.See("needs a currency")
	if !filtered() {
		t.Error("a wrong filter is hidden")
	}
	phone.Visit("/console/audit")
	consoleJudged(phone, "audit")
}

package browser_test

import (
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/e2e/browser"
)

// Finance sees what goes on, that it adds up, and where each amount is.
func TestBooksInTheConsole(t *testing.T) {
	s := open(t)
	page, order := s.order(func(q *avanor.InvoiceRequest) { q.Amount = "299.45" })
	payer := browser.Open(t, s.Gateway)
	payer.Visit(page.URL)
	pay(payer, good)
	payer.See(saysPaid)
	s.ends(order, avanor.InvoiceSucceeded)

	tab := signedIn(t, s.Gateway, demo.Operator)
	tab.Visit("/console/")
	tab.See("Payouts in progress")
	tab.See("299.45 USD") // by itself, once it was counted
	tab.Await(".chart canvas")
	tab.Click("details.figures summary")
	consoleJudged(tab, "overview")

	tab.Visit("/console/ledger")
	tab.See("balanced")
	consoleJudged(tab, "ledger")
	tab.Visit("/console/ledger/1520")
	tab.Click(`main a[href$="/USD/available"]`)
	tab.See("invoice.paid")
	consoleJudged(tab, "statement")
	tab.Click("main tbody td.id a")
	tab.See("299.45 USD")
	consoleJudged(tab, "transfer")
	tab.Visit("/console/verify")
	consoleJudged(tab, "verify-before")
	tab.Click("main form button")
	tab.See("no difference")
	consoleJudged(tab, "verify")

	phone := signedIn(t, s.Gateway, demo.SecondOperator, browser.Phone, browser.Dark, browser.NoScript)
	for _, path := range []string{"/console/", "/console/ledger", "/console/ledger/1520/USD/available", "/console/verify", "/console/audit", "/console/rates", "/console/shops/1520"} {
		phone.Visit(path)
		phone.Await("main h1")
		phone.FitsWidth()
	}
}

// An admin changes a tariff: sees what it costs, what changes, and then who did it.
func TestCatalogueInTheConsole(t *testing.T) {
	t.Parallel()
	g := browser.Serve(t)
	tab := signedIn(t, g, demo.Operator)
	for _, path := range []string{"shops", "stores", "payways", "rates", "providers"} {
		tab.Visit("/console/" + path)
		tab.Await("main table")
		consoleJudged(tab, path)
	}
	tab.Visit("/console/shops/1520")
	tab.See("Who changed what")
	consoleJudged(tab, "shop")
	tab.Visit("/console/shops/1520/edit")
	tab.See("See what changes")
	consoleJudged(tab, "shop-edit")

	tab.Visit("/console/payways/card_invoice_usd")
	tab.Type("#field-amount", "299.45")
	tab.Press(browser.Enter)
	tab.See("299.45 USD − fee 14.97 USD = 284.48 USD")
	consoleJudged(tab, "payway")
	tab.Visit("/console/payways/card_invoice_usd/edit")
	tab.Type("#field-percent", "4")
	tab.Press(browser.Enter)
	tab.See("Nothing was changed yet")
	consoleJudged(tab, "payway-change")
	tab.Click("main form .btn-primary")
	tab.See("Changed: 1 of the settings.")
	tab.See(`percent: "5" to "4"`)

	tab.Visit("/console/audit?act=payway.set")
	tab.See(`percent: "5" to "4"`)
	consoleJudged(tab, "audit")
	tab.Click("form[action$=check] button")
	tab.See("whole")
	consoleJudged(tab, "audit-check")

	finance := signedIn(t, g, demo.SecondOperator, browser.Phone)
	finance.Visit("/console/propose/ledger.transfer?shop=1520&currency=USD")
	finance.Await("#field-from")
	finance.FitsWidth()
	consoleJudged(finance, "transfer-propose")
}

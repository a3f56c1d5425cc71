package browser_test

import (
	"context"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/e2e/browser"
)

const (
	saysPaid     = "Thank you. Your payment was successful."
	saysWaiting  = "Waiting for the bank"
	saysDeclined = "The bank declined the payment. No money was taken."
	saysNotMade  = "The payment was not made"
)

// What the payer sees of every card of the sandbox, and what the shop hears.
func TestPayerSeesWhatBecameOfTheCard(t *testing.T) {
	s := open(t, "--sandbox-delay", unhurried)
	tests := []struct {
		name, card, code string
		waits            bool
		says             string
		ends             avanor.InvoiceStatus
	}{
		{"approved", good, "", false, saysPaid, avanor.InvoiceSucceeded},
		{"declined", declined, "", false, saysDeclined, avanor.InvoiceRejected},
		{"no-money", noMoney, "", false, saysDeclined, avanor.InvoiceRejected},
		{"secure-good-code", secure, "1234", false, saysPaid, avanor.InvoiceSucceeded},
		{"secure-bad-code", secure, "9999", false, saysDeclined, avanor.InvoiceRejected},
		{"later", later, "", true, saysPaid, avanor.InvoiceSucceeded},
		{"twice", twice, "", false, saysPaid, avanor.InvoiceSucceeded},
		{"unknown-then-paid", lostAfter, "", true, saysPaid, avanor.InvoiceSucceeded},
		{"unknown-then-not", lostFirst, "", true, saysNotMade, avanor.InvoiceRejected},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := store{s.Gateway, t, s.home}
			page, order := s.order(nil)
			tab := browser.Open(t, s.Gateway, browser.Phone)
			tab.Visit(page.URL)
			tab.See("1,234.50 USD")
			pay(tab, test.card)
			if test.waits {
				s.waits(tab)
			}
			if test.code != "" {
				tab.See("Your bank asks for a one-time code")
				judged(tab, "code")
				tab.Type("#code", test.code)
				tab.Press(browser.Enter)
			}
			tab.See(test.says)
			judged(tab, "outcome-"+test.name)
			s.ends(order, test.ends)
			tab.Reload()
			tab.See(test.says)
			if n := s.attempts(page.InvoiceID); n != 1 {
				t.Errorf("%d attempts", n)
			}
			tab.Click("a.button")
			tab.See("Back in the shop: " + map[avanor.InvoiceStatus]string{avanor.InvoiceSucceeded: "paid", avanor.InvoiceRejected: "failed"}[test.ends])
		})
	}
}

// waits sees that a waiting page is changed where it stands, so that a screen reader
// hears of it and nobody loses their place.
func (s store) waits(tab *browser.Tab) {
	tab.See(saysWaiting)
	browser.Eval[bool](tab, `(document.querySelector('#state[role=status][data-wait]').dataset.mark = 'kept', true)`)
	tab.Gone("#state[data-wait]")
	tab.Await("#state[data-mark=kept]")
	if title := browser.Eval[string](tab, `document.title`); title == saysWaiting+" – Demo shop" {
		s.t.Errorf("the title still says %q", title)
	}
}

// Without script the waiting page comes back by itself.
func TestWaitingPageWithoutScript(t *testing.T) {
	s := open(t, "--sandbox-delay", "1")
	page, _ := s.order(nil)
	tab := browser.Open(t, s.Gateway, browser.NoScript)
	tab.Visit(page.URL)
	pay(tab, later)
	tab.See(saysWaiting)
	tab.See(saysPaid)
}

// A payer who waits is not hurried: the page may be looked at for as long as it takes.
func TestWaitingPage(t *testing.T) {
	s := open(t, "--sandbox-delay", "60")
	page, _ := s.order(nil)
	tab := browser.Open(t, s.Gateway, browser.Phone)
	tab.Visit(page.URL)
	pay(tab, later)
	tab.See(saysWaiting)
	judged(tab, "waiting")
	tab.Click("#state a")
	tab.See(saysWaiting)
	if n := s.attempts(page.InvoiceID); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// A declined payer returns to the shop, whose next order is another invoice.
func TestDeclinedPayerTriesAnotherCard(t *testing.T) {
	s := open(t)
	first, order := s.order(nil)
	tab := browser.Open(t, s.Gateway)
	tab.Visit(first.URL)
	pay(tab, declined)
	tab.See(saysDeclined)
	tab.Click("a.button")
	tab.See("Back in the shop: failed")
	s.ends(order, avanor.InvoiceRejected)
	second, again := s.order(nil)
	tab.Visit(second.URL)
	pay(tab, good)
	tab.See(saysPaid)
	s.ends(again, avanor.InvoiceSucceeded)
	tab.Visit(first.URL)
	tab.See(saysDeclined) // what was final stays so
}

func TestPayerOfAHold(t *testing.T) {
	s := open(t)
	for _, end := range []struct {
		name, says string
		act        func(context.Context, int64) (avanor.Invoice, error)
		status     avanor.InvoiceStatus
	}{
		{"charged", saysPaid, s.Shop(browser.DemoShop).ChargeInvoice, avanor.InvoiceSucceeded},
		{"released", "it is yours again", s.Shop(browser.DemoShop).UnholdInvoice, avanor.InvoiceRejected},
	} {
		page, order := s.hold()
		tab := browser.Open(t, s.Gateway, browser.Phone, browser.Dark)
		tab.Visit(page.URL)
		tab.See("The amount is only reserved on your card")
		judged(tab, "card-of-a-hold")
		pay(tab, good)
		tab.See("The amount is reserved")
		judged(tab, "held")
		s.ends(order, avanor.InvoiceHeld)
		if _, err := end.act(context.Background(), page.InvoiceID); err != nil {
			t.Fatal(err)
		}
		s.ends(order, end.status)
		tab.Reload()
		tab.See(end.says)
		judged(tab, "hold-"+end.name)
	}
}

// The payer may leave, and a form that was open too long pays nothing.
func TestPayerWhoDoesNotPay(t *testing.T) {
	s := open(t)
	page, order := s.order(nil)
	tab := browser.Open(t, s.Gateway, browser.Phone)
	tab.Visit(page.URL)
	tab.Click("button[name=cancel]")
	tab.See("The payment was canceled")
	judged(tab, "canceled")
	s.ends(order, avanor.InvoiceRejected)

	page, order = s.order(func(q *avanor.InvoiceRequest) { q.ExpiresAt = time.Now().Add(8 * time.Second) })
	tab.Visit(page.URL)
	fill(tab, good)
	s.ends(order, avanor.InvoiceRejected)
	tab.Click("form[data-problems] button")
	tab.See("The time to pay is over")
	judged(tab, "expired")
	if n := s.attempts(page.InvoiceID); n != 0 {
		t.Errorf("%d attempts after the time", n)
	}
	tab.Click("a.button")
	tab.See("Back in the shop: failed")

	tab.Forgive("404")
	tab.Visit("/pay/00000000000000000000000000000000")
	tab.See("There is no such payment")
	judged(tab, "missing")
}

package browser_test

import (
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/e2e/browser"
)

// With script nothing is sent before it is good, so that no card is typed twice;
// without, the server says the same in the same places.
func TestPayerMendsTheForm(t *testing.T) {
	s := open(t)
	for name, script := range map[string][]browser.Option{"script": {browser.Phone}, "no-script": {browser.Phone, browser.NoScript}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store{s.Gateway, t, s.home}
			page, _ := s.order(nil)
			tab := browser.Open(t, s.Gateway, script...)
			tab.Visit(page.URL)
			tab.Click("form[data-problems] button")
			s.marked(tab, "card", "Enter the card number")
			s.marked(tab, "expiry", "Enter the date until which the card is valid")
			s.marked(tab, "cvv", "Enter the CVV")
			if at := tab.Focused(); at != "card" {
				t.Errorf("the focus is at %s", at)
			}
			judged(tab, "wrong-all-"+name)
			tab.Type("#card", "4242 4242 4242 4241")
			tab.Type("#expiry", "1320")
			tab.Type("#cvv", "12")
			tab.Click("form[data-problems] button")
			s.marked(tab, "card", "Check the card number: a digit seems to be wrong")
			s.marked(tab, "expiry", "Write the date as month and year, for example 08/30")
			s.marked(tab, "cvv", "The CVV has 3 or 4 digits")
			typed := browser.Eval[string](tab, `document.querySelector('#card').value`)
			if want := map[string]string{"script": "4242 4242 4242 4241", "no-script": ""}[name]; typed != want {
				t.Errorf("the card is %q, want %q", typed, want)
			}
			fill(tab, good)
			tab.Type("#expiry", "01/20")
			tab.Press(browser.Enter)
			s.marked(tab, "expiry", "This card has expired; check the date or use another card")
			if at := tab.Focused(); at != "expiry" || tab.Count("[aria-invalid]") != 1 {
				t.Errorf("the focus is at %s, %d fields are marked", at, tab.Count("[aria-invalid]"))
			}
			tab.Reload() // a form that was posted: the browser posts it again, or a new one
			pay(tab, secure)
			tab.Await("#code")
			tab.Click("form[data-problems] button")
			s.marked(tab, "code", "Enter the code")
			judged(tab, "wrong-code-"+name)
			tab.Type("#code", "!")
			tab.Press(browser.Enter)
			s.marked(tab, "code", "The code has at most 12 digits or letters")
			tab.Type("#code", "1234")
			tab.Press(browser.Enter)
			tab.See(saysPaid)
			if n := s.attempts(page.InvoiceID); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// marked sees that a field is wrong, and that whoever hears the page hears it too.
func (s store) marked(tab *browser.Tab, field, says string) {
	s.t.Helper()
	tab.See(says)
	if got := tab.Text("#" + field + "-error"); got != says {
		s.t.Errorf("beside %s: %q, want %q", field, got, says)
	}
	if tab.Count(`#`+field+`[aria-invalid=true][aria-describedby~="`+field+`-error"]`) != 1 {
		s.t.Errorf("%s is not marked as wrong", field)
	}
	if got := tab.Text("#problems[role=alert]"); got != "Please check the marked fields" {
		s.t.Errorf("the alert says %q", got)
	}
}

// Two clicks are one payment, and so are a form that another tab has paid, the back
// button and a reload.
func TestOnePaymentWhateverIsClicked(t *testing.T) {
	s := open(t)
	for name, script := range map[string][]browser.Option{"script": nil, "no-script": {browser.NoScript}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store{s.Gateway, t, s.home}
			page, order := s.order(nil)
			other, tab := browser.Open(t, s.Gateway, script...), browser.Open(t, s.Gateway, script...)
			other.Visit(page.URL)
			fill(other, good)
			tab.Visit(s.home)
			tab.Visit(page.URL)
			fill(tab, good)
			tab.DoubleClick("form[data-problems] button")
			tab.See(saysPaid)
			s.ends(order, avanor.InvoiceSucceeded)
			other.DoubleClick("form[data-problems] button")
			other.See(saysPaid)
			tab.Reload()
			tab.See(saysPaid)
			tab.Back()
			if tab.Address() == page.URL {
				tab.See(saysPaid)
			} else {
				tab.See("Back in the shop")
			}
			tab.Visit(page.URL)
			tab.See(saysPaid)
			if n := s.attempts(page.InvoiceID); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// Everything can be done with the keyboard, in the order of the page.
func TestPayerWithAKeyboard(t *testing.T) {
	s := open(t)
	page, _ := s.order(nil)
	tab := browser.Open(t, s.Gateway)
	tab.Visit(page.URL)
	for _, stop := range []string{"card", "expiry", "cvv", "Pay 1,234.50 USD", "cancel", "Test cards: any future date, any CVV", "Українська", "Русский"} {
		tab.Press(browser.Tabulate)
		if at := tab.Focused(); at != stop {
			t.Errorf("the focus is at %q, want %q", at, stop)
		}
		if !browser.Eval[bool](tab, `document.activeElement.matches(':focus-visible') && getComputedStyle(document.activeElement).outlineStyle !== 'none'`) {
			t.Errorf("the focus at %q is not seen", stop)
		}
	}
	tab.Visit(page.URL)
	tab.Press(browser.Tabulate + "4000000000003220" + browser.Tabulate + "1239" + browser.Tabulate + "123")
	if card, date := browser.Eval[string](tab, `document.querySelector('#card').value`), browser.Eval[string](tab, `document.querySelector('#expiry').value`); card != "4000 0000 0000 3220" || date != "12/39" {
		t.Errorf("typed: %q and %q", card, date)
	}
	tab.Press(browser.Enter)
	tab.See("Your bank asks for a one-time code")
	tab.Press(browser.Tabulate + "1234" + browser.Tabulate + browser.Enter)
	tab.See(saysPaid)
	tab.Press(browser.Tabulate + browser.Enter)
	tab.See("Back in the shop: paid")
}

// The page speaks the payer's language, fits a phone and is kept to while paying.
func TestPayerInThreeLanguages(t *testing.T) {
	s := open(t)
	tests := []struct{ tag, title, amount, wrong, busy, paid, other string }{
		{"en", "Pay by card", "1,234.50 USD", "Please check the marked fields", "One moment, please", "Paid", "Українська"},
		{"uk", "Оплата карткою", "1 234,50 USD", "Перевірте позначені поля", "Зачекайте, будь ласка", "Сплачено", "Русский"},
		{"ru", "Оплата картой", "1 234,50 USD", "Проверьте отмеченные поля", "Подождите, пожалуйста", "Оплачено", "English"},
	}
	for i, test := range tests {
		t.Run(test.tag, func(t *testing.T) {
			t.Parallel()
			s := store{s.Gateway, t, s.home}
			page, _ := s.order(nil)
			// What a browser asks for, and then what is asked for on the page.
			tab := browser.Open(t, s.Gateway, browser.Language(tests[(i+2)%3].tag), browser.Narrow, browser.Dark)
			tab.Visit(page.URL)
			tab.See(tests[(i+2)%3].title)
			tab.Click(`nav a[hreflang="` + test.tag + `"]`)
			tab.See(test.title)
			tab.See(test.amount)
			judged(tab, "card-"+test.tag)
			tab.Click("form[data-problems] button")
			tab.See(test.wrong)
			judged(tab, "wrong-"+test.tag)
			if tab.Count(`[data-busy="`+test.busy+`"]`) != 1 || tab.Count(`html[lang=`+test.tag+`]`) != 1 {
				t.Errorf("the page is not all in %s", test.tag)
			}
			pay(tab, good)
			tab.See(test.paid)
			judged(tab, "paid-"+test.tag)
		})
	}
}

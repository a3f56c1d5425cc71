package browser_test

import (
	"context"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/e2e/program"
	"github.com/brama-pay/brama/money"
)

// The PayParts page: what is paid when, the card, the code.
func TestPayerInParts(t *testing.T) {
	s := open(t)
	tests := []struct {
		name, card, code, says string
		ends                   payparts.PaymentState
		options                []browser.Option
	}{
		{"good code", parts, "1111", "Спасибо. Платёж прошёл успешно.", payparts.PaymentSucceeded, nil},
		{"bad code", parts, "0000", "Банк отклонил платёж", payparts.PaymentFailed, nil},
		{"refused card", noParts, "", "Банк отклонил платёж", payparts.PaymentFailed, nil},
		{"no script", parts, "2222", "Спасибо. Платёж прошёл успешно.", payparts.PaymentSucceeded, []browser.Option{browser.NoScript}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := store{s.Gateway, t, s.home}
			bank, page, order := s.inParts()
			tab := browser.Open(t, s.Gateway, append(test.options, browser.Phone, browser.Language("ru"))...)
			tab.Visit(page)
			for _, text := range []string{"6 000,00 UAH", "TV set", "Оплата частями", "Количество платежей 6", "Первый платёж 1 000,00 UAH"} {
				tab.See(text)
			}
			judged(tab, "parts-card")
			fill(tab, test.card)
			tab.Type("#expiry", "1020") // the public test cards expired long ago
			tab.Click("form[data-problems] button")
			if test.code != "" {
				tab.Await("#code")
				judged(tab, "parts-code")
				tab.Type("#code", test.code)
				tab.Press(browser.Enter)
			}
			tab.See(test.says)
			judged(tab, "parts-outcome")
			program.Eventually(t, "the shop hears of it", func() bool {
				got, err := bank.State(context.Background(), order, payparts.Show{})
				return err == nil && got.State == test.ends
			})
			tab.Click("a.button")
			tab.See("Back in the shop: parts")
		})
	}
}

// The same through the other door: an invoice with a payway in parts.
func TestPayerOfAnInvoiceInParts(t *testing.T) {
	s := open(t)
	page, order := s.order(func(q *avanor.InvoiceRequest) {
		q.Amount, q.Currency, q.Payway, q.AddOns = "1000.00", money.UAH, "payparts_uah", map[string]string{"parts_count": "3"}
	})
	tab := browser.Open(t, s.Gateway, browser.Language("uk"), browser.Narrow)
	tab.Visit(page.URL)
	tab.See("Перший платіж 333,34 UAH")
	judged(tab, "invoice-in-parts")
	fill(tab, parts)
	tab.Click("form[data-problems] button")
	tab.Await("#code")
	tab.Type("#code", "4321")
	tab.Press(browser.Enter)
	tab.See("Дякуємо. Платіж успішний.")
	s.ends(order, avanor.InvoiceSucceeded)
}

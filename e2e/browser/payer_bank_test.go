package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/e2e/browser"
	"github.com/brama-pay/brama/money"
)

// A payer who pays at the provider's own page: from the shop's gateway to the bank,
// which here is a second gateway, and all the way back.
func TestPayerGoesToTheBankAndComesBack(t *testing.T) {
	s, bank := open(t), browser.Serve(t)
	secret := filepath.Join(t.TempDir(), "bank-secret")
	if err := os.WriteFile(secret, []byte("password="+storePassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Brama("provider", "create", "bank", "privatbank", "base_url="+bank.URL, "store_id="+storeID, "settle_after=1", "--secret-file", secret, "--commit")
	s.Brama("payway", "set", "payparts_uah", "provider=bank", "--commit")
	page, order := s.order(func(q *avanor.InvoiceRequest) {
		q.Amount, q.Currency, q.Payway, q.AddOns = "1000.00", money.UAH, "payparts_uah", map[string]string{"parts_count": "4"}
	})
	tab := browser.Open(t, s.Gateway, browser.Phone)
	tab.Visit(page.URL)
	tab.See("You go on to your bank's page")
	judged(tab, "start")
	tab.DoubleClick("main form button")
	tab.See("The bank expects you")
	judged(tab, "continue")
	tab.Click("a.button")
	tab.Await("#card")
	judged(tab, "bank-card")
	fill(tab, parts)
	tab.Press(browser.Enter)
	tab.Await("#code")
	tab.Type("#code", "1111")
	tab.Press(browser.Enter)
	tab.See(saysPaid)
	tab.Click("a.button") // the bank's shop is the gateway
	tab.Gone("#state[data-wait]")
	tab.See(saysPaid)
	s.ends(order, avanor.InvoiceSucceeded)
	if n := s.attempts(page.InvoiceID); n != 1 {
		t.Errorf("%d attempts", n)
	}
	tab.Click("a.button")
	tab.See("Back in the shop: paid")
}

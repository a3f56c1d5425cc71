package e2e

import (
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// The bank's public test store (api/payparts.md §9), and cards of its page.
const (
	bankStore    = "4AAD1369CF734B64B70F"
	bankPassword = "75bef16bfdce4d0e9c0ad5a19b9940df"
	cardParts    = "0000111122223333"
	cardNoParts  = "0000111122224444"
)

// chain is two programs: the shop's gateway, and one that is its bank.
type chain struct{ *gateway }

// link makes an account at the bank and routes the demo's instalments to it.
func link(g, bank *gateway) chain {
	g.t.Helper()
	secret := filepath.Join(g.dir, "bank-secret")
	if err := os.WriteFile(secret, []byte("password="+bankPassword+"\n"), 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.private = append(g.private, bankPassword)
	g.operator("provider", "create", "bank", "privatbank", "base_url="+bank.url, "store_id="+bankStore, "settle_after=1", "--secret-file", secret, "--commit")
	g.operator("payway", "set", "payparts_uah", "provider=bank", "--commit")
	bank.operator("store", "set", bankStore, "partial_decline=true", "--commit")
	return chain{bank}
}

// inParts orders a payment in four parts.
func (g *gateway) inParts(amount string, hold bool) (page avanor.PayPage, order string) {
	g.t.Helper()
	return g.orderBy(avanor.InvoiceRequest{
		Amount: avanor.Decimal(amount), Currency: money.UAH, Payway: "payparts_uah", AddOns: map[string]string{"parts_count": "4"},
	}, hold)
}

var bankPage = regexp.MustCompile(`href="(http://[^"]*/ipp/v2/payment\?token=[0-9A-F]{32})"`)

// goesOn starts a payment at the shop's gateway and follows its link to the bank.
func (g *gateway) goesOn(page avanor.PayPage) (bankURL string) {
	g.t.Helper()
	_, body := g.submit(page.URL, url.Values{})
	found := bankPage.FindStringSubmatch(html.UnescapeString(body))
	if found == nil {
		g.t.Fatalf("no way to the bank on the page:\n%s", body)
	}
	return found[1]
}

// payIn pays at the bank's page.
func (c chain) payIn(page, card string) {
	c.t.Helper()
	_, body := c.submit(page, url.Values{"card": {card}, "expiry": {"10/20"}, "cvv": {"123"}})
	if strings.Contains(body, `name="code"`) {
		c.submit(page, url.Values{"code": {"1111"}})
	}
}

// paidIn is an invoice that was paid at the bank, or held.
func (g *gateway) paidIn(c chain, amount string, hold bool) (id int64, order string) {
	g.t.Helper()
	page, order := g.inParts(amount, hold)
	c.payIn(g.goesOn(page), cardParts)
	want := avanor.InvoiceSucceeded
	if hold {
		want = avanor.InvoiceHeld
	}
	g.reaches(order, want)
	return page.InvoiceID, order
}

// refundEnds waits for a refund's end, longer than for other things: nothing that
// may have been done is sent again before the bank was asked for a while.
func (g *gateway) refundEnds(invoice int64, id string, want avanor.RefundStatus) {
	g.t.Helper()
	final := func() bool {
		list, err := g.shop(demoShop).ListRefunds(g.t.Context(), invoice)
		return err == nil && slices.ContainsFunc(list, func(f avanor.Refund) bool { return f.ShopRefundID == id && f.Status.Final() })
	}
	for deadline := time.Now().Add(3 * patience); !final() && time.Now().Before(deadline); {
		time.Sleep(time.Second)
	}
	g.refunded(invoice, id, want)
}

// TestAGatewayBehindAGateway: a shop's payment in parts goes through its gateway's
// Avanor door, the connector and the PayParts door of a second gateway, which is the
// bank; its callback, charge, release and refunds come and go the same way. In the
// end the books of both say the same.
func TestAGatewayBehindAGateway(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		bank := newGateway(t, g.engine)
		bank.start()
		c := link(g, bank)

		whole, _ := g.paidIn(c, "600.00", false)
		refund := g.refund(whole, "600.00")

		partly, _ := g.paidIn(c, "1000.00", false)
		first := g.refund(partly, "300.00")
		second := g.refund(partly, "250.00")
		g.refunded(whole, refund.ShopRefundID, avanor.RefundSucceeded)
		g.refunded(partly, first.ShopRefundID, avanor.RefundSucceeded)
		g.refunded(partly, second.ShopRefundID, avanor.RefundSucceeded)
		twin := g.refund(partly, "300.00") // the bank gives an amount back once, and has no id to tell two by

		held, heldOrder := g.paidIn(c, "700.00", true)
		if _, err := g.shop(demoShop).ChargeInvoice(t.Context(), held); err != nil {
			t.Errorf("charge: %v", err)
		}
		g.reaches(heldOrder, avanor.InvoiceSucceeded)
		freed, freedOrder := g.paidIn(c, "800.00", true)
		if _, err := g.shop(demoShop).UnholdInvoice(t.Context(), freed); err != nil {
			t.Errorf("unhold: %v", err)
		}
		g.reaches(freedOrder, avanor.InvoiceRejected)

		refused, refusedOrder := g.inParts("900.00", false)
		c.payIn(g.goesOn(refused), cardNoParts)
		g.reaches(refusedOrder, avanor.InvoiceRejected)
		left, leftOrder := g.inParts("950.00", false)
		c.submit(g.goesOn(left), url.Values{"cancel": {"1"}})
		g.reaches(leftOrder, avanor.InvoiceRejected)

		g.refundEnds(partly, twin.ShopRefundID, avanor.RefundFailed)
		c.agrees(g, "1000.00 - 550.00 + 700.00", 1150_00)
		c.told(g)
	})
}

// TestAChainThatBreaks: the shop's gateway dies while the payer is at the bank, and
// the bank is not there when a refund is made.
func TestAChainThatBreaks(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		bank := newGateway(t, g.engine)
		bank.start()
		c := link(g, bank)

		page, order := g.inParts("500.00", false)
		at := g.goesOn(page)
		g.kill()
		c.payIn(at, cardParts)
		g.start()
		g.reaches(order, avanor.InvoiceSucceeded)

		bank.kill()
		refund := g.refund(page.InvoiceID, "200.00")
		bank.start()
		g.refundEnds(page.InvoiceID, refund.ShopRefundID, avanor.RefundSucceeded)
		c.agrees(g, "500.00 - 200.00", 300_00)
	})
}

// agrees compares the two sets of books: what the shop's gateway has at the bank is
// what the bank has at its own provider.
func (c chain) agrees(g *gateway, what string, want int64) {
	c.t.Helper()
	g.quiet()
	c.quiet()
	const clearing = `SELECT COALESCE(SUM(balance), 0) FROM account WHERE purpose = 'clearing' AND currency = 980 AND provider = $1`
	const acts = `SELECT COUNT(*) FROM %s WHERE status = %s`
	ours, theirs := g.open(false), c.open(false)
	defer ours.Close()
	defer theirs.Close()
	if a, b := g.number(ours.Reader(), clearing, "bank"), c.number(theirs.Reader(), clearing, "sandbox"); a != b || a != -want {
		c.t.Errorf("clearing is %d here and %d at the bank; %s is %d", a, b, what, -want)
	}
	for table, status := range map[string]string{"invoice": "4", "refund": "'SUCCESS'"} {
		query := fmt.Sprintf(acts, table, status)
		if a, b := g.number(ours.Reader(), query), c.number(theirs.Reader(), query); a != b || a == 0 {
			c.t.Errorf("%d of %s succeeded here, %d at the bank", a, table, b)
		}
	}
	for _, rule := range rules {
		for where, rows := range map[string][]string{"here": g.rows(ours.Reader(), rule.query), "at the bank": c.rows(theirs.Reader(), rule.query)} {
			if len(rows) > 0 {
				c.t.Errorf("%s, %s:\n%s", where, rule.name, strings.Join(rows, "\n"))
			}
		}
	}
	g.verified()
	c.verified()
}

// told checks that the bank's callbacks came, and were believed.
func (c chain) told(g *gateway) {
	c.t.Helper()
	ours := g.open(false)
	defer ours.Close()
	if n := g.number(ours.Reader(), `SELECT COUNT(*) FROM notice WHERE provider = 'bank'`); n < 5 {
		c.t.Errorf("%d callbacks of the bank were believed", n)
	}
}

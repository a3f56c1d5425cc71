package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// says runs a command that needs no data, only the gateway's address.
func (g *gateway) says(args ...string) (status int, output string) {
	g.t.Helper()
	c := exec.Command(g.binary, append(args, "--url", g.url)...)
	said, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		g.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(said)
}

// The newcomer's minute: brama call creates an invoice, the page pays it,
// invoice/check says 4, the callback verifies.
func TestNewcomersWalk(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		status, said := g.says("call", "invoice/create", "shop_order_id=order-1", "amount=100.00", "currency=840", "payway=card_invoice_usd")
		page := regexp.MustCompile(regexp.QuoteMeta(g.url) + `/pay/[0-9a-f]{32}`).FindString(said)
		if status != 0 || page == "" {
			t.Fatalf("brama call invoice/create: exit status %d\n%s", status, said)
		}
		if _, body := g.submit(page, cardForm(cardGood)); !strings.Contains(body, "<html") {
			t.Errorf("the page after paying:\n%s", body)
		}
		if status, said = g.says("call", "invoice/check", "shop_order_id=order-1", "--raw"); status != 0 || !strings.Contains(said, `"status":4,`) {
			t.Errorf("brama call invoice/check: exit status %d\n%s", status, said)
		}
		g.told(map[string]string{"order-1": "success"})
		if status, said = g.says("call", "invoice/check", "shop_order_id=none"); status != 1 || !strings.Contains(said, "7") {
			t.Errorf("brama call of what is not there: exit status %d\n%s", status, said)
		}
		if status, said = g.says("call", "withdraw/create", "amount=1.00"); status == 0 || !strings.Contains(said, "shop_payment_id") {
			t.Errorf("brama call without fields: exit status %d\n%s", status, said)
		}
		if status := g.status("/demo/callbacks"); status != 200 {
			t.Errorf("/demo/callbacks: HTTP %d", status)
		}
		g.call("shop_balance", nil)
		g.balanced()
	})
}

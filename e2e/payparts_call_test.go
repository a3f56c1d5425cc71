package e2e

import (
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestCallPayParts is the life of a payment in parts by brama call alone, with the
// page in between: it says what each part will be, by the store's own rates.
func TestCallPayParts(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.operator("store", "set", bankStore, "rate_ii=5", "--commit")
		calls := func(exit int, wants string, words ...string) string {
			t.Helper()
			status, said := g.says(append([]string{"call"}, words...)...)
			if status != exit || !strings.Contains(said, wants) {
				t.Errorf("brama call %s: exit status %d\n%s\nwant %d and %s", strings.Join(words, " "), status, said, exit, wants)
			}
			return said
		}
		made := calls(0, "nothing is paid yet", "payparts/hold", "orderId=order-1", "amount=600.00", "partsCount=4", "merchantType=II")
		page := regexp.MustCompile(regexp.QuoteMeta(g.url) + `/ipp/v2/payment\?token=[0-9A-F]{32}`).FindString(made)
		if page == "" {
			t.Fatalf("no page in %s", made)
		}

		m := g.merchant(t)
		for _, step := range []struct {
			asks string
			form url.Values
		}{{`name="card"`, url.Values{"card": {cardParts}, "expiry": {"10/20"}, "cvv": {"123"}}}, {`name="code"`, url.Values{"code": {"1111"}}}} {
			shown := m.page(page)
			for _, text := range []string{step.asks, "<dd>4</dd>", "<dd>180.00\u00a0UAH</dd>", "<dd>3\u00a0×\u00a0180.00\u00a0UAH</dd>", `<dd class="total">720.00` + "\u00a0UAH</dd>"} {
				if !strings.Contains(shown, text) {
					t.Errorf("the page does not say %s:\n%s", text, shown)
				}
			}
			response, err := m.http.PostForm(page, step.form)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}

		g.eventually("the payment is held", func() bool {
			_, said := g.says("call", "payparts/state", "orderId=order-1")
			return strings.Contains(said, `"paymentState":"LOCKED"`) && strings.Contains(said, "on hold")
		})
		calls(0, "covers the order only", "payparts/confirm", "orderId=order-1")
		g.eventually("the payment is taken", func() bool {
			_, said := g.says("call", "payparts/state", "orderId=order-1")
			return strings.Contains(said, `"paymentState":"SUCCESS"`)
		})
		calls(1, "correct what the message names", "payparts/decline", "orderId=order-1", "amount=600.01")
		calls(0, "accepted and reserved", "payparts/decline", "orderId=order-1", "amount=600.00")
		calls(1, "this amount goes back already", "payparts/decline", "orderId=order-1", "amount=600.00")
		calls(1, noPayment, "payparts/state", "orderId=order-2")
		calls(3, "does not verify", "payparts/decline", "orderId=order-1", "amount=600.00", "--password", "another password")
		calls(2, "amount is missing", "payparts/decline", "orderId=order-1")
		if refunds := strings.Count(m.state("order-1").body, `"amount":600.00`); refunds != 1 {
			t.Errorf("%d refunds", refunds)
		}
		g.balanced()
	})
}

// page is what a payer sees. It is not kept: in a demo it hints at test cards.
func (m merchant) page(address string) string {
	m.t.Helper()
	response, err := m.http.Get(address)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(raw)
}

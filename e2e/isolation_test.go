package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// What another shop owns is not there: every method that names an object answers
// as it does for an object that nobody has, and nothing moves.
func TestAnotherShopsObjects(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		held, order := g.held("50.00")
		paid, _ := g.paid("60.00")
		refund := g.refund(paid, "10.00")
		g.refunded(paid, refund.ShopRefundID, avanor.RefundSucceeded)
		payout := g.payout(g.account("7654"), "5.00")
		g.quiet()
		const nobody = 4503599627370497
		before := g.everything()
		theirs := methods(held, payout.ID, order, payout.ShopPaymentID)
		nones := methods(nobody, nobody, "nobodys-order", "nobodys-payment")
		theirs["invoice/create-refund"]["invoice_id"] = fmt.Sprint(paid)
		named := 0
		for method := range theirs {
			if fmt.Sprint(theirs[method]) == fmt.Sprint(nones[method]) {
				continue // it names no object
			}
			named++
			found, none := g.asOther(method, theirs[method]), g.asOther(method, nones[method])
			// The answer may repeat the id that was asked for and differ in nothing else.
			for name, raw := range theirs[method] {
				found = strings.ReplaceAll(found, strings.Trim(raw, `"`), strings.Trim(nones[method][name], `"`))
			}
			if !strings.Contains(found, `"error_code":7,`) || found != none {
				t.Errorf("%s of another shop's object: %s\nof nobody's: %s", method, found, none)
			}
		}
		if named != 7 {
			t.Errorf("%d methods name an object, want 7", named)
		}
		if after := g.everything(); after != before {
			t.Errorf("another shop's requests changed the database: %s", firstDifference(before, after))
		}
		g.hintsNothing(order)
		// The ids of the shop's own choice are its own.
		q := requestFor("12.00")
		q.ShopOrderID = order
		if _, err := g.shop(otherShop).CreateInvoice(context.Background(), q); err != nil {
			t.Errorf("another shop's order id is taken: %v", err)
		}
		g.balanced()
	})
}

// asOther posts a method as the other shop.
func (g *gateway) asOther(method string, fields map[string]string) string {
	g.t.Helper()
	own := maps.Clone(fields)
	own["shop_id"] = fmt.Sprint(otherShop)
	status, _, answer := g.post("/gateway/v1/"+method, signed(g.t, method, demoSecret, own))
	if status != http.StatusOK {
		g.t.Errorf("%s: HTTP %d", method, status)
	}
	return string(answer)
}

// hintsNothing: whoever cannot sign hears the same of an order that is there and
// of one that is not.
func (g *gateway) hintsNothing(order string) {
	g.t.Helper()
	ask := func(id string) string {
		fields := map[string]string{"shop_id": "1520", "shop_order_id": quoted(id), "now": `"1"`}
		_, _, answer := g.post("/invoice/check", signed(g.t, "invoice/check", "a guess", fields))
		return strings.ReplaceAll(string(answer), id, "ID")
	}
	if there, none := ask(order), ask("nobodys-order"); there != none || !strings.Contains(there, `"error_code":10,`) {
		g.t.Errorf("unsigned, of an order that is there: %s of one that is not: %s", there, none)
	}
}

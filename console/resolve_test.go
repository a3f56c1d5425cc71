package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
)

// What nobody knows is ended from the page of the payment or refund, by two people;
// who may not, is not offered it, and what is known is not offered at all.
func TestFourEyesOnAnUnknownOutcome(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bank.say(unknown)
	doubted := w.paid("order-1", "card_invoice_usd", "100.00", false)
	held := w.paid("order-2", "card_invoice_usd", "50.00", true)
	w.bank.say(unknown)
	if _, err := w.invoices.Charge(ctx, demo.Shop, held.ID); err == nil {
		t.Fatal("the charge is known")
	}
	paid := w.paid("order-3", "card_invoice_usd", "80.00", false)
	w.bank.say(unknown)
	back := w.refunds("back-3", paid, "30.00")

	for _, row := range []struct {
		kind, page string
		id         int64
		outcome    string
		subject    string
		says       string
	}{
		{"invoice.resolve", invoicePath(demo.Shop, doubted.ID), doubted.ID, "done", "authorize of 100.00 USD, as done", "4 paid"},
		{"invoice.resolve", invoicePath(demo.Shop, held.ID), held.ID, "failed", "capture of 50.00 USD, as failed", "8 held"},
		{"refund.resolve", refundPath(demo.Shop, back.ID), back.ID, "failed", "30.00 USD of invoice", "failed"},
	} {
		t.Run(row.kind+" "+row.outcome, func(t *testing.T) {
			finance, admin := w.as(t, operator.Finance), w.as(t, operator.Admin)
			offer := "/console/propose/" + row.kind
			if !strings.Contains(finance.see(t, row.page), offer) || strings.Contains(w.as(t, operator.Support).see(t, row.page), offer) {
				t.Error("it is not offered to those who may, and only to them")
			}
			path := finance.proposal(t, row.kind, url.Values{"shop": {fmt.Sprint(demo.Shop)}, "id": {fmt.Sprint(row.id)}, "outcome": {row.outcome}})
			if text := reads(admin.see(t, path)); !strings.Contains(text, row.subject) {
				t.Errorf("the approver does not read %q:\n%s", row.subject, text)
			}
			if answered := admin.decide(t, path, "approve"); answered.status != http.StatusSeeOther && answered.status != http.StatusOK {
				t.Fatalf("%d %s", answered.status, answered.body)
			}
			body := finance.see(t, row.page)
			if text := reads(body); strings.Contains(body, offer) || !strings.Contains(text, row.says) || !strings.Contains(text, row.kind+"."+row.outcome) {
				t.Errorf("it does not say %q and who did it, or offers it again:\n%s", row.says, text)
			}
			links, err := audit.Newest(ctx, w.house.DB.Reader(), demo.Shop, 0, 2)
			if err != nil || links[1].Act != row.kind+"."+row.outcome || !strings.HasSuffix(links[1].Actor, "proposed by operator:finance@example.com") {
				t.Errorf("%+v, %v", links[1], err)
			}
		})
	}
}

// Nobody may guess: the outcome has to be chosen, and what is known is refused.
func TestAKnownOutcomeIsNotProposed(t *testing.T) {
	w := newWorld(t)
	paid := w.paid("order-1", "card_invoice_usd", "100.00", false)
	back := w.refunds("back-1", paid, "30.00")
	finance := w.as(t, operator.Finance)
	for _, row := range []struct {
		kind    string
		id      int64
		outcome string
		want    int
	}{
		{"invoice.resolve", paid.ID, "", http.StatusUnprocessableEntity},
		{"invoice.resolve", paid.ID, "failed", http.StatusConflict},
		{"invoice.resolve", paid.ID + 1, "failed", http.StatusNotFound},
		{"refund.resolve", back.ID, "paid", http.StatusUnprocessableEntity},
		{"refund.resolve", back.ID, "failed", http.StatusConflict},
		{"refund.resolve", paid.ID, "failed", http.StatusNotFound},
	} {
		form := url.Values{"form": {"0123456789abcdef"}, "reason": {"because"}, "shop": {fmt.Sprint(demo.Shop)}, "id": {fmt.Sprint(row.id)}, "outcome": {row.outcome}}
		if answered := finance.post(t, "/console/propose/"+row.kind, form); answered.status != row.want {
			t.Errorf("%s %d %q: %d, want %d", row.kind, row.id, row.outcome, answered.status, row.want)
		}
	}
}

package invoice

import (
	"testing"

	"github.com/brama-pay/brama/provider"
)

// A call that a wrong clock put off is due now; the end of an invoice's time or of
// a hold is the shop's, and stays.
func TestRecall(t *testing.T) {
	const after = now + 60_000
	late := func(v *Invoice) { v.DueAt = after + 1 }
	for _, c := range []struct {
		name    string
		invoice *Invoice
		last    *provider.Attempt
		want    int64
	}{
		{"a payment nobody knows of", invoice(Unknown, late), attempt(1, provider.Authorize, provider.Unknown), now},
		{"one that is asked about in time", invoice(Unknown, func(v *Invoice) { v.DueAt = after }), attempt(1, provider.Authorize, provider.Unknown), after},
		{"a charge that is to be sent again", invoice(Charging, held, late), attempt(2, provider.Capture, provider.Refused), now},
		{"a hold whose end is to come", invoice(Held, held, late), attempt(1, provider.Authorize, provider.Succeeded), after + 1},
		{"an invoice whose end is to come", invoice(Awaiting, late), attempt(1, provider.Authorize, provider.Declined), after + 1},
	} {
		s := state("")
		put(t, s, c.invoice, c.last)
		if _, err := (recall{shopID, invoiceID, after}).Decide(s); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, s); got.DueAt != c.want {
			t.Errorf("%s: due %d, want %d", c.name, got.DueAt-now, c.want-now)
		}
	}
}

func TestRecallRefund(t *testing.T) {
	const after = now + 60_000
	for _, c := range []struct {
		status    RefundStatus
		due, want int64
	}{{Waiting, after + 1, now}, {Waiting, after, after}, {Failed, 0, 0}} {
		s := state("")
		refunds.Put(s, &Refund{Shop: shopID, ID: refundID, InvoiceID: invoiceID, Status: c.status, Work: provider.Work{DueAt: c.due}, Version: 1})
		if _, err := (recallRefund{shopID, refundID, after}).Decide(s); err != nil {
			t.Fatal(err)
		}
		if f, _ := refunds.Find(s, int64(refundID), int64(shopID)); f.DueAt != c.want {
			t.Errorf("%s, due %d: now due %d, want %d", c.status, c.due, f.DueAt, c.want)
		}
	}
}

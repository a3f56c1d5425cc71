package payparts

import (
	"context"
	"slices"
	"strconv"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
)

// readDecline reads the amount. recipientId is looked at and not used: a payment
// has one recipient here.
func (q *request) readDecline() [][]string {
	q.amount = q.form.decimal("amount")
	_ = q.form.recipient()
	return [][]string{{q.storeID, q.orderID, q.amount.long}, {q.storeID, q.orderID, q.amount.short}}
}

// decline gives the whole payment back, or a part where the store allows it (seed
// 004). SUCCESS is accepted and reserved; state shows what becomes of it.
func (d *door) decline(ctx context.Context, q *request) (answer, error) {
	v, err := d.stands(ctx, q, Succeeded)
	if err != nil {
		return answer{}, err
	}
	if err := q.possible(v); err != nil {
		return answer{}, err
	}
	made, err := d.Invoices.Refunds(ctx, v.Shop, v.ID)
	if err != nil {
		return answer{}, err
	}
	id := q.refundID(made)
	_, err = d.Invoices.CreateRefund(ctx, invoice.CreateRefund{
		Shop: v.Shop, Source: q.storeID, InvoiceID: v.ID, RefundID: id, Amount: q.amount.text(),
	})
	switch {
	case fault.Is(err, fault.NotUnique):
		return answer{}, d.made(ctx, v, id)
	case fault.Is(err, fault.TooLarge):
		return answer{}, bad("amount", "is more than what is left of the payment")
	}
	return answer{State: Success}, err
}

// possible refuses an amount that cannot be this order's: with the order's id it
// may join to the text of another one's decline (api/payparts.md §7). What is left
// of the payment is looked at when the refund is made.
func (q *request) possible(v *invoice.Invoice) error {
	switch {
	case !q.amount.money.IsPositive():
		return bad("amount", "must be greater than 0")
	case q.amount.money.Minor > v.Amount:
		return bad("amount", "is more than the payment, "+v.GrossAmount().Text())
	case q.amount.money != v.GrossAmount() && !q.store.Settings.PartialDecline:
		return bad("amount", "must be the whole payment, "+v.GrossAmount().Text())
	}
	return nil
}

// refundID is the id of a decline, which has none of its own: the text that was
// signed, and how many of this amount have definitely failed. So a repeat finds the
// id taken, and so does the decline of another order that joins to the same text.
func (q *request) refundID(made []*invoice.Refund) string {
	failed := 0
	for _, f := range made {
		if f.Status == invoice.Failed && f.Amount == q.amount.money.Minor {
			failed++
		}
	}
	return q.orderID + q.amount.long + "/" + strconv.Itoa(failed+1)
}

// made tells a repeat from another order's decline with the same text.
func (d *door) made(ctx context.Context, v *invoice.Invoice, id string) error {
	list, err := d.Invoices.Refunds(ctx, v.Shop, v.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(f *invoice.Refund) bool { return f.RefundID == id }) {
		return fail(declineMade)
	}
	return bad("orderId", "with this amount it cannot be told from another order of the store")
}

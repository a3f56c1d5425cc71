package avanor

import (
	"context"

	"github.com/brama-pay/brama/invoice"
)

// Refunds gives paid money back.
type Refunds interface {
	CreateRefund(ctx context.Context, c invoice.CreateRefund) (*invoice.Refund, error)
	Refunds(ctx context.Context, shop, invoiceID int64) ([]*invoice.Refund, error)
}

// createRefund is invoice/create-refund (api/avanor.md §6).
func (d *door) createRefund(ctx context.Context, q *request, p *pen) error {
	f, err := d.Invoices.CreateRefund(ctx, invoice.CreateRefund{
		Shop: q.shop.Shop.ID, Source: origin, InvoiceID: q.id("invoice_id"), RefundID: q.fields["shop_refund_id"],
		Amount: q.fields["amount"], CallbackURL: q.fields["callback_url"],
	})
	if err != nil {
		return err
	}
	p.begin()
	d.refund(p, f.View())
	p.end()
	return nil
}

// listRefunds is invoice/get-refunds: those of one invoice, the oldest first.
func (d *door) listRefunds(ctx context.Context, q *request, p *pen) error {
	list, err := d.Invoices.Refunds(ctx, q.shop.Shop.ID, q.id("invoice_id"))
	if err != nil {
		return err
	}
	p.list()
	for _, f := range list {
		p.item()
		d.refund(p, f.View())
		p.end()
	}
	p.done()
	return nil
}

// refund writes the fields of a refund. Unlike everywhere else its amount is a
// string and its currency has letters.
func (d *door) refund(p *pen, f invoice.RefundView) {
	amount := amountOf(f.Amount, f.Currency)
	p.text("addons", "{}")
	p.text("amount", amount.Text())
	p.text("created_at", dateTime(f.CreatedAt, d.Zone))
	p.text("currency", amount.Currency.Code())
	p.int("error_code", failureCode(f.Status == invoice.Failed, string(f.Failure)))
	p.int("invoice_id", f.InvoiceID)
	p.textOrNull("processed_at", dateTime(f.ProcessedAt, d.Zone))
	p.text("shop_refund_id", f.RefundID)
	p.text("status", string(f.Status))
}

package avanor

import "context"

// RefundRequest gives back a paid invoice or a part of it (api/avanor.md §6).
type RefundRequest struct {
	InvoiceID    int64
	ShopRefundID string  // the shop's own id, 1–255 characters, never reused
	Amount       Decimal // in the invoice's currency
	CallbackURL  string
}

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of refunds. Succeeded and Failed are final.
const (
	RefundWaiting   RefundStatus = "WAITING"
	RefundSucceeded RefundStatus = "SUCCESS"
	RefundFailed    RefundStatus = "FAILED"
)

// Final reports whether the status never moves again.
func (s RefundStatus) Final() bool { return s == RefundSucceeded || s == RefundFailed }

// Refund is a refund as the gateway knows it, from an answer or a callback.
type Refund struct {
	ShopRefundID string
	InvoiceID    int64
	Status       RefundStatus
	Amount       Decimal
	Currency     string // alphabetic here, unlike everywhere else: "USD"
	ErrorCode    Code
	Created      LocalTime
	Processed    LocalTime // empty until it is
	Addons       string
}

// CreateRefund starts a refund. More than is left of the invoice is ErrTooLarge,
// more than the shop has is ErrBalance, a repeated id is ErrNotUnique; after
// ErrOutcomeUnknown look for the id in ListRefunds first.
func (c *Client) CreateRefund(ctx context.Context, q RefundRequest) (Refund, error) {
	p := params{
		"invoice_id":     idText(q.InvoiceID),
		"shop_refund_id": q.ShopRefundID,
		"amount":         string(q.Amount),
	}
	p.optional("callback_url", q.CallbackURL)
	return ask(ctx, c, "invoice/create-refund", p, one(readRefund))
}

// ListRefunds lists the refunds of an invoice; Brama lists the oldest first.
func (c *Client) ListRefunds(ctx context.Context, invoiceID int64) ([]Refund, error) {
	return ask(ctx, c, "invoice/get-refunds", params{"invoice_id": idText(invoiceID)}, each(readRefund))
}

func readRefund(r *reader) Refund {
	r.need("shop_refund_id", "status")
	return Refund{
		ShopRefundID: r.text("shop_refund_id"),
		InvoiceID:    r.number("invoice_id"),
		Status:       RefundStatus(r.text("status")),
		Amount:       r.decimal("amount"),
		Currency:     r.text("currency"),
		ErrorCode:    r.code("error_code"),
		Created:      r.time("created_at"),
		Processed:    r.time("processed_at"),
		Addons:       r.text("addons"),
	}
}

package avanor

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/brama-pay/brama/money"
)

// InvoiceRequest describes a payment to be taken (api/avanor.md §5). The first
// four fields are required and signed.
type InvoiceRequest struct {
	ShopOrderID string         // the shop's own id, 1–255 characters, never reused
	Amount      Decimal        // in Currency, > 0
	Currency    money.Currency // the invoice's; the payway's may differ
	Payway      string         // alias, see ListInputPayways

	Description         string
	SuccessURL          string // where the payer returns to
	FailedURL           string
	CallbackURL         string
	CallbackRejectedURL string
	ExpiresAt           time.Time // zero: the gateway's own term
	ClientIP            string
	ClientInfo          map[string]string // browser_* fields
	IssuePaymentToken   bool
	AddOns              map[string]string // what InvoiceQuote.AddOns asked for: phone, email, …
}

func (q InvoiceRequest) params() (params, error) {
	p := params{
		"shop_order_id": q.ShopOrderID,
		"amount":        string(q.Amount),
		"currency":      currencyText(q.Currency),
		"payway":        q.Payway,
	}
	p.optional("description", q.Description)
	p.optional("success_url", q.SuccessURL)
	p.optional("failed_url", q.FailedURL)
	p.optional("callback_url", q.CallbackURL)
	p.optional("callback_rejected_url", q.CallbackRejectedURL)
	p.optional("client_ip", q.ClientIP)
	p.object("client_info", q.ClientInfo)
	if !q.ExpiresAt.IsZero() {
		p["expires_at"] = q.ExpiresAt.Format(time.RFC3339)
	}
	if q.IssuePaymentToken {
		p["issue_payment_token"] = "true"
	}
	return p, p.extend(q.AddOns)
}

// InvoiceQuote is what a payer would pay.
type InvoiceQuote struct {
	PayerPrice    Decimal // in Currency
	Currency      money.Currency
	PaymethodID   int64
	PaymethodName string
	AddOns        map[string]Field  // further fields the payway wants in the request
	Manual        map[string]string // instructions by language
	Info, Warning json.RawMessage   // free-form
}

// TryInvoice prices an invoice without creating it; the order id stays free.
// Limits are ErrTooSmall and ErrTooLarge.
func (c *Client) TryInvoice(ctx context.Context, q InvoiceRequest) (InvoiceQuote, error) {
	p, err := q.params()
	if err != nil {
		return InvoiceQuote{}, err
	}
	return ask(ctx, c, "invoice/try", p, one(readInvoiceQuote))
}

func readInvoiceQuote(r *reader) InvoiceQuote {
	r.need("payer_price")
	return InvoiceQuote{
		PayerPrice:    r.decimal("payer_price"),
		Currency:      r.currency("ps_currency"),
		PaymethodID:   r.number("paymethod_id"),
		PaymethodName: r.text("paymethod_name"),
		AddOns:        readFields(r, "add_ons_config"),
		Manual:        r.texts("manual"),
		Info:          r.fields["info"],
		Warning:       r.fields["warning"],
	}
}

// PayPage is where the payer pays. Method GET: send the payer to URL. Method
// POST: render Form, which posts Data there.
type PayPage struct {
	InvoiceID int64
	Method    string
	URL       string
	Data      map[string]string
}

// Form is the form to render for a page of method POST.
func (p PayPage) Form() Form { return Form{Method: p.Method, Action: p.URL, Fields: p.Data} }

// CreateInvoice starts a payment. A repeated order id is ErrNotUnique; after
// ErrOutcomeUnknown ask FindInvoice before anything else.
func (c *Client) CreateInvoice(ctx context.Context, q InvoiceRequest) (PayPage, error) {
	return c.openInvoice(ctx, "invoice/create", q)
}

// HoldInvoice starts a payment in two steps: the payer's money is only
// reserved, until ChargeInvoice takes it or UnholdInvoice releases it.
func (c *Client) HoldInvoice(ctx context.Context, q InvoiceRequest) (PayPage, error) {
	return c.openInvoice(ctx, "invoice/hold", q)
}

func (c *Client) openInvoice(ctx context.Context, method string, q InvoiceRequest) (PayPage, error) {
	p, err := q.params()
	if err != nil {
		return PayPage{}, err
	}
	return ask(ctx, c, method, p, one(readPayPage))
}

func readPayPage(r *reader) PayPage {
	r.need("id", "url")
	return PayPage{
		InvoiceID: r.number("id"),
		Method:    r.text("method"),
		URL:       r.text("url"),
		Data:      r.texts("data"),
	}
}

// InvoiceStatus is where a payment stands (api/avanor.md §5).
type InvoiceStatus int

// The statuses of invoices. Succeeded and Rejected are final.
const (
	InvoiceCreated   InvoiceStatus = 1
	InvoiceAwaiting  InvoiceStatus = 2 // the payer is expected to act
	InvoiceFailed    InvoiceStatus = 3 // the provider failed to create it
	InvoiceSucceeded InvoiceStatus = 4
	InvoiceUnknown   InvoiceStatus = 5 // no notice from the provider yet
	InvoiceRejected  InvoiceStatus = 6
	InvoiceHeld      InvoiceStatus = 8
)

var invoiceStatusTexts = map[InvoiceStatus]string{
	InvoiceCreated: "created", InvoiceAwaiting: "awaiting the payer", InvoiceFailed: "not created by the provider",
	InvoiceSucceeded: "succeeded", InvoiceUnknown: "no notice from the provider", InvoiceRejected: "rejected",
	InvoiceHeld: "held",
}

// callbackWords are the statuses as callbacks spell them (api/avanor.md §5).
var callbackWords = map[string]InvoiceStatus{
	"success": InvoiceSucceeded, "hold": InvoiceHeld, "rejected": InvoiceRejected,
}

// Final reports whether the status never moves again.
func (s InvoiceStatus) Final() bool { return s == InvoiceSucceeded || s == InvoiceRejected }

// String is the status in words.
func (s InvoiceStatus) String() string {
	if text, ok := invoiceStatusTexts[s]; ok {
		return text
	}
	return "status " + strconv.Itoa(int(s))
}

// Invoice is a payment as the gateway knows it, from an answer or a callback.
type Invoice struct {
	ID           int64 // the gateway's payment_id
	ShopID       int64
	ShopOrderID  string
	Status       InvoiceStatus
	ErrorCode    Code // 0 unless it was rejected
	Payway       string
	Description  string
	ShopAmount   Decimal // gross, in ShopCurrency
	ShopRefund   Decimal // net credited to the shop, in ShopCurrency
	ShopCurrency money.Currency
	ClientPrice  Decimal // what the payer pays, in PayCurrency
	PayCurrency  money.Currency
	PsData       string // a JSON text of the provider's details, such as the masked card
	Unique       bool   // answers only
	Created      LocalTime
	Updated      LocalTime
	Processed    LocalTime // empty until it is

	Addons             string // callbacks only: a JSON text
	SettlementCurrency string // callbacks with conversion only
	SettlementRate     Decimal
}

// FindInvoice asks for a payment by the shop's own order id; ErrNotFound when
// there is none.
func (c *Client) FindInvoice(ctx context.Context, shopOrderID string) (Invoice, error) {
	return ask(ctx, c, "invoice/check", params{"shop_order_id": shopOrderID}, one(readInvoice))
}

// ChargeInvoice takes a held invoice, the whole amount (seed 000). Repeating a
// charge that succeeded moves nothing. A gateway that answers without data
// leaves the Invoice empty.
func (c *Client) ChargeInvoice(ctx context.Context, invoiceID int64) (Invoice, error) {
	return ask(ctx, c, "invoice/charge", params{"invoice_id": idText(invoiceID)}, noneOr(readInvoice))
}

// UnholdInvoice releases a held invoice; otherwise like ChargeInvoice.
func (c *Client) UnholdInvoice(ctx context.Context, invoiceID int64) (Invoice, error) {
	return ask(ctx, c, "invoice/unhold", params{"invoice_id": idText(invoiceID)}, noneOr(readInvoice))
}

func readInvoice(r *reader) Invoice {
	r.need("status")
	return Invoice{
		ID:                 r.number("payment_id"),
		ShopID:             r.number("shop_id"),
		ShopOrderID:        r.text("shop_order_id"),
		Status:             readInvoiceStatus(r),
		ErrorCode:          r.code("error_code"),
		Payway:             r.text("payway"),
		Description:        r.text("description"),
		ShopAmount:         r.decimal("shop_amount"),
		ShopRefund:         r.decimal("shop_refund"),
		ShopCurrency:       r.currency("shop_currency"),
		ClientPrice:        r.decimal("client_price"),
		PayCurrency:        r.currency("ps_currency"),
		PsData:             r.text("ps_data"),
		Unique:             r.flag("is_unique"),
		Created:            r.time("created"),
		Updated:            r.time("updated"),
		Processed:          r.time("processed"),
		Addons:             r.text("addons"),
		SettlementCurrency: r.text("settlement_currency"),
		SettlementRate:     r.decimal("settlement_rate"),
	}
}

// readInvoiceStatus reads a number, or the word a callback has in its place.
func readInvoiceStatus(r *reader) InvoiceStatus {
	if status, ok := callbackWords[r.text("status")]; ok {
		return status
	}
	return InvoiceStatus(r.number("status"))
}

package avanor

import (
	"context"
	"time"

	"github.com/brama-pay/brama/invoice"
)

// Invoices is money in; invoice.Invoices is it.
type Invoices interface {
	Orders
	Holds
	Refunds
}

// Orders prices, creates and finds invoices.
type Orders interface {
	Try(ctx context.Context, t invoice.Try) (invoice.Priced, error)
	Create(ctx context.Context, c invoice.Create) (*invoice.Invoice, error)
	FindByOrder(ctx context.Context, shop int64, source, orderID string) (*invoice.Invoice, error)
}

// Holds takes held invoices or releases them.
type Holds interface {
	Charge(ctx context.Context, shop, id int64) (*invoice.Invoice, error)
	Unhold(ctx context.Context, shop, id int64) (*invoice.Invoice, error)
}

// origin is this door's in the shops' own ids: the empty one.
const origin = ""

// order is what try and create have in common.
func (q *request) order() invoice.Order {
	return invoice.Order{
		Shop: q.shop.Shop.ID, Payway: q.fields["payway"], Amount: q.fields["amount"], Currency: q.currency("currency"),
	}
}

// tryInvoice is invoice/try (api/avanor.md §5).
func (d *door) tryInvoice(ctx context.Context, q *request, p *pen) error {
	priced, err := d.Invoices.Try(ctx, invoice.Try{Order: q.order()})
	if err != nil {
		return err
	}
	addOns, err := priced.Way.AddOns()
	if err != nil {
		return err
	}
	p.begin()
	p.key("add_ons_config")
	p.fields(addOns)
	p.literal("info", "{}")
	p.literal("manual", `{"en":"","ru":""}`)
	p.money("payer_price", priced.Quote.PayerPrice)
	p.int("paymethod_id", priced.Way.ID)
	p.text("paymethod_name", priced.Way.Name)
	p.currency("ps_currency", priced.Quote.PayerPrice.Currency)
	p.literal("warning", "{}")
	p.end()
	return nil
}

// createInvoice is invoice/create.
func (d *door) createInvoice(ctx context.Context, q *request, p *pen) error {
	return d.toPage(ctx, q.create(false), p)
}

// holdInvoice is invoice/hold.
func (d *door) holdInvoice(ctx context.Context, q *request, p *pen) error {
	return d.toPage(ctx, q.create(true), p)
}

func (q *request) create(hold bool) invoice.Create {
	f := q.fields
	c := invoice.Create{
		Order: q.order(), Source: origin, OrderID: f["shop_order_id"], Hold: hold, Description: f["description"],
		CallbackURL: f["callback_url"], RejectedURL: f["callback_rejected_url"], SuccessURL: f["success_url"], FailedURL: f["failed_url"],
		AddOns: q.addOns(), ClientIP: f["client_ip"],
	}
	if at, err := time.Parse(time.RFC3339, f["expires_at"]); err == nil {
		c.ExpiresAt = at.UnixMilli()
	}
	return c
}

// addOns are the texts of the request that are none of the method's own fields.
// The room takes from them what the payway announced and forgets the rest.
func (q *request) addOns() map[string]string {
	var found map[string]string
	for _, name := range q.body.Names() {
		if q.method.has(name) {
			continue
		}
		v, _ := q.body.Find(name)
		if text, ok := v.Scalar(); ok {
			if found == nil {
				found = map[string]string{}
			}
			found[name] = text
		}
	}
	return found
}

// toPage creates an invoice and says where its payer goes.
func (d *door) toPage(ctx context.Context, c invoice.Create, p *pen) error {
	v, err := d.Invoices.Create(ctx, c)
	if err != nil {
		return err
	}
	p.begin()
	p.object("data")
	p.text("session_id", v.Session)
	p.end()
	p.int("id", v.ID)
	p.text("method", "GET")
	p.text("url", d.page(v))
	p.end()
	return nil
}

// page is where a payer pays.
func (d *door) page(v *invoice.Invoice) string { return d.PublicURL + "/pay/" + v.Session }

// checkInvoice is invoice/check.
func (d *door) checkInvoice(ctx context.Context, q *request, p *pen) error {
	v, err := d.Invoices.FindByOrder(ctx, q.shop.Shop.ID, origin, q.fields["shop_order_id"])
	return d.show(v, err, p)
}

// charge is invoice/charge (seed 000).
func (d *door) charge(ctx context.Context, q *request, p *pen) error {
	v, err := d.Invoices.Charge(ctx, q.shop.Shop.ID, q.id("invoice_id"))
	return d.show(v, err, p)
}

// unhold is invoice/unhold.
func (d *door) unhold(ctx context.Context, q *request, p *pen) error {
	v, err := d.Invoices.Unhold(ctx, q.shop.Shop.ID, q.id("invoice_id"))
	return d.show(v, err, p)
}

// show writes an invoice as invoice/check does (api/avanor.md §5).
func (d *door) show(v *invoice.Invoice, err error, p *pen) error {
	if err != nil {
		return err
	}
	status := v.Status.Outward()
	p.begin()
	p.money("client_price", v.PriceAmount())
	p.text("created", dateTime(v.CreatedAt, d.Zone))
	p.text("description", v.Description)
	p.int("error_code", failureCode(status == invoice.Rejected, string(v.Failure)))
	p.bool("is_unique", true)
	p.int("payment_id", v.ID)
	p.text("payway", v.Payway)
	p.textOrNull("processed", dateTime(v.ProcessedAt, d.Zone))
	p.currency("ps_currency", v.PriceCurrency)
	p.text("ps_data", psData(v.PayerAccount))
	p.money("shop_amount", v.GrossAmount())
	p.currency("shop_currency", v.Currency)
	p.int("shop_id", v.Shop)
	p.text("shop_order_id", v.OrderID)
	p.money("shop_refund", v.NetAmount())
	p.int("status", int64(status))
	p.text("updated", dateTime(v.UpdatedAt, d.Zone))
	p.end()
	return nil
}

// psData is what is known of the payer, as a JSON text: ps_data is a string on
// the wire. The account comes masked.
func psData(payer string) string {
	if payer == "" {
		return "{}"
	}
	p := &pen{}
	p.begin()
	p.text("ps_payer_account", payer)
	p.end()
	return string(p.b)
}

package payparts

import (
	"context"
	"strconv"

	"github.com/brama-pay/brama/invoice"
)

// create is create: the client pays at once.
func (d *door) create(ctx context.Context, q *request) (answer, error) { return d.make(ctx, q, false) }

// hold is hold: the shop confirms or cancels later.
func (d *door) hold(ctx context.Context, q *request) (answer, error) { return d.make(ctx, q, true) }

// make makes the invoice of an order. The same order once more, signed over the same
// text and still open, has the same token (api/payparts.md §4).
func (d *door) make(ctx context.Context, q *request, hold bool) (answer, error) {
	o, settings := &q.order, q.store.Settings
	if err := o.check(settings); err != nil {
		return answer{}, err
	}
	c := invoice.Create{
		Order:  invoice.Order{Shop: q.store.Store.Shop, Payway: q.store.Store.Payway, Amount: o.amount.text(), Currency: o.amount.money.Currency},
		Source: q.storeID, OrderID: q.orderID, Hold: hold, CallbackURL: o.responseURL, SuccessURL: o.redirectURL, FailedURL: o.redirectURL,
		ExpiresAt: d.Now().Add(settings.TokenLife()).UnixMilli(), AddOns: map[string]string{invoice.PartsCount: strconv.Itoa(o.plan.PartsCount)},
		Plan: &o.plan, Joined: q.joined(),
	}
	if hold {
		c.AfterHold, c.HoldFor = invoice.ReleaseHold, settings.HoldLife()
	}
	made, err := d.Invoices.Create(ctx, c)
	if err != nil {
		return answer{}, err
	}
	a := answer{State: Success, Token: tokenOf(made)}
	a.SendPhone, a.Message = o.sent()
	return a, nil
}

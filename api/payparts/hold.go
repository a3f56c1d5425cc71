package payparts

import (
	"context"

	"github.com/brama-pay/brama/invoice"
)

// confirm takes a held payment.
func (d *door) confirm(ctx context.Context, q *request) (answer, error) {
	return d.end(ctx, q, d.Invoices.Charge)
}

// cancel releases a held payment.
func (d *door) cancel(ctx context.Context, q *request) (answer, error) {
	return d.end(ctx, q, d.Invoices.Unhold)
}

func (d *door) end(ctx context.Context, q *request, act func(context.Context, int64, int64) (*invoice.Invoice, error)) (answer, error) {
	v, err := d.stands(ctx, q, Locked)
	if err != nil {
		return answer{}, err
	}
	_, err = act(ctx, v.Shop, v.ID)
	return answer{State: Success}, err
}

// stands is the stored order of a request, when it is in the state that its method
// is for. Each method's own decision looks again; this one gives the reason its words.
func (d *door) stands(ctx context.Context, q *request, want PaymentState) (*invoice.Invoice, error) {
	v, err := d.find(ctx, q)
	if err != nil {
		return nil, err
	}
	if state := stateOf(v.Status, v.Failure, ""); state != want {
		return nil, bad("orderId", "is "+string(state)+", and "+q.method.name+" is for "+string(want))
	}
	return v, nil
}

func (d *door) find(ctx context.Context, q *request) (*invoice.Invoice, error) {
	return d.Invoices.FindByOrder(ctx, q.store.Store.Shop, q.storeID, q.orderID)
}

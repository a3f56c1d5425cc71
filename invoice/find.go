package invoice

import "context"

// Find is a shop's invoice by its id. Another shop's is not found.
func (v *Invoices) Find(ctx context.Context, shop, id int64) (*Invoice, error) {
	return found(id)(invoices.First(ctx, v.DB.Reader(), "id = $1 AND shop_id = $2", id, shop))
}

// FindByOrder is a shop's invoice by the shop's own id.
func (v *Invoices) FindByOrder(ctx context.Context, shop int64, source, orderID string) (*Invoice, error) {
	return found(orderID)(invoices.First(ctx, v.DB.Reader(), "shop_order_id = $1 AND shop_id = $2 AND source = $3", orderID, shop, source))
}

func found(id any) func(*Invoice, error) (*Invoice, error) {
	return func(row *Invoice, err error) (*Invoice, error) {
		if err == nil && row == nil {
			err = notFound(id)
		}
		return row, err
	}
}

// List lists a shop's invoices, newest first, those before an id; 0 begins.
func (v *Invoices) List(ctx context.Context, shop, before int64, limit int) ([]*Invoice, error) {
	if before == 0 {
		before = 1 << 53
	}
	return invoices.Select(ctx, v.DB.Reader(), "shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", shop, before, limit)
}

// Refunds lists the refunds of a shop's invoice, oldest first.
func (v *Invoices) Refunds(ctx context.Context, shop, invoiceID int64) ([]*Refund, error) {
	if _, err := v.Find(ctx, shop, invoiceID); err != nil {
		return nil, err
	}
	return refunds.Select(ctx, v.DB.Reader(), "invoice_id = $1 AND shop_id = $2 ORDER BY id", invoiceID, shop)
}

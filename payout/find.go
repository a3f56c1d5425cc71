package payout

import (
	"context"

	"github.com/brama-pay/brama/fault"
)

func notFound(id any) error { return fault.New(fault.NotFound, "Withdraw (id=%v) wasn't found", id) }

// Find is a shop's payout by its id. Another shop's is not found.
func (p *Payouts) Find(ctx context.Context, shop, id int64) (*Payout, error) {
	return found(id)(payouts.First(ctx, p.DB.Reader(), "id = $1 AND shop_id = $2", id, shop))
}

// FindByPayment is a shop's payout by the shop's own id.
func (p *Payouts) FindByPayment(ctx context.Context, shop int64, source, paymentID string) (*Payout, error) {
	return found(paymentID)(payouts.First(ctx, p.DB.Reader(), "shop_payment_id = $1 AND shop_id = $2 AND source = $3", paymentID, shop, source))
}

func found(id any) func(*Payout, error) (*Payout, error) {
	return func(row *Payout, err error) (*Payout, error) {
		if err == nil && row == nil {
			err = notFound(id)
		}
		return row, err
	}
}

// List lists a shop's payouts, newest first, those before an id; 0 begins.
func (p *Payouts) List(ctx context.Context, shop, before int64, limit int) ([]*Payout, error) {
	if before == 0 {
		before = 1 << 53
	}
	return payouts.Select(ctx, p.DB.Reader(), "shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", shop, before, limit)
}

package payout

import (
	"context"

	"github.com/brama-pay/brama/db"
)

// recall makes a payout due now that is due after a moment: it was put off by a
// clock that has been put back since. To look early does no harm.
type recall struct{ shop, id, after int64 }

func (u recall) Reads(r *db.Reads) { payouts.Read(r, u.id, u.shop) }

func (u recall) Decide(s *db.State) (struct{}, error) {
	if p, ok := payouts.Find(s, u.id, u.shop); ok && p.DueAt > u.after {
		p.DueAt = s.Now()
		payouts.Update(s, p)
	}
	return struct{}{}, nil
}

// Recall makes all payouts due now that are due after a moment, and tells how many
// there were. None is ever put off by more than provider.Farthest.
func (p *Payouts) Recall(ctx context.Context, after int64) (int, error) {
	const text = "SELECT shop_id, id FROM payout WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3"
	return db.RecallRows(ctx, p.DB.Reader(), text, after, func(k db.Key) error {
		_, err := db.Do(ctx, p.DB, k.Shop, recall{k.Shop, k.ID, after})
		return err
	})
}

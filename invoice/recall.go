package invoice

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// recall makes an invoice due now whose call is due to be asked about, or made
// again, after a moment: it was put off by a clock that has been put back since.
// When it expires, or its hold ends, is no such time.
type recall struct{ shop, id, after int64 }

func (u recall) Reads(r *db.Reads) { readIntent(r, u.shop, u.id) }

func (u recall) Decide(s *db.State) (struct{}, error) {
	v, ok := invoices.Find(s, u.id, u.shop)
	if !ok || v.DueAt <= u.after {
		return struct{}{}, nil
	}
	last, sent := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	if sent && last.Open() || v.Status == Charging || v.Status == Unholding {
		v.DueAt = s.Now()
		invoices.Update(s, v)
	}
	return struct{}{}, nil
}

// recallRefund is the same for a refund.
type recallRefund struct{ shop, id, after int64 }

func (u recallRefund) Reads(r *db.Reads) { refunds.Read(r, u.id, u.shop) }

func (u recallRefund) Decide(s *db.State) (struct{}, error) {
	if f, ok := refunds.Find(s, u.id, u.shop); ok && f.Status == Waiting && f.DueAt > u.after {
		f.DueAt = s.Now()
		refunds.Update(s, f)
	}
	return struct{}{}, nil
}

// Recall makes all refunds due now that are due after a moment, and all invoices
// with a call under way, and tells how many there were. None is ever put off by
// more than provider.Farthest.
func (v *Invoices) Recall(ctx context.Context, after int64) (int, error) {
	const calls = `SELECT shop_id, id FROM invoice WHERE due_at > 0 AND due_at > $1 AND id > $2 AND (status IN (81, 82) OR EXISTS
		(SELECT 1 FROM attempt a WHERE a.operation = invoice.id AND a.n = invoice.attempts AND a.shop_id = invoice.shop_id
			AND a.outcome IN ('', 'pending', 'challenge', 'unknown'))) ORDER BY id LIMIT $3`
	n, err := db.RecallRows(ctx, v.DB.Reader(), calls, after, func(k db.Key) error {
		_, err := db.Do(ctx, v.DB, k.Shop, recall{k.Shop, k.ID, after})
		return err
	})
	if err != nil {
		return n, err
	}
	const waiting = "SELECT shop_id, id FROM refund WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3"
	more, err := db.RecallRows(ctx, v.DB.Reader(), waiting, after, func(k db.Key) error {
		_, err := db.Do(ctx, v.DB, k.Shop, recallRefund{k.Shop, k.ID, after})
		return err
	})
	return n + more, err
}

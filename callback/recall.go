package callback

import (
	"context"
	"time"

	"github.com/brama-pay/brama/db"
)

// Farthest is the most that a try is ever put off.
const Farthest = 5 * time.Hour

// recall makes a message due now that is due after a moment: it was put off by a
// clock that has been put back since. Its place in the order stays.
type recall struct{ shop, id, after int64 }

func (u recall) Reads(r *db.Reads) { messages.Read(r, u.id, u.shop) }

func (u recall) Decide(s *db.State) (struct{}, error) {
	if m, ok := messages.Find(s, u.id, u.shop); ok && m.Status == Waiting && m.DueAt > u.after {
		m.DueAt = s.Now()
		messages.Update(s, m)
	}
	return struct{}{}, nil
}

// Recall makes all messages due now that are due after a moment, and tells how many
// there were.
func (s *Sender) Recall(ctx context.Context, after int64) (int, error) {
	const text = "SELECT shop_id, id FROM callback WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3"
	return db.RecallRows(ctx, s.DB.Reader(), text, after, func(k db.Key) error {
		_, err := db.Do(ctx, s.DB, k.Shop, recall{k.Shop, k.ID, after})
		return err
	})
}

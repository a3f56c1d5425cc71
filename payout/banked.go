package payout

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
)

// Banked looks for the payouts that a bank knows by a retrieval reference number or a
// transaction's id, newest first. No index serves it: each look is bounded,
// whosever payouts lie there. shop 0 is any.
func Banked(ctx context.Context, from *sql.DB, shop int64, name string, s db.Seek) (db.Found[Payout], error) {
	s = s.Begin()
	return payouts.Seek(ctx, from, s, number, func(floor int64, limit int) ([]*Payout, error) {
		return payouts.Select(ctx, from, "id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (rrn = $4 OR bank_transaction = $4) ORDER BY id DESC LIMIT $5",
			s.Before, floor, shop, name, limit)
	})
}

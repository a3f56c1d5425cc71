package turnover

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
)

// Now is what is open at this moment, over all shops.
type Now struct {
	Payouts        int64 // in progress, not more than Most
	Confirming     int64 // payouts that wait for an operator, not more than Most
	Unknown        int64 // calls whose outcome nobody knows
	UnknownSince   int64 // when the oldest of them was sent, Unix milliseconds
	Contradictions int64 // what providers said against a final status
	Lag            int64 // for how long the oldest callback has been due, milliseconds
	Parked         int64 // callbacks that were given up
}

// Most is up to where what is open is counted.
const Most = 100_000

// Each count goes by a partial index of what is open.
const (
	openPayouts   = "SELECT COUNT(*) FROM (SELECT shop_id, id FROM payout WHERE due_at > 0 LIMIT $1) p"
	confirming    = "SELECT COUNT(*) FROM (SELECT shop_id, id FROM payout WHERE status IN (2, 4, 9) AND status = 2 LIMIT $1) p"
	unknown       = "SELECT COUNT(*) FROM attempt WHERE outcome = 'unknown'"
	unknownSince  = "SELECT COALESCE(MIN(sent_at), 0) FROM attempt WHERE outcome = 'unknown'"
	contradicting = "SELECT COUNT(*) FROM contradiction"
)

// Open reads what is open now.
func Open(ctx context.Context, from *sql.DB, now int64) (n Now, err error) {
	for _, one := range []struct {
		to   *int64
		read func() (int64, error)
	}{
		{&n.Payouts, func() (int64, error) { return count(ctx, from, openPayouts, Most) }},
		{&n.Confirming, func() (int64, error) { return count(ctx, from, confirming, Most) }},
		{&n.Unknown, func() (int64, error) { return count(ctx, from, unknown) }},
		{&n.UnknownSince, func() (int64, error) { return count(ctx, from, unknownSince) }},
		{&n.Contradictions, func() (int64, error) { return count(ctx, from, contradicting) }},
		{&n.Lag, func() (int64, error) { return callback.Lag(ctx, from, now) }},
		{&n.Parked, func() (int64, error) { return callback.CountParked(ctx, from) }},
	} {
		if *one.to, err = one.read(); err != nil {
			return n, err
		}
	}
	return n, nil
}

func count(ctx context.Context, from *sql.DB, text string, args ...any) (n int64, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&n) }, text, args...)
	return n, err
}

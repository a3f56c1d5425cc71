package payout

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Search is what an operator looks for among the payouts of all shops. What is
// zero does not matter.
type Search struct {
	db.Seek
	Shop      int64
	Status    Status
	Payway    string
	Provider  string
	Currency  money.Currency // of the write-off
	Least     int64          // write-off, minor units
	Most      int64          // likewise
	Until     int64          // ids below it
	Attention bool           // only what waits for an operator, or went wrong
}

// ContradictionKind is the kind of a contradiction about a payout.
const ContradictionKind = "payout.contradiction"

// rare are the statuses that few payouts ever have; payout_attention holds those.
var rare = []Status{Confirming, ProviderError, NetworkError}

// Find lists the payouts that are sought, newest first. Those of a rare status come
// from an index; any other search looks at a bounded number of rows.
func (q Search) Find(ctx context.Context, from *sql.DB) (db.Found[Payout], error) {
	q.Seek = q.Begin()
	if q.Until > 0 {
		q.Before = min(q.Before, q.Until)
	}
	switch {
	case q.Attention:
		return q.attention(ctx, from)
	case slices.Contains(rare, q.Status):
		rows, err := q.rare(ctx, from)
		return db.Cut(rows, q.Limit, number), err
	}
	return payouts.Seek(ctx, from, q.Seek, number, func(floor int64, limit int) ([]*Payout, error) {
		return payouts.Select(ctx, from, "id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = 0) AND (payway = $5 OR $5 = '') "+
			"AND (provider = $6 OR $6 = '') AND (currency = $7 OR $7 = 0) AND write_off >= $8 AND write_off <= $9 ORDER BY id DESC LIMIT $10",
			q.args(floor, limit)...)
	})
}

func (q Search) rare(ctx context.Context, from *sql.DB) ([]*Payout, error) {
	return payouts.Select(ctx, from, "status IN (2, 4, 9) AND id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = 0) "+
		"AND (payway = $5 OR $5 = '') AND (provider = $6 OR $6 = '') AND (currency = $7 OR $7 = 0) AND write_off >= $8 AND write_off <= $9 "+
		"ORDER BY id DESC LIMIT $10", q.args(q.From, q.Limit+1)...)
}

// attention adds those about which a provider contradicted us.
func (q Search) attention(ctx context.Context, from *sql.DB) (db.Found[Payout], error) {
	rows, err := q.rare(ctx, from)
	if err != nil {
		return db.Found[Payout]{}, err
	}
	against := func(before int64, limit int) ([]db.Key, error) {
		return provider.Contradicted(ctx, from, q.Shop, ContradictionKind, before, limit)
	}
	rows, err = provider.AddByKey(rows, q.Seek, against, keyOf, func(key db.Key) (*Payout, error) {
		p, err := payouts.First(ctx, from, "id = $1 AND shop_id = $2", key.ID, key.Shop)
		if err != nil || p == nil || !q.fits(p) {
			return nil, err
		}
		return p, nil
	})
	return db.Cut(rows, q.Limit, number), err
}

// fits is the condition of the statements, for a row that was found another way.
func (q Search) fits(p *Payout) bool {
	return p.ID >= q.From && (q.Status == 0 || p.Status == q.Status) && (q.Payway == "" || p.Payway == q.Payway) &&
		(q.Provider == "" || p.Provider == q.Provider) && (q.Currency == 0 || p.Currency == q.Currency) && p.WriteOff >= q.Least && p.WriteOff <= q.most()
}

func (q Search) args(floor int64, limit int) []any {
	return []any{q.Before, floor, q.Shop, int64(q.Status), q.Payway, q.Provider, q.Currency.Number(), q.Least, q.most(), limit}
}

func (q Search) most() int64 {
	if q.Most == 0 {
		return math.MaxInt64
	}
	return q.Most
}

func number(p *Payout) int64 { return p.ID }

func keyOf(p *Payout) db.Key { return db.Key{Shop: p.Shop, ID: p.ID} }

// Named lists the payouts, of any shop, that have an id or a shop's own id.
func Named(ctx context.Context, from *sql.DB, id int64, own string) ([]*Payout, error) {
	found, err := payouts.Select(ctx, from, "id = $1 AND (shop_id = $2 OR $2 = 0) LIMIT 20", id, 0)
	if err != nil || own == "" {
		return found, err
	}
	more, err := payouts.Select(ctx, from, "shop_payment_id = $1 AND (shop_id = $2 OR $2 = 0) ORDER BY shop_id LIMIT 20", own, 0)
	return append(found, more...), err
}

package invoice

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Search is what an operator looks for among the invoices of all shops. What is
// zero does not matter.
type Search struct {
	db.Seek
	Shop      int64
	Status    Status
	Payway    string
	Provider  string
	Currency  money.Currency // of the amount
	Least     int64          // gross amount, minor units
	Most      int64          // likewise
	Until     int64          // ids below it
	Attention bool           // only those of unknown outcome, be it of the charge or the release of a hold, or contradicted
}

// The kinds of contradictions.
const (
	ContradictionKind       = "invoice.contradiction"
	RefundContradictionKind = "refund.contradiction"
)

// Find lists the invoices that are sought, newest first. Those of unknown outcome
// come from an index; any other search looks at a bounded number of rows.
func (q Search) Find(ctx context.Context, from *sql.DB) (db.Found[Invoice], error) {
	q.Seek = q.Begin()
	if q.Until > 0 {
		q.Before = min(q.Before, q.Until)
	}
	switch {
	case q.Attention:
		return q.attention(ctx, from)
	case q.Status == Unknown:
		rows, err := q.unknown(ctx, from)
		return db.Cut(rows, q.Limit, number), err
	}
	return invoices.Seek(ctx, from, q.Seek, number, func(floor int64, limit int) ([]*Invoice, error) {
		return invoices.Select(ctx, from, "id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = 0) AND (payway = $5 OR $5 = '') "+
			"AND (provider = $6 OR $6 = '') AND (currency = $7 OR $7 = 0) AND amount >= $8 AND amount <= $9 ORDER BY id DESC LIMIT $10",
			q.args(floor, limit)...)
	})
}

func (q Search) unknown(ctx context.Context, from *sql.DB) ([]*Invoice, error) {
	return invoices.Select(ctx, from, "status = 5 AND id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = 0) "+
		"AND (payway = $5 OR $5 = '') AND (provider = $6 OR $6 = '') AND (currency = $7 OR $7 = 0) AND amount >= $8 AND amount <= $9 "+
		"ORDER BY id DESC LIMIT $10", q.args(q.From, q.Limit+1)...)
}

// attention adds those whose hold nobody knows to be charged or released, and those
// about which a provider contradicted us.
func (q Search) attention(ctx context.Context, from *sql.DB) (db.Found[Invoice], error) {
	rows, err := q.unknown(ctx, from)
	if err != nil {
		return db.Found[Invoice]{}, err
	}
	doubted := func(before int64, limit int) ([]db.Key, error) {
		return provider.InDoubt(ctx, from, q.Shop, provider.Capture, provider.Void, before, limit)
	}
	against := func(before int64, limit int) ([]db.Key, error) {
		return provider.Contradicted(ctx, from, q.Shop, ContradictionKind, before, limit)
	}
	load := func(key db.Key) (*Invoice, error) {
		v, err := invoices.First(ctx, from, "id = $1 AND shop_id = $2", key.ID, key.Shop)
		if err != nil || v == nil || !q.fits(v) {
			return nil, err
		}
		return v, nil
	}
	for _, walk := range []func(int64, int) ([]db.Key, error){doubted, against} {
		if rows, err = provider.AddByKey(rows, q.Seek, walk, keyOf, load); err != nil {
			return db.Found[Invoice]{}, err
		}
	}
	return db.Cut(rows, q.Limit, number), nil
}

// fits is the condition of the statements, for a row that was found another way.
func (q Search) fits(v *Invoice) bool {
	return v.ID >= q.From && (q.Status == 0 || v.Status == q.Status) && (q.Payway == "" || v.Payway == q.Payway) &&
		(q.Provider == "" || v.Provider == q.Provider) && (q.Currency == 0 || v.Currency == q.Currency) && v.Amount >= q.Least && v.Amount <= q.most()
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

func number(v *Invoice) int64 { return v.ID }

func keyOf(v *Invoice) db.Key { return db.Key{Shop: v.Shop, ID: v.ID} }

// Named lists the invoices, of any shop, that have an id, a shop's own id or a
// pay session.
func Named(ctx context.Context, from *sql.DB, id int64, own string) ([]*Invoice, error) {
	found, err := invoices.Select(ctx, from, "id = $1 AND (shop_id = $2 OR $2 = 0) LIMIT 20", id, 0)
	if err != nil || own == "" {
		return found, err
	}
	ordered, err := invoices.Select(ctx, from, "shop_order_id = $1 AND (shop_id = $2 OR $2 = 0) ORDER BY shop_id LIMIT 20", own, 0)
	if err != nil {
		return nil, err
	}
	found = append(found, ordered...)
	shopID, err := shopOf(own)
	if err != nil { // no session
		return found, nil //nolint:nilerr // it was only looked whether it is one
	}
	paid, err := invoices.Select(ctx, from, "session = $1 AND shop_id = $2", own, shopID)
	return append(found, paid...), err
}

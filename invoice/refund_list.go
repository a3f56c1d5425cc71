package invoice

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// RefundSearch is what an operator looks for among the refunds of all shops. What
// is zero does not matter.
type RefundSearch struct {
	db.Seek
	Shop     int64
	Status   RefundStatus
	Provider string
	Currency money.Currency // of the gross amount
	Least    int64          // gross amount, minor units
	Most     int64          // likewise
	Until    int64          // ids below it
	// Stuck is, for an operator's attention, only those that wait since before this
	// instant, Unix milliseconds, or were contradicted.
	Stuck int64
}

// Find lists the refunds that are sought, newest first. Those that wait come from
// an index; any other search looks at a bounded number of rows.
func (q RefundSearch) Find(ctx context.Context, from *sql.DB) (db.Found[Refund], error) {
	q.Seek = q.Begin()
	if q.Until > 0 {
		q.Before = min(q.Before, q.Until)
	}
	switch {
	case q.Stuck > 0:
		return q.attention(ctx, from)
	case q.Status == Waiting:
		rows, err := q.waiting(ctx, from, math.MaxInt64)
		return db.Cut(rows, q.Limit, refundNumber), err
	}
	return refunds.Seek(ctx, from, q.Seek, refundNumber, func(floor int64, limit int) ([]*Refund, error) {
		return refunds.Select(ctx, from, "id < $1 AND id >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = '') "+
			"AND (provider = $5 OR $5 = '') AND (currency = $6 OR $6 = 0) AND amount >= $7 AND amount <= $8 ORDER BY id DESC LIMIT $9",
			q.args(floor, limit)...)
	})
}

// waiting lists those that are due some time: all that are not final. The sums keep
// SQLite from going through all refunds by id instead.
func (q RefundSearch) waiting(ctx context.Context, from *sql.DB, since int64) ([]*Refund, error) {
	return refunds.Select(ctx, from, "due_at > 0 AND id + 0 < $1 AND id + 0 >= $2 AND (shop_id = $3 OR $3 = 0) AND (status = $4 OR $4 = '') "+
		"AND (provider = $5 OR $5 = '') AND (currency = $6 OR $6 = 0) AND amount >= $7 AND amount <= $8 AND created_at < $10 ORDER BY id DESC LIMIT $9",
		append(q.args(q.From, q.Limit+1), since)...)
}

// attention adds those about which a provider contradicted us.
func (q RefundSearch) attention(ctx context.Context, from *sql.DB) (db.Found[Refund], error) {
	rows, err := q.waiting(ctx, from, q.Stuck)
	if err != nil {
		return db.Found[Refund]{}, err
	}
	against := func(before int64, limit int) ([]db.Key, error) {
		return provider.Contradicted(ctx, from, q.Shop, RefundContradictionKind, before, limit)
	}
	rows, err = provider.AddByKey(rows, q.Seek, against, refundKey, func(key db.Key) (*Refund, error) {
		f, err := refunds.First(ctx, from, "id = $1 AND shop_id = $2", key.ID, key.Shop)
		if err != nil || f == nil || !q.fits(f) {
			return nil, err
		}
		return f, nil
	})
	return db.Cut(rows, q.Limit, refundNumber), err
}

// fits is the condition of the statements, for a row that was found another way.
func (q RefundSearch) fits(f *Refund) bool {
	return f.ID >= q.From && (q.Status == "" || f.Status == q.Status) && (q.Provider == "" || f.Provider == q.Provider) &&
		(q.Currency == 0 || f.Currency == q.Currency) && f.Amount >= q.Least && f.Amount <= q.most()
}

func (q RefundSearch) args(floor int64, limit int) []any {
	return []any{q.Before, floor, q.Shop, string(q.Status), q.Provider, q.Currency.Number(), q.Least, q.most(), limit}
}

func (q RefundSearch) most() int64 {
	if q.Most == 0 {
		return math.MaxInt64
	}
	return q.Most
}

func refundNumber(f *Refund) int64 { return f.ID }

func refundKey(f *Refund) db.Key { return db.Key{Shop: f.Shop, ID: f.ID} }

// FindRefund is a shop's refund by its id. Another shop's is not found.
func (v *Invoices) FindRefund(ctx context.Context, shop, id int64) (*Refund, error) {
	f, err := refunds.First(ctx, v.DB.Reader(), "id = $1 AND shop_id = $2", id, shop)
	if err == nil && f == nil {
		err = refundNotFound(id)
	}
	return f, err
}

// NamedRefunds lists the refunds, of any shop, that have an id or a shop's own id.
func NamedRefunds(ctx context.Context, from *sql.DB, id int64, own string) ([]*Refund, error) {
	found, err := refunds.Select(ctx, from, "id = $1 AND (shop_id = $2 OR $2 = 0) LIMIT 20", id, 0)
	if err != nil || own == "" {
		return found, err
	}
	more, err := refunds.Select(ctx, from, "shop_refund_id = $1 AND (shop_id = $2 OR $2 = 0) ORDER BY shop_id LIMIT 20", own, 0)
	return append(found, more...), err
}

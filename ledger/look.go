package ledger

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Total is what the accounts of a purpose come to, over all shops.
type Total struct {
	Currency money.Currency
	Purpose  Purpose
	Accounts int64
	Sum      int64 // minor units
}

// Totals adds up all accounts of all shops by currency and purpose. In each
// currency the totals sum to zero. It takes time in proportion to the number of
// accounts, which is that of the shops, not of the transfers.
func Totals(ctx context.Context, reader *sql.DB) ([]Total, error) {
	var list []Total
	each := func(scan func(...any) error) error {
		var t Total
		err := scan(&t.Currency, &t.Purpose, &t.Accounts, &t.Sum)
		list = append(list, t)
		return err
	}
	err := db.Query(ctx, reader, each, `
		SELECT currency, purpose, COUNT(*), CAST(SUM(balance) AS BIGINT) FROM account GROUP BY currency, purpose ORDER BY currency, purpose`)
	return list, err
}

// searchRows is how many entries, of all shops, one look for an account's goes through.
const searchRows = 20_000

// Found is a page of a statement that was searched for.
type Found struct {
	Lines []Line
	// Next is where the search goes on, as before of the next one; 0 when it has
	// come to the end.
	Next int64
}

// Search lists the entries of one account newest first, as Statement does, but
// looks at no more than 20,000 entries of all accounts: there is no index by
// account, each would cost every transfer. A page may so be short, or empty, and
// the search go on all the same.
func Search(ctx context.Context, reader *sql.DB, of Account, before int64, limit int) (Found, error) {
	return search(ctx, reader, of, before, limit, searchRows)
}

func search(ctx context.Context, reader *sql.DB, of Account, before int64, limit int, rows int64) (found Found, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	floor, looked, err := lookBack(ctx, reader, before, rows)
	if err != nil || looked == 0 {
		return found, err
	}
	each := func(scan func(...any) error) error {
		var l Line
		err := scan(&l.Transfer, &l.N, &l.Amount, &l.Balance, &l.Kind, &l.Operation, &l.Resolves, &l.Reverses, &l.Note, &l.At)
		l.Shop, l.Currency, l.Purpose, l.Provider = of.Shop, of.Currency, of.Purpose, of.Provider
		found.Lines = append(found.Lines, l)
		return err
	}
	err = db.Query(ctx, reader, each, `
		SELECT e.transfer_id, e.n, e.amount, e.balance, t.kind, t.operation, t.resolves, t.reverses, t.note, t.at
		FROM entry e JOIN transfer t ON t.id = e.transfer_id AND t.shop_id = e.shop_id
		WHERE e.shop_id = $1 AND e.currency = $2 AND e.purpose = $3 AND e.provider = $4 AND e.transfer_id < $5 AND e.transfer_id >= $6
		ORDER BY e.transfer_id DESC LIMIT $7`,
		of.Shop, of.Currency.Number(), string(of.Purpose), of.Provider, before, floor, limit)
	switch {
	case len(found.Lines) == limit:
		found.Next = found.Lines[limit-1].Transfer
	case looked == rows:
		found.Next = floor
	}
	return found, err
}

// lookBack is how far back a number of entries reaches: the transfer of the last
// of them, which is looked at whole, and how many there are.
func lookBack(ctx context.Context, reader *sql.DB, before, rows int64) (floor, looked int64, err error) {
	each := func(scan func(...any) error) error { return scan(&floor, &looked) }
	err = db.Query(ctx, reader, each, `
		SELECT COALESCE(MIN(p.transfer_id), 0), COUNT(*)
		FROM (SELECT e.transfer_id FROM entry e WHERE e.transfer_id < $1 ORDER BY e.transfer_id DESC LIMIT $2) p`, before, rows)
	return floor, looked, err
}

// Detail is a transfer with its entries, and the transfers that name it.
type Detail struct {
	Movement
	ResolvedBy int64 // 0: none
	ReversedBy int64
}

// FindTransfer is one transfer of a shop; fault.NotFound when there is none.
func FindTransfer(ctx context.Context, reader *sql.DB, shop, id int64) (*Detail, error) {
	d := &Detail{}
	lines, err := entries.Select(ctx, reader, "transfer_id = $1 AND shop_id = $2 ORDER BY n", id, shop)
	if err != nil {
		return nil, err
	}
	row, err := transfers.First(ctx, reader, "id = $1 AND shop_id = $2", id, shop)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fault.New(fault.NotFound, "transfer %d is not found", id)
	}
	d.Transfer, d.Entries = *row, values(lines)
	// The literals let the partial indexes serve.
	if d.ResolvedBy, err = naming(transfers.First(ctx, reader, "resolves = $1 AND resolves <> 0 AND shop_id = $2", id, shop)); err != nil {
		return nil, err
	}
	d.ReversedBy, err = naming(transfers.First(ctx, reader, "reverses = $1 AND reverses <> 0 AND shop_id = $2", id, shop))
	return d, err
}

func naming(t *Transfer, err error) (int64, error) {
	if t == nil || err != nil {
		return 0, err
	}
	return t.ID, nil
}

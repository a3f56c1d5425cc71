package ledger

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// Balances lists the accounts of a shop by currency, purpose and provider.
func Balances(ctx context.Context, reader *sql.DB, shop int64) ([]Account, error) {
	rows, err := accounts.Select(ctx, reader, "shop_id = $1 ORDER BY currency, purpose, provider", shop)
	return values(rows), err
}

// Line is one entry of an account with the transfer it is part of.
type Line struct {
	Entry
	Posting
	At int64 // Unix milliseconds
}

// Statement lists the entries of one account, newest first, at most limit of
// them. before is the Transfer of the last line of the page before, 0 for the
// first page: a transfer has at most one entry on an account.
func Statement(ctx context.Context, reader *sql.DB, shop int64, currency money.Currency, purpose Purpose, provider string, before int64, limit int) ([]Line, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	var lines []Line
	each := func(scan func(...any) error) error {
		var l Line
		err := scan(&l.Transfer, &l.N, &l.Amount, &l.Balance, &l.Kind, &l.Operation, &l.Resolves, &l.Reverses, &l.Note, &l.At)
		l.Shop, l.Currency, l.Purpose, l.Provider = shop, currency, purpose, provider
		lines = append(lines, l)
		return err
	}
	err := db.Query(ctx, reader, each, `
		SELECT e.transfer_id, e.n, e.amount, e.balance, t.kind, t.operation, t.resolves, t.reverses, t.note, t.at
		FROM entry e JOIN transfer t ON t.id = e.transfer_id AND t.shop_id = e.shop_id
		WHERE e.shop_id = $1 AND e.currency = $2 AND e.purpose = $3 AND e.provider = $4 AND e.transfer_id < $5
		ORDER BY e.transfer_id DESC LIMIT $6`,
		shop, currency.Number(), string(purpose), provider, before, limit)
	return lines, err
}

// Movement is a transfer with its entries.
type Movement struct {
	Transfer
	Entries []Entry
}

// Transfers lists what was posted for an operation of a shop, oldest first.
func Transfers(ctx context.Context, reader *sql.DB, shop, operation int64) ([]Movement, error) {
	// One statement, so that no transfer is seen without its entries.
	var found []Movement
	each := func(scan func(...any) error) error {
		var t Transfer
		var e Entry
		if err := scan(append(transfers.Fields(&t), entries.Fields(&e)...)...); err != nil {
			return err
		}
		if n := len(found); n == 0 || found[n-1].ID != t.ID {
			found = append(found, Movement{Transfer: t})
		}
		last := &found[len(found)-1]
		last.Entries = append(last.Entries, e)
		return nil
	}
	err := db.Query(ctx, reader, each, `
		SELECT t.shop_id, t.id, t.kind, t.operation, t.resolves, t.reverses, t.note, t.at,
			e.shop_id, e.transfer_id, e.n, e.currency, e.purpose, e.provider, e.amount, e.balance
		FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
		WHERE t.operation = $1 AND t.shop_id = $2 ORDER BY t.id, e.n`, operation, shop)
	return found, err
}

func values[T any](rows []*T) []T {
	all := make([]T, len(rows))
	for i, row := range rows {
		all[i] = *row
	}
	return all
}

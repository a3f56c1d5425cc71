package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/sandbox"
)

// moved is what an operation moved at a provider account, in a currency.
type moved struct {
	shop      int64
	account   string
	operation int64
	currency  money.Currency
}

// bookRounds is how often books that differ are compared: the two databases are
// not read at one moment, and a gateway at work is ahead in one of them.
const bookRounds = 4

// sandbox compares the sandbox's own books with our clearing accounts, operation
// by operation. Only a demo has a sandbox.
func (v *verification) sandbox(at storage, only int64) error {
	kind, err := facts.First(v.ctx, v.db.Reader(), "name = $1", factKind)
	if err != nil || kind == nil || kind.Value != kindDemo {
		return err
	}
	books, err := db.Open(v.ctx, at.sandboxConfig(true))
	if err != nil {
		return fmt.Errorf("the sandbox's books: %w", err)
	}
	defer books.Close()
	theirs := sandbox.New(sandbox.Config{DB: books, Now: time.Now})
	var before map[moved][2]int64
	for round := range bookRounds {
		if round > 0 {
			sleep(v.ctx, 300*time.Millisecond)
		}
		after, err := v.compareBooks(theirs, only)
		if err != nil {
			return err
		}
		if before != nil {
			for k := range after { // what was equal once was only read at a bad moment
				if _, again := before[k]; !again {
					delete(after, k)
				}
			}
		}
		if before = after; len(before) == 0 {
			return nil
		}
	}
	return v.tellBooks(before)
}

// compareBooks gives what differs: the sandbox's amount and ours.
func (v *verification) compareBooks(theirs *sandbox.Sandbox, only int64) (map[moved][2]int64, error) {
	sums := map[moved][2]int64{}
	err := theirs.Each(v.ctx, func(l sandbox.Line) {
		if by := l.Moved(); by != 0 && (only == 0 || only == l.Shop) {
			k := moved{l.Shop, l.Account, l.Operation, l.Amount.Currency}
			sums[k] = [2]int64{sums[k][0] + by, sums[k][1]}
		}
	})
	if err != nil {
		return nil, err
	}
	accounts, err := sandboxAccounts(v.ctx, v.db)
	if err != nil {
		return nil, err
	}
	if err := v.ourBooks(accounts, only, sums); err != nil {
		return nil, err
	}
	for k, sum := range sums {
		if sum[0] == sum[1] {
			delete(sums, k)
		}
	}
	return sums, nil
}

func sandboxAccounts(ctx context.Context, d *db.DB) (names []string, err error) {
	accounts, err := provider.ListAccounts(ctx, d.Reader())
	for _, a := range accounts {
		if a.Connector == sandbox.Name {
			names = append(names, a.Name)
		}
	}
	return names, err
}

// ourBooks adds what our clearing accounts say: below zero the provider owes us.
func (v *verification) ourBooks(accounts []string, only int64, sums map[moved][2]int64) error {
	const page = 2000
	each := func(scan func(...any) error) error {
		var k moved
		var amount int64
		if err := scan(&k.shop, &k.account, &k.operation, &k.currency, &amount); err != nil {
			return err
		}
		if slices.Contains(accounts, k.account) && (only == 0 || only == k.shop) {
			sums[k] = [2]int64{sums[k][0], sums[k][1] - amount}
		}
		return nil
	}
	for after := int64(0); ; {
		end, err := count(v.ctx, v.db.Reader(), "SELECT COALESCE(MAX(p.id), 0) FROM (SELECT t.id FROM transfer t WHERE t.id > $1 ORDER BY t.id LIMIT $2) p", after, page)
		if err != nil || end == 0 {
			return err
		}
		err = db.Query(v.ctx, v.db.Reader(), each, `
			SELECT t.shop_id, e.provider, t.operation, e.currency, e.amount
			FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id AND e.purpose = 'clearing'
			WHERE t.id > $1 AND t.id <= $2`, after, end)
		if err != nil {
			return err
		}
		after = end
	}
}

// tellBooks reports what differs; an operation that is still open is only noted.
func (v *verification) tellBooks(left map[moved][2]int64) error {
	for k, sum := range left {
		open, err := count(v.ctx, v.db.Reader(),
			"SELECT COUNT(*) FROM attempt WHERE operation = $1 AND shop_id = $2 AND outcome IN ('', 'pending', 'challenge', 'unknown')", k.operation, k.shop)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("the sandbox moved %s, our books say %s", money.New(sum[0], k.currency), money.New(sum[1], k.currency))
		if open > 0 {
			v.note(k.shop, fmt.Sprintf("operation %d at %s: %s; its outcome is still open", k.operation, k.account, text))
			continue
		}
		v.differ(k.shop, "differs from the provider's books", fmt.Sprintf("operation %d at %s", k.operation, k.account), text)
	}
	return nil
}

package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/brama-pay/brama/db"
)

// readAccounts compares each account with its entries: those tallied before, and
// the later ones, which come in the same read as the balances: one statement, so
// one moment. It is a union and no join, which would go by the later entries once
// for each account.
func (b *books) readAccounts(ctx context.Context) error {
	balances := map[accountKey]int64{}
	each := func(scan func(...any) error) error {
		var k accountKey
		var isEntry, transfer, n, amount, balance int64
		if err := scan(&isEntry, &k.shop, &k.currency, &k.purpose, &k.provider, &transfer, &n, &amount, &balance); err != nil {
			return err
		}
		if isEntry == 1 {
			b.tally(k).add(transfer, amount, balance)
		} else {
			balances[k] = balance
		}
		return nil
	}
	err := db.Query(ctx, b.reader, each, `
		SELECT 0, a.shop_id, a.currency, a.purpose, a.provider, 0, 0, 0, a.balance FROM account a WHERE (a.shop_id = $1 OR $1 = 0)
		UNION ALL
		SELECT 1, e.shop_id, e.currency, e.purpose, e.provider, e.transfer_id, e.n, e.amount, e.balance
		FROM entry e WHERE (e.shop_id = $1 OR $1 = 0) AND e.transfer_id > $2
		ORDER BY 1, 6, 7`, b.only, b.horizon)
	if err != nil {
		return err
	}
	for k := range balances {
		b.tally(k)
	}
	for _, k := range b.accounts() {
		balance, ok := balances[k]
		if !ok {
			b.wrong(k.shop, NoAccount, k.String(), "no row in account")
			continue
		}
		b.checkAccount(k, balance)
	}
	return nil
}

// accounts are the keys met, in an order that is the same each time.
func (b *books) accounts() []accountKey {
	keys := make([]accountKey, 0, len(b.tallies))
	for k := range b.tallies {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y accountKey) int {
		return cmp.Or(cmp.Compare(x.shop, y.shop), strings.Compare(x.String(), y.String()))
	})
	return keys
}

func (b *books) checkAccount(k accountKey, balance int64) {
	t := b.tally(k)
	if balance < 0 && !k.purpose.mayOwe() {
		b.wrong(k.shop, Overdrawn, k.String(), "balance %d", balance)
	}
	if !t.sum.is(balance) {
		b.wrong(k.shop, WrongBalance, k.String(), "balance %d, entries %d", balance, int64(t.sum.lo))
	}
	if !t.endsAt(balance) {
		detail := fmt.Sprintf("the last entry says %d, the account %d", t.last, balance)
		if t.isBroken {
			detail = fmt.Sprintf("by id, first at transfer %d", t.breaks)
		}
		b.wrong(k.shop, WrongRunning, k.String(), "%s", detail)
	}
}

package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/brama-pay/brama/db"
)

// readAccounts compares each account with its entries: those tallied before, and
// the later ones, which come in the same read as the balances.
func (b *books) readAccounts(ctx context.Context) error {
	balances := map[accountKey]int64{}
	each := func(scan func(...any) error) error {
		var k accountKey
		var balance, later, transfer, amount, after int64
		if err := scan(&k.currency, &k.purpose, &k.provider, &balance, &later, &transfer, &amount, &after); err != nil {
			return err
		}
		balances[k] = balance
		if later == 1 {
			b.tally(k).add(transfer, amount, after)
		}
		return nil
	}
	err := db.Query(ctx, b.reader, each, `
		SELECT a.currency, a.purpose, a.provider, a.balance, CASE WHEN e.transfer_id IS NULL THEN 0 ELSE 1 END,
			COALESCE(e.transfer_id, 0), COALESCE(e.amount, 0), COALESCE(e.balance, 0)
		FROM account a LEFT JOIN entry e ON e.shop_id = a.shop_id AND e.transfer_id > $2
			AND e.currency = a.currency AND e.purpose = a.purpose AND e.provider = a.provider
		WHERE a.shop_id = $1 ORDER BY a.currency, a.purpose, a.provider, e.transfer_id, e.n`, b.shop, b.horizon)
	if err != nil {
		return err
	}
	for k := range balances {
		b.tally(k)
	}
	for _, k := range b.accounts() {
		balance, ok := balances[k]
		if !ok {
			b.wrong(NoAccount, k.String(), "no row in account")
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
	slices.SortFunc(keys, func(x, y accountKey) int { return strings.Compare(x.String(), y.String()) })
	return keys
}

func (b *books) checkAccount(k accountKey, balance int64) {
	t := b.tally(k)
	if balance < 0 && !k.purpose.mayOwe() {
		b.wrong(Overdrawn, k.String(), "balance %d", balance)
	}
	if !t.sum.is(balance) {
		b.wrong(WrongBalance, k.String(), "balance %d, entries %d", balance, int64(t.sum.lo))
	}
	if !t.endsAt(balance) {
		detail := fmt.Sprintf("the last entry says %d, the account %d", t.last, balance)
		if t.isBroken {
			detail = fmt.Sprintf("by id, first at transfer %d", t.breaks)
		}
		b.wrong(WrongRunning, k.String(), "%s", detail)
	}
}

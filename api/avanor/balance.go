package avanor

import (
	"context"

	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
)

// balance is shop_balance (api/avanor.md §7): what the shop has in each currency
// that ever was on one of its accounts.
func (d *door) balance(ctx context.Context, q *request, p *pen) error {
	accounts, err := d.Balances(ctx, q.shop.Shop.ID)
	if err != nil {
		return err
	}
	p.begin()
	p.key("balances")
	p.list()
	for _, b := range byCurrency(accounts) {
		p.item()
		p.money("available", money.New(b.available, b.currency))
		p.currency("currency", b.currency)
		p.money("frozen", money.New(b.frozen, b.currency))
		p.money("hold", money.New(b.held, b.currency))
		p.end()
	}
	p.done()
	p.int("shop_id", q.shop.Shop.ID)
	p.end()
	return nil
}

// sums is what is shown of one currency, in minor units.
type sums struct {
	currency                money.Currency
	available, frozen, held int64
}

// byCurrency gathers accounts that come by currency.
func byCurrency(accounts []ledger.Account) []sums {
	var list []sums
	for _, a := range accounts {
		if a.Purpose != ledger.Available && a.Purpose != ledger.Frozen && a.Purpose != ledger.Held {
			continue
		}
		if n := len(list); n == 0 || list[n-1].currency != a.Currency {
			list = append(list, sums{currency: a.Currency})
		}
		last := &list[len(list)-1]
		switch a.Purpose {
		case ledger.Available:
			last.available = a.Balance
		case ledger.Frozen:
			last.frozen = a.Balance
		case ledger.Held:
			last.held = a.Balance
		}
	}
	return list
}

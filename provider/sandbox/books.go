package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Line is one act in the sandbox's books, as it stands now.
type Line struct {
	Account   string // the provider account it came through
	Shop      int64
	Operation int64
	Reference string
	Verb      provider.Verb
	Amount    money.Amount
	Hold      bool
	State     State
	Sends     int64 // how often the reference was brought before it was accepted, that time included
}

// Moved is the money that the act brought in, negative when it went out: zero
// for what was not done, and for a hold, which its capture moves.
func (l Line) Moved() int64 {
	if l.State != Succeeded {
		return 0
	}
	switch l.Verb {
	case provider.Authorize:
		if l.Hold {
			return 0
		}
		return l.Amount.Minor
	case provider.Capture:
		return l.Amount.Minor
	case provider.Refund, provider.Payout:
		return -l.Amount.Minor
	}
	return 0
}

// Total is what a shop's money at the sandbox came to: money in, less refunds and
// payouts. The gateway's clearing account of the same shop, currency and provider
// account holds its negative when the two sets of books agree.
type Total struct {
	Shop    int64
	Account string
	Amount  money.Amount
}

// Books are all acts, by shop and reference. What never arrived is shown as
// Unheard: it moved nothing.
func (s *Sandbox) Books(ctx context.Context) ([]Line, error) {
	var lines []Line
	err := s.Each(ctx, func(l Line) { lines = append(lines, l) })
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Shop, b.Shop), strings.Compare(a.Reference, b.Reference))
	})
	return lines, err
}

// Each is Books for a caller that does not want them all at once, in the order of
// the references, which is that of the key: by shops first, each page would sort all
// that is left. It reads in pages, each its own short transaction.
func (s *Sandbox) Each(ctx context.Context, line func(Line)) error {
	const page = 1000
	var lastShop int64 = math.MinInt64
	var last string
	for {
		rows, err := acts.Select(ctx, s.DB.Reader(), "(reference, shop_id) > ($1, $2) ORDER BY reference, shop_id LIMIT $3", last, lastShop, page)
		if err != nil {
			return fmt.Errorf("read the sandbox's books: %w", err)
		}
		for _, a := range rows {
			line(a.line(s.Now().UnixMilli()))
			lastShop, last = a.Shop, a.Reference
		}
		if len(rows) < page {
			return nil
		}
	}
}

func (a *act) line(now int64) Line {
	return Line{
		Account: a.Account, Shop: a.Shop, Operation: a.Operation, Reference: a.Reference, Verb: a.Verb,
		Amount: a.money(), Hold: a.Hold, State: a.ripe(now), Sends: a.Sends,
	}
}

// Totals sums the books per shop, provider account and currency, in that order.
// What moved nothing has no line.
func (s *Sandbox) Totals(ctx context.Context) ([]Total, error) {
	type key struct {
		shop     int64
		account  string
		currency money.Currency
	}
	sums := map[key]int64{}
	if err := s.Each(ctx, func(l Line) {
		if moved := l.Moved(); moved != 0 {
			sums[key{l.Shop, l.Account, l.Amount.Currency}] += moved
		}
	}); err != nil {
		return nil, err
	}
	totals := make([]Total, 0, len(sums))
	for k, sum := range sums {
		totals = append(totals, Total{k.shop, k.account, money.New(sum, k.currency)})
	}
	slices.SortFunc(totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Shop, b.Shop), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Amount.Currency, b.Amount.Currency))
	})
	return totals, nil
}

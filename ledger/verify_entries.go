package ledger

import (
	"context"

	"github.com/brama-pay/brama/db"
)

// readEntries goes through all entries: each has its transfer, and each transfer
// sums to zero. It tallies those up to the horizon.
func (b *books) readEntries(ctx context.Context) error {
	at := &sums{books: b}
	var n, shop int64
	err := b.pages(ctx, func(ctx context.Context) (read int64, err error) {
		each := func(scan func(...any) error) error {
			var e storedEntry
			var transfers int64
			if err := scan(&e.transfer, &e.n, &e.shop, &e.currency, &e.purpose, &e.provider, &e.amount, &e.balance, &transfers); err != nil {
				return err
			}
			read, n, shop = read+1, e.n, e.shop
			at.add(e)
			b.checkEntry(e, transfers == 1)
			return nil
		}
		// A statement sees one moment: a transfer is there with its entries, or neither is.
		// A join would be as right, but PostgreSQL merges it from the first transfer on, for each page.
		err = db.Query(ctx, b.reader, each, `
			SELECT e.transfer_id, e.n, e.shop_id, e.currency, e.purpose, e.provider, e.amount, e.balance,
				(SELECT COUNT(*) FROM transfer t WHERE t.id = e.transfer_id AND t.shop_id = e.shop_id)
			FROM entry e
			WHERE (e.shop_id = $1 OR $1 = 0) AND (e.transfer_id, e.n, e.shop_id) > ($2, $3, $4)
			ORDER BY e.transfer_id, e.n, e.shop_id LIMIT $5`, b.only, at.transfer, n, shop, b.page)
		return read, err
	})
	at.close()
	return err
}

// storedEntry is an entry as it is stored, which may be any numbers.
type storedEntry struct {
	transfer, n int64
	accountKey
	amount, balance int64
}

func (b *books) checkEntry(e storedEntry, hasTransfer bool) {
	name := transferName(e.transfer)
	switch {
	case !hasTransfer:
		b.wrong(e.shop, Orphan, name, "entry %d of %d on %s", e.n, e.amount, e.accountKey)
	case e.amount == 0:
		b.wrong(e.shop, Empty, name, "entry %d on %s", e.n, e.accountKey)
	case e.balance < 0 && !e.purpose.mayOwe():
		b.wrong(e.shop, Overdrawn, name, "entry %d left %s at %d", e.n, e.accountKey, e.balance)
	}
	t := b.tally(e.accountKey)
	if e.transfer <= b.horizon {
		t.add(e.transfer, e.amount, e.balance)
	}
}

// sums adds up one transfer after the other, across the ends of pages. Transfers
// of several shops may have the same id: nodes draw them by themselves.
type sums struct {
	books      *books
	transfer   int64
	currencies []currencySum
}

type currencySum struct {
	shop, currency int64
	sum            wide
}

func (s *sums) add(e storedEntry) {
	if e.transfer != s.transfer {
		s.close()
		s.transfer = e.transfer
	}
	for i := range s.currencies {
		if s.currencies[i].shop == e.shop && s.currencies[i].currency == e.currency {
			s.currencies[i].sum.add(e.amount)
			return
		}
	}
	first := currencySum{shop: e.shop, currency: e.currency}
	first.sum.add(e.amount)
	s.currencies = append(s.currencies, first)
}

func (s *sums) close() {
	for _, c := range s.currencies {
		if !c.sum.isZero() {
			s.books.wrong(c.shop, Unbalanced, transferName(s.transfer), "%s: %d too much", currencyName(c.currency), int64(c.sum.lo))
		}
	}
	s.currencies = s.currencies[:0]
}

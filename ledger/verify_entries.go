package ledger

import "cmp"

// storedEntry is an entry as it is stored, which may be any numbers.
type storedEntry struct {
	transfer, n int64
	accountKey
	amount, balance int64
}

func (e storedEntry) compare(o storedEntry) int {
	return cmp.Or(cmp.Compare(e.transfer, o.transfer), cmp.Compare(e.n, o.n), cmp.Compare(e.shop, o.shop))
}

// verifyEntries looks at each entry: it has its transfer, and each transfer sums to
// zero. It tallies those up to the horizon.
func (p *page) verifyEntries() {
	at := &sums{books: p.books}
	for _, e := range p.entries {
		at.add(e)
		i, ok := p.find(e.shop, e.transfer)
		if ok {
			p.transfers[i].entries++
		}
		p.checkEntry(e, ok)
	}
	at.close()
}

func (b *books) checkEntry(e storedEntry, hasTransfer bool) {
	switch {
	case !hasTransfer:
		b.wrong(e.shop, Orphan, transferName(e.transfer), "entry %d of %d on %s", e.n, e.amount, e.accountKey)
	case e.amount == 0:
		b.wrong(e.shop, Empty, transferName(e.transfer), "entry %d on %s", e.n, e.accountKey)
	case e.balance < 0 && !e.purpose.mayOwe():
		b.wrong(e.shop, Overdrawn, transferName(e.transfer), "entry %d left %s at %d", e.n, e.accountKey, e.balance)
	}
	t := b.tally(e.accountKey)
	if e.transfer <= b.horizon {
		t.add(e.transfer, e.amount, e.balance)
	}
}

// sums adds up one transfer after the other. Transfers of several shops may have
// the same id: nodes draw them by themselves.
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

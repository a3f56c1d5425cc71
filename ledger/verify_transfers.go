package ledger

import (
	"cmp"
	"slices"
)

// verifyTransfers looks whether each transfer has its entries.
func (p *page) verifyTransfers() {
	for _, t := range p.transfers {
		if t.entries < 2 {
			p.wrong(t.shop, Incomplete, transferName(t.id), "%d", t.entries)
		}
	}
}

// storedEnd is a transfer that names another, with one of the other's entries when
// it has any of frozen or held money.
type storedEnd struct {
	storedEntry       // transfer is the one that names; the account and the amount are the other's
	names       int64 // the other
	isThere     bool  // there is the other
	namers      int64 // transfers that name the same, itself among them
}

func (e storedEnd) compare(o storedEnd) int {
	return cmp.Or(cmp.Compare(e.transfer, o.transfer), cmp.Compare(e.shop, o.shop))
}

// verifyUndos looks at the transfers that reverse another: it is there, and
// reversed by no other.
func (p *page) verifyUndos() {
	for _, u := range p.undos {
		name := transferName(u.transfer)
		if !u.isThere {
			p.wrong(u.shop, NothingUndone, name, "no other transfer %d", u.names)
		}
		if u.namers > 1 {
			p.wrong(u.shop, UndoneTwice, name, "%d transfers reverse %d", u.namers, u.names)
		}
	}
}

// verifyEnds looks at the transfers that resolve another: it is there, resolved by
// no other, and the two together leave nothing frozen and nothing held. What is
// left there is then what is in progress, and can still be ended.
func (p *page) verifyEnds() {
	var own int // the first entry that may be of this end
	for from := 0; from < len(p.ends); {
		first, to := p.ends[from], from+1
		for to < len(p.ends) && p.ends[to].compare(first) == 0 {
			to++
		}
		p.checkEnd(first)
		for own < len(p.entries) && p.entries[own].transfer < first.transfer {
			own++
		}
		p.checkRest(p.ends[from:to], p.entries[own:])
		from = to
	}
}

func (p *page) checkEnd(e storedEnd) {
	if !e.isThere {
		p.wrong(e.shop, NothingEnded, transferName(e.transfer), "no other transfer %d", e.names)
	}
	if e.namers > 1 {
		p.wrong(e.shop, EndedTwice, transferName(e.transfer), "%d transfers resolve %d", e.namers, e.names)
	}
}

// checkRest adds what was reserved to the end's own entries, which are the first of
// what follows. One that names itself has its entries but once.
func (p *page) checkRest(reserved []storedEnd, following []storedEntry) {
	end, rest := reserved[0], rests{}
	if end.names != end.transfer {
		for _, e := range reserved {
			rest.add(e.storedEntry)
		}
	}
	for _, e := range following {
		if e.transfer != end.transfer {
			break
		}
		if e.shop == end.shop && (e.purpose == Frozen || e.purpose == Held) {
			rest.add(e)
		}
	}
	for _, r := range rest {
		if !r.sum.isZero() {
			p.wrong(end.shop, PartlyEnded, transferName(end.transfer), "leaves %d in %s", int64(r.sum.lo), r.key)
		}
	}
}

// rests are what a reservation and its end leave of each purpose and currency.
type rests []rest

type rest struct {
	key accountKey
	sum wide
}

func (r *rests) add(e storedEntry) {
	key := accountKey{shop: e.shop, currency: e.currency, purpose: e.purpose}
	at := slices.IndexFunc(*r, func(x rest) bool { return x.key == key })
	if at < 0 {
		at = len(*r)
		*r = append(*r, rest{key: key})
	}
	(*r)[at].sum.add(e.amount)
}

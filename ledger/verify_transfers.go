package ledger

import (
	"context"

	"github.com/brama-pay/brama/db"
)

// readTransfers goes through all transfers: each has its entries, and what it
// names is there and named by no other.
func (b *books) readTransfers(ctx context.Context) error {
	var after, shop int64
	return b.pages(ctx, func(ctx context.Context) (read int64, err error) {
		each := func(scan func(...any) error) error {
			var t storedTransfer
			if err := scan(&after, &shop, &t.resolves, &t.reverses, &t.entries, &t.resolved, &t.reversed, &t.resolvers, &t.reversers); err != nil {
				return err
			}
			read++
			b.checkTransfer(shop, after, t)
			return nil
		}
		err = db.Query(ctx, b.reader, each, `
			SELECT t.id, t.shop_id, t.resolves, t.reverses,
				(SELECT COUNT(*) FROM entry e WHERE e.transfer_id = t.id AND e.shop_id = t.shop_id),
				(SELECT COUNT(*) FROM transfer o WHERE o.id = t.resolves AND o.shop_id = t.shop_id AND o.id <> t.id),
				(SELECT COUNT(*) FROM transfer o WHERE o.id = t.reverses AND o.shop_id = t.shop_id AND o.id <> t.id),
				CASE WHEN t.resolves = 0 THEN 0 ELSE
					(SELECT COUNT(*) FROM transfer o WHERE o.resolves = t.resolves AND o.resolves <> 0 AND o.shop_id = t.shop_id) END,
				CASE WHEN t.reverses = 0 THEN 0 ELSE
					(SELECT COUNT(*) FROM transfer o WHERE o.reverses = t.reverses AND o.reverses <> 0 AND o.shop_id = t.shop_id) END
			FROM transfer t WHERE (t.shop_id = $1 OR $1 = 0) AND (t.id, t.shop_id) > ($2, $3) ORDER BY t.id, t.shop_id LIMIT $4`, b.only, after, shop, b.page)
		return read, err
	})
}

// storedTransfer is what a transfer names, and how many there are of each.
type storedTransfer struct {
	resolves, reverses   int64
	entries              int64
	resolved, reversed   int64 // transfers with the id that it names
	resolvers, reversers int64 // transfers that name the same id, itself among them
}

func (b *books) checkTransfer(shop, id int64, t storedTransfer) {
	name := transferName(id)
	if t.entries < 2 {
		b.wrong(shop, Incomplete, name, "%d", t.entries)
	}
	if t.resolves != 0 && t.resolved != 1 {
		b.wrong(shop, NothingEnded, name, "no other transfer %d", t.resolves)
	}
	if t.reverses != 0 && t.reversed != 1 {
		b.wrong(shop, NothingUndone, name, "no other transfer %d", t.reverses)
	}
	if t.resolvers > 1 {
		b.wrong(shop, EndedTwice, name, "%d transfers resolve %d", t.resolvers, t.resolves)
	}
	if t.reversers > 1 {
		b.wrong(shop, UndoneTwice, name, "%d transfers reverse %d", t.reversers, t.reverses)
	}
}

// readEnds goes through the transfers that resolve another: the two together
// leave nothing frozen and nothing held. What is left there is then what is in
// progress, and can still be ended.
func (b *books) readEnds(ctx context.Context) error {
	var after, shop int64
	return b.pages(ctx, func(ctx context.Context) (read int64, err error) {
		rest := &rests{books: b}
		each := func(scan func(...any) error) error {
			var e storedEntry
			if err := scan(&e.transfer, &e.shop, &e.currency, &e.purpose, &e.amount); err != nil {
				return err
			}
			if e.transfer != after || e.shop != shop {
				read, after, shop = read+1, e.transfer, e.shop
			}
			rest.add(e)
			return nil
		}
		err = db.Query(ctx, b.reader, each, `
			WITH ends AS (
				SELECT id, shop_id, resolves FROM transfer
				WHERE (shop_id = $1 OR $1 = 0) AND resolves <> 0 AND (id, shop_id) > ($2, $3) ORDER BY id, shop_id LIMIT $4)
			SELECT ends.id, ends.shop_id, COALESCE(e.currency, 0), COALESCE(e.purpose, ''), COALESCE(e.amount, 0)
			FROM ends LEFT JOIN entry e ON e.shop_id = ends.shop_id AND e.transfer_id IN (ends.id, ends.resolves)
				AND e.purpose IN ('frozen', 'held')
			ORDER BY ends.id, ends.shop_id, e.currency, e.purpose`, b.only, after, shop, b.page)
		rest.close()
		return read, err
	})
}

// rests adds up what a reservation and its end leave on each account.
type rests struct {
	books    *books
	transfer int64
	key      accountKey
	sum      wide
}

func (r *rests) add(e storedEntry) {
	if e.transfer != r.transfer || e.accountKey != r.key {
		r.close()
		r.transfer, r.key = e.transfer, e.accountKey
	}
	r.sum.add(e.amount)
}

func (r *rests) close() {
	if !r.sum.isZero() {
		r.books.wrong(r.key.shop, PartlyEnded, transferName(r.transfer), "leaves %d in %s", int64(r.sum.lo), r.key)
	}
	r.sum = wide{}
}

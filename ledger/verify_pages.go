package ledger

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/brama-pay/brama/db"
)

// readPages goes through all transfers and entries at once, in pages that end
// between two ids: a transfer and its entries are of one page and of one statement,
// so of one moment, and are held against each other here. To ask the database for
// the one with each row of the other took twice as long.
func (b *books) readPages(ctx context.Context) error {
	p := page{books: b}
	for after := int64(math.MinInt64); after < math.MaxInt64; {
		end, err := b.pageEnd(ctx, after)
		if err != nil {
			return err
		}
		if err := p.read(ctx, after, end); err != nil {
			return err
		}
		b.looked(int64(len(p.transfers) + len(p.entries)))
		p.verify()
		after = end
	}
	return nil
}

// pageEnd is the last id of the page that follows an id: there are no more than a
// page of entries and a page of transfers up to it, but for those of its own. It is
// the greatest number when there are no more in all; what is posted meanwhile then
// belongs to the page too.
func (b *books) pageEnd(ctx context.Context, after int64) (end int64, err error) {
	each := func(scan func(...any) error) error { return scan(&end) }
	err = db.Query(ctx, b.reader, each, `
		SELECT COALESCE(MIN(p.id), $4) FROM (
			SELECT l.id FROM (SELECT e.transfer_id AS id FROM entry e WHERE (e.shop_id = $1 OR $1 = 0) AND e.transfer_id > $2
				ORDER BY e.transfer_id, e.n, e.shop_id LIMIT 1 OFFSET $3) l
			UNION ALL
			SELECT l.id FROM (SELECT t.id FROM transfer t WHERE (t.shop_id = $1 OR $1 = 0) AND t.id > $2
				ORDER BY t.id, t.shop_id LIMIT 1 OFFSET $3) l
		) p`, b.only, after, b.page-1, int64(math.MaxInt64))
	return end, err
}

// page is what the books hold from one id to another.
type page struct {
	*books
	transfers []storedTransfer
	entries   []storedEntry
	ends      []storedEnd
	undos     []storedEnd
}

// The kinds of rows of a page.
const (
	rowTransfer = iota
	rowEntry
	rowEnd  // of a transfer that resolves another: with each frozen or held entry of the other
	rowUndo // of a transfer that reverses another
)

func (p *page) read(ctx context.Context, after, end int64) error {
	p.transfers, p.entries, p.ends, p.undos = p.transfers[:0], p.entries[:0], p.ends[:0], p.undos[:0]
	var kind int64
	var e storedEntry
	var purpose, provider string
	each := func(scan func(...any) error) error {
		if err := scan(&kind, &e.shop, &e.transfer, &e.n, &e.currency, &purpose, &provider, &e.amount, &e.balance); err != nil {
			return err
		}
		e.purpose, e.provider = Purpose(purpose), provider
		p.add(kind, e)
		return nil
	}
	return db.Query(ctx, p.reader, each, `
		SELECT 0, t.shop_id, t.id, t.resolves, t.reverses, '', '', 0, 0
		FROM transfer t WHERE (t.shop_id = $1 OR $1 = 0) AND t.id > $2 AND t.id <= $3
		UNION ALL
		SELECT 1, e.shop_id, e.transfer_id, e.n, e.currency, e.purpose, e.provider, e.amount, e.balance
		FROM entry e WHERE (e.shop_id = $1 OR $1 = 0) AND e.transfer_id > $2 AND e.transfer_id <= $3
		UNION ALL
		SELECT 2, t.shop_id, t.id, t.resolves, COALESCE(e.currency, 0), COALESCE(e.purpose, ''),
			CASE WHEN EXISTS (SELECT 1 FROM transfer o WHERE o.id = t.resolves AND o.shop_id = t.shop_id AND o.id <> t.id) THEN 'there' ELSE '' END,
			COALESCE(e.amount, 0),
			(SELECT COUNT(*) FROM transfer o WHERE o.resolves = t.resolves AND o.resolves <> 0 AND o.shop_id = t.shop_id)
		FROM transfer t LEFT JOIN entry e ON e.transfer_id = t.resolves AND e.shop_id = t.shop_id AND e.purpose IN ('frozen', 'held')
		WHERE (t.shop_id = $1 OR $1 = 0) AND t.id > $2 AND t.id <= $3 AND t.resolves <> 0
		UNION ALL
		SELECT 3, t.shop_id, t.id, t.reverses, 0, '',
			CASE WHEN EXISTS (SELECT 1 FROM transfer o WHERE o.id = t.reverses AND o.shop_id = t.shop_id AND o.id <> t.id) THEN 'there' ELSE '' END,
			0,
			(SELECT COUNT(*) FROM transfer o WHERE o.reverses = t.reverses AND o.reverses <> 0 AND o.shop_id = t.shop_id)
		FROM transfer t WHERE (t.shop_id = $1 OR $1 = 0) AND t.id > $2 AND t.id <= $3 AND t.reverses <> 0`, p.only, after, end)
}

// add keeps a row of the page. What is named is in the place of an entry's number,
// and how many name it in that of its balance.
func (p *page) add(kind int64, e storedEntry) {
	switch kind {
	case rowTransfer:
		p.transfers = append(p.transfers, storedTransfer{shop: e.shop, id: e.transfer})
	case rowEntry:
		p.entries = append(p.entries, e)
	default:
		end := storedEnd{storedEntry: e, names: e.n, isThere: e.provider != "", namers: e.balance}
		end.n, end.provider, end.balance = 0, "", 0
		if kind == rowEnd {
			p.ends = append(p.ends, end)
		} else {
			p.undos = append(p.undos, end)
		}
	}
}

// verify holds the rows of the page against each other, in the order of the ids.
func (p *page) verify() {
	slices.SortFunc(p.transfers, storedTransfer.compare)
	slices.SortFunc(p.entries, storedEntry.compare)
	slices.SortStableFunc(p.ends, storedEnd.compare)
	slices.SortStableFunc(p.undos, storedEnd.compare)
	p.verifyEntries()
	p.verifyTransfers()
	p.verifyEnds()
	p.verifyUndos()
}

// find is the place of a transfer in the page.
func (p *page) find(shop, id int64) (at int, ok bool) {
	return slices.BinarySearchFunc(p.transfers, storedTransfer{shop: shop, id: id}, storedTransfer.compare)
}

// storedTransfer is a transfer, and how many entries it has.
type storedTransfer struct {
	shop, id int64
	entries  int64
}

func (t storedTransfer) compare(o storedTransfer) int {
	return cmp.Or(cmp.Compare(t.id, o.id), cmp.Compare(t.shop, o.shop))
}

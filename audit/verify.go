package audit

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/brama-pay/brama/db"
)

// page is how many links one short read takes.
const page = 500

// Verify walks a shop's chain and reports every link that was changed, removed,
// added or moved: what is wrong, which link, and the values that differ. It
// reads in pages and may run beside writers: links that are appended meanwhile
// are left to the next run.
//
// A chain cut back to an earlier state together with its head looks whole; only
// a copy of the head kept elsewhere (Head) shows that.
func Verify(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string)) error {
	return Watch(ctx, from, shop, report, func(int64) {})
}

// Watch is Verify that says now and then to which link it has come.
func Watch(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string), come func(seq int64)) error {
	// The last link is read before the head: they are committed together, so the
	// head is never behind it unless somebody tampered.
	last, err := Newest(ctx, from, shop, 0, 1)
	if err != nil {
		return fmt.Errorf("read the audit of shop %d: %w", shop, err)
	}
	end, err := Head(ctx, from, shop)
	if err != nil {
		return fmt.Errorf("read the audit of shop %d: %w", shop, err)
	}
	if len(last) > 0 && last[0].Seq > end.Seq {
		report("audit head differs", subject(last[0].Shop, last[0].Seq), fmt.Sprintf("the head says %d links", end.Seq))
		end.Seq, end.Hash = last[0].Seq, last[0].Hash
	}
	return follow(ctx, from, shop, &walk{end: end, report: report, come: come})
}

func follow(ctx context.Context, from *sql.DB, shop int64, w *walk) error {
	for w.seq < w.end.Seq {
		found, err := links.Select(ctx, from, "shop_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4", shop, w.seq, w.end.Seq, page)
		if err != nil {
			return fmt.Errorf("read the audit of shop %d: %w", shop, err)
		}
		for _, link := range found {
			w.step(link)
		}
		w.come(w.seq)
		if len(found) < page {
			break
		}
	}
	if w.seq != w.end.Seq {
		w.report("audit link missing", subject(shop, w.end.Seq), fmt.Sprintf("the head says %d links, the last is %d", w.end.Seq, w.seq))
	}
	return nil
}

func subject(shop, seq int64) string { return fmt.Sprintf("audit %d of shop %d", seq, shop) }

// Position is the end of a chain: how many links, and the hash of the last.
type Position struct {
	Seq  int64
	Hash string
}

// Head is where a shop's chain ends by its head row; zero when nothing was audited.
func Head(ctx context.Context, from *sql.DB, shop int64) (Position, error) {
	last, err := heads.First(ctx, from, "shop_id = $1", shop)
	if err != nil || last == nil {
		return Position{}, err
	}
	return Position{last.Seq, last.Hash}, nil
}

// Shops are the shops that have a chain or a head, in order, the house (0) included.
func Shops(ctx context.Context, from *sql.DB) ([]int64, error) {
	var shops []int64
	each := func(scan func(...any) error) error {
		var shop int64
		err := scan(&shop)
		shops = append(shops, shop)
		return err
	}
	err := db.Query(ctx, from, each, "SELECT shop_id FROM audit_head UNION SELECT shop_id FROM audit ORDER BY 1")
	return shops, err
}

// walk is the state of a check along the chain.
type walk struct {
	seq    int64
	hash   string
	end    Position
	report func(what, subject, detail string)
	come   func(seq int64)
}

func (w *walk) step(link *Link) {
	name := subject(link.Shop, link.Seq)
	if link.Seq != w.seq+1 {
		w.report("audit link missing", name, fmt.Sprintf("it follows number %d", w.seq))
	} else if link.Previous != w.hash {
		w.report("audit chain broken", name, "it does not name the link before it")
	}
	if computed := link.hash(); computed != link.Hash {
		w.report("audit link changed", name, "its hash is "+link.Hash+", its content gives "+computed)
	}
	if link.Seq == w.end.Seq && link.Hash != w.end.Hash {
		w.report("audit head differs", name, "the head says "+w.end.Hash+", the link "+link.Hash)
	}
	w.seq, w.hash = link.Seq, link.Hash
}

package audit

import (
	"context"
	"database/sql"
	"math"
	"strings"
)

// Every is the Shop of a search over all chains.
const Every int64 = -1

// searchRows is how many links one search looks at, in pages of page.
const searchRows = 20_000

// Search is what is looked for in the log book. What is empty does not matter.
type Search struct {
	Shop    int64  // a chain, 0 that of the house; Every: all
	Actor   string // a part of it, in any case
	Act     string // how it begins: "payway" finds "payway.set"
	Subject string // the whole
	Text    string // a part of subject or detail, in any case
	From    int64  // Unix milliseconds, it included; 0: from the beginning
	Until   int64  // Unix milliseconds, it not included; 0: up to now
	Before  Mark   // where the search before ended
	Limit   int
}

// Mark is a place in the log book, newest first. The zero Mark is its end.
type Mark struct{ At, Shop, Seq int64 }

// Found is what one look found. It may be little, and Next be there all the same:
// one look goes through 20,000 links at most.
type Found struct {
	Links []*Link
	Next  Mark // zero: there is nothing older
}

// Find looks, newest first.
func (q Search) Find(ctx context.Context, from *sql.DB) (found Found, err error) {
	at := q.begin()
	for looked := 0; looked < searchRows; {
		links, err := q.page(ctx, from, at)
		if err != nil {
			return found, err
		}
		for _, l := range links {
			if l.At < q.From {
				return found, nil
			}
			at = Mark{l.At, l.Shop, l.Seq}
			if !q.fits(l) {
				continue
			}
			if found.Links = append(found.Links, l); len(found.Links) == q.Limit {
				found.Next = at
				return found, nil
			}
		}
		if looked += len(links); len(links) < page {
			return found, nil
		}
	}
	found.Next = at
	return found, nil
}

func (q Search) begin() Mark {
	switch {
	case q.Before != Mark{}:
		return q.Before
	case q.Until > 0:
		return Mark{At: q.Until, Seq: math.MaxInt64}
	}
	return Mark{math.MaxInt64, math.MaxInt64, math.MaxInt64}
}

// page is the links behind a mark. A chain's are in the order of its numbers,
// which is that of time but for clocks that were put.
func (q Search) page(ctx context.Context, from *sql.DB, at Mark) ([]*Link, error) {
	if q.Shop != Every {
		return links.Select(ctx, from, "shop_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3", q.Shop, at.Seq, page)
	}
	return links.Select(ctx, from, "(at, shop_id, seq) < ($1, $2, $3) AND (shop_id = $4 OR $4 < 0) ORDER BY at DESC, shop_id DESC, seq DESC LIMIT $5",
		at.At, at.Shop, at.Seq, Every, page)
}

func (q Search) fits(l *Link) bool {
	return (q.Until == 0 || l.At < q.Until) && within(l.Actor, q.Actor) && strings.HasPrefix(l.Act, q.Act) &&
		(q.Subject == "" || l.Subject == q.Subject) && (within(l.Subject, q.Text) || within(l.Detail, q.Text))
}

func within(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

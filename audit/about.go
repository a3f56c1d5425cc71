package audit

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
)

// About are the links of a shop's chain about a subject, "payout 7" and what begins
// with it and a space, oldest first, at most limit. A subject holds no % and no _.
func About(ctx context.Context, from *sql.DB, shop int64, subject string, limit int) ([]*Link, error) {
	return links.Select(ctx, from, "shop_id = $1 AND (subject = $2 OR subject LIKE $3) ORDER BY seq LIMIT $4", shop, subject, subject+" %", limit)
}

// Note is the use case of an act that changes nothing but must be known: that a
// list was exported, that books were checked.
type Note struct {
	Shop                        int64
	Actor, Act, Subject, Detail string
}

// Reads names the chain.
func (n Note) Reads(r *db.Reads) { Read(r, n.Shop) }

// Decide appends the link.
func (n Note) Decide(s *db.State) (struct{}, error) {
	Append(s, n.Shop, n.Actor, n.Act, n.Subject, n.Detail)
	return struct{}{}, nil
}

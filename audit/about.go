package audit

import (
	"context"
	"database/sql"
)

// About are the links of a shop's chain about a subject, "payout 7" and what begins
// with it and a space, oldest first, at most limit. A subject holds no % and no _.
func About(ctx context.Context, from *sql.DB, shop int64, subject string, limit int) ([]*Link, error) {
	return links.Select(ctx, from, "shop_id = $1 AND (subject = $2 OR subject LIKE $3) ORDER BY seq LIMIT $4", shop, subject, subject+" %", limit)
}

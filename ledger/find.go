package ledger

import (
	"context"
	"database/sql"
)

// Named lists the transfers, of any shop, that have an id.
func Named(ctx context.Context, reader *sql.DB, id int64) ([]*Transfer, error) {
	return transfers.Select(ctx, reader, "id = $1 AND (shop_id = $2 OR $2 = 0) LIMIT 20", id, 0)
}

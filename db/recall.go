package db

import (
	"context"
	"database/sql"
)

// recallPage is how many rows are listed at a time.
const recallPage = 500

// Recall lists the rows that a statement finds due after a moment – $1 – and calls
// back each once, in pages by id – $2 – of so many – $3. A row that is due further
// ahead than anything is ever put off was put off by a clock that was wrong.
func Recall(ctx context.Context, from *sql.DB, text string, after int64, back func(Key) error) (n int, err error) {
	for last := int64(0); ; {
		keys, err := Keys(ctx, from, text, after, last, recallPage)
		if err != nil {
			return n, err
		}
		for _, k := range keys {
			if err := back(k); err != nil {
				return n, err
			}
			n, last = n+1, k.ID
		}
		if len(keys) < recallPage {
			return n, nil
		}
	}
}

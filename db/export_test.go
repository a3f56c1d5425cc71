package db

import (
	"context"
	"errors"
)

// SetSeekRows changes how many rows one look of Seek goes through, until restored.
func SetSeekRows(n int) (restore func()) {
	old := seekRows
	seekRows = n
	return func() { seekRows = old }
}

// Deallocate makes every idle writing connection to PostgreSQL forget its statements.
func (d *DB) Deallocate(ctx context.Context) error {
	var all error
	for _, conn := range d.pools[0].AcquireAllIdle(ctx) {
		_, err := conn.Exec(ctx, "DEALLOCATE ALL")
		all = errors.Join(all, err)
		conn.Release()
	}
	return all
}

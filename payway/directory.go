package payway

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// freshness is how old what a Directory gives may be.
const freshness = time.Second

// Directory is the catalogue as it was at most a second ago, for what is looked up
// before a decision; the decision itself reads the row.
type Directory struct {
	from *sql.DB
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	rows map[string]*Payway
}

// NewDirectory is a directory of the catalogue.
func NewDirectory(from *sql.DB, now func() time.Time) *Directory {
	return &Directory{from: from, now: now}
}

// Find is a payway by its alias; fault.PaywayNotFound when there is none. The row
// is shared: it must not be changed.
func (d *Directory) Find(ctx context.Context, alias string) (*Payway, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); d.rows == nil || now.Sub(d.at) >= freshness || now.Before(d.at) {
		all, err := payways.Select(ctx, d.from, "alias <> ''")
		if err != nil {
			return nil, err
		}
		d.rows = make(map[string]*Payway, len(all))
		for _, row := range all {
			d.rows[row.Alias] = row
		}
		d.at = now
	}
	if row, ok := d.rows[alias]; ok {
		return row, nil
	}
	return nil, NotFound(alias)
}

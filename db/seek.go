package db

import (
	"context"
	"database/sql"
	"math"
)

// seekRows is how many rows one look of Seek goes through: what a busy machine reads
// well within a tenth of a second. Tests make it small.
var seekRows = 10_000

// Seek says where a search of a table begins and where it may end. No index serves
// what is sought; so one look goes newest first through a bounded number of rows.
type Seek struct {
	Before int64 // ids below it; 0: from the newest
	From   int64 // ids from it on
	Limit  int   // of rows to be found
}

// Found is what one look found.
type Found[T any] struct {
	Rows []*T
	// Next is before which id to go on, 0 when there is nothing older.
	Next int64
	// Full reports whether there was more than the limit. Else the search has gone
	// back to Next and was not done.
	Full bool
}

// Begin is Seek with its beginning as a number.
func (s Seek) Begin() Seek {
	if s.Before <= 0 {
		s.Before = math.MaxInt64
	}
	return s
}

// Seek looks once. fetch lists the rows that are sought, from an id on and before
// the beginning, newest first, up to a number; id names a row.
func (t *Table[T]) Seek(ctx context.Context, from *sql.DB, s Seek, id func(*T) int64, fetch func(floor int64, limit int) ([]*T, error)) (Found[T], error) {
	s = s.Begin()
	floor, looked := int64(0), 0
	err := Query(ctx, from, func(scan func(...any) error) error { return scan(&floor, &looked) },
		"SELECT COALESCE(MIN(id), 0), COUNT(*) FROM (SELECT id FROM "+t.name+" WHERE id < $1 ORDER BY id DESC LIMIT $2) AS newest", s.Before, seekRows)
	if err != nil {
		return Found[T]{}, err
	}
	rows, err := fetch(max(floor, s.From), s.Limit+1)
	if err != nil {
		return Found[T]{}, err
	}
	found := Cut(rows, s.Limit, id)
	if !found.Full && looked == seekRows && floor > s.From {
		found.Next = floor
	}
	return found, nil
}

// Cut is a page of rows of which one more than its limit was asked for.
func Cut[T any](rows []*T, limit int, id func(*T) int64) Found[T] {
	if len(rows) <= limit {
		return Found[T]{Rows: rows}
	}
	return Found[T]{Rows: rows[:limit], Next: id(rows[limit-1]), Full: true}
}

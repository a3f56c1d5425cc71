package db

import (
	"context"
	"database/sql"
)

// Select lists the rows for which the condition holds, read outside of any
// decision. where begins with what follows WHERE and may end with ORDER BY and
// LIMIT. On a shop's table it names shop_id.
func (t *Table[T]) Select(ctx context.Context, from *sql.DB, where string, args ...any) ([]*T, error) {
	rows, err := from.QueryContext(ctx, "SELECT "+t.Columns()+" FROM "+t.name+" WHERE "+where, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var found []*T
	for rows.Next() {
		row := new(T)
		if err := rows.Scan(t.fields(row)...); err != nil {
			return nil, translate(err)
		}
		found = append(found, row)
	}
	return found, translate(rows.Err())
}

// First is the first row for which the condition holds, nil when there is none.
func (t *Table[T]) First(ctx context.Context, from *sql.DB, where string, args ...any) (*T, error) {
	found, err := t.Select(ctx, from, where+" LIMIT 1", args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Query runs a statement that lists something other than whole rows.
func Query(ctx context.Context, from *sql.DB, each func(scan func(...any) error) error, text string, args ...any) error {
	rows, err := from.QueryContext(ctx, text, args...)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// Keys lists the rows that a statement names by shop and id, in that order.
func Keys(ctx context.Context, from *sql.DB, text string, args ...any) ([]Key, error) {
	var keys []Key
	err := Query(ctx, from, func(scan func(...any) error) error {
		var k Key
		err := scan(&k.Shop, &k.ID)
		keys = append(keys, k)
		return err
	}, text, args...)
	return keys, err
}

package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Forget removes up to limit of the oldest rows of a table of the house whose id is
// below before, and answers how many there were. It is for rows that can never again
// change an answer; which those are is the room's to say.
//
// It goes around the writers, in a short transaction of its own: on SQLite the writer
// finds out by data_version that somebody else wrote, and forgets what it remembers;
// on PostgreSQL it holds the house's lock, as every change of the house's rows does.
func (t *Table[T]) Forget(ctx context.Context, d *DB, before int64, limit int) (int64, error) {
	if strings.Contains(t.Columns(), "shop_id") || t.keys[0][0] != 0 || t.columns[0].name != "id" {
		panic("db: rows of " + t.name + " are not the house's own, by id")
	}
	old, err := t.First(ctx, d.Reader(), "id < $1", before)
	if err != nil || old == nil {
		return 0, err
	}
	text := fmt.Sprintf("DELETE FROM %[1]s WHERE id IN (SELECT id FROM %[1]s WHERE id < $1 ORDER BY id LIMIT %[2]d)", t.name, limit)
	if d.config.URL != "" {
		return d.forgetPostgres(ctx, text, before)
	}
	return d.forgetSQLite(ctx, text, before)
}

func (d *DB) forgetSQLite(ctx context.Context, text string, before int64) (int64, error) {
	pool, err := sql.Open("sqlite", sqliteDSN(d.config.Path, false))
	if err != nil {
		return 0, translate(err)
	}
	defer pool.Close()
	done, err := pool.ExecContext(ctx, text, before)
	if err != nil {
		return 0, translate(err)
	}
	n, err := done.RowsAffected()
	return n, translate(err)
}

func (d *DB) forgetPostgres(ctx context.Context, text string, before int64) (int64, error) {
	tx, err := d.pools[0].Begin(ctx)
	if err != nil {
		return 0, translate(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, "SELECT id FROM "+lockTable+" WHERE id = $1 FOR UPDATE", House); err != nil {
		return 0, translate(err)
	}
	done, err := tx.Exec(ctx, text, before)
	if err != nil {
		return 0, translate(err)
	}
	return done.RowsAffected(), translate(tx.Commit(ctx))
}

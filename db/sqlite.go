package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"modernc.org/sqlite" // the driver, and its error type
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/brama-pay/brama/fault"
)

// sqliteDSN opens the file in WAL mode with every commit synced to the disk.
func sqliteDSN(path string, readOnly bool) string {
	pragmas := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	if readOnly {
		pragmas["_pragma"] = []string{"busy_timeout(5000)", "query_only(1)"}
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
}

// sqliteEngine is the one writing connection of a SQLite database.
type sqliteEngine struct {
	pool     *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	open     bool // a transaction has begun
}

// maxPrepared bounds the statements kept; past it they are all closed and made
// anew, which happens only when batches of ever new sizes arrive.
const maxPrepared = 512

func openSQLiteEngine(ctx context.Context, path string, durable bool) (*sqliteEngine, error) {
	pool, err := sql.Open("sqlite", sqliteDSN(path, false))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	e := &sqliteEngine{pool: pool, conn: conn, prepared: map[string]*sql.Stmt{}}
	if durable {
		err = e.assertDurable(ctx)
	} else {
		_, err = conn.ExecContext(ctx, "PRAGMA synchronous=OFF")
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// assertDurable refuses a database that would answer before a commit is on disk.
func (e *sqliteEngine) assertDurable(ctx context.Context) error {
	var mode string
	var level int
	if err := e.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if err := e.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
		return err
	}
	if mode != "wal" || level != 2 {
		return fmt.Errorf("the database is in journal mode %q with synchronous=%d; wal and 2 (FULL) are needed for durable commits", mode, level)
	}
	return nil
}

func (e *sqliteEngine) begin(ctx context.Context) error {
	_, err := e.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	e.open = err == nil
	return err
}

func (e *sqliteEngine) commit(ctx context.Context) error {
	_, err := e.conn.ExecContext(ctx, "COMMIT")
	e.open = err != nil
	return err
}

func (e *sqliteEngine) rollback() {
	if !e.open {
		return
	}
	e.open = false
	// After an error SQLite may have rolled back by itself; then this fails, rightly.
	_, _ = e.conn.ExecContext(context.Background(), "ROLLBACK")
}

func (e *sqliteEngine) forUpdate() string { return "" }

func (e *sqliteEngine) close() {
	_ = e.conn.Close()
	_ = e.pool.Close()
}

func (e *sqliteEngine) run(ctx context.Context, statements []statement) error {
	for _, s := range statements {
		stmt, err := e.prepare(ctx, s.sql)
		if err != nil {
			return fmt.Errorf("prepare %.60q: %w", s.sql, err)
		}
		if err := runSQLite(ctx, stmt, s); err != nil {
			return err
		}
	}
	return nil
}

func runSQLite(ctx context.Context, stmt *sql.Stmt, s statement) error {
	if s.scan == nil {
		result, err := stmt.ExecContext(ctx, s.args...)
		if err != nil {
			return err
		}
		if got, err := result.RowsAffected(); err != nil || got != s.rows {
			return errors.Join(err, unexpected{s.note, got, s.rows})
		}
		return nil
	}
	rows, err := stmt.QueryContext(ctx, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := s.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *sqliteEngine) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := e.prepared[text]; ok {
		return stmt, nil
	}
	if len(e.prepared) >= maxPrepared {
		for old, stmt := range e.prepared {
			_ = stmt.Close()
			delete(e.prepared, old)
		}
	}
	stmt, err := e.conn.PrepareContext(ctx, text)
	if err == nil {
		e.prepared[text] = stmt
	}
	return stmt, err
}

// sqliteKind says what an error of SQLite means, by its code.
func sqliteKind(err *sqlite.Error) (kind fault.Kind, transient bool) {
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Unavailable, true
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR:
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

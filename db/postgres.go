package db

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/brama-pay/brama/fault"
)

// rollbackTimeout bounds the wait for a server that has fallen silent: a connection
// that is closed is rolled back by the server too.
const rollbackTimeout = 5 * time.Second

// postgresEngine is one writing connection to PostgreSQL. The statements of one
// step of a batch go out together, through pgx's pipeline. A connection that
// broke is replaced at the next transaction.
type postgresEngine struct {
	pool *pgxpool.Pool
	conn *pgxpool.Conn
}

// begin opens a transaction. A connection that died while it was idle is found
// out here, before anything was done; then the next one is tried, and at last a
// new one, so that a restart of the server refuses nobody.
func (e *postgresEngine) begin(ctx context.Context) (alone bool, err error) {
	for idle := e.pool.Config().MaxConns; ; idle-- {
		conn, err := e.pool.Acquire(ctx)
		if err != nil {
			return false, err
		}
		_, err = conn.Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED")
		if err == nil {
			e.conn = conn
			return false, nil // other nodes write too
		}
		died := conn.Conn().IsClosed()
		conn.Release()
		if !died || idle == 0 {
			return false, err
		}
	}
}

func (e *postgresEngine) commit(ctx context.Context) error {
	tag, err := e.conn.Exec(ctx, "COMMIT")
	if err != nil {
		return err
	}
	if tag.String() != "COMMIT" { // a transaction that had failed answers ROLLBACK
		return errRolledBack
	}
	e.release()
	return nil
}

func (e *postgresEngine) rollback() {
	if e.conn == nil {
		return
	}
	if !e.conn.Conn().IsClosed() {
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
		defer cancel()
		if _, err := e.conn.Exec(ctx, "ROLLBACK"); err != nil {
			_ = e.conn.Conn().Close(ctx)
		}
	}
	e.release()
}

func (e *postgresEngine) release() {
	e.conn.Release()
	e.conn = nil
}

func (e *postgresEngine) close() {}

func (e *postgresEngine) load(ctx context.Context, shops []int64, wanted []lookup, into *sheet) error {
	var statements []statement
	if len(shops) > 0 {
		statements = append(statements, lockStatement(shops))
	}
	return e.run(ctx, append(statements, loadStatements(wanted, into)...))
}

func (e *postgresEngine) write(ctx context.Context, written []*slot) error {
	return e.run(ctx, writeStatements(written))
}

// run executes the statements in order, in one round trip.
func (e *postgresEngine) run(ctx context.Context, statements []statement) error {
	if len(statements) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.sql, s.args...)
	}
	results := e.conn.SendBatch(ctx, batch)
	for _, s := range statements {
		if err := resultPostgres(results, s); err != nil {
			_ = results.Close()
			return err
		}
	}
	return results.Close()
}

func resultPostgres(results pgx.BatchResults, s statement) error {
	if s.scan == nil {
		tag, err := results.Exec()
		if err == nil && tag.RowsAffected() != s.rows {
			err = unexpected{s.note, tag.RowsAffected(), s.rows}
		}
		return err
	}
	rows, err := results.Query()
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

// postgresKind says what an error of PostgreSQL means, by its code.
func postgresKind(err *pgconn.PgError) (kind fault.Kind, transient bool) {
	switch {
	case err.Code == "40001", err.Code == "40P01":
		return fault.Unavailable, true
	case strings.HasPrefix(err.Code, "08"), strings.HasPrefix(err.Code, "53"), strings.HasPrefix(err.Code, "57"), strings.HasPrefix(err.Code, "58"):
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

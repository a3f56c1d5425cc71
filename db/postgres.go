package db

import (
	"context"
	"errors"
	"io"
	"maps"
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
	pool    *pgxpool.Pool
	conn    *pgxpool.Conn
	begun   bool // the transaction is open
	spoiled bool // the connection is not to be used for another transaction
}

// begin takes a connection. The transaction is opened together with the first
// statements that are run: a message there and back is what a commit costs most.
func (e *postgresEngine) begin(ctx context.Context) (alone bool, err error) {
	e.conn, err = e.pool.Acquire(ctx)
	return false, err // other nodes write too
}

func (e *postgresEngine) commit(ctx context.Context) error {
	if !e.begun {
		e.release()
		return nil
	}
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
		if _, err := e.conn.Exec(ctx, "ROLLBACK"); err != nil || e.spoiled {
			_ = e.conn.Conn().Close(ctx)
		}
	}
	e.release()
}

func (e *postgresEngine) release() {
	e.conn.Release()
	e.conn, e.begun, e.spoiled = nil, false, false
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

// preparedKey is where a connection keeps the names of what it has prepared.
const preparedKey = "github.com/brama-pay/brama/db prepared"

// prepared are the names of the statements that a connection has prepared.
func prepared(conn *pgconn.PgConn) map[string]bool {
	names, ok := conn.CustomData()[preparedKey].(map[string]bool)
	if !ok {
		names = map[string]bool{}
		conn.CustomData()[preparedKey] = names
	}
	return names
}

// run executes the statements in order, in one round trip; a statement that the
// connection has not met is prepared on the way.
func (e *postgresEngine) run(ctx context.Context, statements []statement) error {
	if len(statements) == 0 {
		return nil
	}
	if !e.begun {
		statements = append([]statement{{text: beginText}}, statements...)
	}
	conn := e.conn.Conn().PgConn()
	known, fresh := prepared(conn), map[string]bool{}
	pipeline := conn.StartPipeline(ctx)
	for _, s := range statements {
		if !known[s.name] && !fresh[s.name] {
			fresh[s.name] = true
			pipeline.SendPrepare(s.name, s.sql, nil)
		}
		pipeline.SendQueryPrepared(s.name, s.params, binaryForm, binaryForm)
	}
	err := pipeline.Sync()
	if err == nil {
		err = results(pipeline, statements)
	}
	ended := pipeline.Close()
	if err == nil {
		err = ended
	}
	var met unexpected
	if err == nil || ended == nil && errors.As(err, &met) {
		maps.Copy(known, fresh)
		e.begun = true
		return err
	}
	e.spoiled = true // what it has prepared is not known
	if !e.begun && conn.IsClosed() && ctx.Err() == nil {
		e.pool.Reset() // the others that were idle have died with it
		return died{err}
	}
	return err
}

// beginText opens a transaction.
var beginText = text{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"}

// died is a connection that broke before its transaction had done anything, most
// likely while it was idle: another one serves as well, so that a restart of the
// server refuses nobody.
type died struct{ error }

func (d died) Unwrap() error { return d.error }

// binaryForm is the form of every parameter and every column.
var binaryForm = []int16{pgx.BinaryFormatCode}

// results takes what the server answers, in the order of the statements.
func results(pipeline *pgconn.Pipeline, statements []statement) error {
	for len(statements) > 0 {
		result, err := pipeline.GetResults()
		if err != nil {
			return err
		}
		rows, ok := result.(*pgconn.ResultReader)
		if !ok {
			if result == nil {
				return io.ErrUnexpectedEOF
			}
			continue // of a preparation
		}
		if err := statements[0].answered(rows); err != nil {
			return err
		}
		statements = statements[1:]
	}
	return nil
}

// answered takes the rows of a statement, or looks how many it affected.
func (s statement) answered(rows *pgconn.ResultReader) (err error) {
	for s.row != nil && err == nil && rows.NextRow() {
		err = s.row(rows.Values())
	}
	tag, ended := rows.Close()
	switch {
	case ended != nil:
		return ended
	case err == nil && s.row == nil && tag.RowsAffected() != s.rows:
		return unexpected{s.note, tag.RowsAffected(), s.rows}
	}
	return err
}

// postgresKind says what an error of PostgreSQL means, by its code.
func postgresKind(err *pgconn.PgError) (kind fault.Kind, transient bool) {
	switch {
	case err.Code == "40001", err.Code == "40P01", err.Code == "26000": // a statement that a pooler forgot is prepared again
		return fault.Unavailable, true
	case strings.HasPrefix(err.Code, "08"), strings.HasPrefix(err.Code, "53"), strings.HasPrefix(err.Code, "57"), strings.HasPrefix(err.Code, "58"):
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

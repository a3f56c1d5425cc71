package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"

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

// sqliteEngine is the one writing connection of a SQLite database. It speaks to
// the driver itself: database/sql takes a lock, a conversion and, for a context
// that can end, a goroutine for each statement of each batch. A transaction on
// the machine's own disk waits for nobody, so its context is not looked at.
type sqliteEngine struct {
	conn     driver.Conn
	prepared map[string]driver.Stmt
	args     []driver.NamedValue
	open     bool // a transaction has begun
}

// What survives a commit: the machine, the process, or nothing.
const (
	full   = "FULL"   // synced before the commit is answered
	normal = "NORMAL" // written, synced now and then: the system keeps it for a killed process
	off    = "OFF"    // for a simulation, whose machine never dies
)

// maxPrepared bounds the statements kept; past it they are all closed and made
// anew, which happens only when batches of ever new sizes arrive.
const maxPrepared = 512

func openSQLiteEngine(path string, synchronous string) (*sqliteEngine, error) {
	conn, err := (&sqlite.Driver{}).Open(sqliteDSN(path, false))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	e := &sqliteEngine{conn: conn, prepared: map[string]driver.Stmt{}}
	if synchronous == full {
		err = e.assertDurable()
	} else {
		err = e.exec("PRAGMA synchronous=" + synchronous)
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// assertDurable refuses a database that would answer before a commit is on disk.
func (e *sqliteEngine) assertDurable() error {
	var mode string
	var level int64
	one := func(to any) func(scanner) error { return func(row scanner) error { return row.Scan(to) } }
	err := e.run(context.Background(), []statement{
		{sql: "PRAGMA journal_mode", scan: one(&mode)}, {sql: "PRAGMA synchronous", scan: one(&level)},
	})
	if err == nil && (mode != "wal" || level != 2) {
		err = fmt.Errorf("the database is in journal mode %q with synchronous=%d; wal and 2 (FULL) are needed for durable commits", mode, level)
	}
	return err
}

func (e *sqliteEngine) begin(context.Context) error {
	err := e.exec("BEGIN IMMEDIATE")
	e.open = err == nil
	return err
}

func (e *sqliteEngine) commit(context.Context) error {
	err := e.exec("COMMIT")
	e.open = err != nil
	return err
}

func (e *sqliteEngine) rollback() {
	if !e.open {
		return
	}
	e.open = false
	// After an error SQLite may have rolled back by itself; then this fails, rightly.
	_ = e.exec("ROLLBACK")
}

// locks is false: the database has one writer, and that is us.
func (e *sqliteEngine) locks() bool { return false }

func (e *sqliteEngine) close() {
	for _, stmt := range e.prepared {
		_ = stmt.Close()
	}
	_ = e.conn.Close()
}

func (e *sqliteEngine) exec(text string) error {
	stmt, err := e.prepare(text)
	if err == nil {
		_, err = stmt.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	}
	return err
}

func (e *sqliteEngine) run(_ context.Context, statements []statement) error {
	for _, s := range statements {
		stmt, err := e.prepare(s.sql)
		if err != nil {
			return fmt.Errorf("prepare %.60q: %w", s.sql, err)
		}
		if err := e.runOne(stmt, s); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) runOne(stmt driver.Stmt, s statement) error {
	e.args = e.args[:0]
	for i, arg := range s.args {
		e.args = append(e.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	if s.scan == nil {
		result, err := stmt.(driver.StmtExecContext).ExecContext(context.Background(), e.args)
		if err != nil {
			return err
		}
		if got, err := result.RowsAffected(); err != nil || got != s.rows {
			return errors.Join(err, unexpected{s.note, got, s.rows})
		}
		return nil
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), e.args)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make(liteRow, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := s.scan(values); err != nil {
			return err
		}
	}
}

func (e *sqliteEngine) prepare(text string) (driver.Stmt, error) {
	if stmt, ok := e.prepared[text]; ok {
		return stmt, nil
	}
	if len(e.prepared) >= maxPrepared {
		for old, stmt := range e.prepared {
			_ = stmt.Close()
			delete(e.prepared, old)
		}
	}
	stmt, err := e.conn.Prepare(positional(text))
	if err == nil {
		e.prepared[text] = stmt
	}
	return stmt, err
}

// positional writes $1, $2, … as ?, where they stand in order, each once, as in
// all texts of this package: the driver looks each named parameter up by its name.
func positional(text string) string {
	parts := numbered.FindAllStringIndex(text, -1)
	var b strings.Builder
	last := 0
	for i, at := range parts {
		if text[at[0]+1:at[1]] != strconv.Itoa(i+1) {
			return text
		}
		b.WriteString(text[last:at[0]])
		b.WriteByte('?')
		last = at[1]
	}
	b.WriteString(text[last:])
	return b.String()
}

var numbered = regexp.MustCompile(`\$[0-9]+`)

// liteRow is a row as the driver gives it.
type liteRow []driver.Value

// Scan puts the values into the fields pointed to.
func (r liteRow) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("db: %d columns for %d fields", len(r), len(dest))
	}
	for i, v := range r {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("db: column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign stores a driver's value – int64, string, bool or []byte – in a field.
func assign(to any, v driver.Value) error {
	switch to := to.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*to = n
			return nil
		}
	case *string:
		if text, ok := v.(string); ok {
			*to = text
			return nil
		}
	case *bool:
		switch b := v.(type) {
		case bool:
			*to = b
			return nil
		case int64:
			*to = b != 0
			return nil
		}
	case *[]byte:
		if b, ok := v.([]byte); ok {
			*to = append([]byte(nil), b...)
			return nil
		}
	default:
		return assignNamed(reflect.ValueOf(to).Elem(), v)
	}
	return fmt.Errorf("%T does not fit %T", v, to)
}

// assignNamed stores into a field of a named type.
func assignNamed(to reflect.Value, v driver.Value) error {
	n, isNumber := v.(int64)
	text, isText := v.(string)
	switch {
	case isNumber && to.CanInt() && !to.OverflowInt(n):
		to.SetInt(n)
	case isNumber && to.CanUint() && n >= 0 && !to.OverflowUint(uint64(n)):
		to.SetUint(uint64(n))
	case isNumber && to.Kind() == reflect.Bool:
		to.SetBool(n != 0)
	case isText && to.Kind() == reflect.String:
		to.SetString(text)
	default:
		return fmt.Errorf("%T does not fit %s", v, to.Type())
	}
	return nil
}

// sqliteKind says what an error of SQLite means, by its code.
func sqliteKind(err *sqlite.Error) (kind fault.Kind, transient bool) {
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Unavailable, true
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB: // what a disk that failed reads as
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/brama-pay/brama/fault"
)

// sqliteError is an error of SQLite, from the driver of the readers or the writer's own.
type sqliteError interface {
	error
	Code() int
}

// kindOf says what a database error means, by its code and never by its text,
// and whether the same batch may be tried again.
func kindOf(err error) (kind fault.Kind, transient bool) {
	var lost died
	var lite sqliteError
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &lost):
		return fault.Unavailable, true
	case errors.As(err, &lite):
		return sqliteKind(lite)
	case errors.As(err, &pg):
		return postgresKind(pg)
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.Unavailable, false
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), pgconn.SafeToRetry(err):
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

// translate makes a database error a fault. Its text stays inside.
func translate(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	kind, _ := kindOf(err)
	if kind == fault.Unavailable {
		return fault.Wrap(kind, err, "the database is not available; nothing was stored, try again later")
	}
	return fault.Wrap(kind, err, "the database refused")
}

// errRolledBack is a COMMIT that was answered with ROLLBACK: nothing is stored.
var errRolledBack = errors.New("db: the transaction was rolled back at COMMIT")

// commitFault is what a failed COMMIT means. Only a refusal of the database
// itself says that nothing was stored; anything else leaves it unknown. A FATAL
// answer is none: a server that is told to end says it after the commit, too.
func commitFault(err error) error {
	var lite sqliteError
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, errRolledBack):
		return translate(err)
	case errors.As(err, &lite) && lite.Code()&0xff != sqlite3.SQLITE_IOERR: // that may come after the commit mark
		return translate(err)
	case errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR":
		return translate(err)
	}
	return fault.Wrap(fault.Unknown, err, "the outcome is not known; ask by your own id before you repeat")
}

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"github.com/brama-pay/brama/fault"
)

// kindOf says what a database error means, by its code and never by its text,
// and whether the same batch may be tried again.
func kindOf(err error) (kind fault.Kind, transient bool) {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &lite):
		return sqliteKind(lite)
	case errors.As(err, &pg):
		return postgresKind(pg)
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn), errors.Is(err, context.DeadlineExceeded):
		return fault.Unavailable, false
	case errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
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

// commitFault is what a failed COMMIT means. Only an answer of the database
// itself says that nothing was stored; anything else leaves it unknown.
func commitFault(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	if errors.As(err, &lite) && lite.Code()&0xff != 10 || errors.As(err, &pg) { // 10: an I/O error, perhaps after the commit mark
		return translate(err)
	}
	return fault.Wrap(fault.Unknown, err, "the outcome is not known; ask by your own id before you repeat")
}

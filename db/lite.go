package db

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// lite is a connection to SQLite's own interface, for the one writer; everybody
// else reads through database/sql. The driver's way costs as much as the work: it
// asks for the name of each parameter, makes each value an interface and each text
// a piece of memory of its own, and takes two locks for each of these calls.
//
// It is used by one goroutine at a time.
type lite struct {
	tls  *libc.TLS
	db   uintptr
	text arena
}

// liteError is an error of SQLite with its extended code.
type liteError struct {
	code int32
	text string
}

func (e *liteError) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.text, e.code) }

// Code is SQLite's extended result code.
func (e *liteError) Code() int { return int(e.code) }

var errNoMemory = errors.New("sqlite: out of memory")

func openLite(path string) (*lite, error) {
	l := &lite{tls: libc.NewTLS()}
	name, err := libc.CString(path)
	if err != nil {
		l.tls.Close()
		return nil, err
	}
	defer libc.Xfree(l.tls, name)
	to := libc.Xmalloc(l.tls, wordSize)
	if to == 0 {
		l.tls.Close()
		return nil, errNoMemory
	}
	defer libc.Xfree(l.tls, to)
	rc := sqlite3.Xsqlite3_open_v2(l.tls, name, to, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	l.db = word(to)
	if rc != sqlite3.SQLITE_OK {
		err := l.fault(rc)
		l.close()
		return nil, err
	}
	sqlite3.Xsqlite3_extended_result_codes(l.tls, l.db, 1)
	return l, nil
}

func (l *lite) close() {
	if l.db != 0 {
		sqlite3.Xsqlite3_close_v2(l.tls, l.db)
	}
	l.text.free(l.tls)
	l.tls.Close()
}

func (l *lite) fault(rc int32) error {
	return &liteError{rc, libc.GoString(sqlite3.Xsqlite3_errmsg(l.tls, l.db))}
}

// liteStatement is a prepared statement.
type liteStatement struct {
	l *lite
	p uintptr
}

func (l *lite) prepare(text string) (liteStatement, error) {
	query, err := libc.CString(text)
	if err != nil {
		return liteStatement{}, err
	}
	defer libc.Xfree(l.tls, query)
	to := libc.Xmalloc(l.tls, wordSize)
	if to == 0 {
		return liteStatement{}, errNoMemory
	}
	defer libc.Xfree(l.tls, to)
	if rc := sqlite3.Xsqlite3_prepare_v3(l.tls, l.db, query, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, to, 0); rc != sqlite3.SQLITE_OK {
		return liteStatement{}, l.fault(rc)
	}
	return liteStatement{l, word(to)}, nil
}

func (s liteStatement) close() { sqlite3.Xsqlite3_finalize(s.l.tls, s.p) }

// step goes to the next row; false at the end.
func (s liteStatement) step() (row bool, err error) {
	switch rc := sqlite3.Xsqlite3_step(s.l.tls, s.p); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.l.fault(rc)
	}
}

// reset makes the statement ready to be run again; its texts are forgotten.
func (s liteStatement) reset() {
	sqlite3.Xsqlite3_reset(s.l.tls, s.p) // repeats the error of the step before
	s.l.text.used = 0
}

// run runs the statement to its end and makes it ready again.
func (s liteStatement) run() error {
	defer s.reset()
	for {
		if row, err := s.step(); err != nil || !row {
			return err
		}
	}
}

// changes is how many rows the last INSERT or UPDATE affected.
func (l *lite) changes() int64 { return int64(sqlite3.Xsqlite3_changes(l.tls, l.db)) }

func (s liteStatement) bindNumber(place int, n int64) error {
	return s.bound(sqlite3.Xsqlite3_bind_int64(s.l.tls, s.p, int32(place), n))
}

func (s liteStatement) bindText(place int, text string) error {
	at, err := s.l.text.put(s.l.tls, unsafe.Slice(unsafe.StringData(text), len(text)))
	if err != nil {
		return err
	}
	return s.bound(sqlite3.Xsqlite3_bind_text(s.l.tls, s.p, int32(place), at, int32(len(text)), 0))
}

func (s liteStatement) bindBytes(place int, b []byte) error {
	at, err := s.l.text.put(s.l.tls, b)
	if err != nil {
		return err
	}
	return s.bound(sqlite3.Xsqlite3_bind_blob(s.l.tls, s.p, int32(place), at, int32(len(b)), 0))
}

func (s liteStatement) bound(rc int32) error {
	if rc != sqlite3.SQLITE_OK {
		return s.l.fault(rc)
	}
	return nil
}

// number is a column of the row that the statement stands on, a number or a truth.
func (s liteStatement) number(place int) (int64, error) {
	if kind := sqlite3.Xsqlite3_column_type(s.l.tls, s.p, int32(place)); kind != sqlite3.SQLITE_INTEGER {
		return 0, fmt.Errorf("db: column %d holds no number", place+1)
	}
	return sqlite3.Xsqlite3_column_int64(s.l.tls, s.p, int32(place)), nil
}

// content is a column that holds a text or bytes, to be copied before the next step.
func (s liteStatement) content(place int, kind int32) ([]byte, error) {
	if sqlite3.Xsqlite3_column_type(s.l.tls, s.p, int32(place)) != kind {
		return nil, fmt.Errorf("db: column %d holds neither the text nor the bytes it should", place+1)
	}
	at := sqlite3.Xsqlite3_column_blob(s.l.tls, s.p, int32(place))
	size := sqlite3.Xsqlite3_column_bytes(s.l.tls, s.p, int32(place))
	if at == 0 || size == 0 {
		return nil, nil
	}
	return bytesAt(at, int(size)), nil
}

// arena is memory of the library's own, where the texts of one statement lie while
// it runs.
type arena struct {
	pieces []piece
	used   int // of the last piece
}

type piece struct {
	at   uintptr
	size int
}

const firstPiece = 64 << 10

// put copies bytes into the arena. What was put before stays where it is.
func (a *arena) put(tls *libc.TLS, b []byte) (uintptr, error) {
	if len(a.pieces) == 0 || a.last().size-a.used < len(b)+1 {
		if err := a.grow(tls, len(b)+1); err != nil {
			return 0, err
		}
	}
	at := a.last().at + uintptr(a.used)
	copy(bytesAt(at, len(b)), b)
	a.used += len(b) + 1 // so that no bytes have an address of their own: 0 would be NULL
	return at, nil
}

func (a *arena) last() piece { return a.pieces[len(a.pieces)-1] }

func (a *arena) grow(tls *libc.TLS, need int) error {
	size := firstPiece
	if len(a.pieces) > 0 {
		size = 2 * a.last().size
	}
	size = max(size, need)
	at := libc.Xmalloc(tls, types.Size_t(size))
	if at == 0 {
		return errNoMemory
	}
	a.pieces, a.used = append(a.pieces, piece{at, size}), 0
	return nil
}

// free gives all memory back.
func (a *arena) free(tls *libc.TLS) {
	for _, p := range a.pieces {
		libc.Xfree(tls, p.at)
	}
	a.pieces, a.used = nil, 0
}

// wordSize is the size of a pointer.
const wordSize = types.Size_t(unsafe.Sizeof(uintptr(0)))

// word is the pointer that the library has put at an address of its own.
func word(at uintptr) uintptr { return *(*uintptr)(pointer(at)) }

// bytesAt is the library's memory at an address.
func bytesAt(at uintptr, n int) []byte { return unsafe.Slice((*byte)(pointer(at)), n) }

// pointer is an address outside of Go's memory, which never moves.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

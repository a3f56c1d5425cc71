package db

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"unsafe"

	_ "modernc.org/sqlite" // the driver of the readers
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

// sqliteEngine is the one writing connection of a SQLite database. A transaction
// on the machine's own disk waits for nobody, so its context is not looked at, and
// rows go one by one through prepared statements: there is no way to the server
// that a set would save.
type sqliteEngine struct {
	*lite
	prepared map[liteKey]liteStatement
	open     bool  // a transaction has begun
	seen     int64 // what data_version was at the last begin
}

// liteKey names a prepared statement: what it does with a table, by which of its
// keys. Texts of no table have their own word.
type liteKey struct {
	table *table
	verb  byte
	no    int
	text  string
}

// What survives a commit: the machine, the process, or nothing.
const (
	full   = "FULL"   // synced before the commit is answered
	normal = "NORMAL" // written, synced now and then: the system keeps it for a killed process
	off    = "OFF"    // for a simulation, whose machine never dies
)

func openSQLiteEngine(path string, synchronous string) (*sqliteEngine, error) {
	l, err := openLite(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	e := &sqliteEngine{lite: l, prepared: map[liteKey]liteStatement{}}
	for _, text := range []string{"PRAGMA busy_timeout=5000", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=" + synchronous, "PRAGMA foreign_keys=1"} {
		if err = e.exec(text); err != nil {
			break
		}
	}
	if err == nil && synchronous == full {
		err = e.assertDurable()
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// assertDurable refuses a database that would answer before a commit is on disk.
func (e *sqliteEngine) assertDurable() error {
	mode, err := e.ask("PRAGMA journal_mode")
	if err != nil {
		return err
	}
	level, err := e.ask("PRAGMA synchronous")
	if err == nil && (mode != "wal" || level != "2") {
		err = fmt.Errorf("the database is in journal mode %q with synchronous=%s; wal and 2 (FULL) are needed for durable commits", mode, level)
	}
	return err
}

// begin takes the file's write lock. data_version changes when another connection
// has committed, be it of this process or of another.
func (e *sqliteEngine) begin(context.Context) (alone bool, err error) {
	if err := e.exec("BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	e.open = true
	s, err := e.statement(liteKey{text: "PRAGMA data_version"}, nil)
	if err != nil {
		return false, err
	}
	defer s.reset()
	if _, err := s.step(); err != nil {
		return false, err
	}
	version, err := s.number(0)
	alone = version == e.seen
	e.seen = version
	return alone, err
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

func (e *sqliteEngine) close() {
	for _, s := range e.prepared {
		s.close()
	}
	e.lite.close()
}

// statement is a prepared statement; write gives the text of one about a table.
func (e *sqliteEngine) statement(k liteKey, write func() string) (liteStatement, error) {
	if s, ok := e.prepared[k]; ok {
		return s, nil
	}
	text := k.text
	if write != nil {
		text = write()
	}
	s, err := e.prepare(text)
	if err != nil {
		return s, fmt.Errorf("prepare %.60q: %w", text, err)
	}
	e.prepared[k] = s
	return s, nil
}

func (e *sqliteEngine) exec(text string) error {
	s, err := e.statement(liteKey{text: text}, nil)
	if err != nil {
		return err
	}
	return s.run()
}

// ask is the one value that a statement gives, as text.
func (e *sqliteEngine) ask(text string) (string, error) {
	s, err := e.statement(liteKey{text: text}, nil)
	if err != nil {
		return "", err
	}
	defer s.reset()
	if _, err := s.step(); err != nil {
		return "", err
	}
	if n, err := s.number(0); err == nil {
		return fmt.Sprint(n), nil
	}
	b, err := s.content(0, sqlite3.SQLITE_TEXT)
	return string(b), err
}

// load needs no lock: the database has one writer, and that is us.
func (e *sqliteEngine) load(_ context.Context, _ []int64, wanted []lookup, into *sheet) error {
	for _, l := range wanted {
		if err := e.loadOne(l, into); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) loadOne(l lookup, into *sheet) error {
	t := l.table
	s, err := e.statement(liteKey{table: t, verb: 'L', no: l.no}, func() string {
		return "SELECT " + t.list("") + " FROM " + t.name + " WHERE " + t.equals(t.keys[l.no], " AND ")
	})
	if err != nil {
		return err
	}
	defer s.reset()
	place := 0
	l.parts(func(n int64) {
		place++
		err = firstOf(err, s.bindNumber(place, n))
	}, func(text string) {
		place++
		err = firstOf(err, s.bindText(place, text))
	})
	if err != nil {
		return err
	}
	found, err := s.step()
	if err != nil || !found {
		return err
	}
	row := t.blank()
	if err := s.read(t, t.at(row)); err != nil {
		return err
	}
	into.hold(t, row)
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// read fills a row with what the statement stands on.
func (s liteStatement) read(t *table, row unsafe.Pointer) error {
	for i, c := range t.columns {
		var err error
		var n int64
		var b []byte
		switch c.kind {
		case reflect.String:
			b, err = s.content(i, sqlite3.SQLITE_TEXT)
			*c.text(row) = string(b)
		case reflect.Slice:
			b, err = s.content(i, sqlite3.SQLITE_BLOB)
			*c.bytes(row) = append([]byte{}, b...)
		default:
			if n, err = s.number(i); err == nil {
				err = c.setNumber(row, n)
			}
		}
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t.name, c.name, err)
		}
	}
	return nil
}

func (e *sqliteEngine) write(_ context.Context, written []*slot) error {
	stamp(written)
	for _, insert := range []bool{true, false} {
		write := e.update
		if insert {
			write = e.insert
		}
		tables, rows := byTable(written, insert)
		for _, t := range tables {
			for _, s := range rows[t] {
				if err := write(s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (e *sqliteEngine) insert(added *slot) error {
	t := added.table
	s, err := e.statement(liteKey{table: t, verb: 'I'}, func() string {
		return "INSERT INTO " + t.name + " (" + t.list("") + ") VALUES (" + strings.Repeat("?, ", len(t.columns)-1) + "?) ON CONFLICT DO NOTHING"
	})
	if err != nil {
		return err
	}
	row := t.at(added.row)
	for i, c := range t.columns {
		if err := s.bind(i+1, c, row); err != nil {
			return err
		}
	}
	return e.affect(s, t.wasThere)
}

// update sets every column that is in no key, where the key and the version that
// was read are still the same.
func (e *sqliteEngine) update(changed *slot) error {
	t := changed.table
	s, err := e.statement(liteKey{table: t, verb: 'U'}, func() string {
		return "UPDATE " + t.name + " SET " + t.equals(t.settable(), ", ") + " WHERE " + t.equals(t.keys[0], " AND ") + " AND version = ?"
	})
	if err != nil {
		return err
	}
	row, place := t.at(changed.row), 0
	for _, list := range [2][]int{t.settable(), t.keys[0]} {
		for _, at := range list {
			place++
			if err := s.bind(place, t.columns[at], row); err != nil {
				return err
			}
		}
	}
	if err := s.bindNumber(place+1, changed.base); err != nil {
		return err
	}
	return e.affect(s, t.wasChanged)
}

// affect runs a statement that must affect one row.
func (e *sqliteEngine) affect(s liteStatement, note func() string) error {
	if err := s.run(); err != nil {
		return err
	}
	if n := e.changes(); n != 1 {
		return unexpected{note(), n, 1}
	}
	return nil
}

// bind puts a column of a row into a place of the statement.
func (s liteStatement) bind(place int, c column, row unsafe.Pointer) error {
	switch c.kind {
	case reflect.String:
		return s.bindText(place, *c.text(row))
	case reflect.Slice:
		return s.bindBytes(place, *c.bytes(row))
	}
	return s.bindNumber(place, c.number(row))
}

// equals is "a = ?, b = ?" for the columns at these positions.
func (t *table) equals(positions []int, between string) string {
	parts := make([]string, len(positions))
	for i, at := range positions {
		parts[i] = t.columns[at].name + " = ?"
	}
	return strings.Join(parts, between)
}

// sqliteKind says what an error of SQLite means, by its code.
func sqliteKind(err sqliteError) (kind fault.Kind, transient bool) {
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Unavailable, true
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB: // what a disk that failed reads as
		return fault.Unavailable, false
	}
	return fault.Internal, false
}

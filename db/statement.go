package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// statement is one prepared statement with its parameters, for PostgreSQL: rows go
// by set, because each statement of a batch costs the server a run and the wire a
// message. A parameter is one column of all its rows, so that a text does not depend
// on their number; only of one row it is the value itself, for a list costs the server
// a function call for each column.
type statement struct {
	text
	params [][]byte             // in PostgreSQL's binary form
	row    func([][]byte) error // called for each row; nil when none is expected
	rows   int64                // rows that must be affected; checked when row is nil
	note   string               // what it means when they are not
}

// text is an SQL text and the name under which a connection prepares it.
type text struct{ name, sql string }

// lockText locks shops.
var lockText = text{"lock", "SELECT id FROM " + lockTable + " WHERE id = ANY(CAST($1 AS BIGINT[])) ORDER BY id FOR UPDATE"}

// lockStatement locks the rows of the shops, in the order of their numbers.
func lockStatement(shops []int64) statement {
	ids := newArray(reflect.Int64, len(shops))
	for _, id := range shops {
		ids.number(id)
	}
	return statement{text: lockText, params: [][]byte{ids.form}, row: func([][]byte) error { return nil }}
}

// loadStatements load the wanted rows of the batch by set: one statement for a
// table and key.
func loadStatements(wanted []lookup, into *sheet) []statement {
	var statements []statement
	type byKey struct {
		table *table
		no    int
	}
	groups := map[byKey][]lookup{}
	var order []byKey // so that the order is the same each time
	for _, l := range wanted {
		k := byKey{l.table, l.no}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], l)
	}
	for _, k := range order {
		statements = append(statements, loadStatement(k.table, k.no, groups[k], into))
	}
	return statements
}

// loadStatement joins the table with a list of keys.
func loadStatement(t *table, no int, wanted []lookup, into *sheet) statement {
	keys := arraysOf(t, t.keys[no], len(wanted))
	for _, l := range wanted {
		i := 0
		l.parts(func(n int64) { keys[i].number(n); i++ }, func(s string) { keys[i].text(s); i++ })
	}
	return statement{
		text:   t.text(textKey{'L', no, len(wanted) == 1}, func(from source) string { return loadText(t, no, from) }),
		params: forms(keys, len(wanted)),
		row: func(values [][]byte) error {
			found := t.blank()
			at := t.at(found)
			for i, c := range t.columns {
				if err := c.take(at, values[i]); err != nil {
					return err
				}
			}
			into.hold(t, found)
			return nil
		},
	}
}

func loadText(t *table, no int, from source) string {
	var names, kinds, on []string
	for i, at := range t.keys[no] {
		names, kinds = append(names, fmt.Sprintf("k%d", i+1)), append(kinds, t.columns[at].sqlType())
		on = append(on, fmt.Sprintf("t.%s = k.k%d", t.columns[at].name, i+1))
	}
	return "SELECT " + t.list("t.") + " FROM " + from(kinds) + " AS k(" + strings.Join(names, ", ") + ") CROSS JOIN " + t.name +
		" t WHERE " + strings.Join(on, " AND ")
}

// writeStatements turn the written rows into an INSERT and an UPDATE for each table,
// tables in the order they were first met. An UPDATE is guarded by the versions that
// were read.
func writeStatements(written []*slot) []statement {
	var statements []statement
	stamp(written)
	tables, rows := byTable(written, true)
	for _, t := range tables {
		statements = append(statements, insertStatement(t, rows[t]))
	}
	tables, rows = byTable(written, false)
	for _, t := range tables {
		statements = append(statements, updateStatement(t, rows[t]))
	}
	return statements
}

func insertStatement(t *table, rows []*slot) statement {
	all := make([]int, len(t.columns))
	for at := range all {
		all[at] = at
	}
	return statement{
		text:   t.text(textKey{'I', 0, len(rows) == 1}, func(from source) string { return insertText(t, from) }),
		params: forms(columnsOfRows(t, all, rows), len(rows)),
		rows:   int64(len(rows)), note: t.wasThere(),
	}
}

func insertText(t *table, from source) string {
	var kinds []string
	for _, c := range t.columns {
		kinds = append(kinds, c.sqlType())
	}
	return "INSERT INTO " + t.name + " (" + t.list("") + ") SELECT * FROM " + from(kinds) + " AS v ON CONFLICT DO NOTHING"
}

// updateStatement sets every column that is no key, of the rows whose key and the
// version that was read are still the same.
func updateStatement(t *table, rows []*slot) statement {
	base := newArray(reflect.Int64, len(rows))
	for _, s := range rows {
		base.number(s.base)
	}
	columns := append(columnsOfRows(t, t.settable(), rows), columnsOfRows(t, t.keys[0], rows)...)
	return statement{
		text:   t.text(textKey{'U', 0, len(rows) == 1}, func(from source) string { return updateText(t, from) }),
		params: forms(append(columns, base), len(rows)),
		rows:   int64(len(rows)), note: t.wasChanged(),
	}
}

// updateText joins the table with the list of what its rows become: s1, s2 … are
// set where the key is k1, k2 … and the version was base.
func updateText(t *table, from source) string {
	var names, kinds, sets, where []string
	for i, at := range t.settable() {
		names, kinds = append(names, fmt.Sprintf("s%d", i+1)), append(kinds, t.columns[at].sqlType())
		sets = append(sets, fmt.Sprintf("%s = v.s%d", t.columns[at].name, i+1))
	}
	for i, at := range t.keys[0] {
		names, kinds = append(names, fmt.Sprintf("k%d", i+1)), append(kinds, t.columns[at].sqlType())
		where = append(where, fmt.Sprintf("t.%s = v.k%d", t.columns[at].name, i+1))
	}
	names, kinds = append(names, "base"), append(kinds, "BIGINT")
	return "UPDATE " + t.name + " AS t SET " + strings.Join(sets, ", ") + " FROM " + from(kinds) + " AS v(" + strings.Join(names, ", ") +
		") WHERE " + strings.Join(where, " AND ") + " AND t.version = v.base"
}

// source is what a statement takes its rows from: parameters of the kinds.
type source func(kinds []string) string

// manyRows are rows each of whose columns is a parameter, a list.
func manyRows(kinds []string) string { return "unnest(" + parameters(kinds, "[]") + ")" }

// oneRow is a row each of whose values is a parameter.
func oneRow(kinds []string) string { return "(SELECT " + parameters(kinds, "") + ")" }

func parameters(kinds []string, of string) string {
	parts := make([]string, len(kinds))
	for i, kind := range kinds {
		parts[i] = fmt.Sprintf("CAST($%d AS %s%s)", i+1, kind, of)
	}
	return strings.Join(parts, ", ")
}

// array is a list of values of one kind in PostgreSQL's binary form: a head of five
// numbers – dimensions, whether there are NULLs, the type, the length, the first
// index – and then each value after its length.
type array struct {
	kind reflect.Kind
	form []byte
}

const headLength = 5 * 4

// The numbers by which PostgreSQL knows our four types (pg_type.dat).
const (
	boolOID  = 16
	byteaOID = 17
	int8OID  = 20
	textOID  = 25
)

func newArray(kind reflect.Kind, length int) array {
	oid, each := uint32(int8OID), 12
	switch kind {
	case reflect.String:
		oid, each = textOID, 24
	case reflect.Bool:
		oid, each = boolOID, 5
	case reflect.Slice:
		oid, each = byteaOID, 36
	}
	a := array{kind, make([]byte, 0, headLength+each*length)}
	for _, n := range [5]uint32{1, 0, oid, uint32(length), 1} { //nolint:gosec // rows of a batch
		a.form = binary.BigEndian.AppendUint32(a.form, n)
	}
	return a
}

func (a *array) number(n int64) {
	if a.kind == reflect.Bool {
		a.form = append(binary.BigEndian.AppendUint32(a.form, 1), byte(n))
		return
	}
	a.form = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(a.form, 8), uint64(n)) //nolint:gosec // its bits
}

func (a *array) text(s string) {
	a.form = append(binary.BigEndian.AppendUint32(a.form, uint32(len(s))), s...) //nolint:gosec // bounded input
}

func (a *array) bytes(b []byte) {
	a.form = append(binary.BigEndian.AppendUint32(a.form, uint32(len(b))), b...) //nolint:gosec // bounded input
}

// arraysOf are empty arrays for some of a table's columns.
func arraysOf(t *table, positions []int, length int) []array {
	arrays := make([]array, len(positions), len(positions)+len(t.keys[0])+1)
	for i, at := range positions {
		arrays[i] = newArray(t.columns[at].kind, length)
	}
	return arrays
}

// columnsOfRows are some of the columns of the rows.
func columnsOfRows(t *table, positions []int, rows []*slot) []array {
	arrays := arraysOf(t, positions, len(rows))
	for i, at := range positions {
		c := t.columns[at]
		for _, s := range rows {
			switch row := t.at(s.row); c.kind {
			case reflect.String:
				arrays[i].text(*c.text(row))
			case reflect.Slice:
				arrays[i].bytes(*c.bytes(row))
			default:
				arrays[i].number(c.number(row))
			}
		}
	}
	return arrays
}

// forms are the parameters for so many rows: the arrays, or of one row its values.
func forms(arrays []array, rows int) [][]byte {
	params := make([][]byte, len(arrays))
	for i, a := range arrays {
		if params[i] = a.form; rows == 1 {
			params[i] = a.form[headLength+4:]
		}
	}
	return params
}

// take puts a value as PostgreSQL sends it, in its binary form, into the field of a row.
func (c column) take(row unsafe.Pointer, value []byte) error {
	switch {
	case value == nil:
		return errors.New("db: the column " + c.name + " is NULL")
	case c.kind == reflect.String:
		*c.text(row) = string(value)
		return nil
	case c.kind == reflect.Slice:
		*c.bytes(row) = append([]byte{}, value...)
		return nil
	case c.kind == reflect.Bool && len(value) == 1:
		return c.setNumber(row, int64(value[0]))
	case len(value) == 8:
		return c.setNumber(row, int64(binary.BigEndian.Uint64(value))) //nolint:gosec // its bits
	}
	return fmt.Errorf("db: the column %s came as %d bytes", c.name, len(value))
}

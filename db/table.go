package db

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Table declares how rows of type T are kept: its columns, and for a row the
// pointers to the fields that hold them, in the same order. A table with a
// column "version" has rows that change; any other is append-only.
type Table[T any] struct {
	*table
	Index[T] // the primary key
	fields   func(*T) []any
}

// Index is a unique key of a table by which rows are loaded and found.
type Index[T any] struct {
	of *Table[T]
	no int
}

// table is what the writer needs to know, without the row's type.
type table struct {
	name    string
	columns []string
	version int     // position of the version column, -1 when append-only
	keys    [][]int // positions of the columns of each unique key, primary first
	blank   func() any
	copy    func(any) any
	values  func(any) []any // pointers to the row's fields
	texts   sync.Map        // textKey to SQL text
	sets    []int           // see settable
	setOnce sync.Once
}

// textKey names an SQL text of a table: what it does, by which key, for how many rows.
type textKey struct {
	verb byte
	no   int
	rows int
}

// text is a text of the table, made once.
func (t *table) text(k textKey, write func() string) string {
	if text, ok := t.texts.Load(k); ok {
		return text.(string)
	}
	text, _ := t.texts.LoadOrStore(k, write())
	return text.(string)
}

// settable are the columns that an UPDATE sets: all that are in no unique key.
func (t *table) settable() []int {
	t.setOnce.Do(func() {
		for at := range t.columns {
			if !slices.ContainsFunc(t.keys, func(key []int) bool { return slices.Contains(key, at) }) {
				t.sets = append(t.sets, at)
			}
		}
	})
	return t.sets
}

// NewTable declares a table. columns and key are comma-separated names; fields
// gives the pointers to a row's fields in the order of columns. A declaration
// that contradicts itself panics: it is found by the first test that runs.
func NewTable[T any](name, columns, key string, fields func(*T) []any) *Table[T] {
	t := &table{name: name, columns: names(columns)}
	t.version = slices.Index(t.columns, "version")
	t.blank = func() any { return new(T) }
	t.copy = func(row any) any { c := *row.(*T); return &c }
	t.values = func(row any) []any { return fields(row.(*T)) }
	if got := len(fields(new(T))); got != len(t.columns) {
		panic(fmt.Sprintf("db: table %s has %d columns and %d fields", name, len(t.columns), got))
	}
	typed := &Table[T]{table: t, fields: fields}
	typed.Index = typed.Unique(key)
	return typed
}

// Unique declares a further unique key of the table.
func (t *Table[T]) Unique(columns string) Index[T] {
	var positions []int
	for _, name := range names(columns) {
		at := slices.Index(t.columns, name)
		if at < 0 {
			panic(fmt.Sprintf("db: table %s has no column %s", t.name, name))
		}
		positions = append(positions, at)
	}
	t.keys = append(t.keys, positions)
	return Index[T]{of: t, no: len(t.keys) - 1}
}

// Name is the table's name in the database.
func (t *Table[T]) Name() string { return t.name }

// Columns are the names of the table's columns, comma-separated.
func (t *Table[T]) Columns() string { return strings.Join(t.columns, ", ") }

// Fields are the pointers to a row's fields, in the order of Columns.
func (t *Table[T]) Fields(row *T) []any { return t.fields(row) }

func names(list string) []string {
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// lookup names one row by one of its unique keys.
type lookup struct {
	table *table
	no    int
	key   string
}

// keyed is the lookup for values given by a caller.
func keyed(t *table, no int, values []any) lookup {
	if len(values) != len(t.keys[no]) {
		panic(fmt.Sprintf("db: a key of %s has %d columns, %d values given", t.name, len(t.keys[no]), len(values)))
	}
	return lookup{t, no, encode(values)}
}

// lookups are all the lookups under which a row is found.
func (t *table) lookups(row any) []lookup {
	fields := t.values(row)
	found := make([]lookup, len(t.keys))
	for no, positions := range t.keys {
		values := make([]any, len(positions))
		for i, at := range positions {
			values[i] = fields[at]
		}
		found[no] = lookup{t, no, encode(values)}
	}
	return found
}

// encode joins key values so that different keys never look alike: integers end
// with a comma, texts carry their length.
func encode(values []any) string {
	var b []byte
	for _, v := range values {
		switch v := plain(v).(type) {
		case int64:
			b = strconv.AppendInt(b, v, 10)
			b = append(b, ',')
		case string:
			b = strconv.AppendInt(b, int64(len(v)), 10)
			b = append(b, ':')
			b = append(b, v...)
		default:
			panic(fmt.Sprintf("db: %T cannot be part of a key", v))
		}
	}
	return string(b)
}

// plain is the int64, string, bool or []byte that a value, or the field it
// points to, holds. Named types are reduced to what they are made of. No bytes
// are bytes of length 0: no column of ours is NULL.
func plain(v any) any {
	switch v := v.(type) {
	case int64, string, bool:
		return v
	case []byte:
		return filled(v)
	case int:
		return int64(v)
	case *int64:
		return *v
	case *string:
		return *v
	case *bool:
		return *v
	case *[]byte:
		return filled(*v)
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	switch {
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint()) //nolint:gosec // columns hold numbers below 2^63
	case r.Kind() == reflect.String:
		return r.String()
	case r.Kind() == reflect.Bool:
		return r.Bool()
	}
	panic(fmt.Sprintf("db: %T cannot be kept in a column", v))
}

func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (t *table) versionOf(row any) *int64 { return t.values(row)[t.version].(*int64) }

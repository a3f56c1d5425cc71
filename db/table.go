package db

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"
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
	columns []column
	version int     // position of the version column, -1 when append-only
	keys    [][]int // positions of the columns of each unique key, primary first
	blank   func() any
	copy    func(any) any
	at      func(any) unsafe.Pointer
	values  func(any) []any // pointers to the row's fields
	texts   sync.Map        // textKey to text
	sets    []int           // see settable
	setOnce sync.Once
}

// textKey names an SQL text of a table: what it does, by which key, for one row or many.
type textKey struct {
	verb byte
	no   int
	lone bool
}

// text is a text of the table, made once.
func (t *table) text(key textKey, write func(source) string) text {
	if made, ok := t.texts.Load(key); ok {
		return made.(text)
	}
	from, name := manyRows, fmt.Sprintf("%s_%c%d", t.name, key.verb, key.no)
	if key.lone {
		from, name = oneRow, name+"_lone"
	}
	made, _ := t.texts.LoadOrStore(key, text{name, write(from)})
	return made.(text)
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
// gives the pointers to a row's fields in the order of columns, all of them inside
// the row. A declaration that contradicts itself panics: it is found by the first
// test that runs.
func NewTable[T any](name, columns, key string, fields func(*T) []any) *Table[T] {
	t := &table{name: name}
	t.blank = func() any { return new(T) }
	t.copy = func(row any) any { c := *row.(*T); return &c }
	t.at = func(row any) unsafe.Pointer { return unsafe.Pointer(row.(*T)) }
	t.values = func(row any) []any { return fields(row.(*T)) }
	blank := new(T)
	t.columns = columnsOf(name, names(columns), unsafe.Pointer(blank), unsafe.Sizeof(*blank), fields(blank))
	if t.version = t.position("version"); t.version >= 0 && t.columns[t.version].kind != reflect.Int64 {
		panic("db: the version of " + name + " must be an int64")
	}
	typed := &Table[T]{table: t, fields: fields}
	typed.Index = typed.Unique(key)
	return typed
}

// Unique declares a further unique key of the table.
func (t *Table[T]) Unique(columns string) Index[T] {
	var positions []int
	ints, texts := 0, 0
	for _, name := range names(columns) {
		at := t.position(name)
		if at < 0 {
			panic(fmt.Sprintf("db: table %s has no column %s", t.name, name))
		}
		positions = append(positions, at)
		if t.columns[at].isText() {
			texts++
		} else {
			ints++
		}
	}
	if ints > len(lookup{}.ints) || texts > len(lookup{}.texts) {
		panic(fmt.Sprintf("db: a key of %s has %d numbers and %d texts", t.name, ints, texts))
	}
	t.keys = append(t.keys, positions)
	return Index[T]{of: t, no: len(t.keys) - 1}
}

// position is where a column stands, -1 when there is none of the name.
func (t *table) position(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// Columns are the names of the table's columns, comma-separated.
func (t *Table[T]) Columns() string { return t.list("") }

// list is the columns' names, each with a prefix.
func (t *table) list(prefix string) string {
	var b strings.Builder
	for i, c := range t.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(prefix + c.name)
	}
	return b.String()
}

// Fields are the pointers to a row's fields, in the order of Columns.
func (t *Table[T]) Fields(row *T) []any { return t.fields(row) }

func names(list string) []string {
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// lookup names one row by one of its unique keys: the key's numbers and texts, in
// the order of its columns.
type lookup struct {
	table *table
	no    int
	ints  [3]int64
	texts [2]string
}

// keyed is the lookup for values given by a caller.
func keyed(t *table, no int, values []any) lookup {
	positions := t.keys[no]
	if len(values) != len(positions) {
		panic(fmt.Sprintf("db: a key of %s has %d columns, %d values given", t.name, len(positions), len(values)))
	}
	l := lookup{table: t, no: no}
	ints, texts := 0, 0
	for i, at := range positions {
		if t.columns[at].isText() {
			l.texts[texts] = textOf(values[i])
			texts++
		} else {
			l.ints[ints] = numberOf(values[i])
			ints++
		}
	}
	return l
}

// numberOf and textOf are the part of a key that a caller gave, of a named type or not.
func numberOf(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint()) //nolint:gosec // columns hold numbers below 2^63
	}
	panic(fmt.Sprintf("db: a %T where a key has a number", v))
}

func textOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String()
	}
	panic(fmt.Sprintf("db: a %T where a key has a text", v))
}

// lookup is the lookup under which a row is found by one of its keys.
func (t *table) lookup(row any, no int) lookup {
	at := t.at(row)
	l := lookup{table: t, no: no}
	ints, texts := 0, 0
	for _, position := range t.keys[no] {
		if c := t.columns[position]; c.isText() {
			l.texts[texts] = *c.text(at)
			texts++
		} else {
			l.ints[ints] = c.number(at)
			ints++
		}
	}
	return l
}

// parts gives the values of the key one after the other, in the order of its columns.
func (l lookup) parts(number func(int64), text func(string)) {
	ints, texts := 0, 0
	for _, position := range l.table.keys[l.no] {
		if l.table.columns[position].isText() {
			text(l.texts[texts])
			texts++
		} else {
			number(l.ints[ints])
			ints++
		}
	}
}

func (t *table) versionOf(row any) *int64 {
	return (*int64)(unsafe.Add(t.at(row), t.columns[t.version].place))
}

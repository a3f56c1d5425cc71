package db

import (
	"fmt"
	"math/bits"
	"strings"
)

// statement is one SQL text with its arguments, for PostgreSQL: rows go by set,
// because each statement of a batch costs the server a plan and the wire a message.
type statement struct {
	sql  string
	args []any
	scan func(scanner) error // called for each row; nil when none is expected
	rows int64               // rows that must be affected; checked when scan is nil
	note string              // what it means when they are not
}

type scanner interface{ Scan(dest ...any) error }

// perStatement bounds the parameters of one statement. Both databases take far
// more; above this a longer statement saves nothing.
const perStatement = 480

// lockStatement locks the rows of the shops, in the order of their numbers.
func lockStatement(shops []int64) statement {
	args := make([]any, len(shops))
	for i, id := range shops {
		args[i] = id
	}
	return statement{ // the one text that only PostgreSQL runs
		sql:  "SELECT id FROM " + lockTable + " WHERE id IN (" + params(0, len(shops)) + ") ORDER BY id FOR UPDATE",
		args: args,
		scan: func(row scanner) error { var id int64; return row.Scan(&id) },
	}
}

// loadStatements load the wanted rows of the batch by set: one statement for a
// table and key, or several when there are very many.
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
	for _, first := range order {
		group := groups[first]
		size := perStatement / len(first.table.keys[first.no])
		for len(group) > 0 {
			n := min(size, len(group))
			statements = append(statements, loadStatement(first.table, first.no, group[:n], into))
			group = group[n:]
		}
	}
	return statements
}

// loadStatement joins the table with a list of keys. CROSS JOIN makes SQLite go
// from the keys to the table; the casts tell PostgreSQL what the keys are. The
// list is padded to a power of two with its last key, so that few texts exist.
func loadStatement(t *table, no int, group []lookup, into *sheet) statement {
	padded := 1
	for padded < len(group) {
		padded *= 2
	}
	args := make([]any, 0, padded*len(t.keys[no]))
	for i := range padded {
		group[min(i, len(group)-1)].parts(func(n int64) { args = append(args, n) }, func(text string) { args = append(args, text) })
	}
	text := t.text(textKey{'L', no, padded}, func() string { return loadText(t, no, padded) })
	return statement{sql: text, args: args, scan: func(row scanner) error {
		found := t.blank()
		if err := row.Scan(t.values(found)...); err != nil {
			return err
		}
		into.hold(t, found)
		return nil
	}}
}

func loadText(t *table, no int, rows int) string {
	positions := t.keys[no]
	width := len(positions)
	keys := make([]string, width)
	on := make([]string, width)
	for i, at := range positions {
		keys[i] = fmt.Sprintf("k%d", i+1)
		on[i] = fmt.Sprintf("t.%s = k.k%d", t.columns[at].name, i+1)
	}
	var b strings.Builder
	b.WriteString("WITH k(" + strings.Join(keys, ", ") + ") AS (VALUES ")
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for i := range width {
			if i > 0 {
				b.WriteString(", ")
			}
			kind := "BIGINT"
			if t.columns[positions[i]].isText() {
				kind = "TEXT"
			}
			fmt.Fprintf(&b, "CAST($%d AS %s)", row*width+i+1, kind)
		}
		b.WriteByte(')')
	}
	b.WriteString(") SELECT " + t.list("t.") + " FROM k CROSS JOIN " + t.name + " t WHERE " + strings.Join(on, " AND "))
	return b.String()
}

// writeStatements turn the written rows into INSERTs of several rows and UPDATEs
// guarded by the version that was read, tables in the order they were first met.
func writeStatements(written []*slot) []statement {
	var statements []statement
	stamp(written)
	tables, inserts := newRows(written)
	for _, t := range tables {
		rows := inserts[t]
		for len(rows) > 0 {
			n := powerOfTwo(min(len(rows), max(1, perStatement/len(t.columns))))
			statements = append(statements, insertStatement(t, rows[:n]))
			rows = rows[n:]
		}
	}
	for _, s := range written {
		if !s.isNew {
			statements = append(statements, updateStatement(s))
		}
	}
	return statements
}

// powerOfTwo is the greatest one that is at most n: few sizes make few texts.
func powerOfTwo(n int) int { return 1 << (bits.Len(uint(n)) - 1) }

func insertStatement(t *table, rows []any) statement {
	args := make([]any, 0, len(t.columns)*len(rows))
	for _, row := range rows {
		for _, c := range t.columns {
			args = append(args, c.value(t.at(row)))
		}
	}
	text := t.text(textKey{'I', 0, len(rows)}, func() string { return insertText(t, len(rows)) })
	return statement{sql: text, args: args, rows: int64(len(rows)), note: t.wasThere()}
}

func insertText(t *table, rows int) string {
	width := len(t.columns)
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + t.list("") + ") VALUES ")
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + params(i*width, width) + ")")
	}
	return b.String() + " ON CONFLICT DO NOTHING"
}

// updateStatement sets every column that is no key, where the key and the version
// that was read are still the same.
func updateStatement(s *slot) statement {
	t := s.table
	row := t.at(s.row)
	args := make([]any, 0, len(t.columns)+1)
	for _, at := range t.settable() {
		args = append(args, t.columns[at].value(row))
	}
	for _, at := range t.keys[0] {
		args = append(args, t.columns[at].value(row))
	}
	args = append(args, s.base)
	return statement{
		sql:  t.text(textKey{'U', 0, 1}, func() string { return updateText(t) }),
		args: args, rows: 1, note: t.wasChanged(),
	}
}

func updateText(t *table) string {
	n := 0
	equals := func(list []int) []string {
		parts := make([]string, len(list))
		for i, at := range list {
			n++
			parts[i] = fmt.Sprintf("%s = $%d", t.columns[at].name, n)
		}
		return parts
	}
	sets := strings.Join(equals(t.settable()), ", ")
	where := strings.Join(equals(t.keys[0]), " AND ")
	return fmt.Sprintf("UPDATE %s SET %s WHERE %s AND version = $%d", t.name, sets, where, n+1)
}

func params(after, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("$%d", after+i+1)
	}
	return strings.Join(parts, ", ")
}

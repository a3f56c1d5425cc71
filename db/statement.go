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

// loadStatement joins the table with a list of keys; the casts tell PostgreSQL what
// the keys are. The list is padded to a power of two with its last key, so that few
// texts exist.
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
	var names, kinds, on []string
	for i, at := range t.keys[no] {
		names, kinds = append(names, fmt.Sprintf("k%d", i+1)), append(kinds, t.columns[at].sqlType())
		on = append(on, fmt.Sprintf("t.%s = k.k%d", t.columns[at].name, i+1))
	}
	return "WITH k(" + strings.Join(names, ", ") + ") AS (" + valuesText(kinds, rows) + ") SELECT " + t.list("t.") + " FROM k CROSS JOIN " + t.name +
		" t WHERE " + strings.Join(on, " AND ")
}

// writeStatements turn the written rows into INSERTs and UPDATEs of several rows
// of a table each, tables in the order they were first met. An UPDATE is guarded by
// the versions that were read.
func writeStatements(written []*slot) []statement {
	var statements []statement
	stamp(written)
	for _, insert := range []bool{true, false} {
		tables, rows := byTable(written, insert)
		for _, t := range tables {
			width, write := len(t.columns), insertStatement
			if !insert {
				width, write = width+1, updateStatement
			}
			for left := rows[t]; len(left) > 0; {
				n := powerOfTwo(min(len(left), max(1, perStatement/width)))
				statements = append(statements, write(t, left[:n]))
				left = left[n:]
			}
		}
	}
	return statements
}

// powerOfTwo is the greatest one that is at most n: few sizes make few texts.
func powerOfTwo(n int) int { return 1 << (bits.Len(uint(n)) - 1) }

func insertStatement(t *table, rows []*slot) statement {
	args := make([]any, 0, len(t.columns)*len(rows))
	for _, s := range rows {
		row := t.at(s.row)
		for _, c := range t.columns {
			args = append(args, c.value(row))
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

// updateStatement sets every column that is no key, of the rows whose key and the
// version that was read are still the same.
func updateStatement(t *table, rows []*slot) statement {
	args := make([]any, 0, (len(t.columns)+1)*len(rows))
	for _, s := range rows {
		row := t.at(s.row)
		for _, list := range [2][]int{t.settable(), t.keys[0]} {
			for _, at := range list {
				args = append(args, t.columns[at].value(row))
			}
		}
		args = append(args, s.base)
	}
	text := t.text(textKey{'U', 0, len(rows)}, func() string { return updateText(t, len(rows)) })
	return statement{sql: text, args: args, rows: int64(len(rows)), note: t.wasChanged()}
}

// updateText joins the table with the list of what its rows become: s1, s2 … are
// set where the key is k1, k2 … and the version was base.
func updateText(t *table, rows int) string {
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
	return "UPDATE " + t.name + " AS t SET " + strings.Join(sets, ", ") + " FROM (" + valuesText(kinds, rows) + ") AS v(" + strings.Join(names, ", ") +
		") WHERE " + strings.Join(where, " AND ") + " AND t.version = v.base"
}

// valuesText is a list of rows of parameters, each told its type.
func valuesText(kinds []string, rows int) string {
	var b strings.Builder
	b.WriteString("VALUES ")
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for i, kind := range kinds {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "CAST($%d AS %s)", row*len(kinds)+i+1, kind)
		}
		b.WriteByte(')')
	}
	return b.String()
}

func params(after, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("$%d", after+i+1)
	}
	return strings.Join(parts, ", ")
}

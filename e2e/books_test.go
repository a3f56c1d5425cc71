package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
)

// open opens the gateway's database for reading beside the running program; with
// a schema or file of the sandbox, its books.
func (g *gateway) open(sandbox bool) *db.DB {
	g.t.Helper()
	c := db.Config{Path: filepath.Join(g.data(), "brama.db"), URL: g.store, ReadOnly: true, Now: func() int64 { return time.Now().UnixMilli() }}
	if sandbox {
		c.Path, c.Schema = filepath.Join(g.data(), "sandbox.db"), "sandbox"
	}
	d, err := db.Open(context.Background(), c)
	if err != nil {
		g.t.Fatalf("open the database for reading: %v", err)
	}
	g.t.Cleanup(d.Close)
	return d
}

// number is the one number that a query answers.
func (g *gateway) number(from *sql.DB, query string, args ...any) (n int64) {
	g.t.Helper()
	if err := from.QueryRow(query, args...).Scan(&n); err != nil {
		g.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// rows are the rows of a query, each joined to a line.
func (g *gateway) rows(from *sql.DB, query string, args ...any) []string {
	g.t.Helper()
	found, err := from.Query(query, args...)
	if err != nil {
		g.t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		g.t.Fatal(err)
	}
	var lines []string
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.RawBytes)
		}
		if err := found.Scan(values...); err != nil {
			g.t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = string(*v.(*sql.RawBytes))
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	if err := found.Err(); err != nil {
		g.t.Fatal(err)
	}
	return lines
}

// open operations: those whose outcome is still to come.
const openOperations = `SELECT
	(SELECT COUNT(*) FROM payout WHERE status NOT IN (2, 5, 6)) +
	(SELECT COUNT(*) FROM refund WHERE status = 'WAITING') +
	(SELECT COUNT(*) FROM invoice WHERE status IN (5, 81, 82)) +
	(SELECT COUNT(*) FROM attempt WHERE outcome IN ('', 'pending', 'unknown'))`

// rules are what must be true of the books at any time. Each query lists what
// breaks it.
var rules = []struct{ name, query string }{
	{"a transfer does not sum to zero", `SELECT shop_id, transfer_id, currency, SUM(amount) FROM entry GROUP BY shop_id, transfer_id, currency HAVING SUM(amount) <> 0`},
	{"a balance is not the sum of its entries", `SELECT a.shop_id, a.currency, a.purpose, a.provider, a.balance FROM account a WHERE a.balance <>
		(SELECT COALESCE(SUM(e.amount), 0) FROM entry e WHERE e.shop_id = a.shop_id AND e.currency = a.currency AND e.purpose = a.purpose AND e.provider = a.provider)`},
	{"frozen is not what is in progress", `SELECT a.shop_id, a.currency, a.balance FROM account a WHERE a.purpose = 'frozen' AND a.balance <>
		(SELECT COALESCE(SUM(p.write_off), 0) FROM payout p WHERE p.shop_id = a.shop_id AND p.currency = a.currency AND p.status NOT IN (5, 6)) +
		(SELECT COALESCE(SUM(f.amount), 0) FROM refund f WHERE f.shop_id = a.shop_id AND f.currency = a.currency AND f.status = 'WAITING')`},
	{"held is not what is authorised", `SELECT a.shop_id, a.currency, a.balance FROM account a WHERE a.purpose = 'held' AND a.balance <>
		(SELECT COALESCE(SUM(i.net), 0) FROM invoice i WHERE i.shop_id = a.shop_id AND i.currency = a.currency AND i.status IN (8, 81, 82))`},
	{"refunds are more than was paid", `SELECT i.shop_id, i.id FROM invoice i WHERE i.refunded > i.amount OR i.refunded <>
		(SELECT COALESCE(SUM(f.amount), 0) FROM refund f WHERE f.shop_id = i.shop_id AND f.invoice_id = i.id AND f.status <> 'FAILED')`},
	{"an invoice owes other callbacks than it counted", `SELECT i.shop_id, i.id, i.callbacks FROM invoice i WHERE i.callbacks <>
		(SELECT COUNT(*) FROM callback c WHERE c.shop_id = i.shop_id AND c.object = i.id)`},
	{"a final invoice owes no callback although it has a URL", `SELECT i.shop_id, i.id FROM invoice i WHERE i.status IN (4, 6, 8) AND i.callback_url <> '' AND NOT EXISTS
		(SELECT 1 FROM callback c WHERE c.shop_id = i.shop_id AND c.subject = i.id AND c.kind = 'invoice')`},
	{"an operation has two open attempts", `SELECT shop_id, operation FROM attempt WHERE outcome IN ('', 'pending', 'challenge', 'unknown') GROUP BY shop_id, operation HAVING COUNT(*) > 1`},
	{"a provider contradicted a final status", `SELECT shop_id, operation, kind, found FROM contradiction`},
}

// quiet waits until no operation is open and no callback is on its way.
func (g *gateway) quiet() {
	g.t.Helper()
	from := g.open(false)
	defer from.Close()
	g.eventually("every outcome is known and every callback delivered", func() bool {
		return g.number(from.Reader(), openOperations) == 0 && g.number(from.Reader(), `SELECT COUNT(*) FROM callback WHERE status = 'waiting'`) == 0
	})
}

// balanced waits until all is quiet and checks the books: by queries of our own,
// against the sandbox's books, and by brama verify.
func (g *gateway) balanced() {
	g.t.Helper()
	g.quiet()
	ours := g.open(false)
	defer ours.Close()
	for _, rule := range rules {
		if broken := g.rows(ours.Reader(), rule.query); len(broken) > 0 {
			g.t.Errorf("%s:\n%s", rule.name, strings.Join(broken, "\n"))
		}
	}
	theirs := g.open(true)
	defer theirs.Close()
	g.sameBooks(ours.Reader(), theirs.Reader())
	g.verified()
}

// sameBooks compares what the provider says it moved with our clearing accounts.
func (g *gateway) sameBooks(ours, theirs *sql.DB) {
	g.t.Helper()
	moved := g.rows(theirs, `SELECT shop_id, account, currency, SUM(CASE
		WHEN verb = 'capture' OR verb = 'authorize' AND NOT hold THEN -amount WHEN verb IN ('refund', 'payout') THEN amount ELSE 0 END)
		FROM act WHERE state = 'succeeded' GROUP BY shop_id, account, currency ORDER BY shop_id, account, currency`)
	booked := g.rows(ours, `SELECT shop_id, provider, currency, balance FROM account WHERE purpose = 'clearing' ORDER BY shop_id, provider, currency`)
	if a, b := nonZero(moved), nonZero(booked); a != b {
		g.t.Errorf("the sandbox's books (shop|provider|currency|clearing):\n%s\nours:\n%s", a, b)
	}
}

func nonZero(lines []string) string {
	var left []string
	for _, line := range lines {
		if !strings.HasSuffix(line, "|0") {
			left = append(left, line)
		}
	}
	return strings.Join(left, "\n")
}

// verified runs brama verify beside the running program.
func (g *gateway) verified() {
	g.t.Helper()
	status, said := g.brama("verify")
	if status != 0 {
		g.t.Errorf("brama verify: exit status %d\n%s", status, said)
	}
}

// count is how many rows a table has.
func (g *gateway) count(from *sql.DB, table string) int64 {
	g.t.Helper()
	return g.number(from, fmt.Sprintf("SELECT COUNT(*) FROM %s", table))
}

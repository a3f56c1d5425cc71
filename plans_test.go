package brama

import (
	"context"
	"database/sql"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db/dbtest"
)

// unplanned are conditions that may go through a whole table, by a part of their
// text: nothing on the way of a request.
var unplanned = []struct{ text, why string }{
	{"contradiction WHERE shop_id = $1 ORDER BY id", "an operator's list of what hardly ever happens"},
	{"transfer WHERE (shop_id = $1 OR $1 = 0) ORDER BY id DESC", "verify: the newest transfer"},
}

// scans are the workers' looks for what is due, as they are asked in each moment.
var scans = []string{
	"SELECT shop_id, id FROM payout WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2",
	"SELECT shop_id, id FROM invoice WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2",
	"SELECT shop_id, id FROM refund WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2",
	`SELECT c.shop_id, c.id, COALESCE((SELECT MAX(e.seq) FROM callback e
		WHERE e.object = c.object AND e.shop_id = c.shop_id AND e.seq < c.seq AND e.status = 'waiting'), 0)
		FROM callback c WHERE c.due_at > 0 AND c.due_at <= $1 ORDER BY c.due_at, c.id LIMIT $2`,
	"SELECT shop_id, id FROM payout WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3",
	`SELECT shop_id, id FROM invoice WHERE due_at > 0 AND due_at > $1 AND id > $2 AND (status IN (81, 82) OR EXISTS
		(SELECT 1 FROM attempt a WHERE a.operation = invoice.id AND a.n = invoice.attempts AND a.shop_id = invoice.shop_id
			AND a.outcome IN ('', 'pending', 'challenge', 'unknown'))) ORDER BY id LIMIT $3`,
	"SELECT shop_id, id FROM refund WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3",
	"SELECT shop_id, id FROM callback WHERE due_at > 0 AND due_at > $1 AND id > $2 ORDER BY id LIMIT $3",
	"SELECT COUNT(*) FROM callback WHERE status = 'parked'",
	"SELECT shop_id, COUNT(*), MIN(id) FROM callback WHERE status = 'parked' GROUP BY shop_id ORDER BY COUNT(*) DESC, shop_id LIMIT $1",
	"SELECT shop_id, id FROM approval WHERE status = 'open' AND expires_at > $1 ORDER BY expires_at LIMIT $2",
	"SELECT shop_id, id FROM approval WHERE id < $1 AND (status <> 'open' OR expires_at <= $2) ORDER BY id DESC LIMIT $3",
	"SELECT COALESCE(MIN(due_at), $1) FROM callback WHERE due_at > 0",
	"SELECT COUNT(*) FROM attempt WHERE outcome = 'unknown'",
	"SELECT COALESCE(MIN(sent_at), 0) FROM attempt WHERE outcome = 'unknown'",
	`SELECT DISTINCT shop_id, operation + 0 FROM attempt WHERE outcome = 'unknown' AND (shop_id = $1 OR $1 = 0) AND (verb = $2 OR verb = $3)
		AND operation + 0 < $4 ORDER BY operation + 0 DESC LIMIT $5`,
}

// hot are the statements that must go by an index: the loads and UPDATEs by each
// declared key, every condition of Select and First, and the scans.
func hot(t *testing.T) []string {
	t.Helper()
	owned, statements := shopTables(t), slices.Clone(scans)
	rooms, _ := parseRooms(t)
	for _, room := range rooms {
		for _, file := range room.files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				table := room.tableOf(call, rooms)
				if !slices.Contains(owned, table) {
					return true
				}
				switch name := call.Fun.(*ast.SelectorExpr).Sel.Name; {
				case (name == "Select" || name == "First") && len(call.Args) > 2:
					where, _ := room.text(call.Args[2])
					if name == "First" {
						where += " LIMIT 1"
					}
					statements = append(statements, "SELECT * FROM "+table+" WHERE "+where)
				case name == "NewTable":
					key, _ := room.text(call.Args[2])
					statements = append(statements, byKey(table, key)...)
				case name == "Unique":
					key, _ := room.text(call.Args[0])
					statements = append(statements, byKey(table, key)...)
				}
				return true
			})
		}
	}
	slices.Sort(statements)
	return slices.Compact(statements)
}

// byKey are a load as the writer does it, from a list of keys to the table, and a
// condition as its UPDATE has it.
func byKey(table, key string) []string {
	var names, on, values, guards []string
	for i, column := range strings.Split(key, ", ") {
		kind := "BIGINT"
		if textColumns[column] {
			kind = "TEXT"
		}
		names = append(names, fmt.Sprintf("k%d", i+1))
		on = append(on, fmt.Sprintf("t.%s = k.k%d", column, i+1))
		values = append(values, fmt.Sprintf("CAST($%d AS %s)", i+1, kind))
		guards = append(guards, fmt.Sprintf("%s = $%d", column, i+1))
	}
	row := "(" + strings.Join(values, ", ") + ")"
	return []string{
		"WITH k(" + strings.Join(names, ", ") + ") AS (VALUES " + row + ", " + row + ") SELECT t.* FROM k CROSS JOIN " + table + " t WHERE " + strings.Join(on, " AND "),
		"SELECT * FROM " + table + " WHERE " + strings.Join(guards, " AND "),
	}
}

// textColumns are the key columns that hold text.
var textColumns = map[string]bool{
	"source": true, "joined": true, "shop_order_id": true, "session": true, "shop_refund_id": true, "shop_payment_id": true, "purpose": true,
	"provider": true, "found": true, "fingerprint": true, "sign": true, "form": true,
}

var parameter = regexp.MustCompile(`\$(\d+)`)

func parameters(text string) (n int) {
	for _, found := range parameter.FindAllStringSubmatch(text, -1) {
		i, _ := strconv.Atoi(found[1])
		n = max(n, i)
	}
	return n
}

func excused(text string) bool {
	return slices.ContainsFunc(unplanned, func(u struct{ text, why string }) bool { return strings.Contains(text, u.text) })
}

// Every hot statement goes by an index on SQLite: no table is scanned but by a
// partial index, which holds only what waits.
func TestPlansOnSQLite(t *testing.T) {
	h, looked := dbtest.SQLite(t), 0
	for _, text := range hot(t) {
		if excused(text) {
			continue
		}
		looked++
		for _, step := range sqlitePlan(t, h.DB.Reader(), text) {
			if wholeTable(step) {
				t.Errorf("%s\n\t%s", text, step)
			}
		}
	}
	if looked < 50 {
		t.Errorf("only %d statements were found: this test does not see them", looked)
	}
}

// partial are indexes of which a whole scan is short.
var partial = regexp.MustCompile(`\b\w+_(due|parked|attention|unknown)\b`)

func wholeTable(step string) bool {
	return strings.HasPrefix(step, "SCAN ") && step != "SCAN k" && !strings.Contains(step, "CONSTANT ROW") && !partial.MatchString(step)
}

func sqlitePlan(t *testing.T, from *sql.DB, text string) (steps []string) {
	t.Helper()
	rows, err := from.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+text, make([]any, parameters(text))...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return steps
}

// On PostgreSQL too: with sequential scans switched off, a table that is scanned
// all the same, or by an index without a condition, has no index for the statement.
func TestPlansOnPostgres(t *testing.T) {
	ctx, h := context.Background(), dbtest.Postgres(t)
	conn, err := pgx.Connect(ctx, h.Config.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	run := func(text string) {
		if _, err := conn.Exec(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	run("SET enable_seqscan = off")
	run("SET plan_cache_mode = force_generic_plan")
	for i, text := range hot(t) {
		if excused(text) {
			continue
		}
		name := fmt.Sprint("plan", i)
		run("PREPARE " + name + " AS " + text)
		arguments := ""
		if n := parameters(text); n > 0 {
			arguments = "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
		}
		rows, err := conn.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE "+name+arguments, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if lacksIndex(steps) {
			t.Errorf("%s\n\t%s", text, strings.Join(steps, "\n\t"))
		}
	}
}

// lacksIndex reports whether a step of a plan goes through a whole table.
func lacksIndex(steps []string) bool {
	for i, step := range steps {
		if strings.Contains(step, "Seq Scan") {
			return true
		}
		byIndex := strings.Contains(step, "Index Scan") || strings.Contains(step, "Index Only Scan")
		if byIndex && !partial.MatchString(step) && (i+1 == len(steps) || !strings.Contains(steps[i+1], "Index Cond")) {
			return true
		}
	}
	return false
}

// The test must see what it is there for.
func TestPlansSeeAScan(t *testing.T) {
	h := dbtest.SQLite(t)
	for text, want := range map[string]bool{
		"SELECT * FROM payout WHERE rrn = $1 AND shop_id = $2":                true,
		"SELECT * FROM payout WHERE shop_id = $1 ORDER BY id":                 true,
		"SELECT * FROM payout WHERE id = $1 AND shop_id = $2":                 false,
		"SELECT shop_id, id FROM payout WHERE due_at > 0 ORDER BY due_at":     false,
		"SELECT * FROM entry WHERE shop_id = $1 AND purpose = 'fee' LIMIT $2": true,
	} {
		if got := slices.ContainsFunc(sqlitePlan(t, h.DB.Reader(), text), wholeTable); got != want {
			t.Errorf("%s: a scan is seen: %v, want %v", text, got, want)
		}
	}
	if !lacksIndex([]string{"Index Scan using payout_pkey on payout", "  Filter: (shop_id = $1)"}) || !lacksIndex([]string{"Seq Scan on payout"}) ||
		lacksIndex([]string{"Index Scan using payout_pkey on payout", "  Index Cond: (id = $1)"}) {
		t.Error("plans of PostgreSQL are misread")
	}
}

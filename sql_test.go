package brama

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wide are the statements that go over the rows of all shops, by a part of their
// text, and why each may. Anything else names the shop of every row it touches.
var wide = []struct{ text, why string }{
	{"SELECT shop_id, id FROM payout WHERE due_at > 0", "a worker's lock-free scan for due rows"},
	{"SELECT shop_id, id FROM {table} WHERE due_at > 0", "a worker's lock-free scan for due rows: invoices and refunds"},
	{"SELECT shop_id, id FROM invoice WHERE due_at > 0", "a worker's look for what a wrong clock put off"},
	{"SELECT shop_id, id FROM refund WHERE due_at > 0", "a worker's look for what a wrong clock put off"},
	{"FROM callback WHERE due_at > 0", "a gauge: how late the oldest message is"},
	{"FROM callback WHERE status = 'parked'", "a gauge: how many messages are parked"},
	{"SELECT id FROM callback WHERE id", "the end of the window of rows over which one look at a list goes"},
	{"FROM attempt WHERE outcome = 'unknown'", "a gauge: calls whose outcome nobody knows"},
	{"SELECT COUNT(*) FROM contradiction", "a gauge"},
	{"SELECT COUNT(*) FROM payout", "an operator's count before the key is changed"},
	{"SELECT COUNT(*) FROM audit", "verify: how many acts there are"},
	{"FROM {table} WHERE {key} > $1", "verify: pages of all rows, for those of no shop"},
	{"FROM {table} t WHERE t.{key} > $1", "verify: the rows of such a page"},
	{"FROM transfer t WHERE t.id > $1", "verify in a demo: pages of the whole ledger"},
	{"FROM approval WHERE status = 'open'", "operators: what waits for a decision"},
	{"FROM approval WHERE id < $1", "operators: what was decided on, in pages"},
	{"MAX(id), 0) FROM invoice WHERE id < $1", "figures over the shops: where the next operation lies"},
	{"MAX(id), 0) FROM payout WHERE id < $1", "figures over the shops: where the next operation lies"},
	{"MAX(id), 0) FROM refund WHERE id < $1", "figures over the shops: where the next operation lies"},
	{"FROM payout p WHERE p.id >= $1 AND p.id < $2 ORDER BY", "figures over the shops: a bounded piece of payouts"},
	{"FROM invoice i WHERE i.id >= $1 AND i.id < $2 ORDER BY", "figures over the shops: a bounded piece of invoices"},
	{"FROM refund f WHERE f.id >= $1 AND f.id < $2 ORDER BY", "figures over the shops: a bounded piece of refunds"},
	{"FROM payout WHERE status IN (2, 4, 9) AND status = 2", "a figure: how many payouts wait for an operator"},
	{"FROM account GROUP BY currency, purpose", "the trial balance of the house: a sum over the shops"},
	{"FROM (SELECT operation FROM attempt WHERE operation < $1", "how far back a number of calls reaches: bounds a search for one shop's"},
	{"FROM entry e WHERE e.transfer_id < $1 ORDER BY", "how far back a number of entries reaches: bounds a search for one shop's"},
	{"FROM audit_head UNION SELECT shop_id FROM audit", "verify: which chains there are"},
}

// outside are folders whose statements are not the gateway's: the machinery that
// knows no table (its callers are looked at), the sandbox's own database, the
// tests' own looks.
var outside = []string{"db", "provider/sandbox", "sim", "mutants", "e2e", "tools"}

// shopTables are the shop-owned tables: those with a column shop_id. A store has one,
// but its own id is the key by which requests name it.
func shopTables(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("db/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	create := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	var tables []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range create.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[2], "shop_id BIGINT") && found[1] != "store" {
				tables = append(tables, found[1])
			}
		}
	}
	return tables
}

// source is what the Go files of a folder say in SQL.
type source struct {
	consts map[string]string // string constants and variables, by name
	tables map[string]string // table declarations: variable to name
	files  []*ast.File
}

func parseRooms(t *testing.T) (map[string]*source, *token.FileSet) {
	t.Helper()
	rooms, set := map[string]*source{}, token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		dir := filepath.Dir(path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "testdata" || path != "." && strings.HasPrefix(entry.Name(), ".") || slices.Contains(outside, path)):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(entry.Name(), "bench"):
			return nil // the bench fills and measures tables of its own making
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if rooms[dir] == nil {
			rooms[dir] = &source{consts: map[string]string{}, tables: map[string]string{}}
		}
		rooms[dir].files = append(rooms[dir].files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range rooms {
		room.declare()
	}
	return rooms, set
}

// declare learns the constants and the tables of a package.
func (s *source) declare() {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			for i, value := range spec.Values {
				if text, ok := s.text(value); ok {
					s.consts[spec.Names[i].Name] = text
				}
				if call, ok := value.(*ast.CallExpr); ok && calls(call, "NewTable") {
					s.tables[spec.Names[i].Name], _ = s.text(call.Args[0])
				}
			}
			return true
		})
	}
}

// text is a string expression with {name} for what is known only at run time.
func (s *source) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, isLeft := s.text(e.X)
		right, isRight := s.text(e.Y)
		if e.Op != token.ADD || !isLeft && !isRight {
			return "", false
		}
		return s.or(left, isLeft, e.X) + s.or(right, isRight, e.Y), true
	case *ast.Ident:
		text, ok := s.consts[e.Name]
		return text, ok
	case *ast.ParenExpr:
		return s.text(e.X)
	}
	return "", false
}

func (s *source) or(text string, ok bool, e ast.Expr) string {
	if ok {
		return text
	}
	if name, isName := e.(*ast.Ident); isName {
		return "{" + name.Name + "}"
	}
	return "{…}"
}

func calls(call *ast.CallExpr, name string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == name
}

var (
	// A table that a statement reads or changes, and its alias.
	touched = regexp.MustCompile(`\b(FROM|JOIN|INTO|UPDATE)\s+(\{\w+\}|\w+)(?:\s+(?:AS\s+)?(\w+))?`)
	words   = []string{"WHERE", "ON", "SET", "JOIN", "LEFT", "ORDER", "LIMIT", "UNION", "CROSS", "GROUP", "VALUES"}
)

// lacking are the tables that a statement touches without naming their shop.
func lacking(text string, tables []string) (found []string) {
	for _, hit := range touched.FindAllStringSubmatch(text, -1) {
		verb, table, alias := hit[1], hit[2], hit[3]
		dynamic := strings.HasPrefix(table, "{") && table != "{…}"
		if !dynamic && !slices.Contains(tables, table) {
			continue
		}
		if alias == "" || slices.Contains(words, alias) {
			alias = ""
		} else {
			alias += "."
		}
		named := regexp.MustCompile(`(^|[^.\w])` + regexp.QuoteMeta(alias) + `shop_id( = |\)|, \w+\) )|= ` + regexp.QuoteMeta(alias) + `shop_id\b`)
		if verb == "INTO" {
			named = regexp.MustCompile(`\bshop_id\b`)
		}
		if !named.MatchString(text) {
			found = append(found, table)
		}
	}
	return found
}

func allowed(text string, met []bool) bool {
	ok := false
	for i, w := range wide {
		if strings.Contains(text, w.text) {
			met[i], ok = true, true
		}
	}
	return ok
}

// Every statement on a table that shops own names the shop, so that a distributed
// database sends it to one shard; the exceptions are in a list, with reasons.
func TestStatementsNameTheShop(t *testing.T) {
	tables, met, statements := shopTables(t), make([]bool, len(wide)), 0
	rooms, set := parseRooms(t)
	for _, room := range rooms {
		for _, file := range room.files {
			ast.Inspect(file, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				text, ok := room.text(e)
				if _, isName := e.(*ast.Ident); !ok || isName {
					return true
				}
				if touched.MatchString(text) {
					statements++
				}
				if missing := lacking(text, tables); len(missing) > 0 && !allowed(text, met) {
					t.Errorf("%s: touches %v without shop_id: %.120s", set.Position(n.Pos()), missing, strings.Join(strings.Fields(text), " "))
				}
				return false // the parts were looked at with the whole
			})
		}
	}
	if statements < 30 {
		t.Errorf("only %d statements were found: this test does not see them", statements)
	}
	for i, w := range wide {
		if !met[i] {
			t.Errorf("no statement is %q any more: take it from the list", w.text)
		}
	}
}

// Table.Select and Table.First get their condition from the caller: it names the
// shop too. The writer's loads and UPDATEs go by the declared keys.
func TestConditionsAndKeysNameTheShop(t *testing.T) {
	owned, looked, keys := shopTables(t), 0, 0
	rooms, set := parseRooms(t)
	condition := regexp.MustCompile(`\bshop_id = \$\d`)
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
				at, named := set.Position(call.Pos()), condition
				switch name := call.Fun.(*ast.SelectorExpr).Sel.Name; {
				case (name == "Select" || name == "First") && len(call.Args) > 2:
					looked++
					if where, ok := room.text(call.Args[2]); !ok || !named.MatchString(where) {
						t.Errorf("%s: %s of %s without shop_id: %q", at, name, table, where)
					}
				case name == "NewTable" || name == "Unique":
					keys++
					key, ok := room.text(call.Args[map[string]int{"NewTable": 2}[name]])
					if !ok || !strings.Contains(key, "shop_id") {
						t.Errorf("%s: a key of %s without shop_id: %q", at, table, key)
					}
				}
				return true
			})
		}
	}
	if looked < 20 || keys < 20 {
		t.Errorf("only %d conditions and %d keys were found: this test does not see them", looked, keys)
	}
}

// tableOf is the table on which a method is called, or that is declared.
func (s *source) tableOf(call *ast.CallExpr, rooms map[string]*source) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	switch on := selector.X.(type) {
	case *ast.Ident:
		if on.Name == "db" && selector.Sel.Name == "NewTable" {
			name, _ := s.text(call.Args[0])
			return name
		}
		return s.tables[on.Name]
	case *ast.SelectorExpr: // provider.Attempts
		if room, ok := on.X.(*ast.Ident); ok && rooms[room.Name] != nil {
			return rooms[room.Name].tables[on.Sel.Name]
		}
	}
	return ""
}

// The test must see what it is there for.
func TestLacking(t *testing.T) {
	tables := []string{"payout", "entry", "transfer"}
	for text, want := range map[string]int{
		"SELECT a FROM payout WHERE id = $1 AND shop_id = $2":                                         0,
		"SELECT shop_id FROM payout WHERE id = $1":                                                    1,
		"SELECT p.shop_id FROM payout p WHERE p.id = $1":                                              1,
		"SELECT 1 FROM transfer t JOIN entry e ON e.transfer_id = t.id WHERE t.shop_id = $1":          1,
		"SELECT 1 FROM transfer t JOIN entry e ON e.shop_id = t.shop_id WHERE t.id = $1":              0,
		"UPDATE payout SET a = 1 WHERE id = $1":                                                       1,
		"DELETE FROM entry WHERE n = 1":                                                               1,
		"INSERT INTO payout (id) VALUES ($1)":                                                         1,
		"INSERT INTO payout (id, shop_id) VALUES ($1, $2)":                                            0,
		"SELECT a FROM rate WHERE base = 1":                                                           0,
		"SELECT 1 FROM {table} WHERE id = 1":                                                          1,
		"SELECT p.id FROM payout p WHERE (p.shop_id = $1 OR $1 = 0) AND (p.id, p.shop_id) > ($2, $3)": 0,
	} {
		if got := len(lacking(text, tables)); got != want {
			t.Errorf("%s: %d tables without their shop, want %d", text, got, want)
		}
	}
}

package payout

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/invoice"
)

var update = flag.Bool("update", false, "write the tables of docs/states.md anew")

const statesPage = "../docs/states.md"

// node is a state as the page and the schema name it.
type node struct {
	id    string // as stored
	name  string
	final bool
}

// edge is a move. The node that nothing comes from is the beginning.
type edge struct {
	from, to node
	cause    string
}

// machines are the state machines of both rooms, by the table they are kept in.
func machines() map[string][]edge {
	found := map[string][]edge{}
	for _, m := range Moves {
		found["payout"] = append(found["payout"], edge{ofPayout(m.From), ofPayout(m.To), m.Cause})
	}
	for _, m := range invoice.Moves {
		found["invoice"] = append(found["invoice"], edge{ofInvoice(m.From), ofInvoice(m.To), m.Cause})
	}
	for _, m := range invoice.RefundMoves {
		found["refund"] = append(found["refund"], edge{ofRefund(m.From), ofRefund(m.To), m.Cause})
	}
	return found
}

func ofPayout(s Status) node {
	if s == 0 {
		return node{}
	}
	return node{fmt.Sprint(int64(s)), s.String(), s.Final()}
}

func ofInvoice(s invoice.Status) node {
	if s == 0 {
		return node{}
	}
	return node{fmt.Sprint(int64(s)), s.String(), s.Final()}
}

func ofRefund(s invoice.RefundStatus) node {
	return node{string(s), strings.ToLower(string(s)), s == invoice.Refunded || s == invoice.Failed}
}

func (n node) String() string {
	switch {
	case n.id == "":
		return "–"
	case strings.EqualFold(n.id, n.name):
		return n.id
	}
	return n.id + " " + n.name
}

// section is what the page shows of a machine.
func section(edges []edge) string {
	var b strings.Builder
	b.WriteString("| from | to | because |\n| --- | --- | --- |\n")
	for _, e := range edges {
		end := ""
		if e.to.final {
			end = " (final)"
		}
		fmt.Fprintf(&b, "| %s | %s%s | %s |\n", e.from, e.to, end, e.cause)
	}
	b.WriteString("\n```mermaid\nstateDiagram-v2\n")
	seen := map[string]bool{}
	for _, e := range edges {
		if !seen[e.to.id] {
			fmt.Fprintf(&b, "    state %q as s%s\n", e.to, e.to.id)
			seen[e.to.id] = true
		}
	}
	for _, e := range edges {
		fmt.Fprintf(&b, "    %s --> s%s\n", begin(e.from), e.to.id)
	}
	for _, e := range edges {
		if e.to.final && seen[e.to.id] {
			fmt.Fprintf(&b, "    s%s --> [*]\n", e.to.id)
			seen[e.to.id] = false
		}
	}
	b.WriteString("```\n")
	return b.String()
}

func begin(n node) string {
	if n.id == "" {
		return "[*]"
	}
	return "s" + n.id
}

var marked = regexp.MustCompile(`(?s)<!-- states: (.*?) -->\n(.*?)<!-- end -->`)

// TestTheStatesPage holds docs/states.md against the tables of both rooms.
func TestTheStatesPage(t *testing.T) {
	text, err := os.ReadFile(statesPage)
	if err != nil {
		t.Fatal(err)
	}
	made, shown := machines(), 0
	updated := marked.ReplaceAllStringFunc(string(text), func(block string) string {
		part := marked.FindStringSubmatch(block)
		want := section(made[part[1]])
		shown++
		if part[2] != want && !*update {
			t.Errorf("%s is stale (go test ./payout -update sets it anew):\n%s", part[1], want)
		}
		return "<!-- states: " + part[1] + " -->\n" + want + "<!-- end -->"
	})
	if shown != len(made) {
		t.Errorf("the page shows %d machines of %d", shown, len(made))
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(statesPage, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The schema's CHECKs name exactly the statuses of the tables. 3 of an invoice is
// the wire's, and reserved.
func TestTheSchemaNamesTheStatuses(t *testing.T) {
	schema := schemaText(t)
	for table, edges := range machines() {
		var want []string
		if table == "invoice" {
			want = append(want, "3")
		}
		for _, e := range edges {
			want = append(want, e.to.id)
		}
		slices.Sort(want)
		want = slices.Compact(want)
		found := regexp.MustCompile(`(?s)CREATE TABLE ` + table + ` \(.*?\sstatus \w+ NOT NULL CHECK \(status IN \((.*?)\)\)`).FindStringSubmatch(schema)
		if found == nil {
			t.Errorf("%s has no CHECK on its status", table)
			continue
		}
		got := strings.Split(strings.ReplaceAll(found[1], "'", ""), ", ")
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the schema allows %v, the table has %v", table, got, want)
		}
	}
}

func schemaText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(db.Migrations(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(db.Migrations(), path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

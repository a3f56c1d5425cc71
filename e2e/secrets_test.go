package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/brama-pay/brama/db"
)

// secrets are what no log, table, answer or page of the console may hold. Cards that
// the demo's pay page hints at are among them: the payer's pages are not searched.
var secrets = []string{
	demoSecret, "whsec_", "YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE", "brama-demo-webhook-key",
	cardGood, cardOther, "4000000000000002", "4000000000009995", "4000000000003220", "4000000000000341",
	"4000000000000259", "4000000000000119", "4000000000000127", "0000111122223333", "0000111122224444",
	"4242 4242 4242 4242", "5555 5555 5555 4444",
}

// hashes are what tables may hold of passwords, and nothing else may.
var hashes = []string{"$argon2id$", "argon2id"}

// keepsSecrets searches the log, both databases, all answers, and every kind of page
// and file that operators see.
func (g *gateway) keepsSecrets() {
	g.t.Helper()
	places := map[string]string{"the log": g.log(), "the answers": g.answers.String()}
	for i, other := range g.others {
		places[fmt.Sprintf("the log of node %d", i+2)] = other.log()
	}
	for name, sandbox := range map[string]bool{"the gateway's database": false, "the sandbox's database": true} {
		d := g.open(sandbox)
		places[name] = g.dump(d)
		d.Close()
	}
	for _, name := range []string{"brama.db", "brama.db-wal", "sandbox.db", "sandbox.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(g.data(), name)); err == nil && len(raw) > 0 {
			places["the file "+name] = string(raw) // deleted rows too
		}
	}
	for place, text := range places {
		g.holdsNone(place, text, secrets)
	}
	console, manual := g.pages()
	g.holdsNone("the pages of operators", console, append(secrets, hashes...))
	g.holdsNone("the documentation", manual, hashes) // its examples hold what is everybody's
	g.holdsNone("the log", g.log(), hashes)
	g.holdsNone("the answers", g.answers.String(), hashes)
}

// holdsNone searches a place for secrets, and for what is private to this gateway.
func (g *gateway) holdsNone(place, text string, secrets []string) {
	g.t.Helper()
	if len(text) == 0 {
		g.t.Errorf("%s: nothing to search", place)
	}
	for _, secret := range slices.Concat(secrets, g.private) {
		if at := strings.Index(text, secret); at >= 0 {
			g.t.Errorf("%s holds %q: …%s…", place, secret, text[max(0, at-120):min(len(text), at+120)])
		}
	}
}

// pages are those of the console and their files, a few of each kind, with the
// metrics; and the documentation.
func (g *gateway) pages() (console, manual string) {
	g.t.Helper()
	d := g.admin()
	d.walk(3)
	d.see("/metrics")
	return d.shown.String(), d.read.String()
}

// dump is every value of every table, but for some tables.
func (g *gateway) dump(d *db.DB, without ...string) string {
	g.t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if g.engine == "postgres" {
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var all strings.Builder
	for _, table := range g.rows(d.Reader(), tables) {
		if slices.Contains(without, table) {
			continue
		}
		lines := g.rows(d.Reader(), "SELECT * FROM "+table)
		slices.Sort(lines) // PostgreSQL gives them in no order
		for _, line := range lines {
			fmt.Fprintf(&all, "%s|%s\n", table, line)
		}
	}
	return all.String()
}

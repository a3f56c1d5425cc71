package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/shop"
)

// eachWay runs a test without a server, and through one's socket.
func eachWay(t *testing.T, run func(t *testing.T, e *estate)) {
	t.Helper()
	t.Run("alone", func(t *testing.T) { run(t, newEstate(t).founded()) })
	t.Run("served", func(t *testing.T) {
		e := newEstate(t)
		e.serve()
		run(t, e)
	})
}

// deedOf is a command that changes something: without --commit it must not.
type deedOf struct {
	words  []string
	shows  string   // in what it prints, both ways
	look   []string // a command that shows the state
	before string   // what it shows without the change; "" is nothing to look for
	after  string
	audit  string // the act, in the house's chain or the shop's
	shop   bool
}

func TestDeeds(t *testing.T) {
	eachWay(t, func(t *testing.T, e *estate) {
		secret := e.file("a-secret-of-the-shop\n")
		keys := e.file("# comment\napi_key=a secret=1\nsecond=b\n")
		rotated := e.file(`{"api_key":"line one\nline two"}`)
		for _, d := range []deedOf{
			{words: []string{"shop", "create", "First", "--id", "77", "addresses=203.0.113.7", "--secret-file", secret}, shows: `"First"`,
				look: []string{"shop", "list"}, after: "77", audit: "shop.create", shop: true},
			{words: []string{"shop", "set", "77", "callback_url=https://x.example/cb", "confirm_above=USD:1"}, shows: "https://x.example/cb",
				look: []string{"shop", "show", "77"}, after: "https://x.example/cb", audit: "shop.set", shop: true},
			{words: []string{"shop", "deactivate", "77"}, shows: "true  →  false",
				look: []string{"shop", "list"}, before: "active", after: "off", audit: "shop.deactivate", shop: true},
			{words: []string{"shop", "activate", "77"}, shows: "→  true",
				look: []string{"shop", "list"}, before: "off", after: "active", audit: "shop.activate", shop: true},
			{words: []string{"shop", "deposit", "77", "10.50", "USD", "--note", "by bank"}, shows: "0.00 USD  →  10.50 USD",
				look: []string{"shop", "show", "77"}, after: "10.50 USD", audit: "shop.deposit", shop: true},
			{words: []string{"shop", "deposit", "77", "0.50", "USD", "--settle"}, shows: "10.50 USD  →  10.00 USD",
				look: []string{"shop", "show", "77"}, before: "10.50 USD", after: "10.00 USD", audit: "shop.settlement", shop: true},
			{words: []string{"shop", "rotate-secret", "77"}, shows: "stays valid until --finish",
				look: []string{"shop", "list"}, after: "rotating", audit: "shop.secret.rotate", shop: true},
			{words: []string{"shop", "rotate-secret", "77", "--finish"}, shows: "old secret is not valid any more",
				look: []string{"shop", "list"}, before: "rotating", audit: "shop.secret.finish", shop: true},
			{words: []string{"shop", "rotate-secret", "77", "--kind", "webhook_key", "--revoke"}, shows: "is not valid any more",
				look: []string{"audit", "list", "77"}, after: "shop.webhook_key.revoke", audit: "shop.webhook_key.revoke", shop: true},
			{words: []string{"provider", "create", "main", "privatbank", "store_id=eu", "--secret-file", keys}, shows: "api_key, second",
				look: []string{"provider", "list"}, after: "store_id=eu", audit: "provider.create"},
			{words: []string{"provider", "set", "main", "store_id=us", "--deactivate"}, shows: "eu      →  us",
				look: []string{"provider", "list"}, before: "store_id=eu", after: "store_id=us", audit: "provider.set"},
			{words: []string{"provider", "rotate-secret", "main", "--secret-file", rotated}, shows: "secret api_key is replaced",
				look: []string{"audit", "list"}, after: "changed: api_key", audit: "provider.secret"},
			{words: []string{"payway", "create", "card", "in", "USD", "provider=main", "percent=2"}, shows: "a new payway card",
				look: []string{"payway", "list"}, after: "card", audit: "payway.create"},
			{words: []string{"payway", "set", "card", "percent=3.5", "fix=0.30"}, shows: "2     →  3.5",
				look: []string{"payway", "show", "card"}, after: "3.5", audit: "payway.set"},
			{words: []string{"rate", "set", "USD/UAH", "41.25"}, shows: "41.25", look: []string{"rate", "list"}, after: "41.25", audit: "rate.set"},
			{words: []string{"rate", "set", "USD/UAH", "42"}, shows: "41.25  →  42", look: []string{"rate", "list"}, before: "41.25", after: "42", audit: "rate.set"},
		} {
			e.deed(d)
		}
		for name, text := range e.opened(77) {
			if name == "secret" && strings.Contains(text, "a-secret-of-the-shop") {
				t.Error("the first secret survived its rotation")
			}
		}
		if got := e.run("verify"); got.status != 0 {
			t.Errorf("verify: %v", got)
		}
	})
}

// deed rehearses a deed and does it.
func (e *estate) deed(d deedOf) {
	e.t.Helper()
	name := strings.Join(d.words, " ")
	acts := func() int {
		words := []string{"audit", "list"}
		if d.shop {
			words = append(words, "77")
		}
		return strings.Count(e.must(words...), d.audit)
	}
	before := 0
	if d.words[1] != "create" || !d.shop {
		if e.look() {
			before = acts()
		}
	}
	if e.look() {
		state := e.must(d.look...)
		rehearsed := e.must(d.words...)
		if !strings.Contains(rehearsed, "nothing was changed; add --commit") || !strings.Contains(rehearsed, d.shows) {
			e.t.Errorf("%s: rehearsed\n%s", name, rehearsed)
		}
		if now := e.must(d.look...); now != state || acts() != before {
			e.t.Fatalf("%s: changed without --commit:\n%s\n%s", name, state, now)
		}
		if d.before != "" && !strings.Contains(state, d.before) {
			e.t.Errorf("%s: want %q before in\n%s", name, d.before, state)
		}
	}
	done := e.must(append(d.words, "--commit")...)
	if strings.Contains(done, "nothing was changed") {
		e.t.Errorf("%s --commit:\n%s", name, done)
	}
	now := e.must(d.look...)
	if !strings.Contains(now, d.after) || d.after == "" && strings.Contains(now, d.before) {
		e.t.Errorf("%s --commit: want %q, not %q, in\n%s", name, d.after, d.before, now)
	}
	if got := acts(); got != before+1 {
		e.t.Errorf("%s --commit: %d acts %s in the audit, want %d", name, got, d.audit, before+1)
	}
	if list := e.must(append([]string{"audit", "list"}, map[bool][]string{true: {"77"}}[d.shop]...)...); !strings.Contains(list, "command:ann as ") {
		e.t.Errorf("%s: the audit does not say who did it:\n%s", name, list)
	}
}

// look reports whether there is a database to look at.
func (e *estate) look() bool {
	_, err := os.Stat(filepath.Join(e.data, "brama.db"))
	return e.database != "" || err == nil
}

// opened is what a shop's row keeps sealed.
func (e *estate) opened(id int64) map[string]string {
	e.t.Helper()
	at := storage{Data: e.data, Database: e.database}
	d, err := at.open(context.Background(), true)
	if err != nil {
		e.t.Fatal(err)
	}
	defer d.Close()
	box, err := at.box(false)
	if err != nil {
		e.t.Fatal(err)
	}
	row, err := shop.Load(context.Background(), d.Reader(), id)
	if err != nil {
		e.t.Fatal(err)
	}
	entry, err := shop.OpenEntry(box, row)
	if err != nil {
		e.t.Fatal(err)
	}
	return map[string]string{"secret": entry.Secret, "old": entry.OldSecret, "webhook": entry.WebhookKey}
}

func TestUnknownNamesAnswerWithWhatThereIs(t *testing.T) {
	eachWay(t, func(t *testing.T, e *estate) {
		e.must("shop", "create", "First", "--id", "77", "--commit")
		e.must("provider", "create", "main", "privatbank", "--commit")
		e.must("payway", "create", "card", "in", "USD", "provider=main", "--commit")
		e.refused("there are 77", "shop", "show", "78")
		e.refused("there are 77", "shop", "set", "78", "callback_url=")
		e.refused("there are 77", "payout", "list", "78")
		e.refused("there are 77", "callback", "list", "78")
		e.refused("there are 77", "verify", "--shop", "78")
		e.refused("there are card", "payway", "set", "cash", "percent=1")
		e.refused("there are main", "provider", "set", "other", "a=b")
		e.refused("the sandbox exists in a demo only", "provider", "create", "other", "sandbox", "--commit")
		e.refused(`there is no connector "bank"; there are `, "provider", "create", "other", "bank")
		e.refused("no such setting; there are name, callback_url", "shop", "set", "77", "nope=1")
		e.refused("no such property; there are name", "payway", "set", "card", "nope=1")
		e.refused("no currency's code", "shop", "deposit", "77", "1", "XXX")
		e.refused("there is no such file", "provider", "rotate-secret", "main", "--secret-file", filepath.Join(t.TempDir(), "none"))
		e.refused("Withdraw (id=5) wasn't found", "payout", "confirm", "77", "5")
		e.refused("callback 5 is not found", "callback", "replay", "77", "5")
		e.refused("exists", "shop", "create", "Again", "--id", "77", "--commit")
		e.refused("exists", "shop", "create", "Again", "--id", "77")
		if got := e.run("shop", "set", "77"); got.status != 2 {
			t.Errorf("an incomplete command line: %v", got)
		}
	})
}

// A secret must not be shown by a rehearsal, in the audit, or twice.
func TestSecretsAreShownOnce(t *testing.T) {
	eachWay(t, func(t *testing.T, e *estate) {
		made := e.must("shop", "create", "First", "--id", "77", "--commit")
		if s := e.opened(77); !strings.Contains(made, s["secret"]) || !strings.Contains(made, s["webhook"]) {
			t.Fatalf("the secrets were not shown:\n%s", made)
		}
		long := regexp.MustCompile(`[0-9a-f]{32}|whsec_`)
		if text := e.must("shop", "rotate-secret", "77"); long.MatchString(text) {
			t.Errorf("a rehearsal shows a secret:\n%s", text)
		}
		if text := e.must("shop", "create", "Second"); long.MatchString(text) {
			t.Errorf("a rehearsal shows a secret:\n%s", text)
		}
		text := e.must("shop", "rotate-secret", "77", "--commit")
		s := e.opened(77)
		if !strings.Contains(text, s["secret"]) || strings.Contains(text, s["old"]) {
			t.Errorf("the new secret was not shown:\n%s", text)
		}
		for _, words := range [][]string{{"shop", "show", "77"}, {"audit", "list", "77"}, {"shop", "list"}} {
			if shown := e.must(words...); long.MatchString(shown) {
				t.Errorf("%v shows a secret:\n%s", words, shown)
			}
		}
	})
}

func TestLookingMakesNoDatabase(t *testing.T) {
	e := newEstate(t)
	for _, words := range [][]string{{"shop", "list"}, {"shop", "create", "X"}, {"key", "list"}, {"verify"}} {
		e.refused("no database at", words...)
	}
	if _, err := os.Stat(e.data); err == nil {
		t.Error("looking made the data directory")
	}
}

func TestPayoutsOfAnOperator(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		stop := e.serve("--demo")
		e.must("shop", "set", "1520", "confirm_above=USD:5.00", "--commit")
		first, second := e.payout("p-1", "150010000097"), e.payout("p-2", "150010000097")
		id := func(n int64) string { return fmt.Sprint(n) }
		e.payoutStatus(first, 2)
		e.shows("2 confirming", "payout", "list", "1520", "--waiting")
		e.shows("nothing was changed", "payout", "confirm", "1520", id(first))
		e.shows("2 confirming  →  1 created", "payout", "confirm", "1520", id(first), "--commit")
		e.payoutStatus(first, avanor.PayoutCompleted)
		e.refused("only one that waits", "payout", "confirm", "1520", id(first), "--commit")
		e.refused("only one that waits", "payout", "reject", "1520", id(first))
		e.shows("back to the shop", "payout", "reject", "1520", id(second), "--reason", "no", "--commit")
		e.payoutStatus(second, avanor.PayoutRejected)
		e.shows("payout.confirm", "audit", "list", "1520")
		e.refused("unknown outcome", "payout", "resolve", "1520", id(second), "paid", "--reason", "x", "--commit")
		if got := e.run("payout", "resolve", "1520", id(second), "paid"); got.status != 2 {
			t.Errorf("resolved without a reason: %v", got)
		}
		e.must("shop", "set", "1520", "confirm_above=", "--commit")
		third := e.payout("p-3", "150010000097")
		e.payoutStatus(third, avanor.PayoutCompleted)
		e.shows("succeeded", "payout", "show", "1520", id(third))
		stop()
		if got := e.run("verify"); got.status != 0 {
			t.Fatalf("verify: %v", got)
		}
	})
}

func TestAnUnknownOutcomeIsResolved(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		stop := e.serve("--demo", "--sandbox-delay", "2")
		paid, failed := e.payout("p-1", "150010000119"), e.payout("p-2", "150010000127")
		for _, id := range []int64{paid, failed} {
			e.payoutStatus(id, 9)
		}
		stop() // before the questions come to an end
		got := e.run("verify")
		if got.status != 0 || !strings.Contains(got.stdout, "note  shop 1520: operation "+fmt.Sprint(paid)) {
			t.Errorf("verify, the outcome open: %v", got)
		}
		resolve := func(id int64, how string, more ...string) []string {
			return append([]string{"payout", "resolve", "1520", fmt.Sprint(id), how, "--reason", "asked by telephone"}, more...)
		}
		e.shows("nothing was changed", resolve(paid, "paid")...)
		e.shows("9 network error  →  5 completed", resolve(paid, "paid", "--commit")...)
		e.shows("9 network error  →  6 rejected", resolve(failed, "failed", "--commit")...)
		e.refused("only one with an unknown outcome", resolve(failed, "paid", "--commit")...)
		e.shows("asked by telephone", "audit", "list", "1520")
		if got := e.run("verify"); got.status != 0 || strings.Contains(got.stdout, "note") {
			t.Errorf("verify, all resolved: %v", got)
		}
	})
}

// The admin socket is for the user of the server, and for the database it serves.
func TestTheSocket(t *testing.T) {
	e := newEstate(t)
	stop := e.serve()
	path := filepath.Join(e.data, "admin.sock")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the socket is %v (%v)", info.Mode(), err)
	}
	got := e.run("shop", "list", "--database", "postgres://elsewhere/x")
	if got.status != 1 || !strings.Contains(got.stderr, "another database") {
		t.Errorf("another database was served: %v", got)
	}
	for _, args := range [][]string{{"serve"}, {"verify"}, {"version"}, {"shop", "nope"}, {"--help"}, {"shop", "list", "--help"}} {
		answered, served, err := (storage{Data: e.data}).ask(context.Background(), request{Args: args, Actor: "command:x", Database: "embedded"})
		if err != nil || !served || answered.Status == 0 && args[len(args)-1] != "--help" {
			t.Errorf("%v over the socket: %+v, %v", args, answered, err)
		}
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte("no json\n"))
	if err := json.NewDecoder(conn).Decode(&reply{}); err == nil {
		t.Error("nonsense was answered")
	}
	e.shows("SHOP", "shop", "list") // it lives
	stop()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket was left")
	}
	// One that a crash left does not keep the next server from starting.
	if l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}); err != nil {
		t.Fatal(err)
	} else {
		l.SetUnlinkOnClose(false)
		_ = l.Close()
	}
	e.shows("SHOP", "shop", "list")
	defer e.serve()()
	e.shows("SHOP", "shop", "list")
}

func TestALongPathHasASocket(t *testing.T) {
	e := newEstate(t)
	e.data = filepath.Join(e.data, strings.Repeat("long", 30))
	defer e.serve()()
	e.shows("SHOP", "shop", "list")
}

// What an operator's command does is said on its line alone: a variable left in the
// environment must not commit anything.
func TestDeedsHaveNoTwinInTheEnvironment(t *testing.T) {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, leaf := range parser.Model.Leaves(false) {
		if _, ok := leaf.Target.Addr().Interface().(operation); !ok {
			continue
		}
		seen++
		for _, flag := range leaf.Flags {
			where := slices.Contains([]string{"data", "database", "key-file"}, flag.Name) // not what is done
			if len(flag.Envs) > 0 && !where {
				t.Errorf("%s: --%s has the twin %v", leaf.FullPath(), flag.Name, flag.Envs)
			}
		}
	}
	if seen < 25 {
		t.Errorf("%d commands of operators", seen)
	}
}

// A command without --data, or with a mistyped one, must not make a gateway of its
// own beside the one that it means.
func TestNoCommandMakesADatabase(t *testing.T) {
	e := newEstate(t)
	for _, words := range [][]string{{"shop", "create", "First", "--commit"}, {"shop", "list"}, {"rate", "set", "USD/UAH", "41.25", "--commit"}} {
		e.refused("there is no database at", words...)
	}
	if _, err := os.Stat(e.data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s was made: %v", e.data, err)
	}
	e.must("migrate")
	e.must("shop", "create", "First", "--commit")
}

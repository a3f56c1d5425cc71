package e2e

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
)

// What operators see and do is closed to everybody else, and to each role what is
// not its own: every page and act of the console's own table, on the running
// program, with the addresses of objects that are there.
func TestTheConsoleIsClosed(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.trades()
		admin := g.admin()
		walked := admin.walk(2)
		before := g.business()
		for name, d := range g.strangers() {
			for _, at := range console.Addresses() {
				if !at.Outside {
					d.isTurnedAway(name, at, fill(at.Pattern, walked))
				}
			}
		}
		for _, role := range []operator.Role{operator.Viewer, operator.Support, operator.Finance} {
			d := g.newcomer(role)
			for _, at := range console.Addresses() {
				if !role.May(at.Needs) {
					d.isRefused(role, at, fill(at.Pattern, walked))
				}
			}
		}
		if after := g.business(); after != before {
			t.Errorf("who may not has changed the database: %s", firstDifference(before, after))
		}
		for _, at := range console.Addresses() {
			if strings.HasPrefix(at.Pattern, "GET ") && at.Needs != operator.Own && !at.Outside && len(walked[at.Pattern]) == 0 {
				t.Errorf("no link leads to %s", at.Pattern)
			}
		}
	})
}

// trades makes one of everything that pages show.
func (g *gateway) trades() {
	g.t.Helper()
	paid, _ := g.paid("60.00")
	g.held("50.00")
	g.refund(paid, "10.00")
	g.payout(g.account("7654"), "5.00")
	g.quiet()
	d := g.desk().enters(demo.SecondOperator, g.passwordOf(demo.SecondOperator))
	d.proposes("shop.deposit", "25.00")
}

// proposes asks for a deposit, and gives the page of the proposal.
func (d *desk) proposes(kind, amount string) string {
	d.g.t.Helper()
	got := d.send("/console/propose/"+kind, url.Values{
		"shop": {fmt.Sprint(demoShop)}, "amount": {amount}, "currency": {"USD"}, "direction": {"deposit"}, "form": {d.g.own("form")}, "reason": {"a test"},
	})
	if got.status != http.StatusSeeOther {
		d.g.t.Fatalf("a proposal: HTTP %d\n%s", got.status, got.body)
	}
	return got.header.Get("Location")
}

// business is what is stored but for who is signed in and what they looked at.
func (g *gateway) business() string {
	g.t.Helper()
	d := g.open(false)
	defer d.Close()
	return g.dump(d, "node", "operator", "operator_session", "audit", "audit_head")
}

// strangers are browsers that are not signed in, or not any more.
func (g *gateway) strangers() map[string]*desk {
	g.t.Helper()
	guess := g.desk()
	guess.has(strings.Repeat("A", 43))
	left := g.newcomer(operator.Admin)
	token := left.token()
	left.send("/console/sign-out", nil)
	left.has(token)
	revoked, off, old := g.newcomer(operator.Admin), g.newcomer(operator.Admin), g.newcomer(operator.Admin)
	g.operator("operator", "revoke", revoked.email(), "--all", "--commit")
	g.operator("operator", "disable", off.email(), "--commit")
	g.write("UPDATE operator_session SET last_seen = last_seen - 1801000, version = version + 1 WHERE operator_id = (SELECT id FROM operator WHERE email = '" + old.email() + "')")
	return map[string]*desk{
		"nobody": g.desk(), "who guesses a token": guess, "who signed out": left, "whose session was ended": revoked, "who was switched off": off,
		"who was away for half an hour": old,
	}
}

// write changes the database behind the program.
func (g *gateway) write(text string) {
	g.t.Helper()
	driver, source := "sqlite", "file:"+filepath.Join(g.data(), "brama.db")+"?_pragma=busy_timeout(5000)"
	if g.engine == "postgres" {
		driver, source = "pgx", g.store
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		g.t.Fatal(err)
	}
	defer pool.Close()
	done, err := pool.Exec(text)
	if err != nil {
		g.t.Fatal(err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		g.t.Fatalf("nothing to change: %s", text)
	}
}

// newcomer is an operator whom the command line made, and who has chosen a password.
func (g *gateway) newcomer(role operator.Role) *desk {
	g.t.Helper()
	email := g.own(string(role)) + "@example.com"
	said := g.operator("operator", "add", email, "--role", string(role), "--commit")
	found := regexp.MustCompile(`password +(\S+)`).FindStringSubmatch(said)
	if found == nil {
		g.t.Fatalf("no password is shown:\n%s", said)
	}
	d := g.desk().enters(email, g.hide(found[1]))
	d.password = g.hide("a password of " + g.own("their own"))
	if got := d.ask(http.MethodGet, "/console/", nil); got.header.Get("Location") != "/console/password" {
		g.t.Errorf("with a password that somebody else knows: HTTP %d, %s", got.status, got.header.Get("Location"))
	}
	if got := d.send("/console/password", url.Values{"old": {found[1]}, "password": {d.password}, "again": {d.password}}); got.status != http.StatusSeeOther {
		g.t.Fatalf("%s cannot choose a password: HTTP %d\n%s", email, got.status, got.body)
	}
	d.keepsToken()
	d.see("/console/")
	return d
}

var ownEmail = regexp.MustCompile(`[a-z]+-\d+@example\.com`)

// email is whose desk it is.
func (d *desk) email() string {
	d.g.t.Helper()
	return ownEmail.FindString(d.see("/console/me"))
}

func (d *desk) home() *url.URL {
	home, _ := url.Parse(d.g.url + "/")
	return home
}

func (d *desk) token() string {
	for _, c := range d.Jar.Cookies(d.home()) {
		if c.Name == "brama_session" {
			return c.Value
		}
	}
	return ""
}

// has gives the browser a token.
func (d *desk) has(token string) {
	d.Jar.SetCookies(d.home(), []*http.Cookie{{Name: "brama_session", Value: token, Path: "/"}})
}

// isTurnedAway: whoever is not signed in comes to the sign-in page, and no act is done.
func (d *desk) isTurnedAway(who string, at console.Address, path string) {
	d.g.t.Helper()
	method, _, _ := strings.Cut(at.Pattern, " ")
	got := d.ask(method, path, url.Values{"csrf": {"x"}})
	away := got.status == http.StatusSeeOther && strings.HasPrefix(got.header.Get("Location"), "/console/sign-in")
	if method == http.MethodPost {
		away = got.status == http.StatusUnauthorized
	}
	if !away {
		d.g.t.Errorf("%s of %s by %s: HTTP %d, %s", at.Pattern, path, who, got.status, got.header.Get("Location"))
	}
}

// isRefused: a role is told that it may not, whatever its form says.
func (d *desk) isRefused(role operator.Role, at console.Address, path string) {
	d.g.t.Helper()
	got := seen{}
	if strings.HasPrefix(at.Pattern, "POST ") {
		got = d.send(path, url.Values{"shop": {fmt.Sprint(demoShop)}, "reason": {"a test"}, "form": {d.g.own("form")}, "amount": {"1.00"}, "currency": {"USD"}})
	} else {
		got = d.ask(http.MethodGet, path, nil)
	}
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "Your role does not allow this") {
		d.g.t.Errorf("%s of %s by %s: HTTP %d", at.Pattern, path, role, got.status)
	}
}

// fill is an address of a pattern, with the variable parts of the page that was
// found and is the most like it.
func fill(pattern string, walked map[string][]string) string {
	_, path, _ := strings.Cut(pattern, " ")
	parts := strings.Split(strings.TrimSuffix(path, "{$}"), "/")
	best, like := []string{}, 0
	for _, paths := range walked {
		for _, one := range paths {
			one, _, _ = strings.Cut(one, "?")
			if there := strings.Split(one, "/"); alike(parts, there) > like {
				best, like = there, alike(parts, there)
			}
		}
	}
	for i, part := range parts {
		switch variable := strings.HasPrefix(part, "{"); {
		case variable && i < like:
			parts[i] = best[i]
		case variable:
			parts[i] = "1"
		}
	}
	return strings.Join(parts, "/")
}

// alike is how many parts agree, from the left.
func alike(pattern, there []string) int {
	for i, part := range pattern {
		if i == len(there) || part != there[i] && !strings.HasPrefix(part, "{") {
			return i
		}
	}
	return len(pattern)
}

// Of a gateway that is no demo, the address that payers and shops reach has nothing
// of the operators', and the operators' own address nothing without a session, and
// nothing of the shops' doors.
func TestTheListenersAreApart(t *testing.T) {
	t.Parallel()
	g, inside := serveReal(t)
	for _, at := range console.Addresses() {
		method, _, _ := strings.Cut(at.Pattern, " ")
		path := fill(at.Pattern, nil)
		if got := g.desk().ask(method, path, url.Values{}); got.status/100 != 4 || strings.Contains(got.body, "<html") {
			t.Errorf("%s on the public address: HTTP %d", at.Pattern, got.status)
		}
		if !at.Outside {
			inside.desk().isTurnedAway("nobody", at, path)
		}
	}
	for method := range methods(1, 1, "order", "payment") {
		for _, root := range []string{"/", "/gateway/v1/"} {
			if got := inside.desk().ask(http.MethodPost, root+method, nil); got.status/100 != 4 || strings.Contains(got.body, "error_code") {
				t.Errorf("%s on the operators' address: HTTP %d %s", method, got.status, got.body)
			}
		}
	}
}

// serveReal starts a gateway that is no demo; inside is its operators' address.
func serveReal(t *testing.T) (g, inside *gateway) {
	t.Helper()
	g = newGateway(t, "sqlite")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := free.Addr().String()
	free.Close()
	g.process, g.ended = g.spawn(append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", admin}, g.storage()...))
	g.awaitReady(0)
	return g, &gateway{t: t, url: "http://" + admin}
}

package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/operator"
)

// The token of a session that somebody planted in the browser before the sign-in
// is not the one that is signed in.
func TestSessionFixation(t *testing.T) {
	k := newKit(t)
	planted := k.signIn(t, "viewer@example.com")
	at, _ := url.Parse(k.url)
	before := planted.Jar.Cookies(at)[0].Value
	planted.post(t, "/console/sign-in", url.Values{"email": {"admin@example.com"}, "password": {password}})
	after := planted.Jar.Cookies(at)[0].Value
	if before == after {
		t.Error("the token stayed")
	}
	if who, err := k.room.Resume(context.Background(), before); err != nil || who != nil {
		t.Errorf("the old token is still %v's, %v", who, err)
	}
	foreign := k.nobody(t)
	foreign.Jar.SetCookies(at, []*http.Cookie{{Name: cookieSession, Value: strings.Repeat("A", 43)}})
	foreign.post(t, "/console/sign-in", url.Values{"email": {"admin@example.com"}, "password": {password}})
	if token := foreign.Jar.Cookies(at)[0].Value; token == strings.Repeat("A", 43) {
		t.Error("a token of the browser's choice was taken")
	}
}

func TestCookiesAreStrict(t *testing.T) {
	k := newKit(t)
	answered := k.nobody(t).post(t, "/console/sign-in", url.Values{"email": {"admin@example.com"}, "password": {password}})
	cookie := answered.header.Get("Set-Cookie")
	for _, part := range []string{cookieSession + "=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%q without %s", cookie, part)
		}
	}
}

func TestNextStaysInTheConsole(t *testing.T) {
	for next, want := range map[string]string{
		"/console/payouts?after=3": "/console/payouts?after=3", "": root, "https://evil.example/console/": root, "//evil.example/console/": root,
		"/\\evil.example": root, "/console/../metrics": root, "/consoleevil": root, "javascript:alert(1)": root, "/console//evil.example": "/console//evil.example",
		"/console/x\r\nSet-Cookie: a=b": root, "http:/console/": root, "http:console/": root, "/console/%2e%2e/metrics": root, "console/": root, "@evil.example/console/": root,
		"/%2fevil.example/../console/": root, "/%2Fevil.example/%2e%2e/console/": root, "/%5cevil.example/../console/": root, "/x/../console/": root,
	} {
		if got := within(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
	k := newKit(t)
	c := k.nobody(t)
	turned := c.get(t, "/console/approvals?after=5").header.Get("Location")
	if turned != "/console/sign-in?next="+url.QueryEscape("/console/approvals?after=5") {
		t.Errorf("turned back to %q", turned)
	}
	for next, want := range map[string]string{"/console/approvals?after=5": "/console/approvals?after=5", "https://evil.example/": root} {
		got := c.post(t, "/console/sign-in", url.Values{"email": {"admin@example.com"}, "password": {password}, "next": {next}}).header.Get("Location")
		if got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

// proposal proposes by the page's own form, and gives the proposal's path.
func (c *client) proposal(t testing.TB, kind string, form url.Values) string {
	t.Helper()
	shown := c.see(t, "/console/propose/"+kind)
	form.Set("form", regexp.MustCompile(`name="form" value="(\w+)"`).FindStringSubmatch(shown)[1])
	if form.Get("reason") == "" {
		form.Set("reason", "because")
	}
	answered := c.post(t, "/console/propose/"+kind, form)
	path := answered.header.Get("Location")
	if answered.status != http.StatusSeeOther || !strings.HasPrefix(path, approvalsPath+"/") {
		t.Fatalf("propose %s: %d %s", kind, answered.status, answered.body)
	}
	return path
}

var seenField = regexp.MustCompile(`name="seen" value="(\w+)"`)

// decide presses a button of a proposal's page.
func (c *client) decide(t testing.TB, path, button string) got {
	t.Helper()
	seen := seenField.FindStringSubmatch(c.see(t, path))
	if seen == nil {
		t.Fatalf("%s has no buttons", path)
	}
	return c.post(t, path+"/"+button, url.Values{"seen": {seen[1]}, "note": {"a note"}})
}

// available is a balance of the demo's shop, in minor units.
func (k *kit) available(t testing.TB) int64 {
	t.Helper()
	accounts, err := ledger.Balances(context.Background(), k.house.DB.Reader(), demo.Shop)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if a.Purpose == ledger.Available && a.Currency.Code() == "USD" {
			return a.Balance
		}
	}
	return 0
}

func depositForm() url.Values {
	return url.Values{"shop": {fmt.Sprint(demo.Shop)}, "amount": {"10.00"}, "currency": {"USD"}, "direction": {"deposit"}, "note": {"cash"}}
}

func TestFourEyesOnADeposit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		k := kitOn(t, h)
		finance, admin := k.as(t, operator.Finance), k.as(t, operator.Admin)
		before := k.available(t)
		path := finance.proposal(t, "shop.deposit", depositForm())
		if k.available(t) != before {
			t.Fatal("it was done before anybody approved")
		}
		other := k.signIn(t, "finance@example.com") // the same person in another session
		seen := seenField.FindStringSubmatch(other.see(t, path))[1]
		if answered := other.post(t, path+"/approve", url.Values{"seen": {seen}}); answered.status != http.StatusForbidden {
			t.Errorf("the proposer approves: %d", answered.status)
		}
		if answered := k.as(t, operator.Support).post(t, path+"/approve", url.Values{"seen": {seen}}); answered.status != http.StatusForbidden {
			t.Errorf("support approves: %d", answered.status)
		}
		if answered := admin.post(t, path+"/approve", url.Values{"seen": {strings.Repeat("0", 64)}}); answered.status != http.StatusConflict {
			t.Errorf("approved what was not seen: %d", answered.status)
		}
		second := k.add(t, "second@example.com", operator.Finance)
		two := []*client{admin, k.signIn(t, second.Email)}
		var both sync.WaitGroup
		for _, c := range two {
			c.see(t, path)
		}
		for i := range 8 {
			both.Go(func() { two[i%2].post(t, path+"/approve", url.Values{"seen": {seen}}) })
		}
		both.Wait()
		if got := k.available(t) - before; got != 1000 {
			t.Errorf("moved %d", got)
		}
		links, err := audit.Newest(context.Background(), h.DB.Reader(), demo.Shop, 0, 3)
		if err != nil || links[0].Act != "approval.approve" || !strings.Contains(links[0].Detail, "proposed by finance@example.com") ||
			!strings.HasSuffix(links[1].Actor, "proposed by operator:finance@example.com") {
			t.Errorf("%+v %+v, %v", links[0], links[1], err)
		}
	})
}

func TestProposalsAreDismissed(t *testing.T) {
	k := newKit(t)
	finance, admin := k.as(t, operator.Finance), k.as(t, operator.Admin)
	before := k.available(t)
	for _, c := range []*client{finance, admin} {
		path := finance.proposal(t, "shop.deposit", depositForm())
		if answered := c.decide(t, path, "dismiss"); answered.status != http.StatusSeeOther {
			t.Errorf("%d %s", answered.status, answered.body)
		}
		if body := admin.see(t, path); seenField.MatchString(body) {
			t.Error("a decided proposal still has buttons")
		}
	}
	if k.available(t) != before {
		t.Error("money moved")
	}
}

// What would be refused when it is approved is refused when it is proposed.
func TestWhatCannotBeDoneIsNotProposed(t *testing.T) {
	k := newKit(t)
	finance := k.as(t, operator.Finance)
	form := depositForm()
	form.Set("form", "0123456789abcdef")
	form.Set("reason", "because")
	form.Set("direction", "settlement")
	form.Set("amount", "999999999.00")
	if answered := finance.post(t, "/console/propose/shop.deposit", form); answered.status != http.StatusConflict {
		t.Errorf("%d", answered.status)
	}
	form.Set("amount", "1e5")
	if answered := finance.post(t, "/console/propose/shop.deposit", form); answered.status != http.StatusUnprocessableEntity ||
		!strings.Contains(answered.body, `id="field-amount-problem"`) || !strings.Contains(answered.body, `value="1e5"`) {
		t.Errorf("%d %s", answered.status, answered.body)
	}
	for kind, form := range map[string]url.Values{
		"payout.confirm": {"shop": {"1520"}, "id": {"1"}}, "payout.resolve": {"shop": {"1520"}, "id": {"1"}}, "shop.rotate": {"shop": {"7"}, "kind": {"secret"}, "how": {"start"}},
		"store.rotate": {"store": {"none"}, "how": {"start"}}, "operator.role": {"email": {"none@example.com"}, "role": {"admin"}},
	} {
		c := finance
		if kind == "operator.role" {
			c = k.as(t, operator.Admin)
		}
		if answered := c.post(t, "/console/propose/"+kind, form); answered.status < 400 || answered.status >= 500 {
			t.Errorf("%s: %d", kind, answered.status)
		}
	}
	if open, err := k.room.OpenApprovals(context.Background(), 10); err != nil || len(open) > 0 {
		t.Errorf("%v, %v", open, err)
	}
}

// A secret is shown to the approver once, and kept nowhere in clear: not in the
// proposal, the audit or the log.
func TestANewSecretIsShownOnce(t *testing.T) {
	k := newKit(t)
	shown := regexp.MustCompile(`data-copy="([^"]+)"`)
	for kind, form := range map[string]url.Values{
		"shop.rotate":  {"shop": {fmt.Sprint(demo.Shop)}, "kind": {"secret"}, "how": {"start"}},
		"store.rotate": {"store": {demo.Store}, "how": {"revoke"}},
	} {
		path := k.as(t, operator.Finance).proposal(t, kind, form)
		answered := k.as(t, operator.Admin).decide(t, path, "approve")
		secret := shown.FindStringSubmatch(answered.body)
		if answered.status != http.StatusOK || secret == nil {
			t.Fatalf("%s: %d %s", kind, answered.status, answered.body)
		}
		shop, _, _ := strings.Cut(strings.TrimPrefix(path, approvalsPath+"/"), "/")
		kept := k.as(t, operator.Admin).see(t, path) + k.as(t, operator.Admin).see(t, approvalsPath) + k.log.String()
		for _, id := range []int64{0, demo.Shop} {
			links, err := audit.Newest(context.Background(), k.house.DB.Reader(), id, 0, 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range links {
				kept += fmt.Sprintf("%+v", *l)
			}
		}
		if strings.Contains(kept, secret[1]) {
			t.Errorf("%s of shop %s: the secret is kept", kind, shop)
		}
		if again := k.as(t, operator.Admin).post(t, path+"/approve", url.Values{"seen": {"x"}}); strings.Contains(again.body, secret[1]) {
			t.Error("the secret is shown again")
		}
	}
}

func TestOneRoleByTwoAdmins(t *testing.T) {
	k := newKit(t)
	k.add(t, "second@example.com", operator.Admin)
	viewer := k.signIn(t, "viewer@example.com")
	path := k.as(t, operator.Admin).proposal(t, "operator.role", url.Values{"email": {"viewer@example.com"}, "role": {"finance"}})
	if answered := k.as(t, operator.Finance).post(t, path+"/approve", url.Values{"seen": {"x"}}); answered.status == http.StatusSeeOther {
		t.Error("finance decides about roles")
	}
	if answered := k.signIn(t, "second@example.com").decide(t, path, "approve"); answered.status != http.StatusSeeOther {
		t.Fatalf("%d %s", answered.status, answered.body)
	}
	if answered := viewer.get(t, "/console/"); answered.status != http.StatusSeeOther {
		t.Errorf("the session went on: %d", answered.status)
	}
}

func TestAlone(t *testing.T) {
	k := newKit(t)
	if _, err := db.Do(context.Background(), k.house.DB, db.House, operator.SetFourEyes{On: false, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	before := k.available(t)
	path := k.as(t, operator.Finance).proposal(t, "shop.deposit", depositForm())
	if k.available(t)-before != 1000 || !strings.Contains(k.as(t, operator.Finance).see(t, path), "four eyes are off") {
		t.Error("it was not done at once")
	}
}

// Text that people type is shown as text.
func TestStoredScript(t *testing.T) {
	k := newKit(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	form := depositForm()
	form.Set("note", evil)
	form.Set("reason", evil)
	path := k.as(t, operator.Finance).proposal(t, "shop.deposit", form)
	admin := k.as(t, operator.Admin)
	shown := admin.see(t, path)
	seen := seenField.FindStringSubmatch(shown)[1]
	admin.post(t, path+"/dismiss", url.Values{"seen": {seen}, "note": {evil}})
	r, _ := http.NewRequest(http.MethodPost, k.url+"/console/sign-in", strings.NewReader(url.Values{"email": {"admin@example.com"}, "password": {password}}.Encode()))
	r.Header.Set("User-Agent", evil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := k.nobody(t).Do(r); err != nil {
		t.Fatal(err)
	}
	failed := k.nobody(t).post(t, "/console/sign-in", url.Values{"email": {evil}, "password": {evil}, "next": {evil}})
	bodies := shown + failed.body
	for _, page := range []string{path, approvalsPath, mePath, "/console/propose/shop.deposit?" + form.Encode(), "/console/sign-in?next=" + url.QueryEscape(evil)} {
		bodies += admin.get(t, page).body
	}
	if strings.Contains(bodies, "<script>alert") || strings.Contains(bodies, "<img src=x") || !strings.Contains(bodies, "&lt;script&gt;alert(1)") {
		t.Error("what was typed is markup")
	}
	if strings.Contains(k.log.String(), "alert(1)") || strings.Contains(k.log.String(), password) {
		t.Error("what was typed is in the log")
	}
}

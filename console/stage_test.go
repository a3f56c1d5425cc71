package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
)

// shut tries every page and act of the console that is not for a stage: each
// sends to the stage's own page and does nothing.
func (c *client) shut(t *testing.T, stage operator.Stage) {
	t.Helper()
	token := csrfField.FindStringSubmatch(c.get(t, "/console/any-page-has-it").body)[1]
	for _, at := range pages() {
		if slices.Contains(at.stages, stage) {
			continue
		}
		method, path := address(at.pattern)
		var form url.Values
		if method == http.MethodPost {
			form = url.Values{"csrf": {token}}
		}
		if answered := c.do(t, method, path, form, nil); answered.status != http.StatusSeeOther || answered.header.Get("Location") != stagePages[stage] {
			t.Errorf("%s at stage %q: %d to %q", at.pattern, stage, answered.status, answered.header.Get("Location"))
		}
	}
}

// The first day of the first operator of a real installation: the given password
// is changed, a second factor enrolled, and before that nothing else is open.
func TestTheFirstDay(t *testing.T) {
	k := newKit(t)
	k.room.Factor = true
	add, given, err := k.room.NewAdd(context.Background(), "ann@example.com", operator.Admin, "command:root")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Do(context.Background(), k.house.DB, db.House, add); err != nil {
		t.Fatal(err)
	}
	c := k.nobody(t)
	c.post(t, "/console/sign-in", url.Values{"email": {add.Email}, "password": {given}})
	c.shut(t, operator.Renewing)
	weak := c.post(t, "/console/password", url.Values{"old": {given}, "password": {"short"}, "again": {"short"}})
	if weak.status != http.StatusUnprocessableEntity || !strings.Contains(weak.body, "at least 12 characters") {
		t.Errorf("%d %s", weak.status, weak.body)
	}
	if done := c.post(t, "/console/password", url.Values{"old": {given}, "password": {password}, "again": {password}}); done.status != http.StatusSeeOther {
		t.Fatalf("%d %s", done.status, done.body)
	}
	c.shut(t, operator.Enrolls)
	c.post(t, "/console/enrol/start", nil)
	secret := regexp.MustCompile(`class="secret">(\w+)<`).FindStringSubmatch(c.see(t, "/console/enrol"))[1]
	done := c.post(t, "/console/enrol", url.Values{"code": {k.code(t, secret)}})
	codes := regexp.MustCompile(`<li>((?:\w{4}-){3}\w{4})</li>`).FindAllStringSubmatch(done.body, -1)
	if done.status != http.StatusOK || len(codes) != 10 {
		t.Fatalf("%d %s", done.status, done.body)
	}
	c.see(t, "/console/")

	k.house.Clock.Add(time.Minute)
	c = k.nobody(t)
	c.post(t, "/console/sign-in", url.Values{"email": {add.Email}, "password": {password}})
	c.shut(t, operator.Second)
	if wrong := c.post(t, "/console/second-factor", url.Values{"code": {"12345"}}); wrong.status != http.StatusForbidden {
		t.Errorf("a wrong code: %d", wrong.status)
	}
	in := c.post(t, "/console/second-factor", url.Values{"code": {k.code(t, secret)}})
	if in.status != http.StatusSeeOther || !strings.Contains(in.header.Get("Set-Cookie"), cookieSession) {
		t.Fatalf("%d %s", in.status, in.body)
	}
	c.see(t, "/console/operators")
	if strings.Contains(k.log.String(), secret) || strings.Contains(k.log.String(), codes[0][1]) || strings.Contains(k.log.String(), given) {
		t.Error("a secret is in the log")
	}
}

// code is what an authenticator shows now (RFC 6238).
func (k *kit) code(t testing.TB, secret string) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, raw)
	_ = binary.Write(mac, binary.BigEndian, k.house.Clock.Time().Unix()/30)
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// Behind a proxy of ours that speaks TLS the cookie is the host's alone; nobody
// else's word counts for that.
func TestCookiesOverTLS(t *testing.T) {
	k := newKit(t)
	config := k.config()
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for peer, secure := range map[string]bool{"192.0.2.7:1234": true, "198.51.100.7:1234": false} {
		r, w := signInRequest(t, peer)
		New(config).ServeHTTP(w, r)
		cookie := w.Header().Get("Set-Cookie")
		if strings.HasPrefix(cookie, "__Host-"+cookieSession+"=") != secure || strings.Contains(cookie, "Secure") != secure {
			t.Errorf("from %s: %q", peer, cookie)
		}
	}
}

// Switched off in the console, an operator is out at once; an admin is not by
// the own hand.
func TestSwitchingOff(t *testing.T) {
	k := newKit(t)
	admin, viewer := k.as(t, operator.Admin), k.as(t, operator.Viewer)
	for email, want := range map[string]int{"viewer@example.com": http.StatusSeeOther, "admin@example.com": http.StatusConflict} {
		o, err := k.room.Find(context.Background(), email)
		if err != nil {
			t.Fatal(err)
		}
		if answered := admin.post(t, operatorPath(o)+"/active", url.Values{"active": {"false"}}); answered.status != want {
			t.Errorf("%s: %d", email, answered.status)
		}
	}
	if answered := viewer.get(t, "/console/"); answered.status != http.StatusSeeOther {
		t.Errorf("the viewer still sees: %d", answered.status)
	}
	admin.see(t, "/console/")
}

// One admin alone cannot make the second pair of eyes of one who was switched off.
func TestSwitchingAnOperatorOnTakesTwo(t *testing.T) {
	k := newKit(t)
	k.add(t, "second@example.com", operator.Admin)
	k.add(t, "gone@example.com", operator.Finance)
	admin, second := k.as(t, operator.Admin), k.signIn(t, "second@example.com")
	gone := func() *operator.Operator {
		o, err := k.room.Find(t.Context(), "gone@example.com")
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	path := operatorPath(gone()) + "/active"
	if answered := admin.post(t, path, url.Values{"active": {"false"}}); answered.status != http.StatusSeeOther || gone().Active {
		t.Fatalf("off: %d", answered.status)
	}
	if answered := admin.post(t, path, url.Values{"active": {"true"}}); answered.status != http.StatusUnprocessableEntity || gone().Active {
		t.Errorf("on by one: %d", answered.status)
	}
	form := func() url.Values { return url.Values{"email": {"gone@example.com"}} }
	if page := admin.see(t, operatorPath(gone())); !strings.Contains(page, "propose/operator.enable?email=gone%40example.com") {
		t.Error("the page has no way to propose it")
	}
	proposed, late := admin.proposal(t, "operator.enable", form()), admin.proposal(t, "operator.enable", form())
	if answered := k.signIn(t, "admin@example.com").decide(t, proposed, "approve"); answered.status != http.StatusForbidden || gone().Active {
		t.Errorf("the proposer approves: %d", answered.status)
	}
	if answered := second.decide(t, proposed, "approve"); answered.status != http.StatusSeeOther || !gone().Active {
		t.Errorf("on by two: %d", answered.status)
	}
	admin.post(t, path, url.Values{"active": {"false"}})
	if answered := second.decide(t, late, "approve"); answered.status != http.StatusConflict || gone().Active {
		t.Errorf("switched on as of before the last time off: %d", answered.status)
	}
}

// Two agreed on somebody with one role: with another, nobody is switched on by it,
// be the role what it was again.
func TestSwitchingOnIsOfTheRoleThatWasSeen(t *testing.T) {
	k := newKit(t)
	k.add(t, "second@example.com", operator.Admin)
	gone, err := k.room.Find(t.Context(), k.add(t, "gone@example.com", operator.Viewer).Email)
	if err != nil || gone.Epoch == 0 {
		t.Fatalf("one of no epoch is whoever it is: %+v, %v", gone, err)
	}
	become := func(role operator.Role) {
		t.Helper()
		if _, err := db.Do(t.Context(), k.house.DB, db.House, operator.SetRole{Operator: gone.ID, Role: role, Actor: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Do(t.Context(), k.house.DB, db.House, operator.SetActive{Operator: gone.ID, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	admin, second := k.as(t, operator.Admin), k.signIn(t, "second@example.com")
	proposed := admin.proposal(t, "operator.enable", url.Values{"email": {gone.Email}})
	for _, role := range []operator.Role{operator.Admin, operator.Viewer} {
		become(role)
		if text := reads(second.see(t, proposed)); !strings.Contains(text, "Role when it was proposed viewer Role now "+string(role)) {
			t.Errorf("the proposal does not tell both roles: %s", text)
		}
		answered := second.decide(t, proposed, "approve")
		if now, err := k.room.Find(t.Context(), gone.Email); answered.status != http.StatusConflict || err != nil || now.Active {
			t.Errorf("as %s: %d, %v", role, answered.status, err)
		}
	}
}

// A switch is told on or off; what is neither changes nothing.
func TestSwitchesTakeTrueOrFalse(t *testing.T) {
	k := newKit(t)
	k.bankAccount(t)
	admin := k.as(t, operator.Admin)
	o, err := k.room.Find(t.Context(), "viewer@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{operatorPath(o) + "/active", shopPath(1520) + "/active", providerPath("bank") + "/off"} {
		for _, value := range []string{"", "TRUE", "1", "no"} {
			if answered := admin.post(t, path, url.Values{"active": {value}}); answered.status != http.StatusUnprocessableEntity {
				t.Errorf("%s %q: %d", path, value, answered.status)
			}
		}
	}
	if now, err := k.room.Find(t.Context(), o.Email); err != nil || !now.Active || !k.bank(t).Active {
		t.Errorf("something was switched: %v", err)
	}
}

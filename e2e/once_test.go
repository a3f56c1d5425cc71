package e2e

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238, as every authenticator has it
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/operator"
)

var (
	secretShown = regexp.MustCompile(`class="secret">\s*(?:<span class="id">\s*)?([^<\s]+)`)
	codeShown   = regexp.MustCompile(`<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4})+)</li>`)
	seenField   = regexp.MustCompile(`name="seen" value="([^"]*)"`)
)

// What the console shows once is nowhere afterwards: no page, file, log, table or
// metric has it. Everything is made here that is shown once; each looks for it.
func TestWhatIsShownOnce(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		d := g.newcomer(operator.Admin)
		email := d.email()
		codes := d.enrols()
		again := g.desk().enters(email, d.password)
		if got := again.send("/console/second-factor", url.Values{"code": {codes[0]}}); got.status != http.StatusSeeOther {
			t.Fatalf("a recovery code: HTTP %d\n%s", got.status, got.body)
		}
		again.keepsToken()
		again.see("/console/me")
		g.slips(email)

		second := g.desk().enters(demo.SecondOperator, g.passwordOf(demo.SecondOperator))
		rotated := again.approves(second.asksFor("shop.rotate", url.Values{"kind": {"secret"}, "how": {"start"}}))
		g.secret = g.hide(firstIn(t, secretShown, rotated))
		g.eventually("the new secret signs", func() bool { return g.signsWith(g.secret) })
		hook := again.approves(second.asksFor("shop.rotate", url.Values{"kind": {"webhook_key"}, "how": {"start"}}))
		g.hide(firstIn(t, secretShown, hook))
		again.approves(second.proposes("shop.deposit", "31.00"))
		g.trades()
	})
}

// asksFor proposes something about the demo's shop.
func (d *desk) asksFor(kind string, form url.Values) string {
	d.g.t.Helper()
	form.Set("shop", fmt.Sprint(demoShop))
	form.Set("form", d.g.own("form"))
	form.Set("reason", "a test")
	got := d.send("/console/propose/"+kind, form)
	if got.status != http.StatusSeeOther {
		d.g.t.Fatalf("a proposal of %s: HTTP %d\n%s", kind, got.status, got.body)
	}
	return got.header.Get("Location")
}

// approves does what was proposed, and gives the page that says so.
func (d *desk) approves(path string) string {
	d.g.t.Helper()
	got := d.send(path+"/approve", url.Values{"seen": {firstIn(d.g.t, seenField, d.see(path))}})
	if got.status != http.StatusOK && got.status != http.StatusSeeOther {
		d.g.t.Fatalf("approving %s: HTTP %d\n%s", path, got.status, got.body)
	}
	return got.body
}

// enrols takes a second factor and gives the recovery codes. Neither these, nor the
// factor's secret, nor the passwords of somebody who slips may be found.
func (d *desk) enrols() []string {
	t := d.g.t
	t.Helper()
	if got := d.send("/console/enrol/start", nil); got.status != http.StatusSeeOther {
		t.Fatalf("enrol: HTTP %d\n%s", got.status, got.body)
	}
	secret := d.g.hide(firstIn(t, secretShown, d.ask(http.MethodGet, "/console/enrol", nil).body))
	got := d.send("/console/enrol", url.Values{"code": {codeNow(t, secret)}})
	d.keepsToken()
	var codes []string
	for _, found := range codeShown.FindAllStringSubmatch(got.body, -1) {
		codes = append(codes, d.g.hide(found[1]))
		d.g.hide(strings.ReplaceAll(found[1], "-", ""))
	}
	if len(codes) < 5 {
		t.Fatalf("%d recovery codes are shown: HTTP %d\n%s", len(codes), got.status, got.body)
	}
	return codes
}

// slips is somebody who types passwords where they do not belong.
func (g *gateway) slips(email string) {
	g.t.Helper()
	d := g.desk()
	for i, form := range []url.Values{
		{"email": {g.hide("a password typed as email")}, "password": {"x"}}, {"email": {email}, "password": {g.hide("not quite the password")}},
		{"email": {"nobody@example.com"}, "password": {g.hide("a password of nobody's")}},
	} {
		if got := d.ask(http.MethodPost, "/console/sign-in", form); got.status != http.StatusForbidden {
			g.t.Errorf("slip %d: HTTP %d", i, got.status)
		}
	}
}

// firstIn is what the expression finds first.
func firstIn(t testing.TB, expression *regexp.Regexp, text string) string {
	t.Helper()
	found := expression.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%s is not in:\n%s", expression, text)
	}
	return found[1]
}

// codeNow is what an authenticator with the secret shows (RFC 6238).
func codeNow(t testing.TB, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

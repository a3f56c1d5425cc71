package console

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/operator"
)

var pathValue = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}|\{\$\}`)

// address is an address that a pattern serves.
func address(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, pathValue.ReplaceAllStringFunc(path, func(name string) string {
		if name == "{$}" {
			return ""
		}
		return "1"
	})
}

// Every page and act says who may use it; each role is let in or refused
// accordingly, before the handler runs.
func TestEveryRoleAtEveryRoute(t *testing.T) {
	k := newKit(t)
	for _, at := range pages() {
		method, path := address(at.pattern)
		if at.needs == operator.Anyone {
			continue
		}
		t.Run(at.pattern, func(t *testing.T) {
			if !at.needs.Known() || at.needs == "" {
				t.Fatal("it does not say who may use it")
			}
			refused := http.StatusSeeOther
			if method == http.MethodPost {
				refused = http.StatusUnauthorized
			}
			if answered := k.nobody(t).do(t, method, path, url.Values{}, nil); answered.status != refused {
				t.Errorf("signed out: %d", answered.status)
			}
			for _, role := range operator.Roles() {
				c := k.as(t, role)
				// A POST without a token stops behind the role and before the handler.
				answered := c.do(t, method, path, url.Values{}, nil)
				denied := strings.Contains(answered.body, errRole.title)
				if denied == role.May(at.needs) {
					t.Errorf("%s: %d, denied %v", role, answered.status, denied)
				}
				if method == http.MethodPost && !denied && (at.stages == nil || slices.Contains(at.stages, operator.Inside)) && !strings.Contains(answered.body, errToken.title) {
					t.Errorf("%s: a POST without a token: %d", role, answered.status)
				}
			}
		})
	}
}

// A POST with another session's token, from another site, or with none does nothing.
func TestForeignForms(t *testing.T) {
	k := newKit(t)
	admin, viewer := k.as(t, operator.Admin), k.as(t, operator.Viewer)
	foreign := csrfField.FindStringSubmatch(viewer.see(t, "/console/"))[1]
	for _, at := range pages() {
		method, path := address(at.pattern)
		if method != http.MethodPost || at.needs == operator.Anyone || at.stages != nil && !slices.Contains(at.stages, operator.Inside) {
			continue
		}
		if answered := admin.do(t, method, path, url.Values{"csrf": {foreign}}, nil); !strings.Contains(answered.body, errToken.title) {
			t.Errorf("%s with a foreign token: %d", at.pattern, answered.status)
		}
	}
	own := csrfField.FindStringSubmatch(admin.see(t, "/console/"))[1]
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}}} {
		for _, path := range []string{"/console/theme", "/console/sign-in", "/console/sign-out"} {
			answered := admin.do(t, http.MethodPost, path, url.Values{"csrf": {own}}, header)
			if answered.status != http.StatusForbidden || !strings.Contains(answered.body, errForeign.title) {
				t.Errorf("%s with %v: %d", path, header, answered.status)
			}
		}
	}
	if answered := admin.get(t, "/console/"); answered.status != http.StatusOK {
		t.Errorf("a foreign form signed out: %d", answered.status)
	}
}

// Every page has the policy, is not kept, has one h1 that is its title, and no
// script or style of its own.
func TestEveryPage(t *testing.T) {
	k := newKit(t)
	admin := k.as(t, operator.Admin)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|<script(?: defer)?>|\son[a-z]+=|javascript:`)
	heading := regexp.MustCompile(`<h1>([^<]*)</h1>`)
	for _, at := range append(pages(), route{pattern: "GET /console/nothing"}) {
		method, path := address(at.pattern)
		if method != http.MethodGet {
			continue
		}
		answered := admin.get(t, path)
		if answered.header.Get("Content-Security-Policy") != policy || answered.header.Get("Cache-Control") != "no-store" ||
			answered.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", at.pattern, answered.header)
		}
		if !strings.HasPrefix(answered.header.Get("Content-Type"), "text/html") || answered.status >= 300 && answered.status < 400 {
			continue
		}
		if found := inline.FindString(answered.body); found != "" {
			t.Errorf("%s: %q in the page", at.pattern, found)
		}
		if h := heading.FindAllStringSubmatch(answered.body, -1); len(h) != 1 || !strings.Contains(answered.body, "<title>"+h[0][1]+" · Brama</title>") {
			t.Errorf("%s: headings %v", at.pattern, h)
		}
		if answered.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d", at.pattern, answered.status)
		}
	}
}

// What is no text comes to no database: PostgreSQL would break off on it.
func TestOnlyTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		k := kitOn(t, h)
		admin := k.as(t, operator.Admin)
		for _, path := range []string{"/console/find?q=%00", "/console/find?q=%ff", "/console/payouts?payway=%ff", "/console/payways/%00", "/console/stores/%ff", "/console/audit?%ff=1"} {
			if answered := admin.get(t, path); answered.status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, answered.status)
			}
		}
		form := url.Values{"shop": {"1520"}, "amount": {"1.00"}, "currency": {"USD"}, "direction": {"deposit"}, "form": {"f"}, "reason": {"a\x00b"}}
		if answered := admin.post(t, "/console/propose/shop.deposit", form); answered.status != http.StatusBadRequest {
			t.Errorf("a reason with a zero byte: %d", answered.status)
		}
		if answered := k.nobody(t).post(t, "/console/sign-in", url.Values{"email": {"\xff@example.com"}, "password": {"\x00"}}); answered.status != http.StatusBadRequest {
			t.Errorf("an email that is no text: %d", answered.status)
		}
	})
}

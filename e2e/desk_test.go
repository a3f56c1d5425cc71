package e2e

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/demo"
)

// desk is a browser at the console. What it is shown is searched for secrets in the
// end, but for what shows one once.
type desk struct {
	*http.Client
	g        *gateway
	password string       // a newcomer's own
	shown    bytes.Buffer // of the console
	read     bytes.Buffer // of the documentation
}

func (g *gateway) desk() *desk {
	g.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &desk{Client: &http.Client{Jar: jar, CheckRedirect: stay, Timeout: time.Minute}, g: g}
}

// seen is an answer.
type seen struct {
	status int
	header http.Header
	body   string
}

// ask sends a request as it is told; a nil form is no body.
func (d *desk) ask(method, path string, form url.Values) seen {
	d.g.t.Helper()
	r, err := http.NewRequest(method, d.g.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.g.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := d.Do(r)
	if err != nil {
		d.g.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.g.t.Fatalf("%s %s: %v", method, path, err)
	}
	return seen{answer.StatusCode, answer.Header, string(body)}
}

// see is a page that must be there.
func (d *desk) see(path string) string {
	d.g.t.Helper()
	got := d.ask(http.MethodGet, path, nil)
	if got.status != http.StatusOK {
		d.g.t.Fatalf("GET %s: HTTP %d\n%s", path, got.status, got.body)
	}
	d.shown.WriteString(got.body)
	return got.body
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// send sends a form as a page of this session would.
func (d *desk) send(path string, form url.Values) seen {
	d.g.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if token := csrfField.FindStringSubmatch(d.ask(http.MethodGet, "/console/any-page-has-it", nil).body); token != nil {
		form.Set("csrf", token[1])
	}
	return d.ask(http.MethodPost, path, form)
}

// enters signs in. The session's token must be nowhere but in this browser.
func (d *desk) enters(email, password string) *desk {
	d.g.t.Helper()
	got := d.ask(http.MethodPost, "/console/sign-in", url.Values{"email": {email}, "password": {password}})
	if got.status != http.StatusSeeOther {
		d.g.t.Fatalf("%s cannot sign in: HTTP %d\n%s", email, got.status, got.body)
	}
	d.keepsToken()
	return d
}

// keepsToken notes the token of the session, that it be looked for.
func (d *desk) keepsToken() {
	home, _ := url.Parse(d.g.url + "/")
	for _, c := range d.Jar.Cookies(home) {
		if strings.HasSuffix(c.Name, "brama_session") {
			d.g.hide(c.Value)
		}
	}
}

// hide notes what must be found nowhere.
func (g *gateway) hide(secret string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.private = append(g.private, secret)
	return secret
}

// passwordOf is what the first start printed of an operator of the demo.
func (g *gateway) passwordOf(email string) string {
	g.t.Helper()
	printed, _ := os.ReadFile(filepath.Join(g.dir, "stdout"))
	found := regexp.MustCompile(regexp.QuoteMeta(email) + ` +password (\S+)`).FindSubmatch(printed)
	if found == nil {
		g.t.Fatalf("no password of %s was printed", email)
	}
	return g.hide(string(found[1]))
}

// admin is the demo's operator, signed in.
func (g *gateway) admin() *desk {
	g.t.Helper()
	return g.desk().enters(demo.Operator, g.passwordOf(demo.Operator))
}

// links are what the pages lead to on this machine, but for signing out.
var links = regexp.MustCompile(`href="(/(?:console|docs)[^"#]*)`)

// walk asks for every page that can be reached by links, so many of a kind, and for
// every page without a variable part. It gives the addresses of each kind.
func (d *desk) walk(each int) map[string][]string {
	d.g.t.Helper()
	kinds := http.NewServeMux()
	queue := []string{"/docs", "/openapi.yaml"}
	for _, at := range console.Addresses() {
		path, get := strings.CutPrefix(at.Pattern, "GET ")
		if !get {
			continue
		}
		kinds.HandleFunc(at.Pattern, nothing)
		if !strings.Contains(strings.TrimSuffix(path, "{$}"), "{") {
			queue = append(queue, strings.TrimSuffix(path, "{$}"))
		}
	}
	kinds.HandleFunc("GET /docs/{page...}", nothing)
	known, found := map[string]bool{}, map[string][]string{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		r, err := http.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			d.g.t.Fatal(err)
		}
		_, kind := kinds.Handler(r)
		if known[path] || strings.Contains(path, "/assets/") || len(found[kind]) >= each && kind != "" {
			continue
		}
		known[path] = true
		found[kind] = append(found[kind], path)
		queue = append(queue, d.look(path)...)
	}
	return found
}

func nothing(http.ResponseWriter, *http.Request) {}

// look is where a page leads to.
func (d *desk) look(path string) (further []string) {
	d.g.t.Helper()
	got := d.ask(http.MethodGet, path, nil)
	if strings.HasPrefix(path, "/console") {
		d.shown.WriteString(got.body)
	} else {
		d.read.WriteString(got.body)
	}
	if got.status >= http.StatusInternalServerError {
		d.g.t.Errorf("GET %s: HTTP %d\n%s", path, got.status, got.body)
	}
	for _, link := range links.FindAllStringSubmatch(got.body, -1) {
		further = append(further, html.UnescapeString(link[1]))
	}
	return further
}

package manual_test

import (
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/docs"
	"github.com/brama-pay/brama/manual"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

var (
	hrefs = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	ids   = regexp.MustCompile(` id="([^"]*)"`)
)

// crawl follows every link from the first page and gives the pages by path.
func crawl(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	pages, todo := map[string]string{}, []string{manual.Root}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if _, seen := pages[path]; seen {
			continue
		}
		w := get(t, h, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s is linked and answers %d", path, w.Code)
		}
		pages[path] = w.Body.String()
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, found := range hrefs.FindAllStringSubmatch(pages[path], -1) {
			if to, _, _ := strings.Cut(html.UnescapeString(found[1]), "#"); strings.HasPrefix(to, manual.Root) || to == manual.DescriptionPath {
				todo = append(todo, to)
			} else if strings.HasPrefix(to, "/") && to != "/demo/callbacks" {
				t.Errorf("%s links to %s, which is not of these pages", path, to)
			}
		}
	}
	return pages
}

// Every link leads somewhere, its anchor too, and every file of the folder is reached.
func TestNoLinkIsDead(t *testing.T) {
	pages := crawl(t, manual.New(manual.Config{URL: "http://127.0.0.1:8080"}))
	for path, text := range pages {
		for _, found := range hrefs.FindAllStringSubmatch(text, -1) {
			to, anchor, marked := strings.Cut(html.UnescapeString(found[1]), "#")
			if to == "" {
				to = path
			}
			if marked && strings.HasPrefix(to, manual.Root) && !strings.Contains(pages[to], ` id="`+anchor+`"`) {
				t.Errorf("%s links to %s#%s, which is not there", path, to, anchor)
			}
		}
		seen := map[string]bool{}
		for _, found := range ids.FindAllStringSubmatch(text, -1) {
			if seen[found[1]] {
				t.Errorf("%s has the id %q twice", path, found[1])
			}
			seen[found[1]] = true
		}
	}
	err := fs.WalkDir(docs.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if page, isPage := strings.CutSuffix(name, ".md"); isPage && pages[manual.Root+"/"+page] == "" {
			t.Errorf("no link leads to %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The policy is kept by the pages themselves: nothing inline, nobody else's.
func TestPagesKeepTheirPolicy(t *testing.T) {
	h := manual.New(manual.Config{})
	inline := regexp.MustCompile(`(?i)<style|<script>| style=| on[a-z]+="|javascript:|src="(?:https?:)?//|<link[^>]*href="(?:https?:)?//`)
	for path, text := range crawl(t, h) {
		header := get(t, h, path).Header()
		policy := header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, header)
		}
		if !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			continue
		}
		if found := inline.FindString(tags(text)); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
		if strings.Count(text, "<h1") != 1 || !strings.Contains(text, `<html lang="en">`) || !strings.Contains(text, `href="#content"`) {
			t.Errorf("%s lacks its one heading, its language or the way to its content", path)
		}
	}
}

// tags is a page without the text between its tags, where anything may be told.
func tags(text string) string {
	return strings.Join(regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1), "\n")
}

// A demo's examples call the demo that shows them; another gateway's call one on the
// reader's own machine, and its pages link to nothing that only a demo has.
func TestExamplesCallTheDemo(t *testing.T) {
	const path = "/docs/api/avanor/invoice/create"
	here := get(t, manual.New(manual.Config{URL: "http://127.0.0.1:9999/"}), path).Body.String()
	if strings.Contains(here, "127.0.0.1:8080") || !strings.Contains(here, "export BRAMA_URL=http://127.0.0.1:9999\n") {
		t.Error("a demo at another address shows examples that call the standard one")
	}
	usual := get(t, manual.New(manual.Config{URL: "http://127.0.0.1:8080"}), path).Body.String()
	if strings.Contains(usual, "BRAMA_URL") || !strings.Contains(usual, "url=http://127.0.0.1:8080 ") {
		t.Error("a demo at the standard address needs no other")
	}
	real := get(t, manual.New(manual.Config{}), "/docs/api/callbacks/invoice").Body.String()
	if strings.Contains(real, `href="/demo/`) || !strings.Contains(real, "this gateway is none") {
		t.Error("a gateway that is no demo speaks as one")
	}
	for _, path := range []string{"/openapi.yaml", "/docs/openapi.yaml"} {
		w := get(t, manual.New(manual.Config{URL: "https://demo.example"}), path)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "- url: https://demo.example\n") || w.Header().Get("Content-Type") != "application/yaml; charset=utf-8" {
			t.Errorf("%s: %d %s", path, w.Code, w.Header())
		}
	}
}

func TestRequests(t *testing.T) {
	h := manual.New(manual.Config{})
	tag := get(t, h, "/docs/signing").Header().Get("ETag")
	tests := []struct {
		name, verb, path, tag string
		status                int
		body                  string
	}{
		{"a page", "GET", "/docs/signing", "", 200, "<h1"},
		{"with a slash", "GET", "/docs/signing/", "", 200, "<h1"},
		{"again", "GET", "/docs/signing", tag, 304, ""},
		{"another one before", "GET", "/docs/ledger", tag, 200, "<h1"},
		{"head", "HEAD", "/docs/signing", "", 200, ""},
		{"a form", "POST", "/docs/signing", "", 405, ""},
		{"none", "GET", "/docs/none", "", 404, "There is no such page"},
		{"no asset", "GET", "/docs/assets/none.css", "", 404, "There is no such page"},
		{"a file of the folder", "GET", "/docs/signing.md", "", 404, ""},
		{"out of the folder", "GET", "/docs/assets/../manual.go", "", 404, ""},
		{"the missing page by its name", "GET", "/missing", "", 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.verb, test.path, nil)
			r.Header.Set("If-None-Match", test.tag)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) || (test.status == 304 || test.verb == "HEAD") && w.Body.Len() > 0 {
				t.Errorf("%d %.200s", w.Code, w.Body)
			}
		})
	}
}

// Each method has its signature, its fields, its answer and examples in all three
// languages; each callback has its own.
func TestEveryMethodIsToldWhole(t *testing.T) {
	for path, text := range crawl(t, manual.New(manual.Config{})) {
		name, isMethod := strings.CutPrefix(path, "/docs/api/")
		if !isMethod || strings.Count(name, "/") == 0 {
			continue
		}
		page := strings.HasSuffix(name, "page") || strings.HasSuffix(name, "/pay") || strings.HasSuffix(name, "/qr")
		want := []string{"<h2 id=\"answer\">", "language-go example"}
		if !page {
			want = append(want, `id="signature"`, `id="request"`, "language-json")
		}
		if !page && !strings.HasPrefix(name, "callbacks/") {
			want = append(want, "nothing but curl", "with brama call", "required, signed")
		}
		if strings.HasSuffix(name, "page") {
			want = []string{"language-sh example"}
		}
		for _, what := range want {
			if !strings.Contains(text, what) {
				t.Errorf("%s lacks %s", path, what)
			}
		}
	}
}

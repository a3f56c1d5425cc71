package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The kit itself is on trial here: a page that does what none may is blamed, and
// one with a fault of accessibility is found out.
func TestBadPagesAreBlamed(t *testing.T) {
	const policy = "default-src 'self'; img-src data:"
	tests := []struct{ name, page, policy, blame string }{
		{"good", `<main><h1>Good</h1></main>`, policy, ""},
		{"console", `<script>console.error('broken', 7)</script>`, "", `console.error: "broken" 7`},
		{"exception", `<script>throw new Error('thrown')</script>`, "", "thrown"},
		{"inline script", `<script>document.title = 'x'</script>`, policy, "Content Security Policy"},
		{"another machine", `<img src="http://pictures.example/x.png" alt="">`, "", "a request to http://pictures.example/x.png"},
		{"nothing there", `<img src="/none.png" alt="">`, "", "404"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tab := Open(silent{t}, &Gateway{URL: page(t, test.page, test.policy)})
			tab.Visit("/")
			Eval[bool](tab, `new Promise(done => setTimeout(() => done(true), 200))`)
			tab.mu.Lock()
			defer tab.mu.Unlock()
			if got := strings.Join(tab.faults, "\n"); !strings.Contains(got, test.blame) || test.blame == "" && got != "" {
				t.Errorf("blamed for %q, want %q", got, test.blame)
			}
			tab.faults = nil
		})
	}
}

func TestAxeFindsFaults(t *testing.T) {
	tab := Open(t, &Gateway{URL: page(t, `<main><h1>Faults</h1><input name="card"><p style="color: #999; background: #aaa">pale</p></main>`, "")})
	tab.Visit("/")
	faults := strings.Join(Eval[[]string](tab, axe+axeFaults), "\n")
	for _, want := range []string{"label (critical)", "color-contrast (serious)"} {
		if !strings.Contains(faults, want) {
			t.Errorf("axe did not find %s:\n%s", want, faults)
		}
	}
}

// silent is a test that does not fail by what the page did: that is asked for.
type silent struct{ *testing.T }

func page(t *testing.T, body, policy string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body>` + body + `</body></html>`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

package e2e

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/docs/docstest"
)

// shownProgram is an example as a page of /docs shows it.
type shownProgram struct {
	page, path string // where it stands, and the method's own path
	language   string
	text       string
}

var (
	apiPages = regexp.MustCompile(`href="(/docs/api/[^"#]+)"`)
	address  = regexp.MustCompile(`<p class="address"><b>(?:POST|GET)</b> <code>([^<]*)</code>`)
	blocks   = regexp.MustCompile(`(?s)<code class="language-(sh|go) example">(.*?)</code>`)
)

// Every example is copied from its page in the running demo and run: the shell's with
// bash, those in Go in a module of their own. They call this demo, and what they get
// is what the method answers.
func TestExamplesOfThePagesWork(t *testing.T) {
	t.Parallel()
	needTools(t)
	g := newGateway(t, "sqlite")
	g.start()
	g.operator("shop", "set", "1520", "payout_callback_url="+g.url+"/demo/callbacks", "--commit")
	shown := g.programs()
	count := map[string]int{}
	for _, p := range shown {
		if count[p.language]++; p.language == "sh" {
			t.Run(strings.TrimPrefix(p.page, "/docs/api/")+" sh", func(t *testing.T) { g.runShell(t, p) })
		}
	}
	g.eventually("callbacks of every kind have come", func() bool {
		kinds := map[string]bool{}
		for _, a := range g.arrived() {
			kinds[kindOf(a.Path)] = true
		}
		return len(kinds) == 4
	})
	g.runGo(t, shown)
	if count["sh"] < 45 || count["go"] < 28 {
		t.Errorf("the pages show %d examples for the shell and %d in Go", count["sh"], count["go"])
	}
	g.callsBackAsDescribed()
}

// needTools are what the shell's examples call. Root installs what is missing.
func needTools(t *testing.T) {
	t.Helper()
	for _, name := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getuid() != 0 && os.Getenv("CI") != "true" {
			t.Skipf("THE EXAMPLES ARE NOT TESTED: apt-get install %s", name)
		}
		if err := dbtest.Install(os.Stderr, name); err != nil {
			t.Fatal(err)
		}
	}
}

// programs are all examples of the pages.
func (g *gateway) programs() (list []shownProgram) {
	g.t.Helper()
	seen := map[string]bool{}
	for _, found := range apiPages.FindAllStringSubmatch(g.page("/docs"), -1) {
		if seen[found[1]] {
			continue
		}
		seen[found[1]] = true
		text := g.page(found[1])
		path := ""
		if at := address.FindStringSubmatch(text); at != nil {
			path = html.UnescapeString(at[1])
		}
		for _, block := range blocks.FindAllStringSubmatch(text, -1) {
			list = append(list, shownProgram{found[1], path, block[1], html.UnescapeString(block[2])})
		}
	}
	return list
}

func (g *gateway) page(path string) string {
	g.t.Helper()
	response, err := http.Get(g.url + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		g.t.Fatalf("%s: HTTP %d, %v", path, response.StatusCode, err)
	}
	return string(text)
}

// tools is a PATH on which this program is called brama.
func (g *gateway) tools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(g.binary, filepath.Join(dir, "brama")); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

func (g *gateway) runShell(t *testing.T, p shownProgram) {
	var said bytes.Buffer
	c := exec.Command("bash", "-c", p.text)
	c.Env, c.Stderr = append(os.Environ(), "PATH="+g.tools(t)), &said
	out, err := c.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	answer := lines[len(lines)-1]
	if strings.Contains(p.page, "page") || strings.HasSuffix(p.page, "/pay") {
		if err != nil || !strings.HasPrefix(answer, "303") {
			t.Errorf("%s\n%v: %s\n%s", p.text, err, out, &said)
		}
		return
	}
	if err != nil || !strings.Contains(answer, `"error_code":0,"message":"Ok"`) && !strings.Contains(answer, `"state":"SUCCESS"`) {
		t.Errorf("%s\n%v: %s\n%s", p.text, err, out, &said)
	}
	verb, path := http.MethodPost, p.path
	switch {
	case strings.HasSuffix(path, "/generate"):
		verb = http.MethodGet
	case strings.Contains(answer, `"paymentState"`):
		path = "/ipp/v2/payment/state" // what a confirm that is not sure asks for
	}
	if err := docstest.Answer(verb, path, http.StatusOK, "application/json", []byte(answer)); err != nil {
		t.Error(err)
	}
}

// runGo builds the programs in Go in a module that knows this one, as a shop's would,
// and runs each.
func (g *gateway) runGo(t *testing.T, shown []shownProgram) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module shop.example\n\ngo 1.26\n\nrequire github.com/brama-pay/brama v0.0.0\n\nreplace github.com/brama-pay/brama => "+root+"\n")
	names := []string{}
	for _, p := range shown {
		if p.language == "go" {
			name := strings.ReplaceAll(strings.TrimPrefix(p.page, "/docs/api/"), "/", "-")
			names = append(names, name)
			write(t, filepath.Join(dir, name, "main.go"), p.text)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", "bin/", "./...")
	build.Dir, build.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, name := range names {
		t.Run(name+" go", func(t *testing.T) {
			c := exec.Command(filepath.Join(dir, "bin", name))
			c.WaitDelay = time.Minute
			if out, err := c.CombinedOutput(); err != nil || len(out) == 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A gateway that is no demo shows its documentation to operators only, and the
// examples do not call it.
func TestDocsOfARealGateway(t *testing.T) {
	t.Parallel()
	g, inside := serveReal(t)
	for _, path := range []string{"/docs", "/docs/signing", "/openapi.yaml"} {
		if status := g.status(path); status != http.StatusNotFound {
			t.Errorf("%s on the public address: HTTP %d", path, status)
		}
	}
	if text := inside.page("/docs/api/avanor/shop_balance"); !strings.Contains(text, "this gateway is none") || strings.Contains(text, g.listen) {
		t.Error("the examples seem to call a gateway with real money")
	}
	if text := inside.page("/openapi.yaml"); !strings.HasPrefix(text, "openapi: 3.1.0\n") {
		t.Errorf("/openapi.yaml is %.80s", text)
	}
	for _, path := range []string{"/metrics", "/console/", "/docs", "/healthz", "/"} {
		r, _ := http.NewRequest(http.MethodGet, inside.url+path, nil)
		r.Host = "evil.example"
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s under a stranger's name: HTTP %d", path, answer.StatusCode)
		}
	}
}

// Package manual is the door at which people read: the project's pages under /docs,
// a page for each method of the API, and the API's description as /openapi.yaml.
//
// It knows HTML, Markdown and OpenAPI. It must not know any row, room or secret: all
// it shows is in the package docs, the same for everybody.
package manual

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/brama-pay/brama/docs"
)

// Where the pages are.
const (
	Root            = "/docs"
	DescriptionPath = "/openapi.yaml"
	assetPath       = Root + "/assets/"
	descriptionFile = "openapi.yaml"
)

// policy lets the pages' own style and script in and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed assets
var assets embed.FS

// Config is what the door stands on.
type Config struct {
	// URL is where this gateway is reached when it is a demo: the pages' examples
	// call it. Empty: it is none, and they call a demo on the reader's own machine.
	URL string
}

// exampleURL is what the examples of the files call.
const exampleURL = "http://127.0.0.1:8080"

// manual serves what it has made of the files, once, when it is first asked.
type manual struct {
	url   string // "" when this gateway is no demo
	build func() (*site, error)
}

// New is the handler of everything under Root, and of DescriptionPath.
func New(c Config) http.Handler {
	m := &manual{url: strings.TrimRight(c.URL, "/")}
	m.build = sync.OnceValues(m.make)
	return m
}

// ServeHTTP answers one request: GET and HEAD only.
func (m *manual) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "these pages are only read", http.StatusMethodNotAllowed)
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case path == DescriptionPath, path == Root+DescriptionPath:
		m.file(w, r, docs.Files, descriptionFile, "application/yaml; charset=utf-8")
	case strings.HasPrefix(path, assetPath):
		name := strings.TrimPrefix(path, assetPath)
		m.file(w, r, assets, "assets/"+name, kindOf(name))
	default:
		m.page(w, r, path)
	}
}

func kindOf(name string) string {
	switch {
	case strings.HasSuffix(name, ".css"):
		return "text/css; charset=utf-8"
	case strings.HasSuffix(name, ".js"):
		return "text/javascript; charset=utf-8"
	case strings.HasSuffix(name, ".svg"):
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}

func (m *manual) page(w http.ResponseWriter, r *http.Request, path string) {
	s, err := m.build()
	if err != nil {
		http.Error(w, "the pages of this build cannot be read", http.StatusInternalServerError)
		return
	}
	p, status := s.pages[path], http.StatusOK
	if p == nil || path == missing {
		p, status = s.pages[missing], http.StatusNotFound
	}
	m.send(w, r, status, p.html, "text/html; charset=utf-8")
}

func (m *manual) file(w http.ResponseWriter, r *http.Request, from fs.FS, name, kind string) {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		m.page(w, r, missing)
		return
	}
	m.send(w, r, http.StatusOK, m.addressed(data), kind)
}

// addressed is a text whose examples call the demo that shows it.
func (m *manual) addressed(text []byte) []byte {
	if m.url == "" || m.url == exampleURL {
		return text
	}
	return bytes.ReplaceAll(text, []byte(exampleURL), []byte(m.url))
}

// send answers with what is the same until the program is another one: a browser
// that has it is told so by its digest.
func (m *manual) send(w http.ResponseWriter, r *http.Request, status int, content []byte, kind string) {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", tag)
	if status == http.StatusOK && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a reader who left reads nothing
	}
}

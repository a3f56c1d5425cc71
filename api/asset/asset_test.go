package asset_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/brama-pay/brama/api/asset"
)

func ask(s *asset.Set, verb, path, encoding string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(verb, path, nil), httptest.NewRecorder()
	r.Header.Set("Accept-Encoding", encoding)
	s.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	long := strings.Repeat("a{b:c}", asset.WorthZipping)
	s := asset.New("/pages/", "default-src 'none'", asset.Read(fstest.MapFS{
		"own/page.js": {Data: []byte("go()")}, "theirs/page.css": {Data: []byte(long)}, "own/folder/deep.js": {Data: []byte("no")},
	}, "own", "theirs"))
	tests := []struct {
		name, verb, path, encoding string
		status                     int
		kept, zipped, body         string
	}{
		{"small", "GET", s.Path("page.js"), "gzip", 200, "public, max-age=31536000, immutable", "", "go()"},
		{"large", "GET", s.Path("page.css"), "br, gzip", 200, "public, max-age=31536000, immutable", "gzip", long},
		{"large and unzipped", "GET", s.Path("page.css"), "", 200, "public, max-age=31536000, immutable", "", long},
		{"head", "HEAD", s.Path("page.js"), "", 200, "public, max-age=31536000, immutable", "", ""},
		{"a form", "POST", s.Path("page.js"), "", 405, "", "", ""},
		{"a plain name", "GET", "/pages/page.js", "", 404, "no-store", "", ""},
		{"another release", "GET", "/pages/page.0000000000000000.js", "", 404, "no-store", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(s, test.verb, test.path, test.encoding)
			h := w.Header()
			if w.Code != test.status || h.Get("Cache-Control") != test.kept || h.Get("Content-Encoding") != test.zipped {
				t.Errorf("%d %v", w.Code, h)
			}
			if h.Get("Content-Security-Policy") != "default-src 'none'" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("unguarded: %v", h)
			}
			if body := unzipped(t, w); body != test.body {
				t.Errorf("%.40q", body)
			}
		})
	}
}

func unzipped(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	from := io.Reader(w.Body)
	if w.Header().Get("Content-Encoding") == "gzip" {
		var err error
		if from, err = gzip.NewReader(from); err != nil {
			t.Fatal(err)
		}
	}
	body, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestNewContentHasANewName(t *testing.T) {
	one := asset.New("/", "", map[string][]byte{"a.js": []byte("1")})
	two := asset.New("/", "", map[string][]byte{"a.js": []byte("2")})
	if one.Path("a.js") == two.Path("a.js") || ask(two, http.MethodGet, one.Path("a.js"), "").Code != http.StatusNotFound {
		t.Errorf("both are at %s", one.Path("a.js"))
	}
}

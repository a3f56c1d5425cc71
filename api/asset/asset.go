// Package asset serves the files that the pages of a door load: style, script and
// pictures, out of the program itself. It must not know any page.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// WorthZipping is the size from which a file is kept zipped too.
const WorthZipping = 1400

// Set is the files of one door, each under a name that carries a hash of its
// content: what was fetched once is never asked for again, and a new release has
// new names.
type Set struct {
	policy string
	paths  map[string]string // by plain name
	files  map[string]file   // by path
}

type file struct {
	kind   string
	plain  []byte
	zipped []byte // nil when it is not worth it
}

// Read is the content of every file of some folders, by its plain name. It panics
// where the program was built without them.
func Read(from fs.FS, folders ...string) map[string][]byte {
	contents := map[string][]byte{}
	for _, folder := range folders {
		entries, err := fs.ReadDir(from, folder)
		if err != nil {
			panic(err)
		}
		for _, entry := range entries {
			if data, err := fs.ReadFile(from, folder+"/"+entry.Name()); err == nil { // a folder is none
				contents[entry.Name()] = data
			}
		}
	}
	return contents
}

// New makes the files of their contents, to be served under prefix with the pages'
// policy.
func New(prefix, policy string, contents map[string][]byte) *Set {
	s := &Set{policy: policy, paths: map[string]string{}, files: map[string]file{}}
	for name, data := range contents {
		hash, ext := sha256.Sum256(data), path.Ext(name)
		at := prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(hash[:8]) + ext
		s.paths[name], s.files[at] = at, file{kinds[ext], data, zip(data)}
	}
	return s
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func zip(data []byte) []byte {
	if len(data) < WorthZipping {
		return nil
	}
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return zipped.Bytes()
}

// Path is where a file is served. An unknown name is a mistake of the page and
// panics in its first test.
func (s *Set) Path(name string) string {
	at, ok := s.paths[name]
	if !ok {
		panic("no asset " + name)
	}
	return at
}

// ServeHTTP serves a file for good, or 404 that is not kept.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	f, ok := s.files[r.URL.Path]
	switch {
	case !ok:
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	data := f.plain
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = f.zipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

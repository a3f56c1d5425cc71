package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed assets/*.css assets/*.js assets/*.svg assets/vendor/*.css assets/vendor/*.js
var assetFiles embed.FS

// asset is a file as it is served: under a name that carries a hash of its
// content, so that what was fetched once is never asked for again.
type asset struct {
	path   string
	kind   string
	plain  []byte
	zipped []byte // nil when it is not worth it
}

// worthZipping is the size from which a file is kept zipped too.
const worthZipping = 1400

// darkSheet is made of Tabler's: see darkRules.
const darkSheet = "tabler-dark.css"

var assetKinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// loadAssets is every file by its plain name, read once.
var loadAssets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	for _, dir := range []string{"assets", "assets/vendor"} {
		entries, err := assetFiles.ReadDir(dir)
		if err != nil {
			panic(err) // the program was built without its own folder
		}
		for _, entry := range entries {
			if data, err := assetFiles.ReadFile(dir + "/" + entry.Name()); err == nil {
				all[entry.Name()] = newAsset(entry.Name(), data)
			}
		}
	}
	all[darkSheet] = newAsset(darkSheet, darkRules(all["tabler.min.css"].plain))
	return all
})

func newAsset(name string, data []byte) *asset {
	hash := sha256.Sum256(data)
	a := &asset{path: root + "assets/" + hex.EncodeToString(hash[:8]) + "/" + name, kind: assetKinds[path.Ext(name)], plain: data}
	if len(data) >= worthZipping {
		var zipped bytes.Buffer
		w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
		_, _ = w.Write(data)
		_ = w.Close()
		a.zipped = zipped.Bytes()
	}
	return a
}

// assetPath is where an embedded file is served. An unknown name is a mistake of
// the page and panics in its first test.
func assetPath(name string) string { return loadAssets()[name].path }

// serveAsset serves a file for good, or 404 that is not kept.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	a, ok := loadAssets()[path.Base(r.URL.Path)]
	if !ok || a.path != r.URL.Path {
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	data := a.plain
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = a.zipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// darkRules are the rules of a style sheet that make it dark, for a page whose
// theme is "auto": it takes them by a media query, without a script.
func darkRules(sheet []byte) []byte {
	const dark, auto = "[data-bs-theme=dark]", "[data-bs-theme=auto]"
	var found bytes.Buffer
	depth, from := 0, 0
	for at, c := range sheet {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth > 0 {
				continue
			}
			rule := string(sheet[from : at+1])
			from = at + 1
			selector, body, _ := strings.Cut(rule, "{")
			if strings.Contains(selector, dark) && !strings.HasPrefix(strings.TrimSpace(selector), "@") && !strings.Contains(selector, ":not(") {
				found.WriteString(strings.ReplaceAll(selector, dark, auto) + "{" + body)
			}
		}
	}
	return found.Bytes()
}

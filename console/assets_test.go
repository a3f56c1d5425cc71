package console

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/brama-pay/brama/api/asset"
)

// What a page loads is served, for good, zipped where that is worth it, by this
// server alone.
func TestAssets(t *testing.T) {
	k := newKit(t)
	body := k.as(t, "viewer").see(t, "/console/")
	links := regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(body, -1)
	loaded := 0
	for _, link := range links {
		if !strings.HasPrefix(link[1], "/console/") && !strings.HasPrefix(link[1], "#") {
			t.Errorf("the page leads to %s", link[1])
		}
		if !strings.HasPrefix(link[1], "/console/assets/") {
			continue
		}
		loaded++
		plain := k.nobody(t).do(t, http.MethodGet, link[1], nil, http.Header{"Accept-Encoding": {"identity"}})
		if plain.status != http.StatusOK || !strings.Contains(plain.header.Get("Cache-Control"), "immutable") || plain.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", link[1], plain.status, plain.header)
		}
		zipped := k.nobody(t).do(t, http.MethodGet, link[1], nil, http.Header{"Accept-Encoding": {"gzip"}})
		if len(plain.body) > asset.WorthZipping && zipped.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d bytes are not zipped", link[1], len(plain.body))
		} else if zipped.header.Get("Content-Encoding") == "gzip" {
			unzipped, err := gzip.NewReader(strings.NewReader(zipped.body))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(unzipped); err != nil || string(text) != plain.body {
				t.Errorf("%s: another content when zipped, %v", link[1], err)
			}
		}
	}
	if loaded < 6 {
		t.Errorf("%d files are loaded", loaded)
	}
	for _, path := range []string{"/console/assets/console.0000000000000000.css", "/console/assets/x/../console.go", "/console/assets/console.css"} {
		if got := k.nobody(t).get(t, path); got.status != http.StatusNotFound && got.status != http.StatusMovedPermanently && got.status != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// The vendored files are those that the table beside them names.
func TestVendoredFiles(t *testing.T) {
	table, err := os.ReadFile("assets/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| ([\w.]+) \|.* ([\w.]+), ([\w.]+\.LICENSE) \|.*\| ([0-9a-f]{64}) \|$`).FindAllStringSubmatch(string(table), -1)
	for _, row := range rows {
		data, err := os.ReadFile("assets/vendor/" + row[1])
		sum := sha256.Sum256(data)
		if err != nil || hex.EncodeToString(sum[:]) != row[4] {
			t.Errorf("%s is not the file that was vendored: %v", row[1], err)
		}
		if _, err := os.Stat("assets/vendor/" + row[3]); err != nil {
			t.Errorf("%s: %v", row[1], err)
		}
	}
	files, err := os.ReadDir("assets/vendor")
	if err != nil || len(rows) != 4 || len(files) != len(rows)+4 { // three licences, and the table
		t.Errorf("%d files, %d in the table, %v", len(files), len(rows), err)
	}
}

// A page whose theme is auto is dark by the same rules as one that is told so.
func TestDarkRules(t *testing.T) {
	sheet := `:root{--a:1}.x{b:c}[data-bs-theme=dark],.theme-dark{--a:2}@media print{[data-bs-theme=dark]{--a:3}}:root:not([data-bs-theme=dark]) .y{d:e}`
	if got := string(darkRules([]byte(sheet))); got != "[data-bs-theme=auto],.theme-dark{--a:2}" {
		t.Error(got)
	}
	if all := string(contents()[darkSheet]); !strings.Contains(all, "--tblr-body-bg") || strings.Count(all, "{") != strings.Count(all, "}") {
		t.Errorf("%d bytes of dark rules", len(all))
	}
}

package console

import (
	"bytes"
	"embed"
	"strings"
	"sync"

	"github.com/brama-pay/brama/api/asset"
)

//go:embed assets/*.css assets/*.js assets/*.svg assets/vendor/*.css assets/vendor/*.js
var assetFiles embed.FS

// darkSheet is made of Tabler's: see darkRules.
const darkSheet = "tabler-dark.css"

// contents are the files by their plain names.
var contents = sync.OnceValue(func() map[string][]byte {
	all := asset.Read(assetFiles, "assets", "assets/vendor")
	all[darkSheet] = darkRules(all["tabler.min.css"])
	return all
})

// assets are the files as they are served, zipped when the first is asked for.
var assets = sync.OnceValue(func() *asset.Set { return asset.New(root+"assets/", policy, contents()) })

func assetPath(name string) string { return assets().Path(name) }

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

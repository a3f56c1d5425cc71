package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
)

// pageLimit is how many callbacks the page shows; the JSON list has all.
const pageLimit = 100

const pageStyle = `
:root{color-scheme:light dark;--line:#8886;--good:#1a7f37;--bad:#cf222e}
@media(prefers-color-scheme:dark){:root{--good:#3fb950;--bad:#ff7b72}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}
article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:1rem 0}
h2{font:600 1rem/1.4 ui-monospace,monospace;margin:0;overflow-wrap:anywhere}
p{margin:.25rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:.875rem/1.5 ui-monospace,monospace;margin:.5rem 0 0}
.good{color:var(--good)}.bad{color:var(--bad)}
`

var page = template.Must(template.New("callbacks").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Callbacks received</title><style>{{.Style}}</style></head>
<body><main><h1>Callbacks received</h1>
<p>What a shop would have received, newest first. Reload to see more; ask with <code>Accept: application/json</code> for a list.</p>
{{if not .List}}<p>None yet. Pay an invoice, and its callback arrives here.</p>{{end}}
{{range .List}}<article><h2>{{.Path}}</h2>
<p><time datetime="{{.At.Format "2006-01-02T15:04:05.000Z07:00"}}">{{.At.Format "2006-01-02 15:04:05.000 MST"}}</time></p>
<p>{{if .Verified}}<span class="good">✓ signature verifies</span>{{else}}<span class="bad">✗ signature does not verify</span>{{end}}
· {{if .WebhookVerified}}<span class="good">✓ webhook headers verify</span>{{else}}<span class="bad">✗ webhook headers do not verify</span>{{end}}</p>
<pre>{{.Body}}</pre></article>
{{end}}{{if .Older}}<p>{{.Older}} older ones are not shown.</p>{{end}}</main></body></html>
`))

// pagePolicy lets the page's own style in and nothing else, no script at all.
var pagePolicy = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func writePage(w http.ResponseWriter, list []Callback) {
	shown := list[:min(len(list), pageLimit)]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	_ = page.Execute(w, map[string]any{ // only a reader that left can fail it
		"Style": template.CSS(pageStyle), //nolint:gosec // a constant
		"List":  shown, "Older": len(list) - len(shown),
	})
}

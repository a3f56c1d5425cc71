package demo

import (
	"html/template"
	"net/http"
)

var startPage = template.Must(template.New("start").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Brama, a demo</title><style>{{.Style}}</style></head>
<body><main><h1>Brama, a demo</h1>
<p>Its secrets are public; never serve it to strangers. They were printed when it was made, the operators' passwords once.</p>
<ul>{{range .Links}}<li><a href="{{.Path}}">{{.Title}}</a> – {{.Words}}</li>{{end}}</ul>
<p>Make something to look at: <code>brama call invoice/create shop_order_id=order-1 amount=100.00 currency=840 payway=card_invoice_usd</code></p>
</main></body></html>
`))

// Link is an entry of the start page.
type Link struct{ Title, Path, Words string }

// Start is the demo's first page: where there is something to see.
func Start(links []Link) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		_ = startPage.Execute(w, map[string]any{"Style": template.CSS(pageStyle), "Links": links}) //nolint:gosec // a constant
	})
}

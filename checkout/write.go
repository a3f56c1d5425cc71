package checkout

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/signature"
)

//go:embed templates
var templateFiles embed.FS

var pages = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// policy lets a page load its own script, style and picture, ask and post to itself,
// and nothing else: nothing inline, no frame, nobody else's address.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// write sends the answer. A page that cannot be rendered becomes an answer
// without one: nothing of it has left yet.
func (d *Door) write(w http.ResponseWriter, r *http.Request, a *answer) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer") // the address is the capability
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Cache-Control", "no-store")
	var page bytes.Buffer
	if a.location != "" {
		h.Set("Location", a.location)
	} else if err := pages.ExecuteTemplate(&page, "page.html", a.view); err != nil {
		a.status, a.err = http.StatusInternalServerError, err
		page.Reset()
	}
	if page.Len() > 0 {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Language", string(a.view.Lang))
	}
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	switch a.status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", retrySeconds)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD, POST")
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page.Bytes()) // a payer who has left is no error
	}
}

// record writes the one log line of a visit and tells the observer. Nothing that
// was typed and no whole session is in it.
func (d *Door) record(v *visit, a *answer, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case a.status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	case a.status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	line := []slog.Attr{
		slog.String("method", v.method()), slog.String("page", a.view.name()), slog.Int("status", a.status),
		slog.String("session", v.shortSession()), slog.String("lang", string(v.lang)), slog.Int64("ms", took.Milliseconds()),
	}
	if v.page != nil && v.page.Invoice != nil {
		line = append(line, slog.Int64("shop", v.page.Invoice.Shop), slog.Int64("invoice", v.page.Invoice.ID))
	}
	if a.err != nil {
		line = append(line, slog.String("error", v.redact(a.err.Error())))
	}
	if a.stack != "" {
		line = append(line, slog.String("stack", a.stack))
	}
	d.Log.LogAttrs(v.r.Context(), level, "checkout", line...)
	if d.Observe != nil {
		d.Observe(a.view.name(), a.status, took)
	}
}

// name is the page for logs and figures: few values, whatever is asked for.
func (v view) name() string {
	if v.Kind == "sorry" {
		return v.Reason
	}
	return v.Kind
}

// method is the request's, unless it is none that we answer: anybody can send a
// megabyte of it.
func (v *visit) method() string {
	switch v.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return v.r.Method
	}
	return "other"
}

// shortSession tells a session from another in a log without opening it. What is
// no session is not shown: it might be anything. The digits are random ones: those
// before them are the shop's and the same in all its sessions.
func (v *visit) shortSession() string {
	if !isSession(v.session) {
		return "-"
	}
	return v.session[shopDigits : shopDigits+6]
}

// redact is the second belt: rooms do not put sessions or cards into errors.
func (v *visit) redact(text string) string {
	if isSession(v.session) {
		text = strings.ReplaceAll(text, v.session, v.shortSession())
	}
	return signature.MaskStringToSign(text)
}

package console

import (
	"bytes"
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/brama-pay/brama/api/incident"
)

// answer notes what was written.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write notes that something was written.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// headers go with every page.
func (v *visit) headers() {
	h := v.w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// write renders a component whole before the first byte leaves, so that an error
// in the middle is still a page.
func (v *visit) write(status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(v.ctx(), &b); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // only a reader that left can fail it
	return nil
}

// record writes the one line of a request: no text that a visitor typed.
func (v *visit) record(err error, took time.Duration) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("page", v.at.pattern), slog.Int("status", v.w.status), slog.Int64("millis", took.Milliseconds()),
	}
	if v.operator != nil {
		attrs = append(attrs, slog.Int64("operator", v.operator.ID))
	}
	if err != nil && v.w.status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, incident.Attrs(err)...)
	}
	v.Log.LogAttrs(v.ctx(), level, "console", attrs...)
}

package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/turnover"
)

// Config is what the console is given.
type Config struct {
	DB             *db.DB
	Box            *seal.Box
	Operators      *operator.Operators
	Settings       provider.Catalogue // of the connectors: their settings, and what they serve
	Doctor         *doctor.Doctor
	Preview        func(context.Context, *callback.Message) (*callback.Preview, error) // a message as it would be sent now
	Random         io.Reader
	Now            func() time.Time
	Deadline       func(time.Duration) time.Time // of a write to the network, by its own clock; nil: none
	Log            *slog.Logger
	Demo           bool
	Verifier       Verifier
	Figures        *turnover.Board
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and -Proto are believed
}

// root is where the console lives.
const root = "/console/"

// policy: nothing but what the binary serves, no script and no style in a page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// door serves the pages. It may be used concurrently.
type door struct {
	Config
	mux     *http.ServeMux
	routes  []route
	foreign *http.CrossOriginProtection
	checks  checkRoom
	exports exportRoom
}

// New is the console, for /console/. A route that says not who may use it panics.
func New(c Config) http.Handler { return serving(c, pages()) }

func serving(c Config, routes []route) http.Handler {
	d := &door{Config: c, mux: http.NewServeMux(), routes: routes, foreign: http.NewCrossOriginProtection()}
	for i := range d.routes {
		at := &d.routes[i]
		if !at.needs.Known() || at.serve == nil {
			panic("console: " + at.pattern + " does not say who may use it")
		}
		d.mux.HandleFunc(at.pattern, func(w http.ResponseWriter, r *http.Request) { d.visit(w, r, at) })
	}
	d.mux.HandleFunc("GET "+root+"assets/{name}", func(w http.ResponseWriter, r *http.Request) { assets().ServeHTTP(w, r) })
	d.mux.HandleFunc(root, func(w http.ResponseWriter, r *http.Request) { d.visit(w, r, missing(d.mux, r)) })
	d.mux.Handle("GET /console", http.RedirectHandler(root, http.StatusSeeOther))
	return d.mux
}

// missing is the page of an address that is nothing's, or of another verb.
func missing(mux *http.ServeMux, r *http.Request) *route {
	err := errNoPage
	for _, verb := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = verb
		if _, pattern := mux.Handler(other); verb != r.Method && strings.HasPrefix(pattern, verb) {
			err = errVerb
		}
	}
	return &route{title: "Not found", needs: operator.Anyone, stages: everyStage, serve: func(*visit) error { return err }}
}

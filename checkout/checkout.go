// Package checkout is the payer's page: a card form, the one-time code, and what
// became of the payment (api/avanor.md §5). It is a door: HTTP only, rendered on
// the server, without a cookie; its one script makes it pleasant and is not needed.
// The session in the address is the capability, so whoever has it may pay, and
// nobody else finds it.
//
// It must not know how a payment is made, nor the merchants' protocols. What a
// payer types goes to the room of invoices and nowhere else: not back into a page
// and not into a log.
package checkout

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
)

// Invoices is what the page asks of the room of invoices. An unknown session is
// fault.NotFound.
type Invoices interface {
	// Open shows where a payment stands; the first opening counts as opened.
	Open(ctx context.Context, session string) (*invoice.Page, error)
	// Look shows the same and opens nothing.
	Look(ctx context.Context, session string) (*invoice.Page, error)
	// Pay sends a card, once: a second click changes nothing.
	Pay(ctx context.Context, session string, card provider.Card) (*invoice.Page, error)
	// Answer sends the payer's one-time code.
	Answer(ctx context.Context, session, code string) (*invoice.Page, error)
	// Leave ends a payment whose payer does not want to go on.
	Leave(ctx context.Context, session string) (*invoice.Page, error)
}

// Config is what the page is given.
type Config struct {
	Invoices Invoices
	Demo     bool // hints at the sandbox's cards
	Log      *slog.Logger
	Now      func() time.Time
	// Observe hears of every answer but assets: which page, its HTTP status and
	// how long it took. It may be nil.
	Observe func(page string, status int, took time.Duration)
}

// Door serves the pages. It may be used concurrently.
type Door struct{ Config }

// New is a door: GET|POST /pay/{session} and /pay/assets/….
func New(c Config) *Door { return &Door{Config: c} }

// prefix is where the pages live.
const prefix = "/pay/"

// ServeHTTP serves what lies under /pay/; anything else is a page that says so.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, prefix)
	if strings.HasPrefix(rest, "assets/") {
		assets.ServeHTTP(w, r)
		return
	}
	d.Serve(w, r, rest)
}

// Serve serves the page of one session, whatever the address it was reached by:
// another door's page (api/payparts.md §3) is this one under its own path. Of the
// address's query only lang and token live on in forms and redirects.
func (d *Door) Serve(w http.ResponseWriter, r *http.Request, session string) {
	started := d.Now()
	v := visit{Door: d, r: r, session: session, lang: chooseLanguage(r)}
	a := v.answer()
	d.write(w, r, &a)
	d.record(&v, &a, d.Now().Sub(started))
}

// Package payparts is the door of PrivatBank's PayParts v2: HTTP in, one use case
// of a room, HTTP out, and the rendering of its callbacks (api/payparts.md).
//
// It knows the wire: names, texts that are signed, messages, and which state of an
// invoice is which paymentState. It must not decide anything about money, keep
// rows, or be imported by any room. A payment here is an invoice with a store.
package payparts

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/shop"
)

// Invoices is money in, as this door needs it; invoice.Invoices is one.
type Invoices interface {
	Create(ctx context.Context, c invoice.Create) (*invoice.Invoice, error)
	FindByOrder(ctx context.Context, shop int64, source, orderID string) (*invoice.Invoice, error)
	// Look shows where a payment stands without opening its page.
	Look(ctx context.Context, session string) (*invoice.Page, error)
	Charge(ctx context.Context, shop, id int64) (*invoice.Invoice, error)
	Unhold(ctx context.Context, shop, id int64) (*invoice.Invoice, error)
	Describe(ctx context.Context, d invoice.Describe) (*invoice.Invoice, error)
	CreateRefund(ctx context.Context, c invoice.CreateRefund) (*invoice.Refund, error)
	Refunds(ctx context.Context, shop, invoiceID int64) ([]*invoice.Refund, error)
}

// Stores looks a store up with its passwords; shop.StoreDirectory does. An unknown
// one is fault.NotFound.
type Stores interface {
	Find(ctx context.Context, id string) (*shop.StoreEntry, error)
}

// Shops looks a shop up; shop.Directory does.
type Shops interface {
	Find(ctx context.Context, id int64) (*shop.Entry, error)
}

// Page serves the payer's page of a session under whatever address it was reached
// by; checkout.Door does.
type Page interface {
	Serve(w http.ResponseWriter, r *http.Request, session string)
}

// Config is what the door stands on. Every field is needed unless it says otherwise.
type Config struct {
	Stores   Stores
	Shops    Shops
	Invoices Invoices
	Page     Page

	Now            func() time.Time
	Random         io.Reader      // of incident ids; safe for concurrent use
	PublicURL      string         // where clients reach the gateway
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; may be empty
	Draining       func() bool    // true: nothing new is taken; nil: never
	Log            *slog.Logger
	// Observe is told of each answered method: its state, Success, Fail or Unknown.
	// It may be nil.
	Observe func(method, state string, took time.Duration)
}

// The paths (api/payparts.md §3). PagePath is the payer's page, and stands before
// the methods.
const (
	Root     = "/ipp/"
	PagePath = "/ipp/v2/payment"
	qrPath   = "/ipp/qr/generate"
)

// door serves the methods. It is safe for concurrent use.
type door struct {
	Config
	methods map[string]*method
}

// New is the handler of everything under Root. What it does not know it answers
// with the FAIL body of 404.
func New(c Config) http.Handler {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	d := &door{Config: c, methods: make(map[string]*method, len(methods))}
	for i := range methods {
		d.methods[methods[i].name] = &methods[i]
	}
	return d
}

// ServeHTTP answers one request; a slash at the path's end is no difference.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch path {
	case PagePath:
		d.Page.Serve(w, r, sessionOf(r.URL.Query().Get("token")))
		return
	case qrPath:
		d.serveQR(w, r)
		return
	}
	name, _ := strings.CutPrefix(path, PagePath+"/")
	begun := d.Now()
	q := &request{http: r, method: d.methods[name]}
	a, refused := d.answer(q)
	status := http.StatusOK
	if refused != nil {
		status = refused.status
		if refused.allow != "" {
			w.Header().Set("Allow", refused.allow)
		}
	}
	send(w, status, a)
	d.note(q, a, status, d.Now().Sub(begun))
}

// answer is what a request comes to, signed where there is a store to sign for.
// refused is nil for SUCCESS.
func (d *door) answer(q *request) (a answer, refused *refusal) {
	a, err := d.serve(q)
	if err != nil {
		refused = d.explain(q, err)
		a = answer{State: refused.state, Message: refused.message}
	}
	q.seal(&a)
	return a, refused
}

func (d *door) serve(q *request) (a answer, err error) {
	defer incident.Recovered(&err)
	switch {
	case q.method == nil:
		return a, &refusal{status: http.StatusNotFound, state: Fail, message: "no such method; they are under " + PagePath + "/"}
	case q.http.Method != http.MethodPost:
		return a, &refusal{status: http.StatusMethodNotAllowed, state: Fail, message: "must be called by POST", allow: http.MethodPost}
	case d.Draining != nil && d.Draining():
		return a, &refusal{status: http.StatusServiceUnavailable, state: Fail, message: "The gateway is restarting; nothing was stored, try again"}
	}
	ctx := q.http.Context()
	for _, check := range ladder {
		if err := check(d, ctx, q); err != nil {
			return a, err
		}
	}
	return q.method.serve(d, ctx, q)
}

// sessionOf is the invoice's session behind a token, which is printed in capitals
// (api/payparts.md §4).
func sessionOf(token string) string { return strings.ToLower(token) }

func tokenOf(v *invoice.Invoice) string { return strings.ToUpper(v.Session) }

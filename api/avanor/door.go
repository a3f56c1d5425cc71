// Package avanor is the door of the Avanor/M4 merchant API: HTTP in, one use case
// of a room, HTTP out, and the rendering of its callbacks (api/avanor.md).
//
// It knows the wire: names, numbers, bytes, codes, the order of checks. It must
// not decide anything about money, keep rows, or be imported by any room.
package avanor

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// bodyLimit is the longest body that is read (api/avanor.md §1).
const bodyLimit = 1 << 20

// prefix stands before every method; siblings' clients leave it out.
const prefix = "/gateway/v1/"

// DefaultZone is what the wire's date-times mean (api/avanor.md §1).
var DefaultZone = time.FixedZone("UTC+03:00", 3*60*60)

// Shops looks a shop up with its secrets; shop.Directory does.
type Shops interface {
	Find(ctx context.Context, id int64) (*shop.Entry, error)
}

// Signatures remembers which signature moved money by which method; replay.Guard
// does. Use is a fault when it was another method.
type Signatures interface {
	Use(ctx context.Context, shop int64, sign, method string) error
}

// Config is what the door stands on. Every field is needed unless it says otherwise.
type Config struct {
	Shops      Shops
	Invoices   Invoices
	Payouts    Payouts
	Signatures Signatures
	// Payways lists what is open to a shop in a direction; payway.List does.
	Payways func(ctx context.Context, direction payway.Direction, shop int64) ([]*payway.Payway, error)
	// Balances lists the accounts of a shop; ledger.Balances does.
	Balances func(ctx context.Context, shop int64) ([]ledger.Account, error)

	Now            func() time.Time
	Random         io.Reader                                         // of incident ids; safe for concurrent use
	Zone           *time.Location                                    // nil: DefaultZone
	PublicURL      string                                            // where payers reach the gateway, without a slash at its end
	TrustedProxies []netip.Prefix                                    // whose X-Forwarded-For is believed; may be empty
	Draining       func() bool                                       // true: nothing new is taken; nil: never
	Observe        func(method string, code int, took time.Duration) // for metrics; nil: nobody looks
	Log            *slog.Logger
}

// door serves the methods. It is safe for concurrent use.
type door struct {
	Config
	methods map[string]*method
}

// New is the handler of every path of the API, with and without the prefix.
// What it does not know it answers with the envelope of 404.
func New(c Config) http.Handler {
	if c.Zone == nil {
		c.Zone = DefaultZone
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	d := &door{Config: c, methods: make(map[string]*method, len(methods))}
	for i := range methods {
		d.methods[methods[i].name] = &methods[i]
	}
	return d
}

// ServeHTTP answers one request.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if language, ok := formLanguage(r.URL.Path); ok {
		d.servePayForm(w, r, language)
		return
	}
	begun := d.Now()
	q := &request{http: r, method: d.find(r.URL.Path)}
	data, err := d.answer(q)
	code, content := d.envelope(q, data, err)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	setAllow(header, err)
	w.WriteHeader(statusOf(err))
	_, _ = w.Write(content) // the caller has left: he asks by his own id
	d.note(q, code, d.Now().Sub(begun))
}

// find is the method of a path, nil when there is none.
func (d *door) find(path string) *method {
	name, ok := strings.CutPrefix(path, prefix)
	if !ok {
		name = strings.TrimPrefix(path, "/")
	}
	return d.methods[strings.TrimSuffix(name, "/")]
}

// answer is the data of a success.
func (d *door) answer(q *request) (p *pen, err error) {
	defer incident.Recovered(&err)
	switch {
	case q.method == nil:
		return nil, notAMethod()
	case q.http.Method != http.MethodPost:
		return nil, notAllowed(http.MethodPost)
	case d.Draining != nil && d.Draining():
		return nil, draining()
	}
	ctx := q.http.Context()
	if err := d.climb(ctx, q, ladder); err != nil {
		return nil, err
	}
	p = newPen()
	return p, q.method.serve(d, ctx, q, p)
}

// envelope is the code of an answer and its bytes.
func (d *door) envelope(q *request, p *pen, err error) (int, []byte) {
	if err == nil {
		return codeOK, p.seal()
	}
	code, message := d.explain(q, err)
	return code, refusalBody(code, message)
}

// explain is the code and the text of an error. An internal one shows an incident
// id and nothing else.
func (d *door) explain(q *request, err error) (code int, message string) {
	if code = codeOf(err); code == codeInternal {
		return code, "Internal error, incident " + d.incident(q, err)
	}
	return code, messageOf(err)
}

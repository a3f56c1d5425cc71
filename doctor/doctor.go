package doctor

import (
	"context"
	"encoding/hex"
	"io"
	"regexp"
	"sync"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

// Subject is what the test messages are about.
type Subject string

// The subjects. A message about instalments is of the PayParts protocol.
const (
	Invoices    Subject = "invoice"
	Payouts     Subject = "payout"
	Instalments Subject = "payparts"
)

// Subjects lists them, the most common first.
func Subjects() []Subject { return []Subject{Invoices, Payouts, Instalments} }

// Stores looks a store up with its passwords opened; shop.StoreDirectory does.
type Stores interface {
	Find(ctx context.Context, id string) (*shop.StoreEntry, error)
}

// Doctor examines receivers. It may be used concurrently.
type Doctor struct {
	DB        *db.DB
	Shops     callback.Shops
	Stores    Stores
	Renderers map[string]callback.Renderer // by protocol, the gateway's own
	Client    callback.Doer                // the guarded one that callbacks go by
	Guard     callback.Guard               // of that client
	Now       func() time.Time
	Random    io.Reader
	Fallback  string // the URL of shops that have none; a demo's own receiver

	mu   sync.Mutex
	busy map[int64]bool // shops that are being examined
}

// Order is what is to be examined.
type Order struct {
	Shop  int64
	About Subject       // "" is Invoices, or Instalments when there is a store
	Store string        // for Instalments
	URL   string        // "": the one that the shop has configured
	Name  string        // within the ids of the test orders, so that they can be made in the shop before; "": drawn
	Actor string        // who wants it, for the audit
	Limit time.Duration // of the whole examination; 0 is 40 s
}

const defaultLimit = 40 * time.Second

var nameForm = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// Examine sends the test messages and grades the answers. fault.Invalid names what
// is wrong with the order; fault.Busy while the shop is being examined, and
// fault.Overloaded when it was too often.
func (d *Doctor) Examine(ctx context.Context, o Order) (*Report, error) {
	p, err := d.admit(ctx, o)
	if err != nil {
		return nil, err
	}
	if !d.begin(o.Shop) {
		return nil, fault.New(fault.Busy, "shop %d is being examined", o.Shop)
	}
	defer d.end(o.Shop)
	if err := d.note(ctx, p); err != nil {
		return nil, err
	}
	limit := o.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return p.examine(ctx)
}

// admit finds the shop, its address and its keys.
func (d *Doctor) admit(ctx context.Context, o Order) (*patient, error) {
	to, err := d.Shops.Find(ctx, o.Shop)
	if err != nil {
		return nil, err
	}
	p := &patient{doctor: d, order: o, shop: to, startedAt: d.Now()}
	if err := p.choose(ctx); err != nil {
		return nil, err
	}
	if p.order.URL, err = p.address(); err != nil {
		return nil, err
	}
	if p.order.Name == "" {
		p.order.Name, err = d.draw(5)
	} else if !nameForm.MatchString(p.order.Name) {
		err = fault.Param("name", "must be 1 to 20 lower-case letters and digits")
	}
	return p, err
}

// draw is a random text of so many bytes in hex.
func (d *Doctor) draw(bytes int) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := make([]byte, bytes)
	if _, err := io.ReadFull(d.Random, b); err != nil {
		return "", fault.Wrap(fault.Internal, err, "the name of an examination cannot be drawn")
	}
	return hex.EncodeToString(b), nil
}

func (d *Doctor) begin(id int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy = map[int64]bool{}
	}
	was := d.busy[id]
	d.busy[id] = true
	return !was
}

func (d *Doctor) end(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, id)
}

// Package inbox takes in what providers send on their own: bounded, verified by
// the connector of the account it came for, stored without its text, and applied
// once. A notice moves no money: it makes the gateway ask.
//
// It knows no protocol, and not what is asked: that is the appliers' business,
// which cmd names.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

// MaxBody bounds a notice, in bytes.
const MaxBody = 64 << 10

// maxNotices bounds what one body may speak of.
const maxNotices = 100

// Applier makes the gateway ask about what a notice speaks of. It may be called
// more than once for the same notice. fault.NotFound says that there is no such
// operation: then the notice is only kept.
type Applier func(ctx context.Context, n provider.Notice) error

// Config is what the inbox is given.
type Config struct {
	DB         *db.DB
	Connectors map[string]provider.Connector // by name
	Accounts   func(ctx context.Context, name string) (provider.Account, error)
	Appliers   map[provider.Verb]Applier // by what the notice's reference was made for
}

// Inbox receives notices. It may be used concurrently.
type Inbox struct {
	Config
	Stats Stats
}

// Stats are counters since the start.
type Stats struct {
	Received   atomic.Int64 // bodies
	Unverified atomic.Int64 // bodies that the connector did not vouch for: counted and forgotten
	TooLarge   atomic.Int64
	Applied    atomic.Int64 // notices that made the gateway ask
	Repeated   atomic.Int64 // notices that had been applied before
	Strange    atomic.Int64 // verified notices about nothing we know
}

// New is an inbox.
func New(c Config) *Inbox { return &Inbox{Config: c} }

// What Receive refuses for good. Any other error is a fault: the provider should
// send the notice again.
var (
	ErrTooLarge   = errors.New("the notice is too large")
	ErrUnverified = errors.New("the notice could not be verified")
)

// Receive takes a notice that came for a provider account. After nil it is
// stored and what it speaks of will be asked about.
func (b *Inbox) Receive(ctx context.Context, account string, header http.Header, body []byte) error {
	b.Stats.Received.Add(1)
	if len(body) > MaxBody {
		b.Stats.TooLarge.Add(1)
		return ErrTooLarge
	}
	notices, err := b.verify(ctx, account, header, body)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if err := b.take(ctx, account, n); err != nil {
			return err
		}
	}
	return nil
}

// verify lets the connector vouch for the notice. An account that is switched
// off still receives: its provider may be finishing what was begun.
func (b *Inbox) verify(ctx context.Context, name string, header http.Header, body []byte) ([]provider.Notice, error) {
	account, err := b.Accounts(ctx, name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("find provider account %q: %w", name, err)
	}
	var notices []provider.Notice
	if noticer, can := b.Connectors[account.Connector].(provider.Noticer); can && err == nil {
		notices, err = vouch(noticer, account, header, body)
	} else {
		err = ErrUnverified
	}
	if err != nil || len(notices) > maxNotices {
		b.Stats.Unverified.Add(1)
		return nil, ErrUnverified
	}
	return notices, nil
}

// vouch treats a connector that panics on a stranger's bytes as one that does
// not vouch for them.
func vouch(c provider.Noticer, a provider.Account, header http.Header, body []byte) (notices []provider.Notice, err error) {
	defer func() {
		if recover() != nil {
			notices, err = nil, ErrUnverified
		}
	}()
	return c.Notices(a, header, body)
}

// take applies a notice and then stores it. A crash between the two applies it
// again when it is repeated, which only asks once more.
func (b *Inbox) take(ctx context.Context, account string, n provider.Notice) error {
	known, err := find(ctx, b.DB, account, n)
	if err != nil {
		return err
	}
	if known {
		b.Stats.Repeated.Add(1)
	} else if err := b.apply(ctx, n); err != nil {
		return err
	}
	_, err = db.Do(ctx, b.DB, n.Shop, keep{account, n})
	return err
}

func (b *Inbox) apply(ctx context.Context, n provider.Notice) error {
	verb := n.Verb
	if verb == "" {
		verb = provider.VerbOf(n.Reference)
	}
	applier, ok := b.Appliers[verb]
	if !ok {
		b.Stats.Strange.Add(1)
		return nil
	}
	switch err := applier(ctx, n); {
	case fault.Is(err, fault.NotFound):
		b.Stats.Strange.Add(1)
	case err != nil:
		return fmt.Errorf("apply a notice about %s: %w", n.Reference, err)
	default:
		b.Stats.Applied.Add(1)
	}
	return nil
}

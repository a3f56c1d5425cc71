package shop

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Fresh is how long an entry may be believed: a revoked secret or a changed
// setting is effective everywhere within it (design, "Storage and scale").
const Fresh = time.Second

// generation bounds what the directory holds: two generations of each kind.
const generation = 4096

// Entry is a shop as the doors see it. It is shared: it must not be changed. It
// prints as the shop's number.
type Entry struct {
	Shop          Shop
	Settings      Settings
	Secret        string // the one that counts: the new one while rotating
	OldSecret     string // still valid while rotating, else ""
	WebhookKey    string
	OldWebhookKey string
	addresses     []netip.Prefix
}

// Secrets are all that a request may be signed with, the new one first.
func (e *Entry) Secrets() []string { return present(e.Secret, e.OldSecret) }

// SigningSecret signs callbacks: the old one until the rotation is finished
// (api/avanor.md §8).
func (e *Entry) SigningSecret() string { return present(e.OldSecret, e.Secret)[0] }

// WebhookKeys are all that the Standard Webhooks header lists, the new one first.
func (e *Entry) WebhookKeys() []string { return present(e.WebhookKey, e.OldWebhookKey) }

func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// Format prints the shop's number, whatever the verb: an entry holds secrets.
func (e *Entry) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "shop %d", e.Shop.ID) }

// LogValue keeps the secrets out of logs.
func (e *Entry) LogValue() slog.Value { return slog.StringValue(subject(e.Shop.ID)) }

// Allowed reports whether a shop may be spoken for from an address.
func Allowed(e *Entry, ip netip.Addr) bool {
	if len(e.addresses) == 0 {
		return true
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(e.addresses, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Admit is fault.AddressDenied unless the address is Allowed (api/avanor.md §9).
func (e *Entry) Admit(ip netip.Addr) error {
	if Allowed(e, ip) {
		return nil
	}
	return fault.New(fault.AddressDenied, "Shop ip %s denied", ip.Unmap())
}

// Directory is the look-up of shops for the doors: rows with their secrets
// opened, kept for Fresh. It is bounded, and safe for concurrent use.
type Directory struct {
	from    *sql.DB
	box     *seal.Box
	now     func() time.Time
	mu      sync.Mutex
	loading map[int64]*lookup // as many as there are requests under way
	known   shelf
	unknown shelf // apart, so that made-up numbers do not push shops out
}

// NewDirectory looks shops up through a reader pool, with the clock of cmd.
func NewDirectory(from *sql.DB, box *seal.Box, now func() time.Time) *Directory {
	return &Directory{from: from, box: box, now: now, loading: map[int64]*lookup{}, known: newShelf(), unknown: newShelf()}
}

// lookup is one look-up. What it found is set before done closes.
type lookup struct {
	begun time.Time
	done  chan struct{}
	entry *Entry
	err   error
	left  bool // its caller left: the error is his own
}

// Find is the shop with this number. fault.ShopNotFound when there is none;
// other faults are the database's, and are not kept.
func (d *Directory) Find(ctx context.Context, id int64) (*Entry, error) {
	if id <= 0 || id > MaxID {
		return nil, NotFound(id)
	}
	for {
		l, mine := d.take(id)
		if mine {
			d.load(ctx, id, l)
			return l.entry, l.err
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "nothing was stored; try again")
		}
		if !l.left {
			return l.entry, l.err
		}
	}
}

// take is the look-up to wait for, or a new one that the caller must load. Its
// age counts from before the row is read.
func (d *Directory) take(id int64) (l *lookup, mine bool) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range []*lookup{d.known.find(id), d.unknown.find(id), d.loading[id]} {
		if l != nil && fresh(now, l.begun) {
			return l, false
		}
	}
	l = &lookup{begun: now, done: make(chan struct{})}
	d.loading[id] = l
	return l, true
}

// load does a look-up, and lets the others go even if it panics.
func (d *Directory) load(ctx context.Context, id int64, l *lookup) {
	l.err = fault.New(fault.Internal, "a look-up ended early")
	defer func() {
		l.left = l.err != nil && ctx.Err() != nil
		d.keep(id, l)
		close(l.done)
	}()
	l.entry, l.err = d.open(ctx, id)
}

// keep shelves what was found. A slow look-up does not replace a younger one.
func (d *Directory) keep(id int64, l *lookup) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loading[id] != l {
		return
	}
	delete(d.loading, id)
	if l.err == nil {
		d.known.put(id, l)
	} else if fault.Is(l.err, fault.ShopNotFound) {
		d.known.drop(id)
		d.unknown.put(id, l)
	}
}

// fresh also refuses what is from the future: the clock was set back.
func fresh(now, begun time.Time) bool {
	age := now.Sub(begun)
	return age >= 0 && age < Fresh
}

// open reads a row and opens what it keeps.
func (d *Directory) open(ctx context.Context, id int64) (*Entry, error) {
	row, err := Load(ctx, d.from, id)
	if err != nil {
		return nil, err
	}
	return OpenEntry(d.box, row)
}

// OpenEntry is a row with its secrets opened and its settings read, for those who
// need a shop once: a callback's sender, the command line.
func OpenEntry(box *seal.Box, row *Shop) (*Entry, error) {
	e := &Entry{Shop: *row}
	var err error
	if e.Settings, err = row.Settings(); err != nil {
		return nil, err
	}
	if e.addresses, err = e.Settings.prefixes(); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		kind Kind
		from string
		to   *string
	}{
		{API, row.Secret, &e.Secret}, {API, row.OldSecret, &e.OldSecret},
		{Webhook, row.WebhookKey, &e.WebhookKey}, {Webhook, row.OldWebhookKey, &e.OldWebhookKey},
	} {
		if *part.to, err = part.kind.open(box, row.ID, part.from); err != nil {
			return nil, err
		}
	}
	if e.Secret == "" || e.WebhookKey == "" {
		return nil, fault.New(fault.Internal, "shop %d has no secret", row.ID)
	}
	return e, nil
}

// shelf holds look-ups in two generations: when the young one is full it becomes
// the old one, and what was not asked for since is forgotten. So it is bounded
// and nothing is ever searched for something to evict.
type shelf struct{ young, old map[int64]*lookup }

func newShelf() shelf { return shelf{young: map[int64]*lookup{}} }

func (s *shelf) find(id int64) *lookup {
	if l := s.young[id]; l != nil {
		return l
	}
	return s.old[id]
}

func (s *shelf) put(id int64, l *lookup) {
	if len(s.young) >= generation {
		s.young, s.old = map[int64]*lookup{}, s.young
	}
	s.young[id] = l
}

func (s *shelf) drop(id int64) {
	delete(s.young, id)
	delete(s.old, id)
}

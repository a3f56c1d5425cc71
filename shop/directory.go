package shop

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

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
	*lookups[int64, *Entry]
	from *sql.DB
	box  *seal.Box
}

// NewDirectory looks shops up through a reader pool, with the clock of cmd.
func NewDirectory(from *sql.DB, box *seal.Box, now func() time.Time) *Directory {
	d := &Directory{from: from, box: box}
	d.lookups = newLookups(now, fault.ShopNotFound, d.open)
	return d
}

// Find is the shop with this number. fault.ShopNotFound when there is none;
// other faults are the database's, and are not kept.
func (d *Directory) Find(ctx context.Context, id int64) (*Entry, error) {
	if id <= 0 || id > MaxID {
		return nil, NotFound(id)
	}
	return d.find(ctx, id)
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

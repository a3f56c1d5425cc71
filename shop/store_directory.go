package shop

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// StoreEntry is a store as the door sees it. It is shared: it must not be changed.
// It prints as the store's id.
type StoreEntry struct {
	Store       Store
	Settings    StoreSettings
	Password    string // the one that counts: the new one while rotating
	OldPassword string // still valid while rotating, else ""
}

// Passwords are all that a request may be signed with, the new one first.
func (e *StoreEntry) Passwords() []string { return present(e.Password, e.OldPassword) }

// SigningPassword signs callbacks, and answers to requests that did not show which
// password their sender has: the old one until the rotation is finished.
func (e *StoreEntry) SigningPassword() string { return present(e.OldPassword, e.Password)[0] }

// Format prints the store's id, whatever the verb: an entry holds passwords.
func (e *StoreEntry) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, storeSubject(e.Store.ID)) }

// LogValue keeps the passwords out of logs.
func (e *StoreEntry) LogValue() slog.Value { return slog.StringValue(storeSubject(e.Store.ID)) }

// OpenStore is a row with its passwords opened and its settings read.
func OpenStore(box *seal.Box, row *Store) (e *StoreEntry, err error) {
	e = &StoreEntry{Store: *row}
	if e.Settings, err = row.Settings(); err != nil {
		return nil, err
	}
	if e.Password, err = openPassword(box, row, row.Password); err != nil {
		return nil, err
	}
	if e.OldPassword, err = openPassword(box, row, row.OldPassword); err != nil {
		return nil, err
	}
	if e.Password == "" {
		return nil, fault.New(fault.Internal, "store %s has no password", row.ID)
	}
	return e, nil
}

// StoreDirectory is the look-up of stores for the door, as Directory is of shops:
// kept for Fresh, bounded, safe for concurrent use.
type StoreDirectory struct{ *lookups[string, *StoreEntry] }

// NewStoreDirectory looks stores up through a reader pool, with the clock of cmd.
func NewStoreDirectory(from *sql.DB, box *seal.Box, now func() time.Time) *StoreDirectory {
	return &StoreDirectory{newLookups(now, fault.NotFound, func(ctx context.Context, id string) (*StoreEntry, error) {
		row, err := LoadStore(ctx, from, id)
		if err != nil {
			return nil, err
		}
		return OpenStore(box, row)
	})}
}

// Find is the store with this id. fault.NotFound when there is none; other faults
// are the database's, and are not kept.
func (d *StoreDirectory) Find(ctx context.Context, id string) (*StoreEntry, error) {
	if !storeForm.MatchString(id) {
		return nil, StoreNotFound(id)
	}
	return d.find(ctx, id)
}

package provider

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// freshAccounts is how long what was read may be believed: a revoked secret is
// gone everywhere within it (design, "Storage and scale").
const freshAccounts = time.Second

// Accounts is the look-up of accounts for the gate. There are few of them, so
// all are read together and kept for a second. It is safe for concurrent use.
type Accounts struct {
	from   *sql.DB
	box    *seal.Box
	now    func() time.Time
	turn   chan struct{} // holds the right to read them again
	mu     sync.Mutex
	begun  time.Time
	byName map[string]opened
}

// opened is an account, or why it cannot be used. One that does not open must
// not keep the others from working.
type opened struct {
	account Account
	err     error
}

// NewAccounts looks accounts up through a reader pool, with the clock of cmd.
func NewAccounts(from *sql.DB, box *seal.Box, now func() time.Time) *Accounts {
	return &Accounts{from: from, box: box, now: now, turn: make(chan struct{}, 1)}
}

// Find is the account with this name, active or not. fault.NotFound when there
// is none; other faults are the database's, and are not kept.
func (a *Accounts) Find(ctx context.Context, name string) (Account, error) {
	byName, ok := a.kept()
	if !ok {
		var err error
		if byName, err = a.again(ctx); err != nil {
			return Account{Name: name}, err
		}
	}
	found, ok := byName[name]
	if !ok {
		return Account{Name: name}, accountNotFound(name)
	}
	return found.account, found.err
}

func (a *Accounts) kept() (map[string]opened, bool) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	age := now.Sub(a.begun)
	return a.byName, a.byName != nil && age >= 0 && age < freshAccounts
}

// again reads the accounts unless another did while we waited.
func (a *Accounts) again(ctx context.Context) (map[string]opened, error) {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "the provider accounts could not be read")
	}
	if byName, ok := a.kept(); ok {
		return byName, nil
	}
	begun := a.now()
	rows, err := accountRows.Select(ctx, a.from, "name <> ''")
	if err != nil {
		return nil, err
	}
	byName := make(map[string]opened, len(rows))
	for _, row := range rows {
		account, err := row.open(a.box)
		byName[row.Name] = opened{account, err}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begun, a.byName = begun, byName
	return byName, nil
}

// ListAccounts are all accounts by name, without their secrets.
func ListAccounts(ctx context.Context, from *sql.DB) ([]Account, error) {
	rows, err := accountRows.Select(ctx, from, "name <> '' ORDER BY name")
	if err != nil {
		return nil, err
	}
	list := make([]Account, len(rows))
	for i, row := range rows {
		list[i] = Account{Name: row.Name, Connector: row.Connector, Active: row.Active, Version: row.Version}
		if list[i].Settings, err = row.settings(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

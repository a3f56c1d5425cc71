// Package payway is the room of the catalogue: the directions in which money can
// come and go, each with its currency, limits, account fields, tariff and
// provider account, and the exchange rates.
//
// The catalogue belongs to no shop: its rows are changed under db.House and read
// in the decisions of every shop. It must not know a connector, a wire protocol,
// nor what an invoice or a payout is.
package payway

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
)

// Direction is which way money goes.
type Direction string

// The directions. The schema's CHECK repeats them.
const (
	In  Direction = "in"  // a payer pays: invoices
	Out Direction = "out" // a beneficiary gets: payouts
)

// Payway is a payway's row.
type Payway struct {
	Alias     string // what shops call it: ^[A-Za-z0-9_,\[\]]{1,150}$ (api/avanor.md §4)
	ID        int64
	Direction Direction
	Name      string
	Currency  money.Currency
	Active    bool
	Provider  string // name of the provider account
	Shops     string // "*" for all, else numbers joined by commas; see OpenTo

	MinAmount int64 // minor units of Currency, of the payer's price or what the payee gets
	MaxAmount int64 // likewise; 0 is none

	Percent     money.Percent // the tariff; Fix, FeeMin, FeeMax in minor units of Currency
	Fix         int64
	FeeMin      int64
	FeeMax      int64    // 0 is none
	PercentPart fee.Part // the shop's part of a pay-in's fee; the payer bears the rest
	FixPart     fee.Part

	AccountRegex   string // of Out; see AccountPattern
	AccountTitle   string
	AccountExample string

	StoredDetails  string // JSON; see Details
	StoredAddOns   string // JSON; see AddOns
	StoredSettings string // JSON; see Settings

	CreatedAt int64 // Unix milliseconds
	UpdatedAt int64
	Version   int64
}

const columns = "alias, id, direction, name, currency, active, provider, shops, min_amount, max_amount, " +
	"percent, fix, fee_min, fee_max, percent_part, fix_part, account_regex, account_title, account_example, " +
	"details, add_ons, settings, created_at, updated_at, version"

var (
	payways = db.NewTable("payway", columns, "alias", fields)
	byID    = payways.Unique("id")
)

func fields(p *Payway) []any {
	return []any{
		&p.Alias, &p.ID, &p.Direction, &p.Name, &p.Currency, &p.Active, &p.Provider, &p.Shops, &p.MinAmount, &p.MaxAmount,
		&p.Percent, &p.Fix, &p.FeeMin, &p.FeeMax, &p.PercentPart, &p.FixPart, &p.AccountRegex, &p.AccountTitle, &p.AccountExample,
		&p.StoredDetails, &p.StoredAddOns, &p.StoredSettings, &p.CreatedAt, &p.UpdatedAt, &p.Version,
	}
}

// Read names a payway's row. It gives the row once it is loaded, as db's Read
// does: its currency may name rates to be read.
func Read(r *db.Reads, alias string) *Payway { return payways.Read(r, alias) }

// Find is a payway in a decision whose Reads named it; fault.PaywayNotFound when
// there is none.
func Find(s *db.State, alias string) (*Payway, error) {
	found, ok := payways.Find(s, alias)
	if !ok {
		return nil, NotFound(alias)
	}
	return found, nil
}

// Usable is a payway that a shop may use now in a direction. The faults come in
// the order of api/avanor.md §2: PaywayNotFound (also for the other direction),
// PaywayOff, PaywayClosed.
func Usable(s *db.State, alias string, direction Direction, shop int64) (*Payway, error) {
	p, err := Find(s, alias)
	if err != nil {
		return nil, err
	}
	return p, p.Check(direction, shop)
}

// Check is the fault for which a shop may not use the payway in a direction, nil
// when it may. See Usable.
func (p *Payway) Check(direction Direction, shop int64) error {
	switch {
	case p.Direction != direction:
		return NotFound(p.Alias)
	case !p.Active:
		return fault.New(fault.PaywayOff, "Payway (alias = %s) is not in use", p.Alias)
	case !p.OpenTo(shop):
		return fault.New(fault.PaywayClosed, "Payway (alias = %s) is not available for shop", p.Alias)
	}
	return nil
}

// NotFound is the fault of an unknown payway, in the words of api/avanor.md §9.
func NotFound(alias string) error {
	return fault.New(fault.PaywayNotFound, "Payway (alias = %s) is not found", alias)
}

// Put places a payway into a state made by db.NewState, for tests of other rooms.
// Like the stored ones, each needs an ID of its own.
func Put(s *db.State, row Payway) { payways.Put(s, &row) }

// Load is a payway outside of a decision; fault.PaywayNotFound when there is none.
func Load(ctx context.Context, from *sql.DB, alias string) (*Payway, error) {
	row, err := payways.First(ctx, from, "alias = $1", alias)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, NotFound(alias)
	}
	return row, nil
}

// List are the payways of a direction that are open to a shop, those not in use
// among them, by alias. Shop 0 lists all of them.
func List(ctx context.Context, from *sql.DB, direction Direction, shop int64) ([]*Payway, error) {
	all, err := payways.Select(ctx, from, "direction = $1 ORDER BY alias", direction)
	if err != nil || shop == 0 {
		return all, err
	}
	open := all[:0]
	for _, p := range all {
		if p.OpenTo(shop) {
			open = append(open, p)
		}
	}
	return open, nil
}

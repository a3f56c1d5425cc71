// Package ledger is the room of the books: accounts of shops, transfers between
// them, and the entries that a transfer is made of (design, "The ledger").
//
// A transfer is two entries or more that sum to zero in each currency. It is
// never changed and never removed: a mistake is corrected by another transfer
// that names the one it reverses. A positive amount is a credit.
//
// It knows shops by their number and operations by their id. It must not know
// what an invoice, a payout or a provider's protocol is, nor which transfer an
// operation needs: docs/ledger.md says that, and the rooms that own them do it.
package ledger

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// Purpose is what an account of a shop is for.
type Purpose string

// The purposes. The schema's CHECK repeats them.
const (
	Available  Purpose = "available"  // what the shop may use; never below zero
	Frozen     Purpose = "frozen"     // reserved for payouts and refunds in progress; never below zero
	Held       Purpose = "held"       // the net of authorised holds, not yet charged; never below zero
	Authorised Purpose = "authorised" // the contra of Held: no money has come yet
	Clearing   Purpose = "clearing"   // what a provider owes us (below zero) or we owe it; one for each provider
	Fee        Purpose = "fee"        // what the shop paid for our work
	Exchange   Purpose = "exchange"   // the two sides of conversions
	Rounding   Purpose = "rounding"   // what rounding left over
	Funding    Purpose = "funding"    // the contra of deposits, settlements and demo balances
	Suspense   Purpose = "suspense"   // money that came against a final status, until somebody decides
)

// Purposes lists every purpose, the shop's own money first.
func Purposes() []Purpose {
	return []Purpose{Available, Frozen, Held, Authorised, Clearing, Fee, Exchange, Rounding, Funding, Suspense}
}

func (p Purpose) known() bool {
	switch p {
	case Available, Frozen, Held, Authorised, Clearing, Fee, Exchange, Rounding, Funding, Suspense:
		return true
	}
	return false
}

// mayOwe is false for the accounts that must not go below zero.
func (p Purpose) mayOwe() bool { return p != Available && p != Frozen && p != Held }

// Account is one account of a shop with its balance, in minor units of its
// currency. An account that nothing was ever posted to has no row.
type Account struct {
	Shop     int64
	Currency money.Currency
	Purpose  Purpose
	Provider string // the provider account of a Clearing account; else empty
	Balance  int64
	Version  int64
}

var accounts = db.NewTable("account", "shop_id, currency, purpose, provider, balance, version", "shop_id, currency, purpose, provider",
	func(a *Account) []any {
		return []any{&a.Shop, &a.Currency, &a.Purpose, &a.Provider, &a.Balance, &a.Version}
	})

// Read says that a decision needs an account. Every account that it posts to, or
// asks the balance of, must be named in its Reads. provider is empty for any
// purpose but Clearing.
func Read(r *db.Reads, shop int64, currency money.Currency, purpose Purpose, provider string) {
	accounts.Read(r, shop, currency, purpose, provider)
}

// Balance is an account's balance in minor units, as the decisions before left
// it; 0 when nothing was ever posted to it.
func Balance(s *db.State, shop int64, currency money.Currency, purpose Purpose, provider string) int64 {
	account, _ := find(s, shop, Leg{Currency: currency, Purpose: purpose, Provider: provider})
	return account.Balance
}

// find is the account of a leg, a blank one and false when it has no row yet.
func find(s *db.State, shop int64, leg Leg) (*Account, bool) {
	if account, ok := accounts.Find(s, shop, leg.Currency, leg.Purpose, leg.Provider); ok {
		return account, true
	}
	return &Account{Shop: shop, Currency: leg.Currency, Purpose: leg.Purpose, Provider: leg.Provider}, false
}

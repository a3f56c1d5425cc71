// Package instalment is the room of payments in parts: the plan a payer agrees to,
// what makes it a good one, and the calculator of its parts. It is pure.
//
// It knows the plan's words of api/payparts.md §4 and §11. It must not know a wire
// format, a signature, a store or an invoice.
//
// What is wrong with a plan is a fault.Invalid about exactly one field. The field's
// name is the wire's name of it and the reason lives here, so that every door says
// the same; the PayParts door prints both behind its own prefix:
//
//	bad value: partsCount must be from 2 to 25
package instalment

import (
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// MerchantType is the kind of instalments, as the wire names it.
type MerchantType string

// The kinds (api/payparts.md §4).
const (
	II MerchantType = "II" // instant instalments: the payer bears a monthly fee
	PP MerchantType = "PP" // payment in parts: the payer pays the price and no more
	PB MerchantType = "PB" // as PP for the payer; the shop is paid over the period
	IA MerchantType = "IA" // instant instalments on an offer: a smaller monthly fee
)

// Valid reports whether m is one of the four kinds.
func (m MerchantType) Valid() bool {
	switch m {
	case II, PP, PB, IA:
		return true
	}
	return false
}

// How many parts a plan may have, the first one, paid at once, included.
const (
	MinParts = 2
	MaxParts = 25
)

// Product is one line of what is bought.
type Product struct {
	Name  string // 1–128 characters
	Count int64  // at least 1
	Price money.Amount
}

// Cost is count times price. money.ErrOverflow out of range.
func (p Product) Cost() (money.Amount, error) {
	minor, err := money.MulDiv(p.Count, p.Price.Minor, 1, money.Down) // by one: nothing is rounded
	return money.New(minor, p.Price.Currency), err
}

// Plan is what a payer agrees to. Scheme and RecipientID pass through to the bank;
// zero and empty are none.
type Plan struct {
	MerchantType MerchantType
	PartsCount   int
	Scheme       int64
	RecipientID  string
	Products     []Product
}

// Months is how long the plan runs after the first part: one month for each other part.
func (p Plan) Months() int { return p.PartsCount - 1 }

// checkTerms judges what the calculator needs of a plan.
func (p Plan) checkTerms() error {
	if !p.MerchantType.Valid() {
		return fault.Param("merchantType", "must be one of II, PP, PB, IA")
	}
	if p.PartsCount < MinParts || p.PartsCount > MaxParts {
		return fault.Param("partsCount", "must be from 2 to 25")
	}
	return nil
}

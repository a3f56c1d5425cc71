package ledger

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// KindRelease is the kind of the transfers that Release posts.
const KindRelease = "release"

// Reserve moves a positive amount of a shop from available to frozen, and gives
// the id under which it is settled or released, once. fault.Balance when
// available does not suffice.
func Reserve(s *db.State, shop, operation int64, kind string, amount money.Amount) (reserve int64, err error) {
	if !amount.IsPositive() {
		return 0, fault.New(fault.Internal, "ledger: reserving %s", amount)
	}
	return Post(s, shop, Posting{Kind: kind, Operation: operation},
		Leg{Currency: amount.Currency, Purpose: Available, Amount: -amount.Minor},
		Leg{Currency: amount.Currency, Purpose: Frozen, Amount: amount.Minor})
}

// Settle ends a reservation or a hold: a transfer that takes all of it out of
// frozen or held, to where it belongs. Whether it is all is found by Verify, and
// a second end of the same reservation by the database; so the room asks its own
// status first.
func Settle(s *db.State, shop, reserve int64, p Posting, legs ...Leg) (transfer int64, err error) {
	if reserve <= 0 {
		return 0, fault.New(fault.Internal, "ledger: %s settles no reservation", p.Kind)
	}
	p.Resolves = reserve
	return Post(s, shop, p, legs...)
}

// Release ends a reservation made by Reserve and gives its whole amount back:
// frozen to available.
func Release(s *db.State, shop, reserve, operation int64, amount money.Amount) (transfer int64, err error) {
	if !amount.IsPositive() {
		return 0, fault.New(fault.Internal, "ledger: releasing %s", amount)
	}
	return Settle(s, shop, reserve, Posting{Kind: KindRelease, Operation: operation},
		Leg{Currency: amount.Currency, Purpose: Frozen, Amount: -amount.Minor},
		Leg{Currency: amount.Currency, Purpose: Available, Amount: amount.Minor})
}

// Reverse corrects a transfer by its opposite. legs are those of the original,
// as they were posted: Reverse turns their signs.
func Reverse(s *db.State, shop, of int64, p Posting, legs ...Leg) (transfer int64, err error) {
	if of <= 0 {
		return 0, fault.New(fault.Internal, "ledger: %s reverses no transfer", p.Kind)
	}
	p.Reverses = of
	opposite := make([]Leg, len(legs))
	for i, leg := range legs {
		opposite[i] = leg
		opposite[i].Amount = -leg.Amount // the smallest integer stays itself, and Post refuses it
	}
	return Post(s, shop, p, opposite...)
}

package ledger

import (
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Post posts a transfer of a shop and gives its id. Legs on the same account
// become one entry, and those that come to nothing are dropped; what is left must
// be two entries or more that sum to zero in each currency.
//
// fault.Balance when available would go below zero (the room asks before, and
// says it better), fault.TooLarge when a balance would leave the range. Anything
// else that is wrong is a defect of the caller: fault.Internal. With an error
// nothing was written.
func Post(s *db.State, shop int64, p Posting, legs ...Leg) (transfer int64, err error) {
	if err := check(shop, p, legs); err != nil {
		return 0, err
	}
	merged, err := merge(legs)
	if err != nil {
		return 0, err
	}
	if err := checkSums(p, merged); err != nil {
		return 0, err
	}
	moves, err := plan(s, shop, merged)
	if err != nil {
		return 0, err
	}
	return write(s, shop, p, moves), nil
}

// check refuses what no transfer may be, whatever the balances.
func check(shop int64, p Posting, legs []Leg) error {
	switch {
	case shop <= 0:
		return fault.New(fault.Internal, "ledger: a transfer needs a shop, not %d", shop)
	case p.Kind == "":
		return fault.New(fault.Internal, "ledger: a transfer needs a kind")
	case p.Resolves < 0 || p.Reverses < 0:
		return fault.New(fault.Internal, "ledger: %s resolves %d, reverses %d", p.Kind, p.Resolves, p.Reverses)
	}
	for _, leg := range legs {
		if leg.Currency == 0 || !leg.Purpose.known() || (leg.Provider != "") != (leg.Purpose == Clearing) {
			return fault.New(fault.Internal, "ledger: %s has a leg on no account: %+v", p.Kind, leg)
		}
	}
	return nil
}

// merge adds up the legs on each account, in the order in which the accounts are
// first named, and drops those that come to nothing.
func merge(legs []Leg) ([]Leg, error) {
	merged := make([]Leg, 0, len(legs))
	for _, leg := range legs {
		at := indexOf(merged, leg)
		if at < 0 {
			merged, at = append(merged, leg), len(merged)
			merged[at].Amount = 0
		}
		sum, err := add(merged[at].Amount, leg.Amount, leg.Currency)
		if err != nil {
			return nil, err
		}
		merged[at].Amount = sum
	}
	kept := merged[:0]
	for _, leg := range merged {
		if leg.Amount != 0 {
			kept = append(kept, leg)
		}
	}
	return kept, nil
}

// indexOf finds the leg on the same account. A transfer has a handful of legs: a
// map would cost more.
func indexOf(legs []Leg, leg Leg) int {
	for i, other := range legs {
		if other.Currency == leg.Currency && other.Purpose == leg.Purpose && other.Provider == leg.Provider {
			return i
		}
	}
	return -1
}

// checkSums refuses a transfer that would make or lose money.
func checkSums(p Posting, legs []Leg) error {
	if len(legs) < 2 {
		return fault.New(fault.Internal, "ledger: %s has %d entries, at least 2 are needed", p.Kind, len(legs))
	}
	for _, one := range legs {
		var sum int64
		for _, leg := range legs {
			if leg.Currency != one.Currency {
				continue
			}
			var err error
			if sum, err = add(sum, leg.Amount, leg.Currency); err != nil {
				return err
			}
		}
		if sum != 0 {
			return fault.New(fault.Internal, "ledger: %s does not sum to zero: %s", p.Kind, money.New(sum, one.Currency))
		}
	}
	return nil
}

// move is an entry about to be written: its account as it will be.
type move struct {
	account *Account
	exists  bool
	amount  int64
}

// plan finds the accounts and what their balances will be, and changes nothing.
func plan(s *db.State, shop int64, legs []Leg) ([]move, error) {
	moves := make([]move, len(legs))
	for i, leg := range legs {
		account, exists := find(s, shop, leg)
		after, err := add(account.Balance, leg.Amount, leg.Currency)
		if err != nil {
			return nil, err
		}
		if after < 0 && !leg.Purpose.mayOwe() {
			return nil, short(leg, account.Balance)
		}
		account.Balance = after
		moves[i] = move{account, exists, leg.Amount}
	}
	return moves, nil
}

// short is the error of an account that must not go below zero. Only available
// is the shop's to fill; the others were reserved before, so it is our defect.
func short(leg Leg, balance int64) error {
	if leg.Purpose != Available {
		return fault.New(fault.Internal, "ledger: %s would go below zero: %d and %d of %s", leg.Purpose, balance, leg.Amount, leg.Currency)
	}
	return fault.New(fault.Balance, "Insufficient balance(currency=%d): amount=%s, balance=%s", leg.Currency.Number(),
		money.New(-leg.Amount, leg.Currency).Number(), money.New(balance, leg.Currency).Number())
}

func write(s *db.State, shop int64, p Posting, moves []move) int64 {
	id := s.NewID()
	transfers.Insert(s, &Transfer{Shop: shop, ID: id, Posting: p, At: s.Now()})
	for i, m := range moves {
		leg := Leg{m.account.Currency, m.account.Purpose, m.account.Provider, m.amount}
		entries.Insert(s, &Entry{Shop: shop, Transfer: id, N: int64(i + 1), Leg: leg, Balance: m.account.Balance})
		if m.exists {
			accounts.Update(s, m.account)
		} else {
			accounts.Insert(s, m.account)
		}
	}
	return id
}

// add is a + b in minor units, fault.TooLarge out of range.
func add(a, b int64, currency money.Currency) (int64, error) {
	if b != math.MinInt64 { // money's range is symmetric
		if sum, err := money.New(a, currency).Add(money.New(b, currency)); err == nil {
			return sum.Minor, nil
		}
	}
	return 0, fault.New(fault.TooLarge, "Amount is too large")
}

package instalment

import (
	"slices"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Rates are what the payer pays on top of each part, in percent of the whole
// price, by merchant type. They are settings of who lends.
type Rates struct {
	II, PP, PB, IA money.Percent
}

// DefaultRates are the published ones: II 2.9 %, IA 0.99 %, PP and PB nothing
// (api/payparts.md §11). The page is silent on PB, whose payer pays as one of PP does.
func DefaultRates() Rates {
	return Rates{II: 29 * money.Scale / 10, IA: 99 * money.Scale / 100}
}

// Of is the rate of a merchant type, nothing for one that is none.
func (r Rates) Of(m MerchantType) money.Percent {
	switch m {
	case II:
		return r.II
	case PP:
		return r.PP
	case PB:
		return r.PB
	case IA:
		return r.IA
	}
	return 0
}

// Schedule is the calculator (api/payparts.md §11): the parts that the payer pays,
// the first one at once and the others a month apart. Each is the price divided by
// the parts, and the rate's share of the whole price, itself rounded half away from
// zero as every fee is. What does not divide is added to the first part, so the
// parts sum to exactly price + partsCount · fee.
//
// Of the plan only merchantType and partsCount matter; these and amount are the
// fields that a fault.Invalid may name.
func Schedule(price money.Amount, plan Plan, rates Rates) ([]money.Amount, error) {
	if err := plan.checkTerms(); err != nil {
		return nil, err
	}
	count := int64(plan.PartsCount)
	if price.Minor < count {
		least := money.New(count, price.Currency)
		return nil, fault.Param("amount", "must be at least "+least.Text()+" to be paid in parts")
	}
	fee, err := rates.fee(price, plan.MerchantType)
	if err != nil {
		return nil, err
	}
	part, err := money.New(price.Minor/count, price.Currency).Add(fee)
	if err != nil {
		return nil, tooLarge()
	}
	parts := slices.Repeat([]money.Amount{part}, plan.PartsCount)
	parts[0], err = part.Add(money.New(price.Minor%count, price.Currency))
	if err != nil {
		return nil, tooLarge()
	}
	if _, err := Total(parts); err != nil {
		return nil, tooLarge()
	}
	return parts, nil
}

// fee is what one part bears on top.
func (r Rates) fee(price money.Amount, m MerchantType) (money.Amount, error) {
	rate := r.Of(m)
	if rate < 0 {
		return money.Amount{}, fault.New(fault.Internal, "the rate of %s is below zero", m)
	}
	fee, err := rate.Of(price, money.HalfAway)
	if err != nil {
		return money.Amount{}, tooLarge()
	}
	return fee, nil
}

func tooLarge() error { return fault.Param("amount", "is too large to be paid in parts") }

// Total is the sum of parts: what the payer pays in all. money.ErrOverflow out of
// range, money.ErrCurrency for parts of different currencies; nothing for no parts.
func Total(parts []money.Amount) (money.Amount, error) {
	if len(parts) == 0 {
		return money.Amount{}, nil
	}
	sum := money.New(0, parts[0].Currency)
	for _, part := range parts {
		var err error
		if sum, err = sum.Add(part); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

package fee

import (
	"errors"
	"math/big"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// Lookup finds the stored rate of a pair: units of quote for one unit of base.
type Lookup func(base, quote money.Currency) (money.Rate, bool)

// Exchange is the rate between the two currencies of a quote. An operation stores
// Rate and Inverse, and converts at them for the rest of its life.
type Exchange struct {
	Shop   money.Currency // the shop's side
	Payway money.Currency // the payer's or payee's side

	// Rate is as stored: payway units for one shop unit or, when Inverse, shop units
	// for one payway unit. money.One when the currencies are the same.
	Rate    money.Rate
	Inverse bool
}

// Converts reports whether the two sides have different currencies.
func (x Exchange) Converts() bool { return x.Shop != x.Payway }

// ToPayway turns an amount of the shop's currency into the payway's, rounding once.
func (x Exchange) ToPayway(a money.Amount, rounding money.Rounding) (money.Amount, error) {
	return convert(a, x.Shop, x.Payway, x.Rate, x.Inverse, rounding)
}

// ToShop turns an amount of the payway's currency into the shop's, rounding once.
func (x Exchange) ToShop(a money.Amount, rounding money.Rounding) (money.Amount, error) {
	return convert(a, x.Payway, x.Shop, x.Rate, !x.Inverse, rounding)
}

func convert(a money.Amount, from, to money.Currency, rate money.Rate, divide bool, rounding money.Rounding) (money.Amount, error) {
	switch {
	case a.Currency != from:
		return money.Amount{}, money.ErrCurrency
	case from == to:
		return a, nil
	case divide:
		return rate.Invert(a, to, rounding)
	default:
		return rate.Convert(a, to, rounding)
	}
}

// factor is the exact number of payway minor units for one shop minor unit.
func (x Exchange) factor() *big.Rat {
	switch {
	case !x.Converts():
		return big.NewRat(1, 1)
	case x.Inverse:
		return new(big.Rat).Inv(x.Rate.Factor(x.Payway, x.Shop))
	default:
		return x.Rate.Factor(x.Shop, x.Payway)
	}
}

// exchange finds the rate: the stored pair, else its inverse by division, never a
// cross (design, "Money"). fault.NoRate when neither is stored.
func exchange(shop, payway money.Currency, rates Lookup) (Exchange, error) {
	x := Exchange{Shop: shop, Payway: payway, Rate: money.One}
	if !x.Converts() {
		return x, nil
	}
	var ok bool
	if x.Rate, ok = rates(shop, payway); ok && x.Rate > 0 {
		return x, nil
	}
	x.Inverse = true
	if x.Rate, ok = rates(payway, shop); ok && x.Rate > 0 {
		return x, nil
	}
	return Exchange{}, fault.New(fault.NoRate, "No exchange rate for %s and %s", shop, payway)
}

// refuse turns what arithmetic refuses into a fault: a range is left only by an
// absurd amount, mixed currencies are a defect of the caller.
func refuse(err error) error {
	if errors.Is(err, money.ErrOverflow) {
		return fault.Wrap(fault.TooLarge, err, "Amount is too large")
	}
	return fault.Wrap(fault.Internal, err, "quote")
}

package money

import (
	"errors"
	"math/big"
)

// scaleDigits is the number of decimals of a rate, a percentage and every other
// scaled integer: they count units of 10^−10 (design, "Money").
const scaleDigits = 10

// Scale is one, as a scaled integer.
const Scale = 10_000_000_000

// Rate is units of a quote currency per one unit of a base currency, scaled by
// 10^10: 41.25 UAH for one USD is 412500000000. Always positive.
type Rate int64

// One is the rate of a currency to itself.
const One Rate = Scale

// ErrRate says that a text is a number, but no rate.
var ErrRate = errors.New("must be more than 0")

// ParseRate reads a rate with up to ten decimals, "41.25". ErrRate when it is zero.
func ParseRate(text string) (Rate, error) {
	n, err := ParseDigits(text, scaleDigits)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, ErrRate
	}
	return Rate(n), nil
}

// String prints no needless zero, "41.25".
func (r Rate) String() string { return FormatMinimal(int64(r), scaleDigits) }

// Convert turns an amount of the base currency into the quote currency `to`: it
// multiplies, and rounds once, in to's minor units. ErrOverflow out of range,
// ErrRate when r is not positive.
func (r Rate) Convert(a Amount, to Currency, rounding Rounding) (Amount, error) {
	if r <= 0 {
		return Amount{}, ErrRate
	}
	return scaled(a.Minor, int64(r), r.unit(a.Currency, to), to, rounding)
}

// Invert turns an amount of the quote currency into the base currency `to`: it
// divides, and rounds once. It is exact before that; there is no stored inverse
// rate that could be off. ErrOverflow out of range, ErrRate when r is not positive.
func (r Rate) Invert(a Amount, to Currency, rounding Rounding) (Amount, error) {
	if r <= 0 {
		return Amount{}, ErrRate
	}
	return scaled(a.Minor, r.unit(to, a.Currency), int64(r), to, rounding)
}

// Factor is the exact number of quote minor units for one base minor unit.
func (r Rate) Factor(base, quote Currency) *big.Rat {
	return big.NewRat(int64(r), r.unit(base, quote))
}

// unit is what r counts in, between minor units: 10^(10 + base digits − quote
// digits). With up to 8 digits the exponent stays within 2 and 18.
func (Rate) unit(base, quote Currency) int64 {
	return pow10[scaleDigits+base.Digits()-quote.Digits()]
}

func scaled(minor, b, c int64, to Currency, rounding Rounding) (Amount, error) {
	n, err := MulDiv(minor, b, c, rounding)
	if err != nil {
		return Amount{}, err
	}
	return Amount{n, to}, nil
}

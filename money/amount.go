package money

import (
	"cmp"
	"errors"
	"math"
)

// What arithmetic can refuse. None of it ever wraps around or mixes currencies.
var (
	ErrOverflow = errors.New("amount out of range")
	ErrCurrency = errors.New("amounts of different currencies")
)

// Amount is money: a count of the currency's minor units. 100.20 USD is
// {10020, USD}. The zero value is nothing of no currency.
//
// The range is symmetric, ±(2^63 − 1): no function here makes math.MinInt64, so
// every amount has a negative.
type Amount struct {
	Minor    int64
	Currency Currency
}

// New is an amount of minor units.
func New(minor int64, c Currency) Amount { return Amount{minor, c} }

// Add is a + b. ErrCurrency when the currencies differ, ErrOverflow out of range.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrCurrency
	}
	sum := a.Minor + b.Minor
	// Two's complement: the sum wrapped when both signs differ from its own.
	if (a.Minor^sum)&(b.Minor^sum) < 0 || sum == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return Amount{sum, a.Currency}, nil
}

// Sub is a − b. ErrCurrency when the currencies differ, ErrOverflow out of range.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return a.Add(b.Neg())
}

// Neg is −a. It panics on math.MinInt64, which no function of this package makes:
// the alternative is to let a debit turn into itself.
func (a Amount) Neg() Amount {
	if a.Minor == math.MinInt64 {
		panic("money: no negative of the smallest integer")
	}
	return Amount{-a.Minor, a.Currency}
}

// Cmp is −1, 0 or +1 as a is less than, equal to or greater than b. ErrCurrency
// when the currencies differ: there is no order between them without a rate.
func (a Amount) Cmp(b Amount) (int, error) {
	if a.Currency != b.Currency {
		return 0, ErrCurrency
	}
	return cmp.Compare(a.Minor, b.Minor), nil
}

// IsZero reports whether a is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// IsPositive reports whether a is more than nothing.
func (a Amount) IsPositive() bool { return a.Minor > 0 }

// IsNegative reports whether a is less than nothing.
func (a Amount) IsNegative() bool { return a.Minor < 0 }

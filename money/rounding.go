package money

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// Rounding is the rule for what does not divide. There is no default: whoever
// rounds says in whose favour.
type Rounding uint8

// The roundings (design, "Money"): a payer's price and a write-off round up, a
// payee's amount down, a fee half away from zero.
const (
	Up       Rounding = iota // to the next greater integer
	Down                     // to the next smaller integer
	HalfAway                 // to the nearest; a tie goes away from zero
)

// ErrDivide is a division by zero.
var ErrDivide = errors.New("division by zero")

// MulDiv is a·b/c, the product in 128 bits, rounded once. ErrDivide when c is
// zero, ErrOverflow when the quotient is out of range.
func MulDiv(a, b, c int64, rounding Rounding) (int64, error) {
	if c == 0 {
		return 0, ErrDivide
	}
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	divisor := magnitude(c)
	if hi >= divisor {
		return 0, ErrOverflow // the quotient has more than 64 bits
	}
	quotient, rest := bits.Div64(hi, lo, divisor)
	negative := (a < 0) != (b < 0) != (c < 0)
	// Out of range already, it must not step: 2^64 − 1 would come back as 0.
	if quotient <= math.MaxInt64 && rounding.away(negative, rest, divisor) {
		quotient++
	}
	if quotient > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if negative {
		return -int64(quotient), nil
	}
	return int64(quotient), nil
}

// away reports whether a quotient cut towards zero must take one step away from
// it; rest/divisor is the fraction cut off.
func (r Rounding) away(negative bool, rest, divisor uint64) bool {
	switch {
	case rest == 0:
		return false
	case r == Up:
		return !negative
	case r == Down:
		return negative
	default:
		return rest >= divisor-rest // 2·rest ≥ divisor, without the carry
	}
}

// Round is an exact fraction rounded to an integer. ErrOverflow out of range. It
// is for the rare formula whose product does not fit MulDiv.
func Round(x *big.Rat, rounding Rounding) (int64, error) {
	rest := new(big.Int)
	quotient, _ := new(big.Int).QuoRem(x.Num(), x.Denom(), rest)
	if awayBig(x, rest, rounding) {
		quotient.Add(quotient, big.NewInt(int64(x.Sign())))
	}
	if !quotient.IsInt64() || quotient.Int64() == math.MinInt64 {
		return 0, ErrOverflow
	}
	return quotient.Int64(), nil
}

func awayBig(x *big.Rat, rest *big.Int, rounding Rounding) bool {
	switch {
	case rest.Sign() == 0:
		return false
	case rounding == Up:
		return x.Sign() > 0
	case rounding == Down:
		return x.Sign() < 0
	default:
		return new(big.Int).Lsh(rest, 1).CmpAbs(x.Denom()) >= 0
	}
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

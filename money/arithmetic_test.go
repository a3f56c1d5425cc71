package money

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// drawInt prefers the places where integers break.
func drawInt(t *rapid.T, label string) int64 {
	return rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-1000, 1000),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 1 << 32, -1 << 32, Scale, 100 * Scale}),
	).Draw(t, label)
}

// wantRounded is an exact fraction rounded by the book: floor, ceiling, or the
// floor of the magnitude plus one half.
func wantRounded(x *big.Rat, rounding Rounding) *big.Int {
	floor := func(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) } // Euclidean, denominator > 0
	switch rounding {
	case Down:
		return floor(x)
	case Up:
		n := floor(new(big.Rat).Neg(x))
		return n.Neg(n)
	default:
		n := floor(new(big.Rat).Add(new(big.Rat).Abs(x), big.NewRat(1, 2)))
		return n.Mul(n, big.NewInt(int64(x.Sign())))
	}
}

// agree compares a result with the exact one: equal, or refused because it is not
// in ±(2^63 − 1).
func agree(got int64, err error, want *big.Int) bool {
	if !want.IsInt64() || want.Int64() == math.MinInt64 {
		return errors.Is(err, ErrOverflow) && got == 0
	}
	return err == nil && got == want.Int64()
}

func drawRounding(t *rapid.T) Rounding {
	return rapid.SampledFrom([]Rounding{Up, Down, HalfAway}).Draw(t, "rounding")
}

func TestMulDivIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, r := drawInt(t, "a"), drawInt(t, "b"), drawInt(t, "c"), drawRounding(t)
		got, err := MulDiv(a, b, c, r)
		if c == 0 {
			if err != ErrDivide || got != 0 {
				t.Fatalf("%d·%d/0 = %d, %v", a, b, got, err)
			}
			return
		}
		product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		x := new(big.Rat).SetFrac(product, big.NewInt(c))
		if want := wantRounded(x, r); !agree(got, err, want) {
			t.Fatalf("%d·%d/%d = %d, %v; want %d", a, b, c, got, err, want)
		}
	})
}

func TestRoundIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, r := drawInt(t, "a"), drawInt(t, "b"), drawInt(t, "c"), drawRounding(t)
		if c == 0 {
			return
		}
		product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		x := new(big.Rat).SetFrac(product, big.NewInt(c))
		got, err := Round(x, r)
		if want := wantRounded(x, r); !agree(got, err, want) {
			t.Fatalf("%s rounds to %d, %v; want %d", x, got, err, want)
		}
	})
}

// Ties and signs by hand, so that the reference above is itself checked.
func TestRoundingByName(t *testing.T) {
	tests := []struct {
		a, c               int64
		up, down, halfAway int64
	}{
		{7, 2, 4, 3, 4},
		{-7, 2, -3, -4, -4},
		{5, 2, 3, 2, 3},
		{-5, 2, -2, -3, -3},
		{1, 3, 1, 0, 0},
		{-1, 3, 0, -1, 0},
		{2, 3, 1, 0, 1},
		{-2, 3, 0, -1, -1},
		{6, 3, 2, 2, 2},
		{-6, 3, -2, -2, -2},
		{0, 3, 0, 0, 0},
		{1, -2, 0, -1, -1},
	}
	for _, tt := range tests {
		for rounding, want := range map[Rounding]int64{Up: tt.up, Down: tt.down, HalfAway: tt.halfAway} {
			if got, err := MulDiv(tt.a, 1, tt.c, rounding); err != nil || got != want {
				t.Errorf("%d/%d by rule %d = %d, %v; want %d", tt.a, tt.c, rounding, got, err, want)
			}
			if got, err := Round(big.NewRat(tt.a, tt.c), rounding); err != nil || got != want {
				t.Errorf("Round(%d/%d) by rule %d = %d, %v; want %d", tt.a, tt.c, rounding, got, err, want)
			}
		}
	}
}

// The step away from zero must not carry a result over the edge of the range.
func TestMulDivAtTheEdge(t *testing.T) {
	for _, tt := range []struct{ a, b, c int64 }{
		{math.MaxInt64, math.MaxInt64, 1},                     // hi ≥ divisor
		{math.MaxInt64, 4, 1},                                 // hi = divisor
		{31, 1190112520884487201, 2},                          // 2^64 − 1 and more than a half
		{math.MaxInt64, 2, 1},                                 // one bit too many
		{math.MinInt64, 1, 1},                                 // outside the symmetric range
		{math.MinInt64, -1, 1},                                // the classic
		{math.MaxInt64, 3037000500, 3037000499},               // quotient just beyond
		{math.MinInt64, math.MinInt64, math.MinInt64},         // three of a kind
		{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 2}, // 2^64 − 2 and a rest
	} {
		for _, r := range []Rounding{Up, Down, HalfAway} {
			if got, err := MulDiv(tt.a, tt.b, tt.c, r); err != ErrOverflow || got != 0 {
				t.Errorf("%d·%d/%d = %d, %v; want %v", tt.a, tt.b, tt.c, got, err, ErrOverflow)
			}
		}
	}
}

func TestRoundAtTheEdge(t *testing.T) {
	for _, n := range []int64{math.MaxInt64, math.MinInt64 + 1} {
		if got, err := Round(new(big.Rat).SetInt64(n), Up); err != nil || got != n {
			t.Errorf("Round(%d) = %d, %v", n, got, err)
		}
	}
	if got, err := Round(new(big.Rat).SetInt64(math.MinInt64), Up); err != ErrOverflow || got != 0 {
		t.Errorf("Round of the smallest integer = %d, %v; want %v", got, err, ErrOverflow)
	}
}

func TestAddSubAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := New(drawInt(t, "a"), USD), New(drawInt(t, "b"), USD)
		sum, err := a.Add(b)
		if want := new(big.Int).Add(big.NewInt(a.Minor), big.NewInt(b.Minor)); !agree(sum.Minor, err, want) {
			t.Fatalf("%v + %v = %v, %v", a, b, sum, err)
		}
		difference, err := a.Sub(b)
		want := new(big.Int).Sub(big.NewInt(a.Minor), big.NewInt(b.Minor))
		if b.Minor == math.MinInt64 { // not an amount we make: refused whatever the result
			want = big.NewInt(math.MinInt64)
		}
		if !agree(difference.Minor, err, want) {
			t.Fatalf("%v − %v = %v, %v", a, b, difference, err)
		}
	})
}

func TestCurrenciesDoNotMix(t *testing.T) {
	a, b := New(1, USD), New(1, EUR)
	_, sum := a.Add(b)
	_, difference := a.Sub(b)
	_, order := a.Cmp(b)
	for _, err := range []error{sum, difference, order} {
		if err != ErrCurrency {
			t.Errorf("USD and EUR: %v, want %v", err, ErrCurrency)
		}
	}
}

func TestSignAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := New(drawInt(t, "a"), UAH), New(drawInt(t, "b"), UAH)
		order, err := a.Cmp(b)
		if want := big.NewInt(a.Minor).Cmp(big.NewInt(b.Minor)); err != nil || order != want {
			t.Fatalf("%v against %v: %d, %v", a, b, order, err)
		}
		sign := big.NewInt(a.Minor).Sign()
		if a.IsPositive() != (sign > 0) || a.IsNegative() != (sign < 0) || a.IsZero() != (sign == 0) {
			t.Fatalf("the sign of %v", a)
		}
		if a.Minor != math.MinInt64 && (a.Neg().Minor != -a.Minor || a.Neg().Neg() != a || a.Neg().Currency != UAH) {
			t.Fatalf("the negative of %v is %v", a, a.Neg())
		}
	})
}

func TestNegNeverTurnsADebitIntoItself(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the smallest integer has a negative")
		}
	}()
	New(math.MinInt64, USD).Neg()
}

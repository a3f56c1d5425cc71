package money

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func mustRate(t *testing.T, text string) Rate {
	t.Helper()
	r, err := ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRateText(t *testing.T) {
	for text, want := range map[string]Rate{
		"41.25": 412500000000, "1.0812": 10812000000, "1": One, "0.0000000001": 1, "922337203.6854775807": math.MaxInt64,
	} {
		if got, err := ParseRate(text); err != nil || got != want || got.String() != text {
			t.Errorf("ParseRate(%q) = %d, %v; prints %s", text, got, err, got)
		}
	}
	for text, reason := range map[string]string{
		"0": "must be more than 0", "0.0000000000": "must be more than 0", "-1": ErrText.Error(), "": ErrText.Error(),
		"0.00000000001": "more than 10 decimals", "922337203.6854775808": ErrOverflow.Error(),
	} {
		if got, err := ParseRate(text); err == nil || err.Error() != reason || got != 0 {
			t.Errorf("ParseRate(%q) = %d, %v; want %s", text, got, err, reason)
		}
	}
}

func TestConvertAndInvert(t *testing.T) {
	tests := []struct {
		rate         string
		base, quote  Currency
		from         int64
		invert       bool
		down, up, to int64 // to: half away
	}{
		{"41.25", USD, UAH, 101500, true, 2460, 2461, 2461}, // api/avanor.md §7
		{"41.25", USD, UAH, 2461, false, 101516, 101517, 101516},
		{"41.25", USD, UAH, 10000, false, 412500, 412500, 412500},
		{"1.0812", EUR, USD, 1, false, 1, 2, 1},
		{"1.0812", EUR, USD, 5000, false, 5406, 5406, 5406},
		{"155.5", USD, JPY, 10001, false, 15551, 15552, 15552},  // cents to whole yen: 15551.555
		{"155.5", USD, JPY, 15551, true, 10000, 10001, 10001},   // whole yen to cents
		{"0.305", USD, KWD, 10000, false, 30500, 30500, 30500},  // two digits to three
		{"0.305", USD, KWD, 30501, true, 10000, 10001, 10000},   // three digits to two
		{"0.000025", JPY, CLF, 1, false, 0, 1, 0},               // none to four: 0.25
		{"0.000025", JPY, CLF, 2, false, 0, 1, 1},               // a tie
		{"0.000025", JPY, CLF, 1, true, 4, 4, 4},                // four to none
		{"41.25", USD, UAH, -101500, true, -2461, -2460, -2461}, // the sign mirrors half away only
	}
	for _, tt := range tests {
		rate := mustRate(t, tt.rate)
		for rounding, want := range map[Rounding]int64{Down: tt.down, Up: tt.up, HalfAway: tt.to} {
			a, to, turn := New(tt.from, tt.base), tt.quote, rate.Convert
			if tt.invert {
				a, to, turn = New(tt.from, tt.quote), tt.base, rate.Invert
			}
			if got, err := turn(a, to, rounding); err != nil || got != New(want, to) {
				t.Errorf("%v at %s by rule %d = %v, %v; want %v", a, rate, rounding, got, err, New(want, to))
			}
		}
	}
}

// One exact fraction, one rounding, whatever the digits of the two currencies.
func TestConversionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := Rate(rapid.Int64Range(1, math.MaxInt64).Draw(t, "rate"))
		base, quote := drawCurrency(t, "base"), drawCurrency(t, "quote")
		minor, rounding := drawInt(t, "minor"), drawRounding(t)

		unit := func(c Currency) *big.Rat { // major units of one minor unit
			return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Digits())), nil))
		}
		price := big.NewRat(int64(rate), Scale)
		exact := new(big.Rat).Mul(new(big.Rat).Mul(new(big.Rat).SetInt64(minor), unit(base)), price)
		exact.Quo(exact, unit(quote))
		got, err := rate.Convert(New(minor, base), quote, rounding)
		if !agree(got.Minor, err, wantRounded(exact, rounding)) || err == nil && got.Currency != quote {
			t.Fatalf("Convert = %v, %v; want %s", got, err, exact)
		}
		if factor := rate.Factor(base, quote); new(big.Rat).Mul(factor, new(big.Rat).SetInt64(minor)).Cmp(exact) != 0 {
			t.Fatalf("factor %s", factor)
		}

		exact = new(big.Rat).Quo(new(big.Rat).Mul(new(big.Rat).SetInt64(minor), unit(quote)), price)
		exact.Quo(exact, unit(base))
		got, err = rate.Invert(New(minor, quote), base, rounding)
		if !agree(got.Minor, err, wantRounded(exact, rounding)) || err == nil && got.Currency != base {
			t.Fatalf("Invert = %v, %v; want %s", got, err, exact)
		}
	})
}

func TestNoRate(t *testing.T) {
	for _, r := range []Rate{0, -1} {
		if _, err := r.Convert(New(1, USD), UAH, Up); err != ErrRate {
			t.Errorf("Convert at %d: %v", r, err)
		}
		if _, err := r.Invert(New(1, UAH), USD, Up); err != ErrRate {
			t.Errorf("Invert at %d: %v", r, err)
		}
	}
}

func TestPercent(t *testing.T) {
	for text, want := range map[string]Percent{"2": 2 * Scale, "2.5": 25_000_000_000, "0": 0, "0.0000000001": 1, "100": 100 * Scale} {
		if got, err := ParsePercent(text); err != nil || got != want || got.String() != text {
			t.Errorf("ParsePercent(%q) = %d, %v; prints %s", text, got, err, got)
		}
	}
	if p, err := ParsePercent("-1"); err != ErrText {
		t.Errorf("a negative percentage: %v, %v", p, err)
	}
	if got := Percent(5 * Scale).Number(); got != "5.0" {
		t.Errorf("5 %% as a JSON number is %s", got)
	}
}

func TestPercentOf(t *testing.T) {
	tests := []struct {
		percent            Percent
		minor              int64
		down, up, halfAway int64
	}{
		{2 * Scale, 10023, 200, 201, 200},
		{5 * Scale, 29945, 1497, 1498, 1497},
		{5 * Scale, 10, 0, 1, 1}, // a tie
		{0, 10023, 0, 0, 0},
		{100 * Scale, 10023, 10023, 10023, 10023},
		{1, 1, 0, 1, 0},
	}
	for _, tt := range tests {
		for rounding, want := range map[Rounding]int64{Down: tt.down, Up: tt.up, HalfAway: tt.halfAway} {
			if got, err := tt.percent.Of(New(tt.minor, USD), rounding); err != nil || got != New(want, USD) {
				t.Errorf("%s %% of %d by rule %d = %v, %v; want %d", tt.percent, tt.minor, rounding, got, err, want)
			}
		}
	}
}

package instalment_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func terms(m instalment.MerchantType, parts int) instalment.Plan {
	return instalment.Plan{MerchantType: m, PartsCount: parts}
}

func TestSchedule(t *testing.T) {
	tests := []struct {
		price int64
		plan  instalment.Plan
		want  []int64
	}{
		// The three of api/payparts.md §11, n = 1.
		{500_00, terms(instalment.PP, 2), []int64{250_00, 250_00}},
		{500_00, terms(instalment.II, 2), []int64{264_50, 264_50}},
		{500_00, terms(instalment.IA, 2), []int64{254_95, 254_95}},
		{500_00, terms(instalment.PB, 2), []int64{250_00, 250_00}},
		// The rest of the division goes to the first part.
		{1000_00, terms(instalment.PP, 3), []int64{333_34, 333_33, 333_33}},
		{1000_01, terms(instalment.PP, 3), []int64{333_35, 333_33, 333_33}},
		// 2.9 % of 300.05 is 8.70145, of 317.24 it is 9.19996.
		{300_05, terms(instalment.II, 2), []int64{150_03 + 8_70, 150_02 + 8_70}},
		{317_24, terms(instalment.II, 4), []int64{79_31 + 9_20, 79_31 + 9_20, 79_31 + 9_20, 79_31 + 9_20}},
		// 0.99 % of 0.50 is 0.00495, less than half a kopeck; 2.9 % of 2.50 is 0.0725.
		{50, terms(instalment.IA, 2), []int64{25, 25}},
		{2_50, terms(instalment.II, 2), []int64{1_25 + 7, 1_25 + 7}},
		{3, terms(instalment.PP, 2), []int64{2, 1}},
	}
	for _, test := range tests {
		parts, err := instalment.Schedule(uah(test.price), test.plan, instalment.DefaultRates())
		var got []int64
		for _, part := range parts {
			got = append(got, part.Minor)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s %d of %d: %v, %v, want %v", test.plan.MerchantType, test.plan.PartsCount, test.price, got, err, test.want)
		}
	}
}

// A tie of the fee goes away from zero: 5 % of 0.10 is 0.005.
func TestFeeRoundsHalfAway(t *testing.T) {
	five, _ := money.ParsePercent("5")
	parts, err := instalment.Schedule(uah(10), terms(instalment.PB, 2), instalment.Rates{PB: five})
	if err != nil || parts[0] != uah(6) || parts[1] != uah(6) {
		t.Errorf("%v, %v", parts, err)
	}
}

func TestScheduleRefuses(t *testing.T) {
	tests := []struct {
		price money.Amount
		plan  instalment.Plan
		field string
	}{
		{uah(500_00), terms("XX", 2), "merchantType"},
		{uah(500_00), terms(instalment.PP, 1), "partsCount"},
		{uah(500_00), terms(instalment.PP, 26), "partsCount"},
		{uah(500_00), terms(instalment.PP, math.MinInt), "partsCount"},
		{uah(2), terms(instalment.PP, 3), "amount"},
		{uah(0), terms(instalment.PP, 2), "amount"},
		{uah(-500_00), terms(instalment.II, 2), "amount"},
		{uah(math.MaxInt64), terms(instalment.II, 25), "amount"},
	}
	for _, test := range tests {
		parts, err := instalment.Schedule(test.price, test.plan, instalment.DefaultRates())
		if field, _ := named(t, err); field != test.field || parts != nil {
			t.Errorf("%v of %v: %v, %v", test.plan, test.price, parts, err)
		}
	}
	_, err := instalment.Schedule(uah(500_00), terms(instalment.PP, 2), instalment.Rates{PP: -1})
	if !fault.Is(err, fault.Internal) {
		t.Errorf("a rate below zero: %v", err)
	}
}

// Parts sum exactly, no part is less than one minor unit, only the first one may be
// larger and by less than a minor unit for each part.
func TestPartsSumExactly(t *testing.T) {
	kinds := []instalment.MerchantType{instalment.II, instalment.PP, instalment.PB, instalment.IA}
	rapid.Check(t, func(t *rapid.T) {
		price := uah(rapid.OneOf(rapid.Int64Range(25, 300_000_00), rapid.Int64Range(25, math.MaxInt64/1000)).Draw(t, "price"))
		p := terms(rapid.SampledFrom(kinds).Draw(t, "type"), rapid.IntRange(2, 25).Draw(t, "parts"))
		rate := money.Percent(rapid.Int64Range(0, 10*money.Scale).Draw(t, "rate"))
		parts, err := instalment.Schedule(price, p, instalment.Rates{II: rate, PP: rate, PB: rate, IA: rate})
		if err != nil || len(parts) != p.PartsCount {
			t.Fatal(parts, err)
		}
		fee, _ := rate.Of(price, money.HalfAway)
		total, err := instalment.Total(parts)
		if want := uah(price.Minor + int64(p.PartsCount)*fee.Minor); err != nil || total != want {
			t.Fatalf("sum %v, %v, want %v", total, err, want)
		}
		for _, part := range parts[1:] {
			if part != parts[1] || !part.IsPositive() {
				t.Fatalf("parts %v", parts)
			}
		}
		if rest := parts[0].Minor - parts[1].Minor; rest < 0 || rest >= int64(p.PartsCount) {
			t.Fatalf("the first part has %d more", rest)
		}
	})
}

func TestTotal(t *testing.T) {
	if sum, err := instalment.Total(nil); err != nil || !sum.IsZero() {
		t.Errorf("nothing: %v, %v", sum, err)
	}
	if _, err := instalment.Total([]money.Amount{uah(1), money.New(1, money.USD)}); err != money.ErrCurrency {
		t.Errorf("two currencies: %v", err)
	}
	if _, err := instalment.Total([]money.Amount{uah(math.MaxInt64), uah(1)}); err != money.ErrOverflow {
		t.Errorf("too much: %v", err)
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add(int64(500_00), "II", 2, int64(29*money.Scale/10))
	f.Add(int64(math.MaxInt64), "IA", 25, int64(math.MaxInt64))
	f.Add(int64(math.MinInt64), "PB", -1, int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, minor int64, kind string, count int, rate int64) {
		r := money.Percent(rate)
		p := terms(instalment.MerchantType(kind), count)
		parts, err := instalment.Schedule(uah(minor), p, instalment.Rates{II: r, PP: r, PB: r, IA: r})
		if err != nil {
			return
		}
		total, err := instalment.Total(parts)
		if err != nil || len(parts) != count || total.Minor < minor || r == 0 && total.Minor != minor {
			t.Fatalf("parts %v of %d, %v", parts, minor, err)
		}
	})
}

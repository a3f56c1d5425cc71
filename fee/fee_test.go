package fee

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// stored is a table of rates by pair, as text.
type stored map[[2]money.Currency]string

// demo is the table of api/sandbox.md.
var demo = stored{
	{money.USD, money.UAH}: "41.25",
	{money.EUR, money.UAH}: "44.60",
	{money.EUR, money.USD}: "1.0812",
}

func (s stored) lookup(base, quote money.Currency) (money.Rate, bool) {
	text, ok := s[[2]money.Currency{base, quote}]
	if !ok {
		return 0, false
	}
	r, err := money.ParseRate(text)
	return r, err == nil
}

func usd(text string) money.Amount { return amount(text, money.USD) }
func uah(text string) money.Amount { return amount(text, money.UAH) }
func yen(text string) money.Amount { return amount(text, money.JPY) }
func eur(text string) money.Amount { return amount(text, money.EUR) }

func amount(text string, c money.Currency) money.Amount {
	a, err := money.Parse(text, c)
	if err != nil {
		panic(err)
	}
	return a
}

func percent(text string) money.Percent {
	p, err := money.ParsePercent(text)
	if err != nil {
		panic(err)
	}
	return p
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v (kind %d), want kind %d", what, err, fault.KindOf(err), kind)
	}
}

// drawTariff draws any tariff that passes Check, small numbers preferred: that is
// where bounds bite and roundings matter.
func drawTariff(t *rapid.T) Tariff {
	small := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 50), rapid.Int64Range(0, 100_000))
	percent := rapid.OneOf(rapid.SampledFrom([]int64{0, money.Scale, 2 * money.Scale, 25 * money.Scale / 10, 100 * money.Scale}), rapid.Int64Range(0, 100*money.Scale))
	part := rapid.OneOf(rapid.SampledFrom([]Part{0, Whole}), rapid.Map(rapid.Int64Range(0, money.Scale), func(n int64) Part { return Part(n) }))
	tariff := Tariff{
		Percent:      money.Percent(percent.Draw(t, "percent")),
		Fix:          small.Draw(t, "fix"),
		Min:          small.Draw(t, "min"),
		PayerPercent: part.Draw(t, "payerPercent"),
		PayerFix:     part.Draw(t, "payerFix"),
	}
	if rapid.Bool().Draw(t, "bounded") {
		tariff.Max = tariff.Min + small.Draw(t, "max")
	}
	return tariff
}

var currencies = []money.Currency{money.USD, money.UAH, money.JPY, money.KWD, money.CLF}

// drawPair draws two currencies, the same one half the time, and a rate stored in
// either direction.
func drawPair(t *rapid.T) (shop, payway money.Currency, rates Lookup) {
	shop = rapid.SampledFrom(currencies).Draw(t, "shop")
	payway = rapid.SampledFrom(append([]money.Currency{shop, shop, shop, shop}, currencies...)).Draw(t, "payway")
	rate := money.Rate(rapid.OneOf(
		rapid.Int64Range(money.Scale/1000, 1000*money.Scale),
		rapid.SampledFrom([]int64{money.Scale, 412500000000, money.Scale / 3}),
	).Draw(t, "rate"))
	base, quote := shop, payway
	if rapid.Bool().Draw(t, "inverse") {
		base, quote = quote, base
	}
	return shop, payway, func(b, q money.Currency) (money.Rate, bool) { return rate, b == base && q == quote }
}

func TestTariffCheck(t *testing.T) {
	good := []Tariff{{}, {Percent: percent("100"), Fix: 1, Min: 5, Max: 5}, {Min: 5}, {PayerPercent: Whole, PayerFix: Whole}}
	for _, tariff := range good {
		if err := tariff.Check(); err != nil {
			t.Errorf("%+v: %v", tariff, err)
		}
	}
	bad := []Tariff{
		{Percent: -1}, {Fix: -1}, {Min: -1}, {Max: -1}, {Min: 5, Max: 4},
		{PayerPercent: -1}, {PayerPercent: Whole + 1}, {PayerFix: -1}, {PayerFix: Whole + 1},
	}
	for _, tariff := range bad {
		if tariff.Check() == nil {
			t.Errorf("%+v passes", tariff)
		}
		_, err := Payin(tariff, usd("100"), money.USD, demo.lookup)
		wantKind(t, "a pay-in on it", err, fault.Internal)
		_, err = Payout(tariff, usd("100"), true, money.USD, money.USD, demo.lookup)
		wantKind(t, "a payout on it", err, fault.Internal)
	}
}

// A fee takes all when no amount, however large, leaves its shop anything: what
// TakesAll says is what Payin does.
func TestTakesAll(t *testing.T) {
	const percent = money.Scale
	for _, test := range []struct {
		tariff Tariff
		want   bool
	}{
		{Tariff{}, false},
		{Tariff{Percent: 99 * percent, Fix: 100}, false},
		{Tariff{Percent: 100 * percent}, true},
		{Tariff{Percent: 101 * percent, Min: 5}, true},
		{Tariff{Percent: 101 * percent, Max: 500}, false},
		{Tariff{Percent: 101 * percent, PayerPercent: Whole}, false},
		{Tariff{Percent: 200 * percent, PayerPercent: Whole / 2}, true},
		{Tariff{Percent: 199 * percent, PayerPercent: Whole / 2}, false},
	} {
		_, err := Payin(test.tariff, money.New(1_000_000_000, money.USD), money.USD, nil)
		if got := test.tariff.TakesAll(); got != test.want || (err != nil) != test.want {
			t.Errorf("%+v: %t, and a large invoice: %v", test.tariff, got, err)
		}
	}
}

func TestPartText(t *testing.T) {
	for text, want := range map[string]struct {
		part        Part
		number, own string
	}{
		"1": {Whole, "1.0", "1"}, "1.0": {Whole, "1.0", "1"}, "0": {0, "0.0", "0"}, "0.25": {Whole / 4, "0.25", "0.25"},
	} {
		p, err := ParsePart(text)
		if err != nil || p != want.part || p.Number() != want.number || p.String() != want.own || p.Rest()+p != Whole {
			t.Errorf("ParsePart(%q) = %d, %v; prints %s and %s", text, p, err, p.Number(), p)
		}
	}
	for _, text := range []string{"", "-1", "1.0000000001", "2", "1/2"} {
		if p, err := ParsePart(text); err == nil {
			t.Errorf("ParsePart(%q) = %d", text, p)
		}
	}
}

// Only the stored pair or its inverse, never a cross: EUR/USD and USD/UAH are
// there, and EUR/UAH is not made of them.
func TestNoCrossRate(t *testing.T) {
	rates := stored{{money.EUR, money.USD}: "1.0812", {money.USD, money.UAH}: "41.25"}
	_, err := Payin(Tariff{}, eur("100"), money.UAH, rates.lookup)
	wantKind(t, "pay-in", err, fault.NoRate)
	if want := "No exchange rate for EUR and UAH"; err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
	for _, shopAmount := range []bool{false, true} {
		_, err = Payout(Tariff{}, uah("100"), shopAmount, money.UAH, money.EUR, rates.lookup)
		wantKind(t, "payout", err, fault.NoRate)
	}
}

func TestStoredPairWinsOverItsInverse(t *testing.T) {
	rates := stored{{money.USD, money.UAH}: "41.25", {money.UAH, money.USD}: "0.03"}
	q, err := Payin(Tariff{}, usd("100"), money.UAH, rates.lookup)
	if err != nil || q.Inverse || q.PayerPrice != uah("4125") {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestSameCurrencyAsksForNoRate(t *testing.T) {
	q, err := Payin(Tariff{}, usd("100"), money.USD, nil)
	if err != nil || q.Rate != money.One || q.Inverse || q.Converts() {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestExchangeRefusesAForeignAmount(t *testing.T) {
	x := Exchange{Shop: money.USD, Payway: money.UAH, Rate: money.One}
	if _, err := x.ToPayway(eur("1"), money.Up); err != money.ErrCurrency {
		t.Errorf("ToPayway: %v", err)
	}
	if _, err := x.ToShop(usd("1"), money.Up); err != money.ErrCurrency {
		t.Errorf("ToShop: %v", err)
	}
}

func TestShare(t *testing.T) {
	// 100.00 USD paid as 4125.00 UAH; thirds of a cent do not get lost.
	total, whole := uah("4125.00"), usd("100.00")
	given := uah("0")
	for _, step := range []struct{ sum, want string }{{"33.33", "1374.86"}, {"66.66", "1374.86"}, {"66.67", "0.41"}, {"100.00", "1374.87"}} {
		got, err := Share(total, given, usd(step.sum), whole)
		if err != nil || got != uah(step.want) {
			t.Errorf("at %s: %v, %v; want %s", step.sum, got, err, step.want)
		}
		given, _ = given.Add(got)
	}
	if given != total {
		t.Errorf("given %v of %v", given, total)
	}
}

func TestShareRefuses(t *testing.T) {
	for what, call := range map[string]struct{ total, given, sum, whole money.Amount }{
		"two payers' currencies": {uah("1"), eur("0"), usd("1"), usd("1")},
		"two shop currencies":    {uah("1"), uah("0"), usd("1"), eur("1")},
		"more than the whole":    {uah("1"), uah("0"), usd("1.01"), usd("1")},
		"less than nothing":      {uah("1"), uah("0"), usd("1").Neg(), usd("1")},
		"a part of nothing":      {uah("1"), uah("0"), usd("0"), usd("0")},
	} {
		if got, err := Share(call.total, call.given, call.sum, call.whole); err == nil {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Refunds come, and some fail and give their portion back. Whatever the order, the
// portions never exceed the total, none is negative, and when the whole is refunded
// the total is out.
func TestShareNeverExceedsTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 1_000_000).Draw(t, "total")
		whole := rapid.Int64Range(1, 1_000).Draw(t, "whole")
		type refund struct{ gross, portion int64 }
		var open []refund
		var sum, given int64
		add := func(gross int64) {
			got, err := Share(money.New(total, money.UAH), money.New(given, money.UAH), money.New(sum+gross, money.USD), money.New(whole, money.USD))
			if err != nil || got.IsNegative() || got.Currency != money.UAH {
				t.Fatalf("%v, %v", got, err)
			}
			open = append(open, refund{gross, got.Minor})
			sum, given = sum+gross, given+got.Minor
			if given > total || given < total*sum/whole {
				t.Fatalf("given %d of %d for %d of %d", given, total, sum, whole)
			}
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			if len(open) > 0 && rapid.Bool().Draw(t, "fails") {
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				sum, given = sum-open[i].gross, given-open[i].portion
				open = append(open[:i], open[i+1:]...)
			} else if sum < whole {
				add(rapid.Int64Range(1, whole-sum).Draw(t, "gross"))
			}
		}
		if sum < whole {
			add(whole - sum)
		}
		if given != total {
			t.Fatalf("the whole is refunded and %d of %d given", given, total)
		}
	})
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

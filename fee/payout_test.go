package fee

import (
	"maps"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

func TestPayout(t *testing.T) {
	two, onePlusFive := Tariff{Percent: percent("2")}, Tariff{Percent: percent("1"), Fix: 500}
	const psAmount, shopAmount = false, true
	tests := []struct {
		name                             string
		tariff                           Tariff
		amount                           money.Amount
		kind                             bool
		writeOff, receive, fee, rounding money.Amount
	}{
		{"recorded: 100.23 at 2 %", two, usd("100.23"), psAmount, usd("102.23"), usd("100.23"), usd("2.00"), usd("0")},
		{"the most out of 100.00", two, usd("100.00"), shopAmount, usd("100.00"), usd("98.04"), usd("1.96"), usd("0")},
		{"0.24 costs 0.24, 0.25 costs 0.26: a cent is left over", two, usd("0.25"), shopAmount, usd("0.25"), usd("0.24"), usd("0"), usd("0.01")},
		{"with conversion too: the next kopeck costs a cent more", Tariff{}, usd("0.01"), shopAmount, usd("0.01"), uah("0.41"), uah("0"), usd("0")},
		{"a yen is 1.5 cents: no 68th for the last cent", Tariff{}, usd("1.03"), shopAmount, usd("1.03"), yen("67"), yen("0"), usd("0.01")},
		{"1000.00 UAH from USD at 41.25", onePlusFive, uah("1000.00"), psAmount, usd("24.61"), uah("1000.00"), uah("15.00"), usd("0")},
		{"24.61 USD into UAH", onePlusFive, usd("24.61"), shopAmount, usd("24.61"), uah("1000.16"), uah("15.00"), usd("0")},
		{"4000.00 UAH", onePlusFive, uah("4000.00"), shopAmount, uah("4000.00"), uah("3955.45"), uah("44.55"), uah("0")},
		{"free", Tariff{}, eur("50"), psAmount, eur("50"), eur("50"), eur("0"), eur("0")},
		{"a tie in the fee goes up", Tariff{Percent: percent("5")}, usd("0.10"), psAmount, usd("0.11"), usd("0.10"), usd("0.01"), usd("0")},
		{"min", Tariff{Percent: percent("1"), Min: 50}, usd("10"), psAmount, usd("10.50"), usd("10"), usd("0.50"), usd("0")},
		{"max", Tariff{Percent: percent("1"), Max: 50}, usd("100"), psAmount, usd("100.50"), usd("100"), usd("0.50"), usd("0")},
		{"min, inverted", Tariff{Percent: percent("1"), Min: 50}, usd("10.50"), shopAmount, usd("10.50"), usd("10"), usd("0.50"), usd("0")},
		{"the payer's parts do not matter", Tariff{Percent: percent("2"), PayerPercent: Whole}, usd("100.23"), psAmount, usd("102.23"), usd("100.23"), usd("2.00"), usd("0")},
	}
	rates := stored{{money.USD, money.JPY}: "66"}
	maps.Copy(rates, demo)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Payout(tt.tariff, tt.amount, tt.kind, tt.writeOff.Currency, tt.receive.Currency, rates.lookup)
			if err != nil {
				t.Fatal(err)
			}
			got := [4]money.Amount{q.WriteOff, q.Receive, q.Fee, q.Rounding}
			if want := [4]money.Amount{tt.writeOff, tt.receive, tt.fee, tt.rounding}; got != want {
				t.Errorf("write-off, receive, fee, rounding = %v, want %v", got, want)
			}
		})
	}
}

func TestPayoutRefuses(t *testing.T) {
	five := Tariff{Fix: 500}
	tests := []struct {
		name       string
		tariff     Tariff
		amount     money.Amount
		shopAmount bool
		shop       money.Currency
		payway     money.Currency
		kind       fault.Kind
	}{
		{"zero", Tariff{}, usd("0"), false, money.USD, money.USD, fault.TooSmall},
		{"all of it is fee", five, usd("5.00"), true, money.USD, money.USD, fault.TooSmall},
		{"less than the fee", five, usd("0.01"), true, money.USD, money.USD, fault.TooSmall},
		{"less than the payee's smallest unit", Tariff{}, uah("0.01"), true, money.UAH, money.USD, fault.TooSmall},
		{"no pair", Tariff{}, usd("1"), false, money.USD, money.JPY, fault.NoRate},
		{"amount + fee out of range", five, money.New(math.MaxInt64, money.USD), false, money.USD, money.USD, fault.TooLarge},
		{"percent + fix out of range", Tariff{Percent: percent("2"), Fix: math.MaxInt64}, usd("100"), false, money.USD, money.USD, fault.TooLarge},
		{"a percentage out of range", Tariff{Percent: percent("200")}, money.New(math.MaxInt64, money.USD), false, money.USD, money.USD, fault.TooLarge},
		{"a write-off out of range", Tariff{}, money.New(math.MaxInt64, money.USD), false, money.UAH, money.USD, fault.TooLarge},
		{"a budget out of range", five, money.New(math.MaxInt64, money.USD), true, money.USD, money.UAH, fault.TooLarge},
		{"ps_amount in the shop's currency", five, usd("100"), false, money.USD, money.UAH, fault.Internal},
		{"shop_amount in the payway's currency", five, uah("100"), true, money.USD, money.UAH, fault.Internal},
	}
	for _, tt := range tests {
		q, err := Payout(tt.tariff, tt.amount, tt.shopAmount, tt.shop, tt.payway, demo.lookup)
		wantKind(t, tt.name, err, tt.kind)
		if q != (PayoutQuote{}) {
			t.Errorf("%s: refused with a quote %+v", tt.name, q)
		}
	}
}

// A budget at the end of the range is searched without overflow.
func TestPayoutOfTheGreatestAmount(t *testing.T) {
	for _, tt := range []struct {
		percent           string
		receive, rounding int64
	}{{"0", math.MaxInt64, 0}, {"100", math.MaxInt64 / 2, 1}} {
		q, err := Payout(Tariff{Percent: percent(tt.percent)}, money.New(math.MaxInt64, money.USD), true, money.USD, money.USD, nil)
		if err != nil || q.Receive.Minor != tt.receive || q.Rounding.Minor != tt.rounding {
			t.Errorf("at %s %%: %+v, %v", tt.percent, q, err)
		}
	}
}

// The largest payee amount is found by trying every one.
func TestPayoutFindsTheLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		writeOff := money.New(rapid.Int64Range(1, 300).Draw(t, "amount"), shop)
		got, err := Payout(tariff, writeOff, true, shop, payway, rates)

		var largest PayoutQuote
		for minor := int64(1); ; minor++ {
			q, err := Payout(tariff, money.New(minor, payway), false, shop, payway, rates)
			if err != nil {
				t.Fatal(err)
			}
			if q.WriteOff.Minor > writeOff.Minor { // it only grows: the next property
				break
			}
			largest = q
			if minor > 5000 {
				t.Skip("a pair too uneven to try every amount")
			}
		}
		if !largest.Receive.IsPositive() {
			if !fault.Is(err, fault.TooSmall) {
				t.Fatalf("nothing fits, and %+v, %v", got, err)
			}
			return
		}
		if err != nil || got.Receive != largest.Receive || got.Fee != largest.Fee {
			t.Fatalf("%+v, %v; the largest is %+v", got, err, largest)
		}
	})
}

// The same at any size: one minor unit more would cost more than the amount.
func TestPayoutOneMoreWouldNotFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		writeOff := money.New(rapid.Int64Range(1, 99_999_999_999_999).Draw(t, "amount"), shop)
		q, err := Payout(tariff, writeOff, true, shop, payway, rates)
		next := money.New(q.Receive.Minor+1, payway)
		if fault.Is(err, fault.TooLarge) {
			return // a great amount of a coin in a fine one
		}
		if err != nil {
			if !fault.Is(err, fault.TooSmall) {
				t.Fatal(err)
			}
			next.Minor = 1
		}
		more, err := Payout(tariff, next, false, shop, payway, rates)
		if err != nil || more.WriteOff.Minor <= writeOff.Minor {
			t.Fatalf("%v takes %v of %v, %v", next, more.WriteOff, writeOff, err)
		}
	})
}

// What the ledger relies on, for either kind of amount, any tariff and any pair.
func TestPayoutAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		minor := rapid.Int64Range(1, 10_000_000).Draw(t, "amount")
		shopAmount := rapid.Bool().Draw(t, "shopAmount")
		asked := money.New(minor, payway)
		if shopAmount {
			asked.Currency = shop
		}
		q, err := Payout(tariff, asked, shopAmount, shop, payway, rates)
		if err != nil {
			if !shopAmount || !fault.Is(err, fault.TooSmall) {
				t.Fatal(err)
			}
			return
		}
		if shopAmount && q.WriteOff != asked || !shopAmount && (q.Receive != asked || !q.Rounding.IsZero()) {
			t.Fatalf("asked %v: %+v", asked, q)
		}
		cost, err := q.Receive.Add(q.Fee)
		if err != nil {
			t.Fatal(err)
		}
		inShop, err := q.ToShop(cost, money.Up)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := inShop.Add(q.Rounding); err != nil || sum != q.WriteOff {
			t.Fatalf("%v + rounding %v is not %v", inShop, q.Rounding, q.WriteOff)
		}
		if !q.Receive.IsPositive() || q.Fee.IsNegative() || q.Rounding.IsNegative() {
			t.Fatalf("%+v", q)
		}
		if q.Fee.Minor < tariff.Min || tariff.Max > 0 && q.Fee.Minor > tariff.Max {
			t.Fatalf("fee %v is not within %d and %d", q.Fee, tariff.Min, tariff.Max)
		}
	})
}

// Who asks for more pays at least as much, and gets at least as much.
func TestPayoutGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		minor := rapid.Int64Range(1, 1_000_000).Draw(t, "amount")
		quote := func(minor int64, shopAmount bool) (PayoutQuote, error) {
			c := payway
			if shopAmount {
				c = shop
			}
			return Payout(tariff, money.New(minor, c), shopAmount, shop, payway, rates)
		}
		for _, shopAmount := range []bool{false, true} {
			less, err := quote(minor, shopAmount)
			if err != nil {
				continue
			}
			more, err := quote(minor+1, shopAmount)
			if err != nil || more.WriteOff.Minor < less.WriteOff.Minor || more.Receive.Minor < less.Receive.Minor {
				t.Fatalf("%+v, then %+v, %v", less, more, err)
			}
		}
	})
}

// What is left over is rounding and no more: with one currency and a percentage up
// to 100, a minor unit at most.
func TestPayoutLeavesLittleOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		a := money.New(rapid.Int64Range(1, 10_000_000).Draw(t, "amount"), money.USD)
		q, err := Payout(tariff, a, true, money.USD, money.USD, nil)
		if err == nil && q.Rounding.Minor > 1 {
			t.Fatalf("%+v", q)
		}
	})
}

func BenchmarkPayout(b *testing.B) {
	tariff, a := Tariff{Percent: percent("2")}, usd("100.00")
	b.Run("ps_amount", func(b *testing.B) {
		for b.Loop() {
			_, _ = Payout(tariff, a, false, money.USD, money.USD, nil)
		}
	})
	b.Run("shop_amount", func(b *testing.B) {
		for b.Loop() {
			_, _ = Payout(tariff, a, true, money.USD, money.USD, nil)
		}
	})
}

package fee

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

func TestPayin(t *testing.T) {
	half := Whole / 2
	tests := []struct {
		name                       string
		tariff                     Tariff
		amount                     money.Amount
		price, net, fee, surcharge money.Amount
	}{
		{"recorded: 299.45 at 5 %", Tariff{Percent: percent("5")}, usd("299.45"), usd("299.45"), usd("284.48"), usd("14.97"), usd("0")},
		{"2 % and 0.30", Tariff{Percent: percent("2"), Fix: 30}, usd("100"), usd("100"), usd("97.70"), usd("2.30"), usd("0")},
		{"the least that leaves a cent", Tariff{Percent: percent("2"), Fix: 30}, usd("0.32"), usd("0.32"), usd("0.01"), usd("0.31"), usd("0")},
		{"free", Tariff{}, usd("0.01"), usd("0.01"), usd("0.01"), usd("0"), usd("0")},
		{"a tie in the net goes up", Tariff{Percent: percent("5")}, usd("0.10"), usd("0.10"), usd("0.10"), usd("0"), usd("0")},
		{"min", Tariff{Percent: percent("1"), Min: 50}, usd("10"), usd("10"), usd("9.50"), usd("0.50"), usd("0")},
		{"max", Tariff{Percent: percent("1"), Max: 50}, usd("100"), usd("100"), usd("99.50"), usd("0.50"), usd("0")},
		{"the payer bears all", Tariff{Percent: percent("2"), Fix: 30, PayerPercent: Whole, PayerFix: Whole}, usd("100"), usd("102.30"), usd("100"), usd("0"), usd("2.30")},
		{"the payer bears the percent", Tariff{Percent: percent("2"), Fix: 30, PayerPercent: Whole}, usd("100"), usd("102"), usd("99.70"), usd("0.30"), usd("2")},
		{"halves, each rounded once", Tariff{Percent: percent("5"), PayerPercent: half, PayerFix: half}, usd("0.10"), usd("0.11"), usd("0.10"), usd("0"), usd("0.01")},
		{"max in proportion", Tariff{Percent: percent("2"), Fix: 200, Max: 200, PayerPercent: Whole}, usd("100"), usd("101"), usd("99"), usd("1"), usd("1")},
		{"nothing but min, by the percent's part", Tariff{Min: 100, PayerPercent: half}, usd("10"), usd("10.50"), usd("9.50"), usd("0.50"), usd("0.50")},
		{"converted, the payer rounds up", Tariff{Percent: percent("1.5")}, usd("0.33"), uah("13.62"), usd("0.33"), usd("0"), uah("0")},
		{"converted, the pair stored the other way", Tariff{Percent: percent("5")}, uah("100"), usd("2.43"), uah("95"), uah("5"), usd("0")},
		{"fix is the payway's, half away", Tariff{Fix: 500}, usd("100"), uah("4125"), usd("99.88"), usd("0.12"), uah("0")},
		{"half a cent of fix is a cent", Tariff{Fix: 21}, usd("100"), uah("4125"), usd("99.99"), usd("0.01"), uah("0")},
		{"min is the payway's", Tariff{Percent: percent("1"), Min: 500_00}, usd("100"), uah("4125"), usd("87.88"), usd("12.12"), uah("0")},
		{"max is the payway's", Tariff{Percent: percent("10"), Max: 41_25}, usd("100"), uah("4125"), usd("99"), usd("1"), uah("0")},
		{"a max too small for the invoice's currency still bounds", Tariff{Percent: percent("10"), Max: 1}, usd("100"), uah("4125"), usd("100"), usd("0"), uah("0")},
		{"converted surcharge", Tariff{Percent: percent("2"), PayerPercent: Whole}, usd("100"), uah("4207.50"), usd("100"), usd("0"), uah("82.50")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Payin(tt.tariff, tt.amount, tt.price.Currency, demo.lookup)
			if err != nil {
				t.Fatal(err)
			}
			got := [5]money.Amount{q.Amount, q.PayerPrice, q.Net, q.Fee, q.Surcharge}
			if want := [5]money.Amount{tt.amount, tt.price, tt.net, tt.fee, tt.surcharge}; got != want {
				t.Errorf("amount, price, net, fee, surcharge = %v, want %v", got, want)
			}
		})
	}
}

func TestPayinRefuses(t *testing.T) {
	sandbox := Tariff{Percent: percent("2"), Fix: 30}
	tests := []struct {
		name   string
		tariff Tariff
		amount money.Amount
		payway money.Currency
		kind   fault.Kind
	}{
		{"0.10 at 2 % + 0.30", sandbox, usd("0.10"), money.USD, fault.TooSmall},
		{"a net of exactly nothing", sandbox, usd("0.31"), money.USD, fault.TooSmall},
		{"zero", Tariff{}, usd("0"), money.USD, fault.TooSmall},
		{"less than zero", Tariff{}, usd("1").Neg(), money.USD, fault.TooSmall},
		{"the whole as fee", Tariff{Percent: percent("100")}, usd("100"), money.USD, fault.TooSmall},
		{"a price out of range", Tariff{}, money.New(math.MaxInt64, money.USD), money.UAH, fault.TooLarge},
		{"a fix out of range", Tariff{Fix: math.MaxInt64}, uah("100"), money.USD, fault.TooLarge},
		{"no pair", Tariff{}, usd("1"), money.JPY, fault.NoRate},
	}
	for _, tt := range tests {
		q, err := Payin(tt.tariff, tt.amount, tt.payway, demo.lookup)
		wantKind(t, tt.name, err, tt.kind)
		if q != (PayinQuote{}) {
			t.Errorf("%s: refused with a quote %+v", tt.name, q)
		}
	}
}

// The formula of api/avanor.md §5 on exact fractions, where nothing bounds the fee.
func TestPayinIsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		tariff.Min, tariff.Max = 0, 0
		minor := rapid.Int64Range(1, 1_000_000).Draw(t, "amount")
		q, err := Payin(tariff, money.New(minor, money.USD), money.USD, nil)

		part := func(p Part) *big.Rat { return big.NewRat(int64(p), money.Scale) }
		percent := new(big.Rat).Mul(big.NewRat(int64(tariff.Percent), 100*money.Scale), part(tariff.PayerPercent.Rest()))
		exact := new(big.Rat).Mul(rat(minor), percent.Sub(rat(1), percent))
		exact.Sub(exact, new(big.Rat).Mul(rat(tariff.Fix), part(tariff.PayerFix.Rest())))
		twice := new(big.Rat).Add(exact, exact) // below half a cent there is no net
		if twice.Cmp(rat(1)) < 0 {
			if !fault.Is(err, fault.TooSmall) {
				t.Fatalf("net %s: %v", exact.FloatString(4), err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		// |net − exact| ≤ 1/2, and a tie above: exact ∈ [net − 1/2, net + 1/2).
		off := new(big.Rat).Sub(exact, rat(q.Net.Minor))
		if off.Cmp(big.NewRat(-1, 2)) < 0 || off.Cmp(big.NewRat(1, 2)) >= 0 {
			t.Fatalf("net %v, exact %s", q.Net, exact.FloatString(4))
		}
	})
}

// What the ledger relies on, for any tariff and any pair.
func TestPayinAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		amount := money.New(rapid.Int64Range(1, 10_000_000).Draw(t, "amount"), shop)
		q, err := Payin(tariff, amount, payway, rates)
		if err != nil {
			if !fault.Is(err, fault.TooSmall) {
				t.Fatal(err)
			}
			return
		}
		if sum, err := q.Net.Add(q.Fee); err != nil || sum != amount || q.Amount != amount {
			t.Fatalf("net %v + fee %v is not %v", q.Net, q.Fee, amount)
		}
		bare, err := q.ToPayway(amount, money.Up)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := bare.Add(q.Surcharge); err != nil || sum != q.PayerPrice {
			t.Fatalf("%v + surcharge %v is not %v", bare, q.Surcharge, q.PayerPrice)
		}
		if !q.Net.IsPositive() || !q.PayerPrice.IsPositive() || q.Fee.IsNegative() || q.Surcharge.IsNegative() {
			t.Fatalf("%+v", q)
		}
		if tariff.PayerPercent == 0 && tariff.PayerFix == 0 && !q.Surcharge.IsZero() {
			t.Fatalf("the shop bears all, and the payer %v", q.Surcharge)
		}
	})
}

// Both parts together are the bounded fee, give or take the two roundings.
func TestPayinFeeStaysInItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		amount := money.New(rapid.Int64Range(1, 10_000_000).Draw(t, "amount"), money.USD)
		q, err := Payin(tariff, amount, money.USD, nil)
		if err != nil {
			return
		}
		fee := q.Fee.Minor + q.Surcharge.Minor
		if fee < tariff.Min-1 || tariff.Max > 0 && fee > tariff.Max+1 {
			t.Fatalf("fee %v + %v is not within %d and %d", q.Fee, q.Surcharge, tariff.Min, tariff.Max)
		}
		if tariff.PayerPercent == 0 && tariff.PayerFix == 0 && (fee < tariff.Min || tariff.Max > 0 && fee > tariff.Max) {
			t.Fatalf("fee %d is not within %d and %d", fee, tariff.Min, tariff.Max)
		}
	})
}

// Who invoices more does not get less.
func TestPayinNetGrowsWithTheAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := drawTariff(t)
		shop, payway, rates := drawPair(t)
		minor := rapid.Int64Range(1, 1_000_000).Draw(t, "amount")
		more := minor + rapid.Int64Range(1, 1000).Draw(t, "more")
		less, err := Payin(tariff, money.New(minor, shop), payway, rates)
		if err != nil {
			return
		}
		greater, err := Payin(tariff, money.New(more, shop), payway, rates)
		if err != nil || greater.Net.Minor < less.Net.Minor {
			t.Fatalf("%d brings %v, %d brings %v, %v", minor, less.Net, more, greater.Net, err)
		}
	})
}

func BenchmarkPayin(b *testing.B) {
	tariff, a := Tariff{Percent: percent("2"), Fix: 30}, usd("299.45")
	for b.Loop() {
		if _, err := Payin(tariff, a, money.USD, nil); err != nil {
			b.Fatal(err)
		}
	}
}

package instalment_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func uah(minor int64) money.Amount { return money.New(minor, money.UAH) }

// plan is a good one, of 400.00.
func plan() instalment.Plan {
	return instalment.Plan{
		MerchantType: instalment.PP, PartsCount: 6,
		Products: []instalment.Product{{Name: "Телевізор", Count: 2, Price: uah(140_00)}, {Name: "Кабель", Count: 1, Price: uah(120_00)}},
	}
}

// named is the one field an Invalid fault names, with its reason.
func named(t *testing.T, err error) (field, reason string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Params) != 1 {
		t.Fatalf("not an invalid fault of one field: %v", err)
	}
	for field, reason = range f.Params {
	}
	return field, reason
}

func TestValidate(t *testing.T) {
	product := func(name string, count, price int64) []instalment.Product {
		return []instalment.Product{{Name: name, Count: count, Price: uah(price)}}
	}
	tests := []struct {
		what   string
		change func(p *instalment.Plan, amount *money.Amount)
		field  string // "" is good
		reason string
	}{
		{"as it is", func(*instalment.Plan, *money.Amount) {}, "", ""},
		{"every type", func(p *instalment.Plan, _ *money.Amount) { p.MerchantType = instalment.IA }, "", ""},
		{"no type", func(p *instalment.Plan, _ *money.Amount) { p.MerchantType = "" }, "merchantType", "must be one of II, PP, PB, IA"},
		{"small letters", func(p *instalment.Plan, _ *money.Amount) { p.MerchantType = "pp" }, "merchantType", "must be one of II, PP, PB, IA"},
		{"one part", func(p *instalment.Plan, _ *money.Amount) { p.PartsCount = 1 }, "partsCount", "must be from 2 to 25"},
		{"two parts", func(p *instalment.Plan, _ *money.Amount) { p.PartsCount = 2 }, "", ""},
		{"25 parts", func(p *instalment.Plan, _ *money.Amount) { p.PartsCount = 25 }, "", ""},
		{"26 parts", func(p *instalment.Plan, _ *money.Amount) { p.PartsCount = 26 }, "partsCount", "must be from 2 to 25"},
		{"no product", func(p *instalment.Plan, _ *money.Amount) { p.Products = nil }, "products", "must name at least one product"},
		{"one kopeck more", func(_ *instalment.Plan, a *money.Amount) { a.Minor++ }, "amount", "must equal the sum of the products, 400.00"},
		{"one kopeck less", func(_ *instalment.Plan, a *money.Amount) { a.Minor-- }, "amount", "must equal the sum of the products, 400.00"},
		{"300.00", func(p *instalment.Plan, a *money.Amount) { p.Products, *a = product("x", 1, 300_00), uah(300_00) }, "", ""},
		{"299.99", func(p *instalment.Plan, a *money.Amount) { p.Products, *a = product("x", 1, 299_99), uah(299_99) }, "amount", "must be from 300.00 to 300000.00"},
		{"300000.00", func(p *instalment.Plan, a *money.Amount) {
			p.Products, *a = product("x", 1000, 300_00), uah(300_000_00)
		}, "", ""},
		{"300000.01", func(p *instalment.Plan, a *money.Amount) {
			p.Products, *a = product("x", 1, 300_000_01), uah(300_000_01)
		}, "amount", "must be from 300.00 to 300000.00"},
		{"dollars", func(_ *instalment.Plan, a *money.Amount) { a.Currency = money.USD }, "amount", "must be in UAH"},
		{"no name", func(p *instalment.Plan, _ *money.Amount) { p.Products[1].Name = "" }, "products[1].name", "must have 1 to 128 characters"},
		{"128 letters of two bytes", func(p *instalment.Plan, _ *money.Amount) { p.Products[1].Name = strings.Repeat("ї", 128) }, "", ""},
		{"129 letters", func(p *instalment.Plan, _ *money.Amount) { p.Products[1].Name = strings.Repeat("x", 129) }, "products[1].name", "must have 1 to 128 characters"},
		{"broken letters", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Name = "\xff" }, "products[0].name", "must be valid UTF-8"},
		{"none of it", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Count = 0 }, "products[0].count", "must be at least 1"},
		{"less than none", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Count = -2 }, "products[0].count", "must be at least 1"},
		{"for nothing", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Price = uah(0) }, "products[0].price", "must be at least 0.01"},
		{"a price below zero", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Price = uah(-1) }, "products[0].price", "must be at least 0.01"},
		{"a price in dollars", func(p *instalment.Plan, _ *money.Amount) { p.Products[0].Price.Currency = money.USD }, "products[0].price", "must be in UAH"},
		// 2^62 · 4 wraps to 0 and 2^63 + 40000 − 2^63 would be the amount.
		{"a cost that wraps to zero", func(p *instalment.Plan, a *money.Amount) {
			p.Products = append(p.Products, instalment.Product{Name: "x", Count: 4, Price: uah(1 << 62)})
		}, "products", "must cost no more than the amount"},
		{"a sum that wraps", func(p *instalment.Plan, a *money.Amount) {
			for range 4 {
				p.Products = append(p.Products, instalment.Product{Name: "x", Count: 1, Price: uah(1 << 62)})
			}
		}, "products", "must cost no more than the amount"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			p, amount := plan(), uah(400_00)
			test.change(&p, &amount)
			err := p.Validate(amount, instalment.DefaultLimits())
			if test.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if field, reason := named(t, err); field != test.field || reason != test.reason {
				t.Errorf("%s %s, want %s %s", field, reason, test.field, test.reason)
			}
		})
	}
}

func TestLimitsAreTheStores(t *testing.T) {
	narrow := instalment.Limits{Min: uah(400_01), Max: uah(500_00)}
	if _, reason := named(t, plan().Validate(uah(400_00), narrow)); reason != "must be from 400.01 to 500.00" {
		t.Error(reason)
	}
	if err := plan().Validate(uah(400_00), instalment.Limits{Min: uah(400_00), Max: uah(400_00)}); err != nil {
		t.Error(err)
	}
	mixed := instalment.Limits{Min: uah(1), Max: money.New(1<<40, money.USD)}
	if err := plan().Validate(uah(400_00), mixed); !fault.Is(err, fault.Internal) {
		t.Errorf("limits of two currencies: %v", err)
	}
}

// A plan passes exactly when the sum in unbounded integers is the amount.
func TestSumIsExact(t *testing.T) {
	wide := instalment.Limits{Min: uah(1), Max: uah(math.MaxInt64)}
	rapid.Check(t, func(t *rapid.T) {
		p, sum := plan(), new(big.Int)
		p.Products = nil
		for range rapid.IntRange(1, 5).Draw(t, "products") {
			product := instalment.Product{
				Name:  "x",
				Count: rapid.OneOf(rapid.Int64Range(1, 9), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "count"),
				Price: uah(rapid.OneOf(rapid.Int64Range(1, 1e6), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "price")),
			}
			p.Products = append(p.Products, product)
			sum.Add(sum, new(big.Int).Mul(big.NewInt(product.Count), big.NewInt(product.Price.Minor)))
		}
		amount := uah(rapid.Int64Range(1, math.MaxInt64).Draw(t, "amount"))
		if rapid.Bool().Draw(t, "right") || sum.IsInt64() && sum.Int64() == amount.Minor {
			// The low 63 bits: the amount itself, or what a wrapped sum would give.
			amount.Minor = new(big.Int).And(sum, big.NewInt(math.MaxInt64)).Int64()
		}
		good := sum.IsInt64() && sum.Int64() == amount.Minor
		if err := p.Validate(amount, wide); (err == nil) != good {
			t.Fatalf("sum %s, amount %s: %v", sum, amount, err)
		}
	})
}

func TestMonths(t *testing.T) {
	if n := plan().Months(); n != 5 {
		t.Errorf("6 parts run %d months", n)
	}
}

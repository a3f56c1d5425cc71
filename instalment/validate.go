package instalment

import (
	"fmt"
	"unicode/utf8"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// maxName is the most characters of a product's name (api/payparts.md §4).
const maxName = 128

// Limits bound the amount of a payment, both ends allowed. They are a store's.
type Limits struct {
	Min, Max money.Amount
}

// DefaultLimits are those of a store without its own: 300.00 to 300000.00 UAH
// (api/payparts.md §4).
func DefaultLimits() Limits {
	return Limits{Min: money.New(300_00, money.UAH), Max: money.New(300_000_00, money.UAH)}
}

// Validate judges the plan for a payment of amount. It answers the first field that
// is wrong as fault.Invalid (see the package): merchantType, partsCount, amount,
// products, or of one product, counted from 0, products[0].name, .count or .price.
func (p Plan) Validate(amount money.Amount, limits Limits) error {
	if err := p.checkTerms(); err != nil {
		return err
	}
	if err := limits.check(amount); err != nil {
		return err
	}
	if len(p.Products) == 0 {
		return fault.Param("products", "must name at least one product")
	}
	for i, product := range p.Products {
		if err := product.check(i, amount.Currency); err != nil {
			return err
		}
	}
	return p.checkSum(amount)
}

func (l Limits) check(amount money.Amount) error {
	under, err := amount.Cmp(l.Min)
	if err != nil {
		return fault.Param("amount", "must be in "+l.Min.Currency.Code())
	}
	over, err := amount.Cmp(l.Max)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the amount's limits are of two currencies")
	}
	if under < 0 || over > 0 {
		return fault.Param("amount", "must be from "+l.Min.Text()+" to "+l.Max.Text())
	}
	return nil
}

func (p Product) check(at int, currency money.Currency) error {
	wrong := func(field, reason string) error {
		return fault.Param(fmt.Sprintf("products[%d].%s", at, field), reason)
	}
	switch length := utf8.RuneCountInString(p.Name); {
	case !utf8.ValidString(p.Name):
		return wrong("name", "must be valid UTF-8")
	case length == 0 || length > maxName:
		return wrong("name", "must have 1 to 128 characters")
	case p.Count < 1:
		return wrong("count", "must be at least 1")
	case p.Price.Currency != currency:
		return wrong("price", "must be in "+currency.Code())
	case !p.Price.IsPositive():
		return wrong("price", "must be at least "+money.New(1, currency).Text())
	}
	return nil
}

// checkSum compares in minor units. A sum out of range is not the amount either.
func (p Plan) checkSum(amount money.Amount) error {
	sum := money.New(0, amount.Currency)
	for _, product := range p.Products {
		cost, err := product.Cost()
		if err == nil {
			sum, err = sum.Add(cost)
		}
		if err != nil {
			return fault.Param("products", "must cost no more than the amount")
		}
	}
	if sum != amount {
		return fault.Param("amount", "must equal the sum of the products, "+sum.Text())
	}
	return nil
}

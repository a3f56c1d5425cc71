package fee

import (
	"math/big"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// PayinQuote is what a pay-in costs and brings.
//
//	Amount     = Net + Fee                          (shop's currency)
//	PayerPrice = Amount, converted up, + Surcharge  (payway's currency)
//
// So the ledger posts, in the payway's currency, PayerPrice from clearing, of which
// Surcharge is fee; and in the shop's, Net to available and Fee to fee. With
// conversion the exchange account takes PayerPrice − Surcharge and gives Amount.
type PayinQuote struct {
	Exchange

	Amount     money.Amount // the invoice's amount, shop's currency
	PayerPrice money.Amount // what the payer pays, payway's currency
	Net        money.Amount // what the shop gets, shop's currency; the wire's shop_refund
	Fee        money.Amount // the shop's part of the fee, shop's currency
	Surcharge  money.Amount // the payer's part, within PayerPrice, payway's currency
}

// Payin quotes an invoice (api/avanor.md §5). The amount is in the shop's currency.
// Fix, min and max are converted to it half away from zero; then
//
//	Net = round(amount·(1 − percent/100·part) − fix·part)
//
// is rounded once, ties away from zero, and the payer's price once, up.
//
// fault.TooSmall when the net is not positive, fault.NoRate without a stored pair,
// fault.TooLarge when a number leaves the range.
func Payin(t Tariff, amount money.Amount, payway money.Currency, rates Lookup) (PayinQuote, error) {
	if err := t.check(); err != nil {
		return PayinQuote{}, err
	}
	if !amount.IsPositive() {
		return PayinQuote{}, fault.New(fault.TooSmall, "Amount is too small")
	}
	x, err := exchange(amount.Currency, payway, rates)
	if err != nil {
		return PayinQuote{}, err
	}
	q, err := payin(t, amount, x)
	if err != nil {
		return PayinQuote{}, refuse(err)
	}
	if !q.Net.IsPositive() {
		return PayinQuote{}, fault.New(fault.TooSmall, "Amount is too small: the fee leaves nothing of it")
	}
	return q, nil
}

func payin(t Tariff, amount money.Amount, x Exchange) (PayinQuote, error) {
	b, err := boundsIn(t, x)
	if err != nil {
		return PayinQuote{}, err
	}
	shop, payer := t.split(amount.Minor, b)
	q := PayinQuote{Exchange: x, Amount: amount}
	gross := integer(amount.Minor)
	if q.Net, err = rounded(gross.Sub(gross, shop), x.Shop, money.HalfAway); err != nil {
		return PayinQuote{}, err
	}
	if q.Fee, err = amount.Sub(q.Net); err != nil {
		return PayinQuote{}, err
	}
	err = q.price(payer)
	return q, err
}

// price fills in the payer's side; payer is the payer's part of the fee, in shop
// minor units.
func (q *PayinQuote) price(payer *big.Rat) (err error) {
	exact := payer.Add(payer, integer(q.Amount.Minor))
	exact.Mul(exact, q.factor())
	if q.PayerPrice, err = rounded(exact, q.Payway, money.Up); err != nil {
		return err
	}
	bare, err := q.ToPayway(q.Amount, money.Up)
	if err != nil {
		return err
	}
	q.Surcharge, err = q.PayerPrice.Sub(bare)
	return err
}

// bounds are a tariff's fixed numbers in the invoice's minor units.
type bounds struct {
	fix, min, max int64
	bounded       bool // a small max may convert to 0, which is a bound all the same
}

func boundsIn(t Tariff, x Exchange) (b bounds, err error) {
	in := func(minor int64) int64 {
		a, e := x.ToShop(money.New(minor, x.Payway), money.HalfAway)
		if e != nil {
			err = e
		}
		return a.Minor
	}
	b = bounds{fix: in(t.Fix), min: in(t.Min), max: in(t.Max), bounded: t.Max > 0}
	return b, err
}

// split is the exact fee on an amount, divided between shop and payer. A fee that
// a bound changes is divided in the proportion it had before; one made of nothing
// but the minimum, by the percent's parts.
func (t Tariff) split(minor int64, b bounds) (shop, payer *big.Rat) {
	percent := new(big.Rat).Mul(integer(minor), big.NewRat(int64(t.Percent), 100*money.Scale))
	fix := integer(b.fix)
	whole := new(big.Rat).Add(percent, fix)
	payer = percent.Mul(percent, t.PayerPercent.rat())
	payer.Add(payer, fix.Mul(fix, t.PayerFix.rat()))

	total := b.clamp(whole)
	switch {
	case whole.Sign() == 0:
		payer.Mul(total, t.PayerPercent.rat())
	case total.Cmp(whole) != 0:
		payer.Mul(payer, new(big.Rat).Quo(total, whole))
	}
	return new(big.Rat).Sub(total, payer), payer
}

// clamp is the fee within its bounds; fee itself when they do not bite.
func (b bounds) clamp(fee *big.Rat) *big.Rat {
	if low := integer(b.min); fee.Cmp(low) < 0 {
		return low
	}
	if high := integer(b.max); b.bounded && fee.Cmp(high) > 0 {
		return high
	}
	return fee
}

func integer(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func rounded(x *big.Rat, c money.Currency, rounding money.Rounding) (money.Amount, error) {
	n, err := money.Round(x, rounding)
	return money.New(n, c), err
}

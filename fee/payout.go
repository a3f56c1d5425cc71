package fee

import (
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// PayoutQuote is what a payout costs and brings.
//
//	same currency:  WriteOff = Receive + Fee + Rounding
//	with conversion: WriteOff − Rounding = Receive + Fee, converted up
//
// So the ledger posts, in the shop's currency, WriteOff from the shop, of which
// Rounding goes to rounding and the rest to clearing and fee or, with conversion,
// to exchange; and then, in the payway's, Receive to clearing and Fee to fee, from
// exchange.
type PayoutQuote struct {
	Exchange

	WriteOff money.Amount // what leaves the shop's balance, shop's currency
	Receive  money.Amount // what the beneficiary gets, payway's currency
	Fee      money.Amount // the fee, payway's currency
	Rounding money.Amount // what no greater Receive could use up, shop's currency
}

// Payout quotes a payout (api/avanor.md §7) from a shop's balance in one currency
// to a payway in another or the same. The payer's parts of the tariff do not
// matter: nobody but the shop pays.
//
// shopAmount is amount_type=shop_amount: the amount, in the shop's currency, is
// what is written off, and the beneficiary gets the most that this can pay for.
// Otherwise (ps_amount) the amount, in the payway's currency, is what the
// beneficiary gets, and the fee is added.
//
// fault.TooSmall when the beneficiary would get nothing, fault.NoRate without a
// stored pair, fault.TooLarge when a number leaves the range.
func Payout(t Tariff, amount money.Amount, shopAmount bool, shop, payway money.Currency, rates Lookup) (PayoutQuote, error) {
	if err := t.check(); err != nil {
		return PayoutQuote{}, err
	}
	if !amount.IsPositive() {
		return PayoutQuote{}, fault.New(fault.TooSmall, "Amount is too small")
	}
	x, err := exchange(shop, payway, rates)
	if err != nil {
		return PayoutQuote{}, err
	}
	if shopAmount {
		return payoutFrom(t, amount, x)
	}
	q, err := payoutOf(t, amount, x)
	if err != nil {
		return PayoutQuote{}, refuse(err)
	}
	return q, nil
}

// payoutOf quotes what it takes for the beneficiary to get the amount.
func payoutOf(t Tariff, receive money.Amount, x Exchange) (PayoutQuote, error) {
	fee, err := t.on(receive)
	if err != nil {
		return PayoutQuote{}, err
	}
	cost, err := receive.Add(fee)
	if err != nil {
		return PayoutQuote{}, err
	}
	writeOff, err := x.ToShop(cost, money.Up)
	if err != nil {
		return PayoutQuote{}, err
	}
	return PayoutQuote{x, writeOff, receive, fee, money.New(0, x.Shop)}, nil
}

// payoutFrom quotes the most the beneficiary can get for a write-off.
func payoutFrom(t Tariff, writeOff money.Amount, x Exchange) (PayoutQuote, error) {
	// A cost rounds up to no more than the write-off exactly when it is no more than
	// the write-off rounded down: so one conversion, and the search is in integers.
	budget, err := x.ToPayway(writeOff, money.Down)
	if err != nil {
		return PayoutQuote{}, refuse(err)
	}
	receive := t.affordable(budget)
	if !receive.IsPositive() {
		return PayoutQuote{}, fault.New(fault.TooSmall, "Amount is too small: the fee leaves nothing of it")
	}
	q, err := payoutOf(t, receive, x)
	if err != nil {
		return PayoutQuote{}, refuse(err)
	}
	if q.Rounding, err = writeOff.Sub(q.WriteOff); err != nil {
		return PayoutQuote{}, refuse(err)
	}
	q.WriteOff = writeOff
	return q, nil
}

// affordable is the largest amount that, with its fee, does not exceed the budget;
// 0 when even the smallest does. It searches, because a formula that inverts a
// rounding is off by one somewhere: an amount and its fee together grow with every
// minor unit, so at most 63 halvings find the last that fits.
func (t Tariff) affordable(budget money.Amount) money.Amount {
	fits, end := int64(0), budget.Minor // the answer is in fits … end
	for fits < end {
		middle := end - (end-fits)/2
		if t.affords(budget, middle) {
			fits = middle
		} else {
			end = middle - 1
		}
	}
	return money.New(fits, budget.Currency)
}

// affords reports whether the budget pays for a positive amount and its fee.
func (t Tariff) affords(budget money.Amount, minor int64) bool {
	fee, err := t.on(money.New(minor, budget.Currency))
	// The sum of amount and fee could overflow; this difference cannot.
	return err == nil && fee.Minor <= budget.Minor-minor
}

// on is the fee on an amount of the payway's currency: percent and fix, half away
// from zero, within the bounds.
func (t Tariff) on(amount money.Amount) (money.Amount, error) {
	percent, err := t.Percent.Of(amount, money.HalfAway)
	if err != nil {
		return money.Amount{}, err
	}
	fee, err := percent.Add(money.New(t.Fix, amount.Currency))
	if err != nil {
		return money.Amount{}, err
	}
	fee.Minor = max(fee.Minor, t.Min)
	if t.Max > 0 {
		fee.Minor = min(fee.Minor, t.Max)
	}
	return fee, nil
}

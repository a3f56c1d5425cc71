package fee

import "github.com/brama-pay/brama/money"

// Share is one more portion of a total that is given out in proportion to a sum
// that grows: the payer's money in partial refunds, or a fee given back with them.
//
// sum is what has grown so far, this step included, of whole; given is what of
// total is out already and was not taken back. All portions together are
// total·sum/whole, rounded down (a payee's amount), so they never exceed the total,
// and the last, at sum = whole, takes the rest. A portion is never negative: when
// a step that was taken back had carried the cents of its neighbours, the next one
// may be zero instead.
//
// total and given share a currency, sum and whole another or the same; else
// money.ErrCurrency. money.ErrOverflow when sum is negative or beyond whole.
func Share(total, given, sum, whole money.Amount) (money.Amount, error) {
	if sum.Currency != whole.Currency || total.Currency != given.Currency {
		return money.Amount{}, money.ErrCurrency
	}
	if sum.IsNegative() || sum.Minor > whole.Minor {
		return money.Amount{}, money.ErrOverflow
	}
	due, err := money.MulDiv(total.Minor, sum.Minor, whole.Minor, money.Down)
	if err != nil {
		return money.Amount{}, err
	}
	return money.New(max(due-given.Minor, 0), total.Currency), nil
}

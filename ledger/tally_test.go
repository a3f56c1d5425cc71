package ledger

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestTallyNeedsNoOrder: balances that run are recognised in any order, and no
// single wrong one is.
func TestTallyNeedsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(-5, 5).Filter(notZero), 1, 40).Draw(t, "amounts")
		type posted struct{ amount, balance int64 }
		var balance int64
		list := make([]posted, len(amounts))
		for i, amount := range amounts {
			balance += amount
			list[i] = posted{amount, balance}
		}
		list = rapid.Permutation(list).Draw(t, "order")
		var right, wrong tally
		spoilt := rapid.IntRange(0, len(list)-1).Draw(t, "spoilt")
		by := rapid.Int64Range(1, math.MaxInt64).Draw(t, "by")
		for i, p := range list {
			right.add(int64(i), p.amount, p.balance)
			if i == spoilt {
				p.balance += by
			}
			wrong.add(int64(i), p.amount, p.balance)
		}
		if !right.endsAt(balance) || !right.sum.is(balance) {
			t.Fatal("right balances are not recognised")
		}
		if wrong.endsAt(balance) {
			t.Fatal("a wrong balance is not found")
		}
	})
}

// notZero: an entry of nothing is reported as such.
func notZero(amount int64) bool { return amount != 0 }

func TestWideSumsDoNotWrapAround(t *testing.T) {
	tests := []struct {
		amounts []int64
		want    int64
		fits    bool
	}{
		{nil, 0, true},
		{[]int64{5, -7}, -2, true},
		{[]int64{-1, 1}, 0, true},
		{[]int64{math.MaxInt64, math.MaxInt64, 2}, 0, false},
		{[]int64{math.MinInt64, math.MinInt64}, 0, false},
		{[]int64{math.MaxInt64, 1}, math.MinInt64, false},
		{[]int64{math.MinInt64}, math.MinInt64, true},
		{[]int64{math.MaxInt64, math.MaxInt64, -math.MaxInt64}, math.MaxInt64, true},
	}
	for _, test := range tests {
		var sum wide
		for _, amount := range test.amounts {
			sum.add(amount)
		}
		if sum.is(test.want) != test.fits || sum.isZero() != (test.want == 0 && test.fits) {
			t.Errorf("%v: %v is %d: %v", test.amounts, sum, test.want, !test.fits)
		}
	}
}

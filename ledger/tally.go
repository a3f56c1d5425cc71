package ledger

import "math/bits"

// tally is what the entries of one account come to.
//
// chain shows that each entry's balance is the one before it and its amount,
// whatever the order they are read in: every balance but the first and the last
// is met once as "after" and once as "before", so that the sum of h(after) −
// h(before) over all entries is h(last) − h(0), for any h. With a hash for h, a
// wrong balance is found but by a chance of 2^-64. Not found are balances of
// several entries falsified together, when they could have been so in another order.
type tally struct {
	sum   wide
	chain uint64

	// In the order of ids, which is that of the commits on one node: where the
	// running balance first breaks. A hint for people.
	last     int64
	breaks   int64 // the transfer
	isBroken bool
}

func (t *tally) add(transfer, amount, balance int64) {
	before := balance - amount // wraps around only if one of them is wrong, and then it shows
	t.sum.add(amount)
	t.chain += mix(uint64(balance)) - mix(uint64(before))
	if before != t.last && !t.isBroken {
		t.isBroken, t.breaks = true, transfer
	}
	t.last = balance
}

// endsAt reports whether the entries' own balances lead from zero to a balance.
func (t *tally) endsAt(balance int64) bool { return t.chain == mix(uint64(balance))-mix(0) }

// mix is the finalizer of splitmix64: a bijection that scatters.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// wide is a sum in 128 bits: amounts that were tampered with must not wrap
// around to the right result.
type wide struct {
	hi int64
	lo uint64
}

func (w *wide) add(amount int64) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, uint64(amount), 0)
	w.hi += amount>>63 + int64(carry)
}

func (w wide) isZero() bool { return w == wide{} }

func (w wide) is(amount int64) bool { return w == wide{amount >> 63, uint64(amount)} }

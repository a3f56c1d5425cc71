package sim

import (
	"maps"
	"slices"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// act is one reference in the bank's books.
type act struct {
	ref       string
	account   string
	verb      provider.Verb
	shop      int64
	operation int64
	amount    money.Amount
	hold      bool
	original  *act
	state     provider.Result // "" until a send arrived and was accepted
	later     provider.Result // what a pending act becomes
	ripeAt    int64
	captured  bool
	voided    bool
	refunded  int64
	sends     []*send
}

// send is one time that the gateway brought an act.
type send struct {
	n       int64
	knownAt int64 // from here on the bank knows for sure whether it arrived
	arrives bool  // it has arrived or is on its way
	refused bool  // it was definitely refused, and the gateway was told so
}

// turn is a bank that changes its mind about what was final: money comes back, or
// came after all. It says so until it is heard.
func (b *bank) turn(a *act, s *send, tries int) {
	w := b.world
	if w.calm || tries == 0 || a.verb == provider.Void || a.hold && a.verb == provider.Authorize {
		return
	}
	if !w.mirror.over(a.verb, a.operation, s.n) {
		w.at(w.now+600_000, func() { b.turn(a, s, tries-1) })
		return
	}
	switch {
	case a.state == provider.Succeeded:
		a.become(provider.Declined)
	case a.state == provider.Declined && a.objection() == "":
		a.state = provider.Succeeded
		a.mark(1)
	default:
		return
	}
	w.counts.Turns++
	b.tell(a, s.n)
	b.owed[len(b.owed)-1].must = true
	w.tracef("bank: %s turned out to be %s", a.ref, a.state)
}

// objection is why an act cannot be done.
func (a *act) objection() string {
	o := a.original
	switch {
	case a.verb == provider.Authorize || a.verb == provider.Payout:
		return ""
	case o == nil || o.state != provider.Succeeded:
		return "no such payment"
	case a.verb == provider.Refund && o.hold && !o.captured:
		return "not taken"
	case a.verb == provider.Refund && o.refunded+a.amount.Minor > o.amount.Minor:
		return "more than was paid"
	case a.verb != provider.Refund && (!o.hold || o.captured || o.voided):
		return "nothing is held"
	}
	return ""
}

// mark notes on the payment what is being done to it, or is undone.
func (a *act) mark(sign int64) {
	o := a.original
	if o == nil || a.state == provider.Declined && sign > 0 {
		return
	}
	switch a.verb {
	case provider.Capture:
		o.captured = sign > 0
	case provider.Void:
		o.voided = sign > 0
	case provider.Refund:
		o.refunded += sign * a.amount.Minor
	}
}

func (a *act) become(state provider.Result) {
	if state == provider.Declined {
		a.mark(-1)
	}
	a.state = state
}

func (a *act) outcome() provider.Outcome {
	return provider.Outcome{Result: a.state, ProviderID: "bank-" + a.ref, Amount: a.amount, PayerAccount: "424242XXXXXX4242", RRN: "rrn-" + a.ref}
}

// moved is what the bank moved for an operation: in, or out below zero.
type moved struct {
	shop      int64
	account   string
	operation int64
	currency  money.Currency
}

// books sums what the bank did, by operation.
func (b *bank) books() map[moved]int64 {
	sums := map[moved]int64{}
	for _, ref := range slices.Sorted(maps.Keys(b.acts)) {
		a := b.acts[ref]
		by := a.amount.Minor
		switch {
		case a.state != provider.Succeeded, a.verb == provider.Void, a.verb == provider.Authorize && a.hold:
			continue
		case a.verb == provider.Refund, a.verb == provider.Payout:
			by = -by
		}
		sums[moved{a.shop, a.account, a.operation, a.amount.Currency}] += by
	}
	return sums
}

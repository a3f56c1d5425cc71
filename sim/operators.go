package sim

import (
	"fmt"
	"slices"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// operate is an operator at work.
func (v *visitor) operate() {
	p := v.dice.IntN(10)
	if v.Without.Operators {
		p = 0
	}
	switch {
	case p < 3:
		v.confirm()
	case p < 6:
		v.settle()
	case p < 8:
		v.tellAgain()
	case p < 9 && v.dice.IntN(2) == 0:
		v.reword(v.bank.words[accounts[v.dice.IntN(len(accounts))]])
	case p < 9:
		v.rotate(v.shop())
	default:
		v.enable(v.shop())
	}
}

// confirm decides a payout that waits for an operator.
func (v *visitor) confirm() {
	o := v.recent(func(o *operation) bool {
		row := v.mirror.payouts[o.id]
		return o.kind == "payout" && row != nil && row.Status == payout.Confirming
	})
	if o != nil {
		v.decide(o.shop.id, o.id, v.dice.IntN(4) == 0)
	}
}

// settle resolves a payout whose outcome the gateway does not know, by what the
// bank's people say: they know what the bank knows for sure.
func (v *visitor) settle() {
	o := v.recent(func(o *operation) bool {
		row := v.mirror.payouts[o.id]
		return o.kind == "payout" && row != nil && row.Status == payout.NetworkError
	})
	if o == nil {
		return
	}
	row := v.mirror.payouts[o.id]
	paid, known := v.bank.sure(v.mirror.attempts[[2]int64{row.ID, row.Attempts}])
	if !known {
		return
	}
	_, err := v.node.payouts.Resolve(v.ctx, payout.Resolve{Shop: row.Shop, ID: row.ID, Paid: paid, Actor: actor, Reason: "the bank says so"})
	v.tracef("operator: payout %d was paid %v: %v", row.ID, paid, err)
	if err == nil {
		v.counts.Resolved++
	}
}

// sure is whether the bank paid, once it knows of each send whether it came.
func (b *bank) sure(a *provider.Attempt) (paid, known bool) {
	act := b.acts[a.Reference]
	switch {
	case act == nil:
		return false, false // it was never called: its call may be about to leave
	case act.state == provider.Succeeded, act.state == provider.Declined:
		return act.state == provider.Succeeded, true
	case act.state != "" || !slices.ContainsFunc(act.sends, func(s *send) bool { return s.n == a.N }):
		return false, false
	}
	return false, !slices.ContainsFunc(act.sends, func(s *send) bool { return !s.refused && b.world.now < s.knownAt })
}

// tellAgain has a message sent again that is through.
func (v *visitor) tellAgain() {
	m := v.mirror
	for range 12 {
		if len(m.told) == 0 {
			return
		}
		row := m.messages[m.told[len(m.told)-1-v.dice.IntN(min(len(m.told), 60))]]
		if row.Status == callback.Waiting {
			continue
		}
		_, err := db.Do(v.ctx, v.node.db, row.Shop, callback.Replay{Shop: row.Shop, ID: row.ID, Actor: actor})
		v.tracef("operator: callback %d again: %v", row.ID, err)
		if err == nil {
			v.counts.Replayed++
		}
		return
	}
}

// enable lets callbacks go again to URLs that answered 410, and sends what was not sent.
func (v *visitor) enable(m *merchant) {
	if _, err := db.Do(v.ctx, v.node.db, m.id, shop.Set{Shop: m.id, Values: []string{"disabled_urls="}, Actor: actor}); err != nil {
		v.tracef("operator: URLs of shop %d: %v", m.id, err)
		return
	}
	n, err := callback.ReplayFailed(v.ctx, v.node.db, m.id, actor)
	v.tracef("operator: %d callbacks of shop %d again: %v", n, m.id, err)
	v.counts.Replayed += int64(n)
}

// learnt is how long, in milliseconds, all processes may take to learn of a change.
const learnt = 4_000

// rotate changes a shop's secret: first there are two, later the old one is
// invalid. The shop takes the new one when all processes know it.
func (v *visitor) rotate(m *merchant) {
	v.stay()
	if m.rotating {
		v.endRotation(m)
		return
	}
	m.rotating, m.changed = true, false
	u, plain, err := shop.NewRotation(v.node.box, v.World, m.id, shop.API, false, actor)
	if err == nil {
		_, err = db.Do(v.ctx, v.node.db, m.id, u)
	}
	stored := err == nil || v.accepts(m, plain)
	v.tracef("operator: a new secret of shop %d: %v, stored %v", m.id, err, stored)
	if !stored {
		m.rotating = false
		return
	}
	v.counts.Rotated++
	v.at(v.now+learnt, func() { m.secret, m.changed = plain, true })
}

// endRotation makes the old secret invalid, once the shop has the new one.
func (v *visitor) endRotation(m *merchant) {
	if !m.changed {
		return
	}
	_, err := db.Do(v.ctx, v.node.db, m.id, shop.FinishRotation{Shop: m.id, Kind: shop.API, Actor: actor})
	v.tracef("operator: the old secret of shop %d is invalid: %v", m.id, err)
	m.rotating = err != nil // it is said again: whether it was heard is not known
}

// accepts reports whether a secret of a shop is stored.
func (v *visitor) accepts(m *merchant, plain string) bool {
	entry, err := shop.NewDirectory(v.node.db.Reader(), v.node.box, v.clock).Find(v.ctx, m.id)
	if err != nil {
		v.fail("the database answers", fmt.Sprintf("shop %d: %v", m.id, err))
		return false
	}
	return slices.Contains(entry.Secrets(), plain)
}

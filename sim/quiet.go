package sim

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/payout"
)

// quiet is the end of a world: nothing goes wrong any more, the shops decide what
// they left open, and time passes until nothing is due. Then everything must be known.
func (w *World) quiet(ctx context.Context) {
	w.tracef("quiet")
	w.calm = true
	v := &visitor{World: w, dice: rand.New(rand.NewPCG(w.Seed, 2)), ctx: ctx, node: w.nodes[0]}
	for _, account := range accounts {
		if k := w.bank.words[account]; k.torn {
			w.finish(func() { v.reword(k) })
		}
	}
	w.rest(ctx, hour)
	w.decideAll(v)
	w.rest(ctx, hour)
	w.decideAll(v) // a hold that came only now, a charge that was declined
	w.rest(ctx, 1<<62)
	w.decideAll(v)
	w.rest(ctx, 1<<62)
	for _, m := range w.shops {
		w.finish(func() { v.enable(m) })
	}
	w.rest(ctx, 1<<62)
	if w.failure == nil {
		w.final(ctx)
	}
}

const hour = int64(3_600_000)

// decideAll is the shops and the operator deciding what waits for them.
func (w *World) decideAll(v *visitor) {
	for _, o := range w.ops {
		if w.failure != nil {
			return
		}
		if row := w.mirror.invoices[o.id]; o.kind == "invoice" && row != nil && row.Status == invoice.Held {
			method := "invoice/unhold"
			if w.wall() < row.HoldUntil-hour && v.dice.IntN(2) == 0 {
				method = "invoice/charge"
			}
			w.finish(func() { v.resolve(o, method) })
		}
	}
	for _, row := range w.mirror.held() {
		shop := w.shops[row.Shop-1001]
		o := &operation{kind: "invoice", id: row.ID}
		o.shop = shop
		w.finish(func() { v.resolve(o, "invoice/unhold") })
	}
	for _, row := range w.mirror.confirming() {
		w.finish(func() { v.decide(row.Shop, row.ID, v.dice.IntN(3) == 0) })
	}
}

// held are the held invoices that nobody told their shop of.
func (m *mirror) held() (rows []*invoice.Invoice) {
	for _, v := range m.invoices {
		if v.Status == invoice.Held && v.Source == "" { // a store's are released when their time is over
			rows = append(rows, v)
		}
	}
	slices.SortFunc(rows, func(a, b *invoice.Invoice) int { return int(a.ID - b.ID) })
	return rows
}

func (m *mirror) confirming() (rows []*payout.Payout) {
	for _, p := range m.payouts {
		if p.Status == payout.Confirming {
			rows = append(rows, p)
		}
	}
	slices.SortFunc(rows, func(a, b *payout.Payout) int { return int(a.ID - b.ID) })
	return rows
}

// finish runs one action to its end.
func (w *World) finish(act func()) {
	t := w.start("client", w.nodes[0], act)
	for range 10_000 {
		if t.ended || w.failure != nil {
			return
		}
		if !w.stir() && !w.skip(1<<62) {
			break
		}
	}
	w.fail("everything comes to an end", "an action never ended")
}

// rest works off what is due, letting time pass up to so much at once.
func (w *World) rest(ctx context.Context, atMost int64) {
	for range 1_000_000 {
		if w.failure != nil || ctx.Err() != nil {
			return
		}
		if !w.stir() && !w.skip(atMost) {
			return
		}
	}
	w.fail("everything comes to an end", "the workers never rest")
}

// stir does one thing that can be done now; false when there is none.
func (w *World) stir() bool {
	w.step++
	for _, t := range w.tasks {
		if t.ready() {
			w.run(t)
			return true
		}
	}
	for _, n := range w.nodes {
		if n.db.Queued() > 0 {
			n.write()
			return true
		}
	}
	if before := w.counts.Notices; len(w.bank.owed) > 0 {
		w.bank.post(w.nodes[0])
		if w.counts.Notices > before {
			return true
		}
	}
	for _, n := range w.nodes {
		for _, k := range workers {
			if n.begin(k) {
				return true
			}
		}
	}
	return false
}

// skip lets time pass to what happens next; false when nothing will, or not soon enough.
func (w *World) skip(atMost int64) bool {
	next := int64(0)
	soonest := func(at int64) {
		if at > 0 && (next == 0 || at < next) {
			next = at
		}
	}
	wait := func(dueAt int64) { // by the machines' clock
		if dueAt > 0 {
			soonest(max(dueAt-w.put, w.now))
		}
	}
	if len(w.events) > 0 {
		soonest(w.events[0].at)
	}
	for _, o := range w.bank.owed {
		soonest(o.dueAt)
	}
	m := w.mirror
	for _, v := range m.invoices {
		wait(v.DueAt)
	}
	for _, f := range m.refunds {
		wait(f.DueAt)
	}
	for _, p := range m.payouts {
		wait(p.DueAt)
	}
	for _, o := range m.messages {
		wait(o.DueAt)
	}
	if next == 0 || next-w.now > atMost {
		return false
	}
	w.pass(max(next-w.now, 1) + 250) // and the pause of a worker that found nothing
	for _, n := range w.nodes {
		n.beat()
	}
	return true
}

package sim

import (
	"context"
	"time"

	"github.com/brama-pay/brama/db"
)

// wall is what the machines' clock says: the world's time, and how far it was put.
// The world itself – the network, the bank, the receivers – goes by its own time.
func (w *World) wall() int64 { return w.now + w.put }

// steps watches the machines' clock, from now on.
func (w *World) steps() *db.Steps {
	s := &db.Steps{Now: w.wall, Steady: func() time.Duration { return time.Duration(w.now-w.born) * time.Millisecond }}
	s.Look()
	return s
}

// putClock puts the machines' clock forward or back, mostly by little and back again.
func (w *World) putClock() {
	by := -w.put // it is put right
	if w.put == 0 || w.dice.IntN(3) == 0 {
		switch w.dice.IntN(4) {
		case 0:
			by = w.between(1_000, 30_000)
		case 1, 2:
			by = w.between(30_000, 2*hour)
		case 3:
			by = w.between(2*hour, 30*hour)
		}
		if w.dice.IntN(2) == 0 {
			by = -by
		}
	}
	w.put += by
	w.counts.Steps++
	w.tracef("the clock is put by %d", by)
}

// look is what each process does every second: it looks after what a wrong clock
// put off.
func (n *node) look() {
	w := n.world
	calm := w.calm
	w.calm = true
	moved, rows, err := n.recalls.Look(context.Background())
	w.calm = calm
	if err != nil {
		w.fail("the database answers", err.Error())
	}
	if n.gate.Steps.Look(); moved != 0 || rows > 0 {
		w.tracef("n%d: the clock was put by %d, %d rows are due now", n.no, moved, rows)
	}
}

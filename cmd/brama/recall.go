package main

import (
	"context"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

var started = time.Now()

// steadyNow is the time as it goes on from the start, whatever is done to the
// machine's clock: a provider – the sandbox – has a clock of its own.
func steadyNow() time.Time { return started.Add(time.Since(started)) }

// newSteps watches the machine's clock, from now on.
func newSteps() *db.Steps {
	s := &db.Steps{Now: unixNow, Steady: func() time.Duration { return time.Since(started) }}
	s.Look()
	return s
}

// newRecalls looks after all that waits for a time.
func (g *gateway) newRecalls() *db.Recalls {
	return &db.Recalls{Steps: newSteps(), Of: []db.Recall{
		{Rows: g.payouts.Recall, Farthest: provider.Farthest}, {Rows: g.invoices.Recall, Farthest: provider.Farthest}, {Rows: g.sender.Recall, Farthest: callback.Farthest},
	}}
}

// recall looks whether the machine's clock was put, and after what that put off.
func (g *gateway) recall(ctx context.Context) error {
	g.gate.Steps.Look()
	moved, rows, err := g.recalls.Look(ctx)
	if moved != 0 {
		g.log.Warn("the machine's clock was put", "by", time.Duration(moved)*time.Millisecond)
	}
	if rows > 0 {
		g.log.Warn("what was put off too far is due now", "rows", rows)
	}
	return err
}

package main

import (
	"context"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// recalls looks after what a clock that was wrong has put off too far.
type recalls struct {
	steps *db.Steps
	next  time.Duration // when all is looked through again, by the steady clock
}

const recallPause = 5 * time.Minute

// newSteps watches the machine's clock, from now on.
func newSteps() *db.Steps {
	s := &db.Steps{Now: unixNow, Steady: func() time.Duration { return time.Since(started) }}
	s.Look()
	return s
}

var started = time.Now()

// steadyNow is the time as it goes on from the start, whatever is done to the
// machine's clock: a provider – the sandbox – has a clock of its own.
func steadyNow() time.Time { return started.Add(time.Since(started)) }

// recall makes due now what was put off by a clock that was put back since: at
// once when that is noticed, and now and then what is due further ahead than
// anything is ever put off – the clock may have been put while nothing ran.
func (g *gateway) recall(ctx context.Context) error {
	g.gate.Steps.Look()
	moved, now := g.recalls.steps.Look(), unixNow()
	back := moved < 0
	if moved != 0 {
		g.log.Warn("the machine's clock was put", "by", time.Duration(moved)*time.Millisecond)
	}
	if steady := g.recalls.steps.Steady(); back || steady >= g.recalls.next {
		g.recalls.next = steady + recallPause
	} else {
		return nil
	}
	calls, messages := now+provider.Farthest.Milliseconds(), now+callback.Farthest.Milliseconds()
	if back {
		calls, messages = now, now
	}
	n := 0
	for _, look := range []struct {
		recall func(context.Context, int64) (int, error)
		after  int64
	}{{g.payouts.Recall, calls}, {g.invoices.Recall, calls}, {g.sender.Recall, messages}} {
		found, err := look.recall(ctx, look.after)
		if n += found; err != nil {
			g.recalls.next = 0 // again with the next look
			return err
		}
	}
	if n > 0 {
		g.log.Warn("what was put off too far is due now", "rows", n)
	}
	return nil
}

package main

import (
	"context"
	"time"
)

const day = 24 * time.Hour

// tidy forgets a piece of what can never again change an answer. What that is, and
// what is kept for ever, is in docs/operations.md.
func (g *gateway) tidy(ctx context.Context) error {
	n, err := g.operators.ForgetSessions(ctx, g.keepSessions)
	if n > 0 {
		g.log.Info("old sessions of the console are forgotten", "sessions", n)
	}
	return err
}

package provider

import (
	"context"
	"time"
)

// Task is what is to be done about an attempt outside of any transaction: its
// call, once, by the process that announced it; or a question.
type Task struct {
	Attempt Attempt
	Call    *Call  // to send; nil: ask
	Query   *Query // to ask
	Code    string // the payer's answer to a challenge: Call is answered with it, not sent
}

// Perform does it. asked tells an answer to a question from one to the call.
//
// A call ends at the moment by which everybody takes it to have ended: its
// time-out after it was announced. After that a worker may believe that it never
// arrived and send the next. So one whose turn comes too late is not made.
func (g *Gate) Perform(ctx context.Context, t Task) (o Outcome, asked bool) {
	account := t.Attempt.Provider
	if t.Call == nil {
		return g.Ask(ctx, account, *t.Query), true
	}
	timeout := g.Timing(ctx, account).CallTimeout
	left := timeout - g.Now().Sub(time.UnixMilli(t.Attempt.SentAt))
	switch {
	case left >= timeout/2:
	case t.Code != "": // the payment itself had been accepted
		return Outcome{Result: Unknown, Reason: "its turn came too late"}, false
	default:
		return Outcome{Result: Refused, Reason: "its turn came too late"}, false
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	if t.Code != "" {
		return g.Answer(ctx, account, *t.Call, t.Code), false
	}
	return g.Send(ctx, account, *t.Call), false
}

package provider

import "context"

// Task is what is to be done about an attempt outside of any transaction: its
// call, once, by the process that announced it; or a question.
type Task struct {
	Attempt Attempt
	Call    *Call  // to send; nil: ask
	Query   *Query // to ask
	Code    string // the payer's answer to a challenge: Call is answered with it, not sent
}

// Perform does it. asked tells an answer to a question from one to the call.
func (g *Gate) Perform(ctx context.Context, t Task) (o Outcome, asked bool) {
	switch {
	case t.Call == nil:
		return g.Ask(ctx, t.Attempt.Provider, *t.Query), true
	case t.Code != "":
		return g.Answer(ctx, t.Attempt.Provider, *t.Call, t.Code), false
	}
	return g.Send(ctx, t.Attempt.Provider, *t.Call), false
}

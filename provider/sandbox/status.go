package sandbox

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// Status says what the books show for a reference.
func (s *Sandbox) Status(ctx context.Context, q provider.Query) provider.Outcome {
	return bring(ctx, s, q.Shop, question{q})
}

// question is the use case of a status query.
type question struct{ provider.Query }

func (q question) Reads(r *db.Reads) { readAct(r, q.Shop, q.Reference) }

func (q question) Decide(s *db.State) (reply, error) {
	if err := opened(s, q.Shop); err != nil {
		return reply{}, err
	}
	missing := reply{outcome: provider.Outcome{Result: provider.Missing}}
	a, ok := acts.Find(s, q.Reference, q.Shop)
	switch {
	case !ok || a.State == Unheard:
		return missing, nil
	case a.Verb != q.Verb || a.Account != q.Account.Name:
		return reply{outcome: provider.Outcome{Result: provider.Unknown, Reason: "the reference is of another act"}}, nil
	case a.Hidden > 0:
		a.Hidden--
		acts.Update(s, a)
		return missing, nil
	}
	return again(s, a), nil
}

// Answer takes the payer's code.
func (s *Sandbox) Answer(ctx context.Context, c provider.Call, code string) provider.Outcome {
	return bring(ctx, s, c.Shop, answer{c.Shop, c.Reference, code})
}

// answer is the use case of a payer's answer. A question is answered once: what
// follows from it stays.
type answer struct {
	shop            int64
	reference, code string
}

func (w answer) Reads(r *db.Reads) { readAct(r, w.shop, w.reference) }

func (w answer) Decide(s *db.State) (reply, error) {
	if err := opened(s, w.shop); err != nil {
		return reply{}, err
	}
	a, ok := acts.Find(s, w.reference, w.shop)
	if !ok || a.State == Unheard {
		return reply{outcome: unsure}, nil
	}
	if a.ripe(s.Now()) != Challenge {
		return again(s, a), nil
	}
	if passes(a.Question, w.code) {
		finish(s, a, Succeeded)
	} else {
		a.Reason = "the code was wrong"
		finish(s, a, Declined)
	}
	return reply{outcome: a.outcome()}, nil
}

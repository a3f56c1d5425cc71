package sandbox

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// perform is the use case of a call that moves money. A reference is for life:
// brought again it is answered, not done.
type perform struct {
	provider.Call
	manner
	second            int64 // of the documented waiting times, in ms
	mask, fingerprint string
}

// reply is what the books answer; a silent one never reaches the caller.
type reply struct {
	outcome provider.Outcome
	silent  bool
}

func (p perform) Reads(r *db.Reads) {
	readAct(r, p.Shop, p.Reference)
	if p.Original != "" {
		acts.Read(r, p.Original, p.Shop)
	}
}

func (p perform) Decide(s *db.State) (reply, error) {
	if err := opened(s, p.Shop); err != nil {
		return reply{}, err
	}
	a, known := acts.Find(s, p.Reference, p.Shop)
	if known && !p.repeats(a) {
		return no("the reference was used for another act"), nil
	}
	if known && a.State != Unheard {
		return again(s, a), nil
	}
	if !known {
		if !p.Amount.IsPositive() || p.Reference == "" {
			return no("nothing to move"), nil
		}
		a = p.blank(s)
	}
	a.Sends, a.N = a.Sends+1, p.N
	return p.first(s, a, known), nil
}

// first does an act that was not heard of before, in its manner.
func (p perform) first(s *db.State, a *act, known bool) reply {
	reason := p.decline
	if reason == "" {
		reason = p.objection(s)
	}
	answer := reply{}
	switch {
	case reason != "":
		a.State, a.Reason = Declined, reason
	case p.before, a.Sends <= p.refusals:
		answer.silent = p.before
		answer.outcome = provider.Outcome{Result: provider.Refused, Reason: "not available"}
	default:
		p.accept(s, a)
		answer.silent = p.after
	}
	if known {
		acts.Update(s, a)
	} else {
		acts.Insert(s, a)
	}
	if a.State != Unheard {
		answer.outcome = a.outcome()
	}
	return answer
}

func (p perform) blank(s *db.State) *act {
	return &act{
		Shop: p.Shop, Reference: p.Reference, Account: p.Account.Name, Operation: p.Operation, Verb: p.Verb, Original: p.Original,
		Currency: p.Amount.Currency, Amount: p.Amount.Minor, Hold: p.Hold, State: Unheard,
		Mask: p.mask, Fingerprint: p.fingerprint, CreatedAt: s.Now(),
	}
}

// repeats reports whether the act is the one that is asked for again.
func (p perform) repeats(a *act) bool {
	return a.Verb == p.Verb && a.money() == p.Amount && a.Original == p.Original && a.Hold == p.Hold &&
		a.Fingerprint == p.fingerprint && a.Account == p.Account.Name
}

// objection is why an act on an earlier one cannot be done; "" when it can.
func (p perform) objection(s *db.State) string {
	if p.Verb == provider.Authorize || p.Verb == provider.Payout {
		return ""
	}
	o, ok := acts.Find(s, p.Original, p.Shop)
	switch {
	case !ok, o.Verb != provider.Authorize, o.State != Succeeded, o.Currency != p.Amount.Currency:
		return "no such payment"
	case p.Verb == provider.Refund && o.Hold && o.Resolved != "captured":
		return "the payment was not taken"
	case p.Verb == provider.Refund && p.Amount.Minor > o.Amount-o.Refunded:
		return "more than was paid"
	case p.Verb != provider.Refund && (!o.Hold || o.Resolved != ""):
		return "nothing is held"
	case p.Verb != provider.Refund && p.Amount.Minor != o.Amount:
		return "not the amount that is held"
	}
	return ""
}

// accept does the act, or takes it to be done later.
func (p perform) accept(s *db.State, a *act) {
	a.State, a.Hidden = Succeeded, p.hidden
	switch {
	case p.question != "":
		a.State, a.Question, a.Later = Challenge, p.question, Declined
		a.RipeAt = s.Now() + max(lapse.Milliseconds(), 900*p.second)
	case p.later != "":
		a.State, a.Later = Pending, p.later
		a.RipeAt = s.Now() + ripening*p.second
		owe(s, a, a.RipeAt, a.Later)
	case p.twice:
		owe(s, a, s.Now()+p.second, Succeeded, Succeeded, Pending)
	}
	p.mark(s)
}

// mark notes on the earlier act what this one did to it.
func (p perform) mark(s *db.State) {
	if p.Verb == provider.Authorize || p.Verb == provider.Payout {
		return
	}
	o, _ := acts.Find(s, p.Original, p.Shop) // there: nothing objected
	switch p.Verb {
	case provider.Capture:
		o.Resolved = "captured"
	case provider.Void:
		o.Resolved = "voided"
	case provider.Refund:
		o.Refunded += p.Amount.Minor
	}
	acts.Update(s, o)
}

// again answers a reference that was brought before.
func again(s *db.State, a *act) reply {
	ripen(s, a)
	return reply{outcome: a.outcome(), silent: a.Hidden > 0}
}

// no refuses without a trace in the books.
func no(reason string) reply {
	return reply{outcome: provider.Outcome{Result: provider.Declined, Reason: reason}}
}

package privatbank

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/provider"
)

// Status reads the state of the order that an act belongs to. What moves money must
// show our amount: the order's id alone does not make it the order that we made.
func (b *Bank) Status(ctx context.Context, q provider.Query) provider.Outcome {
	order, show := q.Original, payparts.Show{Amount: true}
	switch q.Verb {
	case provider.Authorize:
		order, show.Info = q.Reference, true
	case provider.Refund:
		show = payparts.Show{Refund: true}
	case provider.Capture, provider.Void:
	default:
		return unknown("the bank does no such thing")
	}
	client, no := b.begin(ctx, q.Account)
	if no != nil {
		return unknown("the question cannot be asked: " + no.Reason)
	}
	if !orderID.MatchString(order) {
		return unknown("the question cannot be asked")
	}
	p, err := client.State(ctx, order, show)
	if err != nil {
		return unread(q, err)
	}
	return judge(q, p).checked(q, p)
}

// unread is what follows from a question without a state. The bank's signed "there
// is no such order" is about the order: only for its creation is it an answer.
func unread(q provider.Query, err error) provider.Outcome {
	refused := refusal(err)
	switch {
	case refused == nil:
		return unknown("no answer that can be believed")
	case q.Verb == provider.Authorize && errors.Is(err, payparts.ErrPaymentNotFound):
		return provider.Outcome{Result: provider.Missing}
	}
	return unknown(said(q.Account, refused.Message))
}

// verdict is an outcome whose amount was not compared yet.
type verdict provider.Outcome

// judge reads a state for a verb: the table of what each state means to each act.
func judge(q provider.Query, p payparts.Payment) verdict {
	means := map[payparts.PaymentState]provider.Result{}
	switch q.Verb {
	case provider.Authorize:
		means = map[payparts.PaymentState]provider.Result{
			payparts.PaymentSucceeded: provider.Succeeded, payparts.PaymentLocked: provider.Unknown,
			payparts.PaymentFailed: provider.Declined, payparts.PaymentCanceled: provider.Declined,
		}
		if q.Hold {
			means[payparts.PaymentSucceeded], means[payparts.PaymentLocked] = provider.Unknown, provider.Succeeded
		}
		if p.State.Pending() {
			means[p.State] = provider.Pending
		}
	case provider.Capture:
		means = map[payparts.PaymentState]provider.Result{
			payparts.PaymentSucceeded: provider.Succeeded, payparts.PaymentLocked: provider.Missing, payparts.PaymentCanceled: provider.Declined,
		}
	case provider.Void:
		means = map[payparts.PaymentState]provider.Result{
			payparts.PaymentCanceled: provider.Succeeded, payparts.PaymentLocked: provider.Missing, payparts.PaymentSucceeded: provider.Declined,
		}
	case provider.Refund:
		return returned(q, p)
	}
	result, known := means[p.State]
	if !known {
		result = provider.Unknown
	}
	return verdict{Result: result, Reason: said(q.Account, or(p.Message, string(p.State))), Abandoned: p.State == payparts.PaymentCanceled && result == provider.Declined}
}

// returned looks for a refund by its amount, which is all that a decline has. A bank
// that shows no refunds tells nothing; nor does a refund of what was never paid.
func returned(q provider.Query, p payparts.Payment) verdict {
	if p.Refunds == nil {
		return verdict{Result: provider.Unknown, Reason: "the bank shows no refunds of the order"}
	}
	listed := count(p.Refunds, q.Amount)
	if listed != (provider.Alike{}) && p.State != payparts.PaymentSucceeded {
		return verdict{Result: provider.Unknown, Reason: "the bank shows a refund of an order that is " + said(q.Account, string(p.State))}
	}
	return verdict{Result: listed.Ours(provider.Alike{}), Alike: listed}
}

// checked compares the amount before anything is believed to be done, and adds what
// else the bank shows. A refund was found by its amount.
func (v verdict) checked(q provider.Query, p payparts.Payment) provider.Outcome {
	if v.Result != provider.Succeeded || q.Verb == provider.Refund {
		return provider.Outcome(v)
	}
	if p.Amount != q.Amount {
		return unknown("the bank says " + string(p.State) + " and shows another amount, or none")
	}
	v.Reason, v.Amount, v.RRN = "", p.Amount, said(q.Account, p.RRN)
	if mask.MatchString(p.CardMask) {
		v.PayerAccount = p.CardMask
	}
	return provider.Outcome(v)
}

var (
	// mask is the only form in which a card's number is taken from the bank.
	mask = regexp.MustCompile(`^[0-9]{0,6}[*xX•]{2,13}[0-9]{4}$`)
	// number is what may be a whole number.
	number = regexp.MustCompile(`[0-9][0-9 -]{11,}[0-9]`)
)

// said is a text of the bank, without what must be nowhere: a number that may be a
// card's, or our own password.
func said(a provider.Account, text string) string {
	if password := a.Secrets[Password]; password != "" {
		text = strings.ReplaceAll(text, password, "…")
	}
	return number.ReplaceAllString(text, "…")
}

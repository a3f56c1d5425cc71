package privatbank

import (
	"context"
	"errors"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Refund declines an order, wholly or in part. A decline has no id, so it is never
// sent while an earlier one's outcome is unknown, and a refusal after an earlier
// send proves nothing.
func (b *Bank) Refund(ctx context.Context, c provider.Call) provider.Outcome {
	if reason := notRefundable(c); reason != "" {
		return provider.Outcome{Result: provider.Declined, Reason: reason}
	}
	client, no := b.begin(ctx, c.Account)
	if no != nil {
		return *no
	}
	q := payparts.DeclineRequest{OrderID: c.Original, Amount: c.Amount}
	if c.Plan != nil {
		q.RecipientID = c.Plan.RecipientID
	}
	if _, err := client.Decline(ctx, q); err != nil {
		return notDeclined(c, err)
	}
	return accepted(ctx, client, c)
}

func notRefundable(c provider.Call) string {
	switch {
	case !orderID.MatchString(c.Original):
		return "there is no order to act upon"
	case c.Amount.Currency != money.UAH || !c.Amount.IsPositive():
		return "the bank gives back hryvnias only"
	case c.Whole.Currency == c.Amount.Currency && c.Amount.Minor > c.Whole.Minor:
		return "more than was paid"
	}
	return ""
}

func notDeclined(c provider.Call, err error) provider.Outcome {
	if o, sure := unsent(err); sure {
		return o
	}
	refused := refusal(err)
	switch {
	case refused == nil:
		return unknown("no answer that can be believed")
	case errors.Is(err, payparts.ErrDeclineMade), resent(c):
		return unknown(said(c.Account, refused.Message)) // it may be ours, whose answer was lost
	}
	return provider.Outcome{Result: provider.Declined, Reason: said(c.Account, refused.Message)}
}

// accepted is what is known of a decline that the bank signed for. Where it lists
// refunds they say whether it is done; where it lists none, its word is the last one.
func accepted(ctx context.Context, client *payparts.Client, c provider.Call) provider.Outcome {
	p, err := client.State(ctx, c.Original, payparts.Show{Refund: true})
	if err != nil {
		return provider.Outcome{Result: provider.Pending, Reason: "accepted; its state was not answered"}
	}
	if p.Unread == nil && p.Refunds == nil {
		return provider.Outcome{Result: provider.Succeeded}
	}
	listed := count(p.Refunds, c.Amount)
	if listed.Pending > 0 || listed.Succeeded == 0 { // what failed, or is not there yet, may be another's
		return provider.Outcome{Result: provider.Pending}
	}
	return provider.Outcome{Result: provider.Succeeded}
}

// count is what became of the refunds of an amount. A state that is not known is
// one in progress.
func count(refunds []payparts.Refund, amount money.Amount) (n provider.Alike) {
	for _, r := range refunds {
		switch {
		case r.Amount != amount:
		case r.State == payparts.RefundSucceeded:
			n.Succeeded++
		case r.State == payparts.RefundFailed:
			n.Declined++
		default:
			n.Pending++
		}
	}
	return n
}

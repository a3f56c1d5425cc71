package privatbank

import (
	"context"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/provider"
)

// Capture confirms an order that is on hold.
func (b *Bank) Capture(ctx context.Context, c provider.Call) provider.Outcome {
	return b.settle(ctx, c, (*payparts.Client).Confirm)
}

// Void cancels an order that is on hold.
func (b *Bank) Void(ctx context.Context, c provider.Call) provider.Outcome {
	return b.settle(ctx, c, (*payparts.Client).Cancel)
}

// settle ends a hold and then reads the order's state, for the answer alone may be
// signed without its outcome.
func (b *Bank) settle(ctx context.Context, c provider.Call, end func(*payparts.Client, context.Context, string) (payparts.Answer, error)) provider.Outcome {
	if !orderID.MatchString(c.Original) {
		return provider.Outcome{Result: provider.Declined, Reason: "there is no order to act upon"}
	}
	client, no := b.begin(ctx, c.Account)
	if no != nil {
		return *no
	}
	_, err := end(client, ctx, c.Original)
	if o, sure := unsent(err); sure {
		return o
	}
	found := b.Status(ctx, provider.Query{
		Account: c.Account, Verb: c.Verb, Reference: c.Reference, Original: c.Original, Shop: c.Shop, Operation: c.Operation, N: c.N, Amount: c.Amount,
	})
	refused := refusal(err)
	switch {
	case found.Result == provider.Succeeded: // by this call or by an earlier one that was lost
		return found
	case refused == nil:
		return unknown(or(found.Reason, "the order is as it was"))
	case resent(c):
		return unknown(said(c.Account, refused.Message)) // it may be an earlier one that is being done
	case found.Result == provider.Missing, found.Result == provider.Declined:
		return provider.Outcome{Result: provider.Declined, Reason: said(c.Account, refused.Message)}
	}
	return unknown(said(c.Account, refused.Message))
}

// resent reports whether the act was sent before under the same reference.
func resent(c provider.Call) bool {
	_, _, first, ok := parse(c.Reference)
	return !ok || c.N != first
}

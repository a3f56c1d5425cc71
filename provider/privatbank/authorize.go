package privatbank

import (
	"context"
	"errors"
	"regexp"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// orderID is what a reference may look like to be an order's id at the bank. It is
// held to, for the bank's signature has no separators.
var orderID = regexp.MustCompile(`^[a-z0-9-]{5,50}$`)

// Authorize makes an order of the payment, in one step or on hold, and gives the
// bank's page of it. The bank knows a repeat by its order id and answers the same
// token while the order is open.
func (b *Bank) Authorize(ctx context.Context, c provider.Call) provider.Outcome {
	if reason := objection(c); reason != "" {
		return provider.Outcome{Result: provider.Declined, Reason: reason}
	}
	client, no := b.begin(ctx, c.Account)
	if no != nil {
		return *no
	}
	create := client.Create
	if c.Hold {
		create = client.Hold
	}
	created, err := create(ctx, payparts.CreateRequest{
		OrderID: c.Reference, Amount: c.Amount, Plan: *c.Plan, ResponseURL: b.notifyURL(c.Account), RedirectURL: c.Return,
	})
	if err != nil {
		return notCreated(c.Account, err)
	}
	return provider.Outcome{Result: provider.Pending, ProviderID: created.Token, Continue: client.PageURL(created.Token)}
}

// objection is why a payment is not one for this bank; "" when it is.
func objection(c provider.Call) string {
	switch {
	case c.Plan == nil:
		return "the payment has no plan of its parts"
	case c.Amount.Currency != money.UAH || !c.Amount.IsPositive():
		return "the bank lends hryvnias only"
	case !orderID.MatchString(c.Reference):
		return "the reference cannot be an order's id"
	}
	return ""
}

func (b *Bank) notifyURL(a provider.Account) string {
	return or(a.Settings[NotifyURL], b.PublicURL+"/notify/"+a.Name)
}

// notCreated tells a refusal from a doubt. An order that exists may be ours: the
// answer to its creation was lost.
func notCreated(a provider.Account, err error) provider.Outcome {
	if o, sure := unsent(err); sure {
		return o
	}
	refused := refusal(err)
	switch {
	case refused == nil:
		return unknown("no answer that can be believed")
	case errors.Is(err, payparts.ErrOrderExists):
		return unknown(said(a, refused.Message))
	}
	return provider.Outcome{Result: provider.Declined, Reason: said(a, refused.Message)}
}

package payparts

import (
	"context"

	"github.com/brama-pay/brama/money"
)

// Confirm takes a payment on hold. Look at the answer's Cover: with CoverOrder the
// outcome is what State says, not what this answer says.
func (c *Client) Confirm(ctx context.Context, orderID string) (Answer, error) {
	return c.Call(ctx, confirmMethod, params{"orderId": orderID})
}

// Cancel lets a payment on hold go. The answer's Cover as in Confirm.
func (c *Client) Cancel(ctx context.Context, orderID string) (Answer, error) {
	return c.Call(ctx, cancelMethod, params{"orderId": orderID})
}

// DeclineRequest returns a paid payment (seed 004).
type DeclineRequest struct {
	OrderID string
	// Amount in UAH. The bank's page calls it the final amount of the purchase; Brama
	// takes it as the sum to return now, by default the whole payment.
	Amount      money.Amount
	RecipientID string // "" is the store's main recipient
}

// Decline returns a payment to its payer. Success means that the return was accepted;
// State with Show.Refund tells when it is done. It has no id of its own: after
// ErrOutcomeUnknown ask State, for a repeat may return the money twice.
func (c *Client) Decline(ctx context.Context, q DeclineRequest) (Answer, error) {
	amount, err := amountText("amount", q.Amount)
	if err != nil {
		return Answer{}, &TransportError{Method: declineMethod, Err: err}
	}
	p := params{"orderId": q.OrderID, "amount": amount}
	p.optional("recipientId", q.RecipientID)
	return c.Call(ctx, declineMethod, p)
}

// Description replaces the payment's description.
func (c *Client) Description(ctx context.Context, orderID, text string) (Answer, error) {
	return c.Call(ctx, descriptionMethod, params{"orderId": orderID, "description": text})
}

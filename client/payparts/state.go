package payparts

import (
	"context"
	"encoding/json"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/money"
)

// PaymentState is where a payment stands (api/payparts.md §5).
type PaymentState string

// The states that are known. Any other one is pending.
const (
	PaymentCreated    PaymentState = "CREATED"
	PaymentClientWait PaymentState = "CLIENT_WAIT" // the payer opened the page
	PaymentCodeWait   PaymentState = "OTP_WAITING" // a one-time code is awaited
	PaymentInProgress PaymentState = "PP_CREATION"
	PaymentLocked     PaymentState = "LOCKED" // on hold: confirm or cancel it
	PaymentSucceeded  PaymentState = "SUCCESS"
	PaymentFailed     PaymentState = "FAIL"
	PaymentCanceled   PaymentState = "CANCELED"
)

// Final reports whether the state never moves again. A refund leaves a payment
// succeeded.
func (s PaymentState) Final() bool {
	return s == PaymentSucceeded || s == PaymentFailed || s == PaymentCanceled
}

// Pending reports whether the payer or the bank has yet to act: every state that is
// neither final nor LOCKED, those we do not know included.
func (s PaymentState) Pending() bool { return !s.Final() && s != PaymentLocked }

// Show says what else State should tell.
type Show struct {
	Refund bool
	Amount bool
	Info   bool
}

// RefundState is where a refund stands.
type RefundState string

// The states of refunds. Any other one is to be taken for RefundWaiting.
const (
	RefundWaiting   RefundState = "WAITING"
	RefundSucceeded RefundState = "SUCCESS"
	RefundFailed    RefundState = "FAIL"
)

// Refund is one return of money. None of it is signed.
type Refund struct {
	Amount money.Amount
	Date   string
	State  RefundState
}

// Payment is a payment as the bank knows it. State and Message are signed; nothing
// else is. What is not signed and cannot be read is left out as if it were not
// there, and Unread says why.
type Payment struct {
	OrderID     string
	State       PaymentState
	Message     string       // why it failed or was canceled
	Amount      money.Amount // zero of no currency unless shown
	Description string
	CardMask    string
	RRN         string
	Refunds     []Refund // nil when the bank shows none; empty when there are none
	Unread      error
	Answer      Answer
}

// State asks for a payment; ErrPaymentNotFound when there is none.
func (c *Client) State(ctx context.Context, orderID string, show Show) (Payment, error) {
	p := params{"orderId": orderID}
	for name, wanted := range map[string]bool{
		"showRefund": show.Refund, "showAmount": show.Amount, "showInfo": show.Info,
	} {
		if wanted {
			p[name] = "true"
		}
	}
	answer, err := c.Call(ctx, stateMethod, p)
	if err != nil {
		return Payment{Answer: answer}, err
	}
	if answer.PaymentState == "" {
		return Payment{}, unusable(stateMethod, answer, "paymentState: missing in the answer")
	}
	return readPayment(orderID, answer), nil
}

func readPayment(orderID string, a Answer) Payment {
	r := &reader{fields: a.Fields}
	p := Payment{
		OrderID: orderID, State: a.PaymentState, Message: a.Message,
		Amount:      r.amount("amount"),
		Description: r.text("description"),
		CardMask:    r.text("cardMask"),
		RRN:         r.text("rrn"),
		Refunds:     r.refunds("refunds"),
		Answer:      a,
	}
	p.Unread = r.err
	return p
}

// refunds reads the whole list or nothing: with one missing, the sum would be wrong.
func (r *reader) refunds(name string) []Refund {
	if !r.has(name) {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(r.fields[name], &items); err != nil {
		r.fail(name, "not a list")
		return nil
	}
	list := make([]Refund, len(items))
	for i, item := range items {
		refund, err := readRefund(item)
		if err != nil {
			r.fail(name, err.Error())
			return nil
		}
		list[i] = refund
	}
	return list
}

func readRefund(item json.RawMessage) (Refund, error) {
	fields, err := wire.Object(item)
	if err != nil {
		return Refund{}, err
	}
	r := &reader{fields: fields}
	refund := Refund{Amount: r.amount("amount"), Date: r.text("date"), State: RefundState(r.text("state"))}
	if !refund.Amount.IsPositive() {
		r.fail("amount", "not above zero")
	}
	return refund, r.err
}

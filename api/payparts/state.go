package payparts

import (
	"context"
	"encoding/json"
	"time"

	"github.com/brama-pay/brama/invoice"
)

// PaymentState is where a payment stands (api/payparts.md §5).
type PaymentState string

// The states. The last three are final; a refund changes none of them.
const (
	Created    PaymentState = "CREATED"
	ClientWait PaymentState = "CLIENT_WAIT" // the page was opened
	OTPWaiting PaymentState = "OTP_WAITING" // the client is asked for a code
	PPCreation PaymentState = "PP_CREATION" // at the bank; nobody knows yet
	Locked     PaymentState = "LOCKED"
	Succeeded  PaymentState = "SUCCESS"
	Failed     PaymentState = "FAIL"
	Canceled   PaymentState = "CANCELED"
)

// states is the one map from the core's words to the wire's. The first row that
// fits counts; an empty page or failure fits all.
var states = []struct {
	status  invoice.Status
	page    invoice.PageState
	failure invoice.Failure
	state   PaymentState
}{
	{invoice.Created, "", "", Created},
	{invoice.Awaiting, invoice.AskCode, "", OTPWaiting},
	{invoice.Awaiting, invoice.ShowWaiting, "", PPCreation},
	{invoice.Awaiting, "", "", ClientWait}, // a card is awaited, here or at the provider's page
	{invoice.Unknown, "", "", PPCreation},
	{invoice.Held, "", "", Locked},
	{invoice.Charging, "", "", Locked},
	{invoice.Unholding, "", "", Locked},
	{invoice.Succeeded, "", "", Succeeded},
	{invoice.Rejected, "", invoice.Declined, Failed},
	{invoice.Rejected, "", invoice.Unavailable, Failed},
	{invoice.Rejected, "", invoice.Canceled, Canceled},
	{invoice.Rejected, "", invoice.Expired, Canceled},
	{invoice.Rejected, "", invoice.Unheld, Canceled},
}

// stateOf is the paymentState of an invoice whose page shows page; where no payer
// is at work any page is the same.
func stateOf(status invoice.Status, failure invoice.Failure, page invoice.PageState) PaymentState {
	for _, row := range states {
		if row.status == status && (row.page == "" || row.page == page) && (row.failure == "" || row.failure == failure) {
			return row.state
		}
	}
	return PPCreation // the words of a later core: nothing that a shop could act on
}

// messageOf says why a payment ended as it did; "" where the state says it all. The
// first is the bank's, the others are ours.
func messageOf(failure invoice.Failure, held bool) string {
	switch {
	case failure == invoice.Expired && held:
		return "Срок блокировки истек"
	case failure == invoice.Canceled, failure == invoice.Expired:
		return "Клиент не завершил оплату"
	case failure == invoice.Declined:
		return "Банк отказал в оплате"
	case failure == invoice.Unavailable:
		return "Банк недоступен"
	}
	return ""
}

func (q *request) readState() [][]string {
	q.showBack, q.showSums, q.showInfo = q.form.flag("showRefund"), q.form.flag("showAmount"), q.form.flag("showInfo")
	return q.readKey()
}

// state says where a payment stands.
func (d *door) state(ctx context.Context, q *request) (answer, error) {
	v, err := d.find(ctx, q)
	if err != nil {
		return answer{}, err
	}
	page, err := d.Invoices.Look(ctx, v.Session)
	if err != nil {
		return answer{}, err
	}
	v = page.Invoice
	a := answer{State: Success, PaymentState: stateOf(v.Status, v.Failure, page.State), Message: messageOf(v.Failure, v.HoldUntil != 0)}
	if q.showSums {
		a.Amount = json.Number(v.GrossAmount().Text())
	}
	if q.showInfo {
		a.Description, a.CardMask = &v.Description, v.PayerAccount
	}
	if q.showBack {
		a.Refunds, err = d.refunds(ctx, v)
	}
	return a, err
}

// refundStates are the wire's words.
var refundStates = map[invoice.RefundStatus]string{invoice.Waiting: "WAITING", invoice.Refunded: Success, invoice.Failed: Fail}

func (d *door) refunds(ctx context.Context, v *invoice.Invoice) (*[]refund, error) {
	made, err := d.Invoices.Refunds(ctx, v.Shop, v.ID)
	if err != nil {
		return nil, err
	}
	list := make([]refund, len(made))
	for i, f := range made {
		list[i] = refund{
			Amount: json.Number(f.GrossAmount().Text()), Date: time.UnixMilli(f.CreatedAt).UTC().Format(time.RFC3339), State: refundStates[f.Status],
		}
	}
	return &list, nil
}

func (q *request) readDescription() [][]string {
	q.about = q.form.required("description", descriptionLength)
	return [][]string{{q.storeID, q.orderID, q.about}}
}

// describe changes what the payer's page says about a payment.
func (d *door) describe(ctx context.Context, q *request) (answer, error) {
	v, err := d.find(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if _, err := d.Invoices.Describe(ctx, invoice.Describe{Shop: v.Shop, ID: v.ID, Text: q.about}); err != nil {
		return answer{}, err
	}
	return answer{State: Success, Message: described}, nil
}

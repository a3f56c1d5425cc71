package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/shop"
)

// patient is one examination.
type patient struct {
	doctor    *Doctor
	order     Order
	shop      *shop.Entry
	store     *shop.StoreEntry // of Instalments
	startedAt time.Time
	sent      int
}

// choose finds out what the messages are about.
func (p *patient) choose(ctx context.Context) error {
	if p.order.About == "" {
		p.order.About = Invoices
		if p.order.Store != "" {
			p.order.About = Instalments
		}
	}
	switch {
	case !slices.Contains(Subjects(), p.order.About):
		return fault.Param("about", "must be invoice, payout or payparts")
	case p.order.About != Instalments && p.order.Store != "":
		return fault.Param("store", "is for payparts only")
	case p.order.About != Instalments:
		return nil
	case p.order.Store == "":
		return fault.Param("store", "name the store whose password signs")
	}
	store, err := p.doctor.Stores.Find(ctx, p.order.Store)
	if fault.Is(err, fault.NotFound) || err == nil && store.Store.Shop != p.order.Shop {
		return fault.Param("store", "the shop has no such store")
	}
	p.store = store
	return err
}

// address is where the messages go.
func (p *patient) address() (string, error) {
	address := p.order.URL
	if address == "" {
		switch p.order.About {
		case Invoices:
			address = p.shop.Settings.CallbackURL
		case Payouts:
			address = p.shop.Settings.PayoutCallbackURL
		case Instalments: // a request alone names it
		}
	}
	if address == "" {
		address = p.doctor.Fallback
	}
	if address == "" {
		return "", fault.Param("url", "the shop has configured none for these messages; name one")
	}
	if reason := shop.CheckURL(address); reason != "" {
		return "", fault.Param("url", reason)
	}
	return address, nil
}

// secret signs what is rightly signed.
func (p *patient) secret() string {
	if p.store != nil {
		return p.store.SigningPassword()
	}
	return p.shop.SigningSecret()
}

// event is what a message tells.
type event string

const (
	success  event = "success"
	hold     event = "hold"
	rejected event = "rejected"
	refunded event = "refund"
)

// last is the greatest number that the gateway can draw, of the year 2095; the
// test operations' numbers count down from it.
const last = int64(1)<<53 - 1

// ownID is the shop's own id of the n-th test operation.
func (p *patient) ownID(n int64) string {
	return fmt.Sprintf("%s%s-%d", callback.TestPrefix, p.order.Name, n)
}

// The money of the test operations: 100.50 in the currency that the protocol knows.
const (
	testAmount = 10050
	dollars    = 840
	hryvnias   = 980
)

// write renders the message about what happened to the n-th test operation, rightly
// signed, as the gateway would send it now.
func (p *patient) write(what event, n int64) (*letter, error) {
	m := &callback.Message{
		Shop: p.order.Shop, ID: last - n, Object: last - n, Seq: 1, Subject: last - n, Kind: callback.Invoice, Event: string(what),
		Protocol: invoice.Avanor, URL: p.order.URL, Status: callback.Waiting,
	}
	snapshot, err := json.Marshal(p.snapshot(m, what, n))
	if err != nil {
		return nil, err
	}
	m.Snapshot = string(snapshot)
	renderer, ok := p.doctor.Renderers[m.Protocol]
	if !ok {
		return nil, fault.New(fault.Internal, "no renderer for protocol %q", m.Protocol)
	}
	rendered, err := renderer(m, p.shop)
	if err != nil {
		return nil, err
	}
	l, err := open(rendered)
	if err != nil {
		return nil, err
	}
	p.stamp(l)
	return l, nil
}

// stamp makes a letter a message of its own, sent now.
func (p *patient) stamp(l *letter) *letter {
	p.sent++
	l.id = fmt.Sprintf("msg_%s%s-%d", callback.TestPrefix, p.order.Name, p.sent)
	l.at, l.keys = p.doctor.Now().Unix(), p.shop.WebhookKeys()
	return l
}

// snapshot is what a room would have kept of the event.
func (p *patient) snapshot(m *callback.Message, what event, n int64) any {
	switch {
	case p.order.About == Payouts:
		m.Kind = callback.Withdraw
		return p.payout(what, n)
	case what == refunded:
		m.Kind = callback.Refund
		return p.refund(n)
	case p.order.About == Instalments:
		m.Protocol = invoice.PayParts
	}
	return p.invoice(what, n)
}

func (p *patient) invoice(what event, n int64) invoice.View {
	at := p.startedAt.UnixMilli()
	v := invoice.View{
		Shop: p.order.Shop, ID: last - n, OrderID: p.ownID(n), Payway: "doctor_test", Currency: dollars, Amount: testAmount, Net: 9548,
		PriceCurrency: dollars, Price: testAmount, PayerAccount: "000000XXXXXX0000", Description: "Brama doctor: a test, no money has moved",
		CreatedAt: at - 60_000, UpdatedAt: at, ProcessedAt: at, Status: invoice.Succeeded,
	}
	if p.store != nil {
		v.Source, v.Currency, v.PriceCurrency = p.order.Store, hryvnias, hryvnias
	}
	switch what {
	case hold:
		v.Status, v.ProcessedAt, v.UpdatedAt, v.HoldUntil = invoice.Held, 0, at-30_000, at+3_600_000
	case rejected:
		v.Status, v.Failure = invoice.Rejected, invoice.Declined
	}
	return v
}

func (p *patient) refund(n int64) invoice.RefundView {
	at := p.startedAt.UnixMilli()
	return invoice.RefundView{
		Shop: p.order.Shop, ID: last - n, InvoiceID: last - n + 1, RefundID: p.ownID(n), Currency: dollars, Amount: testAmount, PriceCurrency: dollars,
		Price: testAmount, Status: invoice.Refunded, CreatedAt: at, ProcessedAt: at,
	}
}

func (p *patient) payout(what event, n int64) payout.View {
	v := payout.View{
		Shop: p.order.Shop, ID: last - n, PaymentID: p.ownID(n), Status: payout.Completed, Currency: dollars, WriteOff: 10250, ReceiveCurrency: dollars,
		Receive: testAmount, RRN: "000000000000", BankTransaction: "doctor",
	}
	if what == rejected {
		v.Status, v.Failure, v.RRN, v.BankTransaction = payout.Rejected, payout.Declined, "", ""
	}
	return v
}

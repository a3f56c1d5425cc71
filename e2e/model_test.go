package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// model is the smallest gateway there can be: a shop's balance and a list of
// what was done, in cents. It knows the demo's fees (5 % in, 2 % out) and what
// the sandbox's values mean, and nothing of how the gateway works.
type model struct {
	available, hold int64
	invoices        []*modelInvoice
	payouts         []*modelPayout
}

type modelInvoice struct {
	id       int64
	order    string
	amount   int64
	hold     bool // it was made as a hold
	accepted bool // the payer's card was
	status   avanor.InvoiceStatus
	refunded int64
}

type modelPayout struct {
	id      int64
	payment string
	status  avanor.PayoutStatus
}

// least is the least that the demo's payways take.
const least = 1_00

// part is a percentage of an amount, a half cent away from zero.
func part(amount, percent int64) int64 { return (amount*percent + 50) / 100 }

func (v *modelInvoice) net() int64 { return (v.amount*95 + 50) / 100 }

// against is the model beside a shop of a running gateway.
type against struct {
	model
	t    *rapid.T
	g    *gateway
	shop *avanor.Client
}

// The gateway answers as the model does, whatever a shop and its payers do one
// after the other, and its balances are the model's after every step.
func TestModel(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("4")
	}
	each(t, func(t *testing.T, g *gateway) {
		drawn := 0
		rapid.Check(t, func(t *rapid.T) {
			drawn++
			a := &against{t: t, g: g, shop: g.newShop(700_000 + drawn)}
			a.available = 1000_00
			t.Repeat(map[string]func(*rapid.T){
				"payout": func(t *rapid.T) { a.t = t; a.payout() },
				"sale":   func(t *rapid.T) { a.t = t; a.open(false) },
				"hold":   func(t *rapid.T) { a.t = t; a.open(true) },
				"charge": func(t *rapid.T) { a.t = t; a.charge() },
				"unhold": func(t *rapid.T) { a.t = t; a.unhold() },
				"refund": func(t *rapid.T) { a.t = t; a.refund() },
				"repeat": func(t *rapid.T) { a.t = t; a.repeat() },
				"":       func(t *rapid.T) { a.t = t; a.same() },
			})
		})
		g.balanced()
	})
}

// newShop is a client of a shop that was just made, with 1000.00 USD.
func (g *gateway) newShop(id int) *avanor.Client {
	g.t.Helper()
	secret := fmt.Sprintf("secret-of-shop-%032d", id)
	file := filepath.Join(g.dir, "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		g.t.Fatal(err)
	}
	g.operator("shop", "create", "Model", fmt.Sprintf("--id=%d", id), "--secret-file="+file, "--commit")
	g.operator("shop", "deposit", fmt.Sprint(id), "1000.00", "USD", "--commit")
	c, err := avanor.New(g.url, int64(id), secret, avanor.WithHTTPClient(g.http))
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

func cents(n int64) avanor.Decimal { return avanor.Decimal(fmt.Sprintf("%d.%02d", n/100, n%100)) }

// amount draws mostly common amounts, and those that the sandbox knows.
func (a *against) amount() int64 {
	return rapid.OneOf(rapid.Int64Range(1_00, 400_00), rapid.Int64Range(10, 99), rapid.SampledFrom([]int64{666_00, 667_00})).Draw(a.t, "amount")
}

// wants checks an answer's code; 0 is success.
func (a *against) wants(err error, want avanor.Code, what string, args ...any) {
	a.t.Helper()
	if want == 0 && err != nil || want != 0 && !isCode(err, want) {
		a.t.Fatalf("%s: %v, the model says code %d", fmt.Sprintf(what, args...), err, want)
	}
}

func (a *against) payout() {
	amount, end := a.amount(), rapid.SampledFrom([]string{"7654", "7654", "0002", "0119"}).Draw(a.t, "account")
	cost := amount + part(amount, 2)
	q := a.g.payoutOf(a.g.account(end), string(cents(amount)))
	made, err := a.shop.CreatePayout(context.Background(), q)
	if amount < least {
		a.wants(err, avanor.ErrTooSmall, "a payout of %d", amount)
		return
	}
	if cost > a.available {
		a.wants(err, avanor.ErrBalance, "a payout of %d from %d", amount, a.available)
		return
	}
	a.wants(err, 0, "a payout of %d from %d", amount, a.available)
	p := &modelPayout{id: made.ID, payment: q.ShopPaymentID, status: avanor.PayoutRejected}
	if end != "0002" {
		p.status = avanor.PayoutCompleted
		a.available -= cost
	}
	a.payouts = append(a.payouts, p)
	a.g.eventually("the payout is final", func() bool {
		found, err := a.shop.FindPayout(context.Background(), p.id)
		return err == nil && found.Status.Final()
	})
}

func (a *against) open(hold bool) {
	amount, card := a.amount(), rapid.SampledFrom([]string{cardOther, cardOther, cardOther, "4000000000000002"}).Draw(a.t, "card")
	q := avanor.InvoiceRequest{Amount: cents(amount), Currency: money.USD, Payway: "card_invoice_usd", ShopOrderID: a.g.own("order")}
	create := a.shop.CreateInvoice
	if hold {
		create = a.shop.HoldInvoice
	}
	page, err := create(context.Background(), q)
	if amount < least {
		a.wants(err, avanor.ErrTooSmall, "an invoice of %d", amount)
		return
	}
	a.wants(err, 0, "an invoice of %d", amount)
	v := &modelInvoice{id: page.InvoiceID, order: q.ShopOrderID, amount: amount, hold: hold, accepted: card == cardOther}
	a.g.submit(page.URL, cardForm(card))
	switch {
	case !v.accepted:
		v.status = avanor.InvoiceRejected
	case hold:
		v.status = avanor.InvoiceHeld
		a.hold += v.net()
	default:
		v.status = avanor.InvoiceSucceeded
		a.available += v.net()
	}
	a.invoices = append(a.invoices, v)
	a.reaches(v)
}

// reaches waits until the gateway's invoice has the model's status.
func (a *against) reaches(v *modelInvoice) {
	a.t.Helper()
	a.g.eventually(fmt.Sprintf("invoice %s is %s", v.order, v.status), func() bool {
		found, err := a.shop.FindInvoice(context.Background(), v.order)
		return err == nil && found.Status == v.status
	})
}

// some is one of the invoices; a step without any is none.
func (a *against) some() *modelInvoice {
	if len(a.invoices) == 0 {
		a.t.Skip("no invoice yet")
	}
	return rapid.SampledFrom(a.invoices).Draw(a.t, "invoice")
}

func (a *against) charge() {
	v := a.some()
	_, err := a.shop.ChargeInvoice(context.Background(), v.id)
	switch {
	case v.status == avanor.InvoiceSucceeded && v.hold: // the same verb again moves nothing
		a.wants(err, 0, "a charge again")
	case v.status != avanor.InvoiceHeld:
		a.wants(err, avanor.ErrParameter, "a charge of what is %s", v.status)
	case v.amount == 666_00:
		a.wants(err, avanor.ErrDeclined, "a charge that is refused")
	default:
		want := avanor.Code(0)
		if v.amount == 667_00 {
			want = avanor.ErrUnavailable
		}
		a.wants(err, want, "a charge of %d", v.amount)
		a.hold -= v.net()
		a.available += v.net()
		v.status = avanor.InvoiceSucceeded
	}
	a.reaches(v)
}

func (a *against) unhold() {
	v := a.some()
	_, err := a.shop.UnholdInvoice(context.Background(), v.id)
	switch {
	case v.status == avanor.InvoiceRejected && v.hold && v.accepted:
		a.wants(err, 0, "an unhold again")
	case v.status != avanor.InvoiceHeld:
		a.wants(err, avanor.ErrParameter, "an unhold of what is %s", v.status)
	default:
		a.wants(err, 0, "an unhold of %d", v.amount)
		a.hold -= v.net()
		v.status = avanor.InvoiceRejected
	}
	a.reaches(v)
}

func (a *against) refund() {
	v := a.some()
	amount := rapid.OneOf(rapid.Just(v.amount), rapid.Int64Range(1, v.amount+50)).Draw(a.t, "refund")
	id := a.g.own("refund")
	_, err := a.shop.CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: v.id, ShopRefundID: id, Amount: cents(amount)})
	switch {
	case v.status != avanor.InvoiceSucceeded:
		a.wants(err, avanor.ErrParameter, "a refund of what is %s", v.status)
	case amount > v.amount-v.refunded:
		a.wants(err, avanor.ErrTooLarge, "a refund of %d of %d, of which %d are refunded", amount, v.amount, v.refunded)
	case amount > a.available:
		a.wants(err, avanor.ErrBalance, "a refund of %d from %d", amount, a.available)
	default:
		a.wants(err, 0, "a refund of %d", amount)
		want := avanor.RefundSucceeded
		if amount == 666_00 {
			want = avanor.RefundFailed
		} else {
			a.available -= amount
			v.refunded += amount
		}
		a.refundEnds(v, id, want)
	}
}

func (a *against) refundEnds(v *modelInvoice, id string, want avanor.RefundStatus) {
	a.t.Helper()
	a.g.eventually(fmt.Sprintf("refund %s is %s", id, want), func() bool {
		list, err := a.shop.ListRefunds(context.Background(), v.id)
		for _, f := range list {
			if err == nil && f.ShopRefundID == id {
				return f.Status == want
			}
		}
		return false
	})
}

// repeat asks for a payout that there is already.
func (a *against) repeat() {
	if len(a.payouts) == 0 {
		a.t.Skip("no payout yet")
	}
	p := rapid.SampledFrom(a.payouts).Draw(a.t, "payout")
	q := a.g.payoutOf(a.g.account("7654"), "1.00")
	q.ShopPaymentID = p.payment
	_, err := a.shop.CreatePayout(context.Background(), q)
	a.wants(err, avanor.ErrNotUnique, "the payout %s again", p.payment)
	if found, err := a.shop.FindPayout(context.Background(), p.id); err != nil || found.Status != p.status {
		a.t.Fatalf("payout %s is %s, %v; the model says %s", p.payment, found.Status, err, p.status)
	}
}

// same compares the balances, to the cent.
func (a *against) same() {
	list, err := a.shop.Balances(context.Background())
	if err != nil {
		a.t.Fatal(err)
	}
	got := balance{}
	for _, b := range list {
		if b.Currency == money.USD {
			got = balance{a.g.minor(b.Available, money.USD), a.g.minor(b.Frozen, money.USD), a.g.minor(b.Hold, money.USD)}
		}
	}
	if want := (balance{available: a.available, hold: a.hold}); got != want {
		a.t.Fatalf("the balance is %+v, the model's %+v", got, want)
	}
}

package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// world is a kit whose shop trades: the rooms of money in and out, with a bank and
// a shop's server that answer what a test tells them to.
type world struct {
	*kit
	t        testing.TB
	bank     *bank
	server   *server
	dispatch *provider.Dispatcher
	invoices *invoice.Invoices
	payouts  *payout.Payouts
	sender   *callback.Sender
}

// bank answers the outcomes that were put into it, one after the other, and
// afterwards that all is well. Of a payout that it got while it was silent it never
// says anything.
type bank struct {
	answers []provider.Outcome
	silent  bool
	lost    map[int64]bool
}

var unknown = provider.Outcome{Result: provider.Unknown, Reason: "no answer within 5 s"}

func (b *bank) say(list ...provider.Outcome) { b.answers = append(b.answers, list...) }

func (b *bank) next() provider.Outcome {
	if len(b.answers) == 0 {
		return provider.Outcome{Result: provider.Succeeded, ProviderID: "BANK-77", RRN: "RRN-8", PayerAccount: "411111XXXXXX1111"}
	}
	o := b.answers[0]
	b.answers = b.answers[1:]
	return o
}

func (b *bank) Timing() provider.Timing {
	return provider.Timing{CallTimeout: 5 * time.Second, SettleAfter: 2 * time.Second, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second}
}

func (b *bank) Authorize(context.Context, provider.Call) provider.Outcome { return b.next() }
func (b *bank) Capture(context.Context, provider.Call) provider.Outcome   { return b.next() }
func (b *bank) Void(context.Context, provider.Call) provider.Outcome      { return b.next() }
func (b *bank) Refund(context.Context, provider.Call) provider.Outcome    { return b.next() }

func (b *bank) Payout(_ context.Context, c provider.Call) provider.Outcome {
	if b.silent {
		b.lost[c.Operation] = true
		return unknown
	}
	return b.next()
}

func (b *bank) Status(_ context.Context, q provider.Query) provider.Outcome {
	if b.lost[q.Operation] {
		return unknown
	}
	return b.next()
}

// server is the shop's: it answers the statuses that were put into it, then 200.
type server struct{ statuses []int }

func (s *server) Do(*http.Request) (*http.Response, error) {
	status := http.StatusOK
	if len(s.statuses) > 0 {
		status, s.statuses = s.statuses[0], s.statuses[1:]
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

func newWorld(t testing.TB) *world { return worldOn(t, dbtest.SQLite(t)) }

func worldOn(t testing.TB, h *dbtest.House) *world {
	t.Helper()
	k := kitOn(t, h)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{kit: k, t: t, bank: &bank{lost: map[int64]bool{}}, server: &server{}, dispatch: provider.NewDispatcher(64)}
	accounts := provider.NewAccounts(h.DB.Reader(), k.box, h.Clock.Time)
	gate := &provider.Gate{Connectors: map[string]provider.Connector{"sandbox": w.bank}, Accounts: accounts.Find, Now: h.Clock.Time}
	w.invoices = &invoice.Invoices{DB: h.DB, Gate: gate, Dispatch: w.dispatch, Random: rand.Reader, Now: h.Clock.Time, Log: quiet, Await: func(context.Context, func() bool) { w.send() }}
	w.invoices.Wire()
	w.payouts = &payout.Payouts{DB: h.DB, Gate: gate, Dispatch: w.dispatch, Box: k.box, Ways: payway.NewDirectory(h.DB.Reader(), h.Clock.Time), Log: quiet}
	w.payouts.Wire(h.Clock.Now)
	print := func(*callback.Message, *shop.Entry) (callback.Delivery, error) {
		return callback.Delivery{URL: "https://shop.example/cb", Body: []byte("{}")}, nil
	}
	w.sender = &callback.Sender{
		DB: h.DB, Shops: shop.NewDirectory(h.DB.Reader(), k.box, h.Clock.Time), Client: w.server, Now: h.Clock.Time, Random: rand.Reader, Log: quiet,
		Renderers: map[string]callback.Renderer{invoice.Avanor: print},
	}
	w.set("payout_callback_url=https://shop.example/cb", "callback_url=https://shop.example/cb")
	return w
}

// set changes settings of the demo's shop.
func (w *world) set(values ...string) {
	w.t.Helper()
	if _, err := db.Do(context.Background(), w.house.DB, demo.Shop, shop.Set{Shop: demo.Shop, Values: values, Actor: "operator:risk@example.com"}); err != nil {
		w.t.Fatal(err)
	}
}

// send makes the calls that were announced.
func (w *world) send() {
	for {
		if worked, _ := w.dispatch.Step(context.Background()); !worked {
			return
		}
	}
}

// work lets so much time pass, second by second, in which the workers do theirs.
func (w *world) work(d time.Duration) {
	ctx := context.Background()
	w.send()
	for range int(d / time.Second) {
		w.house.Clock.Add(time.Second)
		for _, step := range []func(context.Context) (bool, error){w.payouts.Step, w.invoices.Step, w.invoices.StepRefunds, w.sender.Step} {
			for range 5 {
				if worked, _ := step(ctx); !worked {
					break
				}
			}
		}
	}
}

// pays creates a payout by the write-off or, with a payway in another currency, by
// what the beneficiary gets.
func (w *world) pays(id, way, amount string, shopAmount bool) *payout.Payout {
	w.t.Helper()
	made, err := w.payouts.Create(context.Background(), payout.Create{
		Order:     payout.Order{Shop: demo.Shop, Payway: way, Amount: amount, ShopAmount: shopAmount, Currency: money.USD},
		PaymentID: id, Beneficiary: provider.Beneficiary{Account: "150010000097", Details: map[string]string{"name": "Adam"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.Payout
}

// asks creates an invoice.
func (w *world) asks(id, way, amount string, hold bool) *invoice.Invoice {
	w.t.Helper()
	made, err := w.invoices.Create(context.Background(), invoice.Create{
		Order: invoice.Order{Shop: demo.Shop, Payway: way, Amount: amount, Currency: money.USD}, OrderID: id, Hold: hold, Description: "a book",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// paid is an invoice whose payer has sent a card.
func (w *world) paid(id, way, amount string, hold bool) *invoice.Invoice {
	w.t.Helper()
	made := w.asks(id, way, amount, hold)
	if _, err := w.invoices.Pay(context.Background(), made.Session, provider.Card{Number: "4111111111111111", Expiry: "12/30", CVV: "123"}); err != nil {
		w.t.Fatal(err)
	}
	return made
}

// refunds gives a part of an invoice back.
func (w *world) refunds(id string, of *invoice.Invoice, amount string) *invoice.Refund {
	w.t.Helper()
	made, err := w.invoices.CreateRefund(context.Background(), invoice.CreateRefund{Shop: demo.Shop, InvoiceID: of.ID, RefundID: id, Amount: amount})
	if err != nil {
		w.t.Fatal(err)
	}
	w.send()
	return made
}

// page is a page of the console as somebody of a role reads it: its text.
func (w *world) page(role operator.Role, path string) string {
	w.t.Helper()
	return reads(w.as(w.t, role).see(w.t, path))
}

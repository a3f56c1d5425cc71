package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
)

// load is what shops and payers do to a gateway that is killed under them, and
// what they were told before.
type load struct {
	g  *gateway
	to string // the shop's receiver

	receiver *receiver

	mu       sync.Mutex
	asked    map[string]bool                 // payouts that were sent for, by the shop's id
	payouts  map[string]int64                // those acknowledged: the gateway's id
	orders   map[string]bool                 // invoices that were sent for; true: a hold
	paid     map[string]int64                // those that the shop saw paid
	ended    map[string]avanor.InvoiceStatus // holds whose charge or unhold was acknowledged
	refunds  map[string]int64                // refunds acknowledged: of which invoice
	refusals []error
	cut      []error
	doubtful bool // the database is lost under the gateway, which may then refuse
	put      int  // calls put off, or of an outcome not known
}

func newLoad(g *gateway, r *receiver) *load {
	g.operator("shop", "set", "1520", "payout_callback_url="+r.URL, "--commit")
	return &load{
		g: g, to: r.URL, receiver: r, asked: map[string]bool{}, payouts: map[string]int64{}, orders: map[string]bool{}, paid: map[string]int64{},
		ended: map[string]avanor.InvoiceStatus{}, refunds: map[string]int64{},
	}
}

var (
	payoutEnds = []string{"7654", "7654", "0119", "0135", "0341", "0259", "4000", "0002", "0127"}
	loadCards  = []string{cardOther, cardOther, "4000000000000119", "4000000000000259", "4000000000000341", "4000000000000002"}
)

// run does one thing after the other until the gateway is gone.
func (l *load) run(ctx context.Context, shop *avanor.Client, r *rand.Rand) {
	for ctx.Err() == nil {
		var err error
		switch r.IntN(4) {
		case 0, 1:
			err = l.payout(ctx, shop, payoutEnds[r.IntN(len(payoutEnds))])
		case 2:
			err = l.sale(ctx, shop, loadCards[r.IntN(len(loadCards))], r.IntN(2) == 0)
		case 3:
			err = l.hold(ctx, shop, r.IntN(2) == 0)
		}
		if isCode(err, avanor.ErrUnavailable) || isCode(err, avanor.ErrOverloaded) {
			l.later()
			time.Sleep(10 * time.Millisecond) // it drains
		}
		var lost *avanor.TransportError
		if refused := (*avanor.Error)(nil); errors.As(err, &refused) && refused.Code != avanor.ErrUnavailable {
			l.refused(refused)
		}
		if errors.As(err, &lost) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if lost.Status != 0 && lost.Status != http.StatusServiceUnavailable {
				l.cut = append(l.cut, err)
			}
			return
		}
	}
}

// refused keeps what a load should not be told.
func (l *load) refused(err *avanor.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.doubtful && err.Code == avanor.ErrOverloaded { // nothing was stored
		return
	}
	l.refusals = append(l.refusals, err)
}

// later counts a call that could not be done now, or whose outcome is unknown.
func (l *load) later() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put++
}

func note[V any](l *load, in map[string]V, id string, value V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in[id] = value
}

func (l *load) payout(ctx context.Context, shop *avanor.Client, end string) error {
	q := l.g.payoutOf(l.g.account(end), "3.00")
	note(l, l.asked, q.ShopPaymentID, true)
	made, err := shop.CreatePayout(ctx, q)
	if err == nil {
		note(l, l.payouts, q.ShopPaymentID, made.ID)
	}
	return err
}

func (l *load) open(ctx context.Context, shop *avanor.Client, hold bool, card string) (order string, found avanor.Invoice, err error) {
	q := requestFor("20.00")
	q.ShopOrderID, q.CallbackURL = l.g.own("order"), l.to
	note(l, l.orders, q.ShopOrderID, hold)
	create := shop.CreateInvoice
	if hold {
		create = shop.HoldInvoice
	}
	page, err := create(ctx, q)
	if err != nil {
		return q.ShopOrderID, found, err
	}
	if _, _, err := l.g.trySubmit(page.URL, cardForm(card)); err != nil {
		return q.ShopOrderID, found, &avanor.TransportError{Err: err}
	}
	found, err = shop.FindInvoice(ctx, q.ShopOrderID)
	return q.ShopOrderID, found, err
}

func (l *load) sale(ctx context.Context, shop *avanor.Client, card string, refund bool) error {
	order, found, err := l.open(ctx, shop, false, card)
	if err != nil || found.Status != avanor.InvoiceSucceeded {
		return err
	}
	note(l, l.paid, order, found.ID)
	if !refund {
		return nil
	}
	made, err := shop.CreateRefund(ctx, avanor.RefundRequest{InvoiceID: found.ID, ShopRefundID: l.g.own("refund"), Amount: "7.00"})
	if err == nil {
		note(l, l.refunds, made.ShopRefundID, found.ID)
	}
	return err
}

func (l *load) hold(ctx context.Context, shop *avanor.Client, charge bool) error {
	order, found, err := l.open(ctx, shop, true, cardOther)
	if err != nil || found.Status != avanor.InvoiceHeld {
		return err
	}
	act := shop.UnholdInvoice
	if charge {
		act = shop.ChargeInvoice
	}
	ended, err := act(ctx, found.ID)
	if err == nil {
		note(l, l.ended, order, ended.Status)
	}
	return err
}

// roundsVariable says how often the crash tests kill; ten times otherwise.
const roundsVariable = "BRAMA_CRASH_ROUNDS"

func crashRounds(t *testing.T) int {
	t.Helper()
	given := os.Getenv(roundsVariable)
	if given == "" {
		return 10
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number of rounds", roundsVariable, given)
	}
	return n
}

// The program is killed again and again under load. What it had acknowledged is
// there once, what it owes arrives, and nothing is created, lost or moved twice.
func TestKilledUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		r := newReceiver(t)
		l := newLoad(g, r)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		chance := rand.New(rand.NewPCG(seed, 0))
		for range crashRounds(t) {
			l.until(chance, func() { g.kill() })
			g.start()
		}
		g.quiet()
		l.kept(t, r)
		g.balanced()
	})
}

// kept checks what was promised against what is there.
func (l *load) kept(t *testing.T, r *receiver) {
	t.Helper()
	t.Logf("acknowledged: %d of %d payouts, %d paid invoices, %d holds ended, %d refunds; %d orders in all",
		len(l.payouts), len(l.asked), len(l.paid), len(l.ended), len(l.refunds), len(l.orders))
	for _, err := range l.refusals {
		t.Errorf("refused under load: %v", err)
	}
	l.keptPayouts(t, r)
	l.keptInvoices(t, r)
}

// acknowledged is how much was, of each kind; the least of them counts.
func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(len(l.payouts)/4, len(l.paid), len(l.ended)/2)
}

// until runs the load for a while, in which a little of each kind is acknowledged,
// and then the end of it.
func (l *load) until(chance *rand.Rand, end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	shop := l.g.shop(demoShop)
	var running sync.WaitGroup
	for range 12 {
		r := rand.New(rand.NewPCG(chance.Uint64(), 1))
		running.Go(func() { l.run(ctx, shop, r) })
	}
	before := l.acknowledged()
	l.g.eventually("a little is acknowledged", func() bool { return l.acknowledged() > before })
	time.Sleep(time.Duration(chance.IntN(500)) * time.Millisecond)
	end()
	cancel()
	running.Wait()
}

func (l *load) keptPayouts(t *testing.T, r *receiver) {
	t.Helper()
	shop, stored, callbacks := l.g.shop(demoShop), int64(0), r.words(t)
	for id := range l.asked {
		found, err := shop.FindPayoutByShopID(context.Background(), id)
		acknowledged, told := l.payouts[id]
		switch {
		case err == nil && (!found.Status.Final() || told && found.ID != acknowledged):
			t.Errorf("payout %s, acknowledged as %d, is %+v", id, acknowledged, found)
		case err == nil:
			if stored++; callbacks[id] != fmt.Sprint(int(found.Status)) {
				t.Errorf("payout %s is %s, callbacks told %q", id, found.Status, callbacks[id])
			}
		case told || !isCode(err, avanor.ErrNotFound):
			t.Errorf("payout %s, acknowledged as %d: %v", id, acknowledged, err)
		}
	}
	if rows := l.g.count(l.g.open(false).Reader(), "payout"); rows != stored {
		t.Errorf("%d payouts are stored, %d were found by their ids", rows, stored)
	}
}

// histories are what callbacks may have told of an invoice by its last status.
var histories = map[bool]map[avanor.InvoiceStatus]string{
	false: {avanor.InvoiceSucceeded: "success", avanor.InvoiceRejected: "rejected"},
	true:  {avanor.InvoiceHeld: "hold", avanor.InvoiceSucceeded: "hold success", avanor.InvoiceRejected: "hold rejected"},
}

func (l *load) keptInvoices(t *testing.T, r *receiver) {
	t.Helper()
	shop, told := l.g.shop(demoShop), r.words(t)
	for order, hold := range l.orders {
		found, err := shop.FindInvoice(context.Background(), order)
		if isCode(err, avanor.ErrNotFound) && l.paid[order] == 0 && l.ended[order] == 0 {
			continue
		}
		if err != nil {
			t.Errorf("invoice %s: %v", order, err)
			continue
		}
		if l.paid[order] != 0 && found.Status != avanor.InvoiceSucceeded || l.ended[order] != 0 && found.Status != l.ended[order] {
			t.Errorf("invoice %s is %s; paid was %d, ended %s", order, found.Status, l.paid[order], l.ended[order])
		}
		want := histories[hold][found.Status]
		if hold && found.Status == avanor.InvoiceRejected && found.ErrorCode != 0 {
			want = "rejected" // its card was never sent
		}
		if got := told[order]; got != want {
			t.Errorf("invoice %s is %s, callbacks told %q, want %q", order, found.Status, got, want)
		}
	}
	for id, invoice := range l.refunds {
		f := l.g.refunded(invoice, id, avanor.RefundSucceeded)
		if told[id] != "SUCCESS" {
			t.Errorf("refund %+v: callbacks told %q", f, told[id])
		}
	}
}

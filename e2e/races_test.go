package e2e

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// tally counts what many concurrent calls were answered, by code; 0 is success.
type tally struct {
	mu     sync.Mutex
	counts map[avanor.Code]int
	errors []error
}

func (t *tally) add(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[avanor.Code]int{}
	}
	refused, ok := err.(*avanor.Error)
	switch {
	case err == nil:
		t.counts[0]++
	case ok:
		t.counts[refused.Code]++
	default:
		t.errors = append(t.errors, err)
	}
}

// is checks the counts.
func (t *tally) is(test *testing.T, what string, want map[avanor.Code]int) {
	test.Helper()
	if len(t.errors) > 0 {
		test.Errorf("%s: %d calls without an answer, such as: %v", what, len(t.errors), t.errors[0])
	}
	if fmt.Sprint(t.counts) != fmt.Sprint(want) {
		test.Errorf("%s: answers by code %v, want %v", what, t.counts, want)
	}
}

// together makes n calls at the same time.
func together(n int, call func(i int) error) *tally {
	var counted tally
	var calls sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		calls.Go(func() {
			<-gate
			counted.add(call(i))
		})
	}
	close(gate)
	calls.Wait()
	return &counted
}

// nodes are clients of every node: on PostgreSQL a second one serves the same
// database, so that no lock inside a process can be what wins the races.
func (g *gateway) nodes() func(i int) *avanor.Client {
	g.t.Helper()
	first := g.shop(demoShop)
	if g.engine == "sqlite" {
		return func(int) *avanor.Client { return first }
	}
	second := g.another().shop(demoShop)
	return func(i int) *avanor.Client { return []*avanor.Client{first, second}[i%2] }
}

// another starts a further node on the same database, with a directory of its own.
func (g *gateway) another() *gateway {
	g.t.Helper()
	n := newGateway(g.t, "sqlite")
	n.engine, n.store, n.delay, n.binary, n.clock = g.engine, g.store, g.delay, g.binary, g.clock
	n.flags = []string{"--key-file", filepath.Join(g.data(), "brama.key")}
	n.start()
	g.others = append(g.others, n)
	return n
}

func TestRefundsOfOneInvoice(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		const rounds = 4
		for range rounds {
			invoice, _ := g.paid("100.00")
			ids := make([]string, 16)
			for i := range ids {
				ids[i] = g.own("refund")
			}
			together(16, func(i int) error {
				_, err := on(i).CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: invoice, ShopRefundID: ids[i], Amount: "60.00"})
				return err
			}).is(t, "16 refunds of 60.00 of an invoice of 100.00", map[avanor.Code]int{0: 1, avanor.ErrTooLarge: 15})
			g.quiet()
			list, err := g.shop(demoShop).ListRefunds(context.Background(), invoice)
			if err != nil || len(list) != 1 || list[0].Status != avanor.RefundSucceeded {
				t.Errorf("refunds of the invoice: %+v, %v; want one", list, err)
			}
		}
		g.has(10_000_000+rounds*(95_00-60_00), 0, 0)
		g.balanced()
	})
}

func TestChargeAgainstUnhold(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		const rounds = 6
		available := int64(10_000_000)
		for range rounds {
			invoice, order := g.held("100.00")
			var mu sync.Mutex
			won := map[string]int{}
			together(16, func(i int) error {
				verb, act := "charge", on(i/2).ChargeInvoice
				if i%2 == 1 {
					verb, act = "unhold", on(i/2).UnholdInvoice
				}
				_, err := act(context.Background(), invoice)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won[verb]++
				case !isCode(err, avanor.ErrBusy) && !isCode(err, avanor.ErrParameter):
					t.Errorf("%s: %v", verb, err)
				}
				return nil
			})
			g.quiet()
			status := g.find(order).Status
			want := map[string]avanor.InvoiceStatus{"charge": avanor.InvoiceSucceeded, "unhold": avanor.InvoiceRejected}
			if len(won) != 1 || status != want[one(won)] {
				t.Errorf("charge against unhold: %v won, the status is %s", won, status)
			}
			if status == avanor.InvoiceSucceeded {
				available += 95_00
			}
		}
		g.has(available, 0, 0)
		theirs := g.open(true)
		if twice := g.rows(theirs.Reader(), `SELECT operation FROM act WHERE verb IN ('capture', 'void') AND state = 'succeeded' GROUP BY operation HAVING COUNT(*) <> 1`); len(twice) > 0 {
			t.Errorf("the provider did more than one act on %v", twice)
		}
		g.balanced()
	})
}

func one(of map[string]int) string {
	for name := range of {
		return name
	}
	return ""
}

// A payer who clicks again and again pays once, whatever the cards are.
func TestManyClicks(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		cards := []string{cardOther, "4000000000000002", "4000000000003220", "4000000000000259", "4000000000000119", "4000000000000341"}
		available := int64(10_000_000)
		for round := range 4 {
			page, order := g.order("100.00", round%2 == 1)
			together(12, func(i int) error {
				_, _, err := g.trySubmit(page.URL, cardForm(cards[(round+i)%len(cards)]))
				return err
			}).is(t, "clicks", map[avanor.Code]int{0: 12})
			together(4, func(i int) error { // should a code be asked for: right and wrong ones
				_, _, err := g.trySubmit(page.URL, url.Values{"code": {[]string{"1234", "9999"}[i%2]}})
				return err
			})
			g.quiet()
			if found := g.find(order); found.Status == avanor.InvoiceHeld {
				if _, err := g.shop(demoShop).ChargeInvoice(context.Background(), found.ID); err != nil {
					t.Errorf("charge after many clicks: %v", err)
				}
			}
			if found := g.find(order); found.Status == avanor.InvoiceSucceeded {
				available += 95_00
			} else if found.Status != avanor.InvoiceRejected {
				t.Errorf("after many clicks the invoice is %s", found.Status)
			}
		}
		theirs := g.open(true)
		if twice := g.rows(theirs.Reader(), `SELECT operation, COUNT(*) FROM act WHERE verb = 'authorize' GROUP BY operation HAVING COUNT(*) <> 1`); len(twice) > 0 {
			t.Errorf("the provider was asked more than once for %v", twice)
		}
		g.has(available, 0, 0)
		g.balanced()
	})
}

// A node that dies leaves its work to the others.
func TestANodeDies(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		if g.engine != "postgres" {
			t.Skip("one process serves a SQLite database")
		}
		dying := g.another()
		var made []avanor.Payout
		for i := range 24 {
			q := g.payoutOf(g.account([]string{"0119", "0341", "7654", "4000"}[i%4]), "10.00")
			done, err := dying.shop(demoShop).CreatePayout(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, done)
		}
		dying.kill()
		for _, payout := range made {
			g.settles(payout.ID, avanor.PayoutCompleted)
		}
		g.has(10_000_000-24*10_20, 0, 0)
		g.balanced()
	}, withDelay("1"))
}

func TestOneOrderManyTimes(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		from := g.open(false)
		for _, hold := range []bool{false, true} {
			before := g.count(from.Reader(), "invoice")
			q := requestFor("12.00")
			q.ShopOrderID = g.own("order")
			together(64, func(i int) error {
				create := on(i).CreateInvoice
				if hold {
					create = on(i).HoldInvoice
				}
				_, err := create(context.Background(), q)
				return err
			}).is(t, "64 times the same shop_order_id", map[avanor.Code]int{0: 1, avanor.ErrNotUnique: 63})
			if made := g.count(from.Reader(), "invoice") - before; made != 1 {
				t.Errorf("%d invoices were stored, want 1", made)
			}
		}
		g.balanced()
	})
}

func TestPayoutsOfTheWholeBalance(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		queries := make([]avanor.PayoutRequest, 64)
		for i := range queries {
			queries[i] = avanor.PayoutRequest{
				ShopPaymentID: g.own("payment"), Payway: "card_payway_usd", Account: g.account("7654"), Amount: "4000.00",
				AmountType: avanor.ShopAmount, ShopCurrency: money.USD,
			}
		}
		together(len(queries), func(i int) error {
			_, err := on(i).CreatePayout(context.Background(), queries[i])
			return err
		}).is(t, "64 payouts of 4000.00 from 100000.00", map[avanor.Code]int{0: 25, avanor.ErrBalance: 39})
		g.quiet()
		g.has(0, 0, 0)
		done := 0
		for _, q := range queries {
			if found, err := g.shop(demoShop).FindPayoutByShopID(context.Background(), q.ShopPaymentID); err == nil && found.Status == avanor.PayoutCompleted {
				done++
			} else if !isCode(err, avanor.ErrNotFound) {
				t.Errorf("payout %s: %+v, %v", q.ShopPaymentID, found, err)
			}
		}
		if done != 25 {
			t.Errorf("%d payouts were completed, want 25", done)
		}
		g.balanced()
	})
}

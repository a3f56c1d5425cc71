package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// racesVariable says how many rounds the races take; ten otherwise.
const racesVariable = "BRAMA_RACES"

// racers are the callers of one race.
const racers = 64

func raceRounds(t *testing.T) int {
	t.Helper()
	given := os.Getenv(racesVariable)
	if given == "" {
		return 10
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number of rounds", racesVariable, given)
	}
	return n
}

// rounds are races on one gateway, with how the calls of all of them were answered.
type rounds struct {
	*gateway
	on    func(i int) *avanor.Client
	dice  *rand.Rand
	payee string // of all payouts
	calls map[string]map[avanor.Code]int
}

// race makes the calls and adds how they were answered; an answer must be there.
func (r *rounds) race(name string, n int, call func(i int) error) *tally {
	r.t.Helper()
	counted := together(n, call)
	if len(counted.errors) > 0 {
		r.t.Fatalf("%s: %d calls without an answer, such as: %v", name, len(counted.errors), counted.errors[0])
	}
	if r.calls[name] == nil {
		r.calls[name] = map[avanor.Code]int{}
	}
	for code, times := range counted.counts {
		r.calls[name][code] += times
	}
	return counted
}

// Sixty-four callers want the same at the same time, round after round: parts of one
// payment back, the end of one hold, the whole balance, one id. What they get is
// never more than there is. On PostgreSQL half of them ask another node.
func TestRaces(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		n := raceRounds(t)
		r := &rounds{g, g.nodes(), rand.New(rand.NewPCG(uint64(n), 7)), g.account("7654"), map[string]map[avanor.Code]int{}}
		began := time.Now()
		for round := range n {
			r.refunds(round)
			r.endOfAHold()
			r.oneID()
			r.wholeBalance()
			if t.Failed() {
				t.Fatalf("round %d of %d", round+1, n)
			}
		}
		took := time.Since(began)
		g.balanced()
		total := 0
		for name, counts := range r.calls {
			t.Logf("%s: answers by code %v", name, counts)
			for _, times := range counts {
				total += times
			}
		}
		t.Logf("%s: %d rounds of %d callers, %d calls in %s", g.engine, n, racers, total, took.Round(time.Second))
	})
}

// refunds wants parts of an invoice of 100.00 back: 60.00 twice, 60.00 by everybody,
// and parts of all sizes.
func (r *rounds) refunds(round int) {
	r.t.Helper()
	r.paid("100.00") // so that the balance, of which the fee is gone, is not what limits them
	invoice, _ := r.paid("100.00")
	callers, amounts := racers, make([]int64, racers)
	for i := range amounts {
		amounts[i] = 60_00
		if round%3 == 2 {
			amounts[i] = 1_00 + r.dice.Int64N(60_00)
		}
	}
	if round%3 == 0 {
		callers = 2
	}
	ids := r.ids("refund")
	var given atomic.Int64
	counted := r.race("refunds of one invoice", callers, func(i int) error {
		amount := avanor.Decimal(money.New(amounts[i], money.USD).Text())
		_, err := r.on(i).CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: invoice, ShopRefundID: ids[i], Amount: amount})
		if err == nil {
			given.Add(amounts[i])
		}
		return err
	})
	if given.Load() > 100_00 || round%3 < 2 && counted.counts[0] != 1 {
		r.t.Errorf("refunds of an invoice of 100.00: %d were accepted, %d in all", counted.counts[0], given.Load())
	}
	if counted.counts[0]+counted.counts[avanor.ErrTooLarge] != callers {
		r.t.Errorf("refunds of an invoice of 100.00: answers by code %v", counted.counts)
	}
}

// endOfAHold wants a hold charged and released.
func (r *rounds) endOfAHold() {
	r.t.Helper()
	invoice, order := r.held("100.00")
	var won [2]atomic.Int64
	r.race("charge and unhold of one hold", racers, func(i int) error {
		act := r.on(i / 2).ChargeInvoice
		if i%2 == 1 {
			act = r.on(i / 2).UnholdInvoice
		}
		_, err := act(context.Background(), invoice)
		if err == nil {
			won[i%2].Add(1)
		}
		if err != nil && !isCode(err, avanor.ErrBusy) && !isCode(err, avanor.ErrParameter) {
			return fmt.Errorf("must be busy, or held no more: %w", err)
		}
		return err
	})
	r.eventually("the hold has ended", func() bool { return r.find(order).Status.Final() })
	want := avanor.InvoiceSucceeded
	if won[1].Load() > 0 {
		want = avanor.InvoiceRejected
	}
	if found := r.find(order); (won[0].Load() > 0) == (won[1].Load() > 0) || found.Status != want {
		r.t.Errorf("charge heard Ok %d times, unhold %d times; the invoice is %s", won[0].Load(), won[1].Load(), found.Status)
	}
}

// oneID wants a payout under an id that all of them use.
func (r *rounds) oneID() {
	r.t.Helper()
	r.paid("10.00")
	q := r.payoutOf(r.payee, "1.00")
	counted := r.race("payouts of one id", racers, func(i int) error {
		_, err := r.on(i).CreatePayout(context.Background(), q)
		return err
	})
	if counted.counts[0] != 1 || counted.counts[avanor.ErrNotUnique] != racers-1 {
		r.t.Errorf("payouts of one id: answers by code %v", counted.counts)
	}
}

// wholeBalance wants a tenth of the balance for everybody.
func (r *rounds) wholeBalance() {
	r.t.Helper()
	r.paid("100.00")
	r.quiet() // nothing comes back, or in, from before
	before := r.balance(money.USD)
	tenth := avanor.Decimal(money.New(before.available/10, money.USD).Text())
	ids := r.ids("payment")
	counted := r.race("payouts of a tenth of the balance", racers, func(i int) error {
		_, err := r.on(i).CreatePayout(context.Background(), avanor.PayoutRequest{
			ShopPaymentID: ids[i], Payway: "card_payway_usd", Account: r.payee, Amount: tenth, AmountType: avanor.ShopAmount, ShopCurrency: money.USD,
		})
		return err
	})
	r.quiet()
	after := r.balance(money.USD)
	if counted.counts[0] != 10 || counted.counts[avanor.ErrBalance] != racers-10 || after != (balance{before.available - before.available/10*10, 0, 0}) {
		r.t.Errorf("payouts of a tenth of %d: answers by code %v, left are %+v", before.available, counted.counts, after)
	}
}

func (r *rounds) ids(kind string) []string {
	ids := make([]string, racers)
	for i := range ids {
		ids[i] = r.own(kind)
	}
	return ids
}

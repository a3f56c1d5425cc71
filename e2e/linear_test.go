package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// history records who asked what, when, and what was answered when.
type history struct {
	began time.Time
	mu    sync.Mutex
	list  []porcupine.Operation
}

// do makes a call and records it with what it gives, unless it gives nil.
func (h *history) do(client int, input any, call func() any) {
	asked := time.Since(h.began).Nanoseconds()
	output := call()
	answered := time.Since(h.began).Nanoseconds()
	if output == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: input, Call: asked, Output: output, Return: answered})
}

// explained looks for an order of the calls, each within its own time, in which
// one after the other would have given the same answers.
func (h *history) explained(t *testing.T, what string, m porcupine.Model) {
	t.Helper()
	switch porcupine.CheckOperationsTimeout(m, h.list, time.Minute) {
	case porcupine.Illegal:
		for _, o := range h.list {
			t.Logf("client %d: %d-%d %+v: %+v", o.ClientId, o.Call, o.Return, o.Input, o.Output)
		}
		t.Errorf("%s: no order explains the answers", what)
	case porcupine.Unknown:
		t.Logf("%s: not decided in a minute", what)
	}
}

// move is what is asked of a balance: to take (below zero, if there is enough),
// to add, or with nothing only to look.
type move int64

// left is what a balance answers. Without a figure only that it was done.
type left struct {
	refused, silent bool
	balance         int64
}

func balanceModel(first int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			now, by, out := state.(int64), int64(input.(move)), output.(left)
			if out.refused {
				return now+by < 0, now
			}
			after := now + by
			return after >= 0 && (out.silent || out.balance == after), after
		},
	}
}

func TestBalanceModelIsNotEasilyContent(t *testing.T) {
	for _, wrong := range [][]porcupine.Operation{
		{{Input: move(-60), Output: left{balance: 40}, Call: 1, Return: 2}, {Input: move(0), Output: left{balance: 100}, Call: 3, Return: 4}},
		{{Input: move(-60), Output: left{silent: true}, Call: 1, Return: 4}, {ClientId: 1, Input: move(-60), Output: left{silent: true}, Call: 1, Return: 4}},
		{{Input: move(-60), Output: left{refused: true}, Call: 1, Return: 4}},
	} {
		if porcupine.CheckOperations(balanceModel(100), wrong) {
			t.Errorf("explained: %+v", wrong)
		}
	}
}

// Calls of many clients at once have the answers that they would have had one
// after the other, on two nodes too: nobody sees a balance that never was.
func TestBalanceIsLinearizable(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		h := &history{began: time.Now()}
		first := g.balance(money.USD).available
		invoice, _ := g.paid("20000.00")
		h.list = append(h.list, porcupine.Operation{Input: move(19_000_00), Output: left{silent: true}, Call: 0, Return: time.Since(h.began).Nanoseconds()})
		var clients sync.WaitGroup
		for i := range 6 {
			r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))
			clients.Go(func() {
				for range 25 {
					g.step(t, h, i+1, on(i), r, invoice)
				}
			})
		}
		clients.Wait()
		h.explained(t, "the balance", balanceModel(first))
		g.balanced()
	})
}

// step looks at the balance, or moves it.
func (g *gateway) step(t *testing.T, h *history, client int, shop *avanor.Client, r *rand.Rand, invoice int64) {
	ctx := context.Background()
	amount := int64(r.IntN(150)+1) * 100_00 / 2
	switch r.IntN(4) {
	case 0, 1:
		h.do(client, move(0), func() any { return g.look(t, shop) })
	case 2:
		q := g.payoutOf(g.account("7654"), string(cents(amount)))
		h.do(client, move(-amount-part(amount, 2)), func() any {
			made, err := shop.CreatePayout(ctx, q)
			if isCode(err, avanor.ErrBalance) {
				return left{refused: true}
			}
			if err != nil {
				t.Errorf("payout: %v", err)
				return nil
			}
			return left{balance: g.minor(made.Balance, money.USD)}
		})
	case 3:
		q := avanor.RefundRequest{InvoiceID: invoice, ShopRefundID: g.own("refund"), Amount: "100.00"}
		h.do(client, move(-100_00), func() any {
			if _, err := shop.CreateRefund(ctx, q); err != nil {
				if !isCode(err, avanor.ErrBalance) {
					t.Errorf("refund: %v", err)
				}
				return left{refused: true}
			}
			return left{silent: true}
		})
	}
}

func (g *gateway) look(t *testing.T, shop *avanor.Client) any {
	list, err := shop.Balances(context.Background())
	for _, b := range list {
		if b.Currency == money.USD {
			return left{balance: g.minor(b.Available, money.USD)}
		}
	}
	t.Errorf("no balance: %v", err)
	return nil
}

// word is what is asked of a hold, and answer what came: a status, or a refusal.
type (
	word   string
	answer struct {
		status avanor.InvoiceStatus
		code   avanor.Code
	}
)

// ends are what the verbs make of a hold.
var ends = map[word]avanor.InvoiceStatus{"charge": avanor.InvoiceSucceeded, "unhold": avanor.InvoiceRejected}

var holdModel = porcupine.Model{
	Init: func() any { return avanor.InvoiceHeld },
	Step: func(state, input, output any) (bool, any) {
		now, out := state.(avanor.InvoiceStatus), output.(answer)
		end, verb := ends[input.(word)]
		switch {
		case !verb:
			return out.status == now, now
		case out.code == avanor.ErrBusy: // another verb is at the provider: outwardly held
			return now == avanor.InvoiceHeld, now
		case out.code == avanor.ErrParameter: // the other verb won
			return now != avanor.InvoiceHeld && now != end, now
		}
		return out.code == 0 && out.status == end && (now == avanor.InvoiceHeld || now == end), end
	},
}

// Charges, releases and questions about one hold, all at once, have answers that
// one order explains.
func TestStatusIsLinearizable(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		on := g.nodes()
		for range 6 {
			id, order := g.held("100.00")
			h := &history{began: time.Now()}
			var clients sync.WaitGroup
			for i := range 9 {
				clients.Go(func() { g.ask(h, i, on(i), id, order) })
			}
			clients.Wait()
			h.explained(t, fmt.Sprintf("hold %d", id), holdModel)
		}
		g.balanced()
	})
}

// ask is one client's part: two of three only look, again and again.
func (g *gateway) ask(h *history, i int, shop *avanor.Client, id int64, order string) {
	ctx := context.Background()
	if i%3 != 0 {
		for range 8 {
			h.do(i, word("look"), func() any {
				found, err := shop.FindInvoice(ctx, order)
				return told(found, err)
			})
		}
		return
	}
	verb, act := word("charge"), shop.ChargeInvoice
	if i%2 == 1 {
		verb, act = "unhold", shop.UnholdInvoice
	}
	for range 3 {
		h.do(i, verb, func() any {
			found, err := act(ctx, id)
			return told(found, err)
		})
	}
}

func told(v avanor.Invoice, err error) any {
	refused, ok := err.(*avanor.Error)
	switch {
	case ok:
		return answer{code: refused.Code}
	case err != nil:
		return nil
	}
	return answer{status: v.Status}
}

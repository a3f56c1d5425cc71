package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// refusal is a request and the code and words that it gets.
type refusal struct {
	code    avanor.Code
	method  string
	change  map[string]string // to fields that would do
	message string            // what the answer's begins with
}

var (
	goodOrder  = map[string]string{"amount": "100.00", "currency": "840", "payway": "card_invoice_usd", "shop_order_id": "a-new-order"}
	goodPayout = map[string]string{
		"amount": "100.00", "amount_type": "ps_amount", "payway": "card_payway_usd", "shop_currency": "840", "account": "150010000097", "shop_payment_id": "a-new-payment",
	}
)

// refused checks a list of refusals and that they left nothing.
func (g *gateway) refused(list []refusal) {
	g.t.Helper()
	before := g.everything()
	for _, c := range list {
		fields := map[string]string{}
		switch {
		case strings.HasPrefix(c.method, "withdraw/create"), c.method == "withdraw/try", c.method == "check_account":
			maps.Copy(fields, goodPayout)
		case c.method == "invoice/create", c.method == "invoice/hold", c.method == "invoice/try":
			maps.Copy(fields, goodOrder)
		}
		maps.Copy(fields, c.change)
		if message := g.refuse(c.code, c.method, fields); !strings.HasPrefix(message, c.message) {
			g.t.Errorf("%s %v: message %q, want %q", c.method, c.change, message, c.message)
		}
	}
	if after := g.everything(); after != before {
		g.t.Errorf("refused requests changed the database: %s", firstDifference(before, after))
	}
}

func TestErrorCodes(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		created, unpaid := g.order("100.00", false)
		held, _ := g.held("100.00")
		paid, taken := g.paid("100.00")
		again := g.refund(paid, "1.00")
		payout := g.payout(g.account("7654"), "10.00")
		g.quiet()
		id := func(n int64) map[string]string { return map[string]string{"invoice_id": fmt.Sprint(n)} }
		refund := func(n int64, amount, own string) map[string]string {
			return map[string]string{"invoice_id": fmt.Sprint(n), "amount": amount, "shop_refund_id": own}
		}
		was := g.balance(money.USD).available
		g.refused([]refusal{
			{1, "invoice/create", map[string]string{"payway": "nowhere"}, "Payway (alias = nowhere) is not found"},
			{1, "invoice/create", map[string]string{"payway": "card_payway_usd"}, "Payway (alias = card_payway_usd) is not found"},
			{1, "withdraw/create", map[string]string{"payway": "card_invoice_usd"}, "Payway (alias = card_invoice_usd) is not found"},
			{1, "withdraw/try", map[string]string{"payway": "nowhere"}, "Payway (alias = nowhere) is not found"},
			{1, "check_account", map[string]string{"payway": "nowhere"}, "Payway (alias = nowhere) is not found"},
			{4, "invoice/try", map[string]string{"amount": "0.99"}, "Payer price amount is too small, min: 1.0"},
			{4, "invoice/create", map[string]string{"amount": "0.10", "payway": "payway_usd"}, ""},
			{5, "invoice/hold", map[string]string{"amount": "100000.01"}, "Payer price amount is too large, max: 100000.0"},
			{4, "withdraw/try", map[string]string{"amount": "0.99"}, ""},
			{5, "withdraw/create", map[string]string{"amount": "100000.01"}, ""},
			{5, "invoice/create-refund", refund(paid, "99.01", "too-much"), "Refund amount is too large, max: 99.0"},
			{6, "invoice/create", map[string]string{"shop_order_id": taken}, "Shop_order_id '" + taken + "' is not unique for shop(id=1520)"},
			{6, "invoice/hold", map[string]string{"shop_order_id": unpaid}, ""},
			{6, "invoice/create-refund", refund(paid, "1.00", again.ShopRefundID), ""},
			{6, "withdraw/create", map[string]string{"shop_payment_id": payout.ShopPaymentID}, "Shop_payment_id '" + payout.ShopPaymentID + "' is not unique for shop(id=1520)"},
			{7, "withdraw/status", map[string]string{"withdraw_id": "1234567"}, "Withdraw (id=1234567) wasn't found"},
			{7, "withdraw/shop_payment_status", map[string]string{"shop_payment_id": "none"}, ""},
			{7, "invoice/check", map[string]string{"shop_order_id": "none"}, ""},
			{7, "invoice/charge", id(77), ""}, {7, "invoice/unhold", id(77), ""}, {7, "invoice/get-refunds", id(77), ""},
			{7, "invoice/create-refund", refund(77, "1.00", "none"), ""},
			{9, "withdraw/create", map[string]string{"amount": "99999.00"}, fmt.Sprintf("Insufficient balance(currency=840): shop_write_off=101998.98, balance=%d.", was/100)},
			{9, "withdraw/create", map[string]string{"shop_currency": "978", "payway": "wallet_payway_eur", "amount": "50000.01"}, "Insufficient balance(currency=978): shop_write_off=50000.01, balance=50000.0"},
			{10, "invoice/charge", id(created.InvoiceID), `Incorrect values for parameters: invoice_id="`},
			{10, "invoice/charge", id(paid), `Incorrect values for parameters: invoice_id="`},
			{10, "invoice/unhold", id(paid), `Incorrect values for parameters: invoice_id="`},
			{10, "invoice/create-refund", refund(created.InvoiceID, "1.00", "unpaid"), `Incorrect values for parameters: invoice_id="`},
			{10, "invoice/create-refund", refund(held, "1.00", "held"), `Incorrect values for parameters: invoice_id="`},
			{10, "withdraw/create", map[string]string{"account": "A:10.00:ps_amount:card_payway_usd:840:1520:X"}, `Incorrect values for parameters: `},
			{11, "shop_balance", map[string]string{"shop_id": "22222222222"}, "Shop (id = 22222222222) is not found"},
			{13, "withdraw/create", map[string]string{"account": "not-a-card"}, ""},
			{13, "withdraw/create", map[string]string{"account": "150010000009"}, ""},
			{16, "invoice/create", map[string]string{"currency": "643"}, ""},
			{16, "withdraw/try", map[string]string{"shop_currency": "643"}, ""},
			{16, "withdraw/create", map[string]string{"shop_currency": "643"}, ""},
		})
		g.empty()
		g.balanced()
	})
}

// empty: the shop without money may be paid and cannot pay out.
func (g *gateway) empty() {
	g.t.Helper()
	_, err := g.shop(otherShop).CreatePayout(context.Background(), g.payoutOf(g.account("7654"), "10.00"))
	if !isCode(err, avanor.ErrBalance) || !strings.Contains(err.Error(), "Insufficient balance(currency=840): shop_write_off=10.2, balance=0.0") {
		g.t.Errorf("a payout of a shop without money: %v", err)
	}
}

// What an operator switches is in force within a second, through the command line
// beside the running server.
func TestOperatorsSwitches(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		soon := func(code avanor.Code, method string, change map[string]string, message string) {
			t.Helper()
			g.eventually(fmt.Sprintf("%s answers code %d", method, code), func() bool { return g.probe(method, change).Code == code })
			g.refused([]refusal{{code, method, change, message}})
		}
		again := func(method string, change map[string]string) {
			t.Helper()
			g.eventually(method+" is answered again", func() bool { return g.probe(method, change).Code != 12 && g.probe(method, change).Code != 15 })
		}
		if status, said := g.brama("payway", "set", "card_invoice_uah", "active=false"); status != 0 || !strings.Contains(said, "--commit") {
			t.Errorf("without --commit: exit status %d\n%s", status, said)
		}
		if code := g.probe("invoice/try", map[string]string{"payway": "card_invoice_uah"}).Code; code != 0 {
			t.Errorf("a dry run changed something: code %d", code)
		}
		g.operator("payway", "set", "card_invoice_uah", "active=false", "--commit")
		soon(2, "invoice/create", map[string]string{"payway": "card_invoice_uah"}, "")
		soon(2, "invoice/try", map[string]string{"payway": "card_invoice_uah"}, "")
		g.operator("payway", "set", "wallet_payway_eur", "shops=202203", "--commit")
		soon(3, "withdraw/try", map[string]string{"payway": "wallet_payway_eur", "shop_currency": "978"}, "Payway (alias = wallet_payway_eur) is not available for shop")

		balance := map[string]string{}
		g.operator("shop", "deactivate", "1520", "--commit")
		soon(12, "shop_balance", balance, "")
		soon(12, "withdraw/create", nil, "")
		g.operator("shop", "activate", "1520", "--commit")
		again("shop_balance", balance)
		g.operator("shop", "set", "1520", "addresses=203.0.113.0/24", "--commit")
		soon(15, "shop_balance", balance, "Shop ip 127.0.0.1 denied")
		g.operator("shop", "set", "1520", "addresses=127.0.0.0/8", "--commit")
		again("shop_balance", balance)

		g.reusedSigns()
		g.confirmations()
		g.balanced()
	})
}

func (g *gateway) probe(method string, change map[string]string) avanor.Envelope {
	g.t.Helper()
	fields := map[string]string{}
	if method != "shop_balance" {
		maps.Copy(fields, goodOrder)
		if strings.HasPrefix(method, "withdraw") {
			fields = maps.Clone(goodPayout)
		}
	}
	maps.Copy(fields, change)
	return g.call(method, fields)
}

// reusedSigns: one signature is valid for charge and unhold; a shop may have the
// second use refused.
func (g *gateway) reusedSigns() {
	g.t.Helper()
	g.operator("shop", "set", "1520", "refuse_reused_sign=true", "--commit")
	id, order := g.held("100.00")
	fields := map[string]string{"shop_id": "1520", "invoice_id": fmt.Sprint(id), "now": `"2026-05-24T16:35:42"`}
	body := signed(g.t, "invoice/charge", demoSecret, fields)
	g.eventually("a signature that was used is refused", func() bool {
		// The setting may come into force between the two: then the second was first.
		_, _, charge := g.post("/invoice/charge", body)
		_, _, unhold := g.post("/invoice/unhold", body)
		return strings.Contains(string(charge)+string(unhold), `"message":"Incorrect values for parameters: sign=`)
	})
	g.reaches(order, avanor.InvoiceSucceeded)
	g.operator("shop", "set", "1520", "refuse_reused_sign=", "--commit")
}

// confirmations: above a shop's limit a payout waits for an operator.
func (g *gateway) confirmations() {
	g.t.Helper()
	r := newReceiver(g.t)
	g.operator("shop", "set", "1520", "confirm_above=USD:1000.00", "payout_callback_url="+r.URL+"/payouts", "--commit")
	small := g.payout(g.account("7654"), "900.00")
	first, second := g.payout(g.account("7654"), "2000.00"), g.payout(g.account("7654"), "3000.00")
	if small.Status != avanor.PayoutSent || first.Status != avanor.PayoutConfirming || second.Status != avanor.PayoutConfirming {
		g.t.Errorf("created as %s, %s, %s", small.Status, first.Status, second.Status)
	}
	if frozen := g.balance(money.USD).frozen; frozen < 5100_00 {
		g.t.Errorf("frozen %d while two payouts wait", frozen)
	}
	g.operator("payout", "confirm", "1520", fmt.Sprint(first.ID), "--commit")
	g.operator("payout", "reject", "1520", fmt.Sprint(second.ID), "--commit")
	g.settles(small.ID, avanor.PayoutCompleted)
	g.settles(first.ID, avanor.PayoutCompleted)
	g.settles(second.ID, avanor.PayoutRejected)
	g.quiet()
	told := r.words(g.t)
	for id, want := range map[string]string{small.ShopPaymentID: "5", first.ShopPaymentID: "5", second.ShopPaymentID: "6"} {
		if told[id] != want {
			g.t.Errorf("callbacks of payout %s told %q, want %q", id, told[id], want)
		}
	}
}

// A provider that hangs fills the dispatcher. Then payouts wait (status 1), what
// must be sent at once is refused (24) and stores nothing, and what the gateway's
// sudden end cut is found out afterwards.
func TestSaturatedProvider(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		const places = 1024
		held, order := g.held("100.00")
		page, unpaid := g.order("100.00", false)
		queries := make([]avanor.PayoutRequest, places+76)
		for i := range queries {
			queries[i] = g.payoutOf(g.account("0119"), "1.00")
		}
		shop := g.shop(demoShop)
		var mu sync.Mutex
		statuses := map[avanor.PayoutStatus]int{}
		together(64, func(worker int) error {
			for i := worker; i < len(queries); i += 64 {
				made, err := shop.CreatePayout(context.Background(), queries[i])
				if err != nil {
					return err
				}
				mu.Lock()
				statuses[made.Status]++
				mu.Unlock()
			}
			return nil
		}).is(t, "payouts while the provider hangs", map[avanor.Code]int{0: 64})
		if statuses[avanor.PayoutSent] != places || statuses[avanor.PayoutCreated] != len(queries)-places {
			t.Errorf("payouts were created as %v, want %d sent and the rest created", statuses, places)
		}
		before := g.find(order)
		g.refuse(avanor.ErrOverloaded, "invoice/charge", map[string]string{"invoice_id": fmt.Sprint(held)})
		g.refuse(avanor.ErrOverloaded, "invoice/unhold", map[string]string{"invoice_id": fmt.Sprint(held)})
		if after := g.find(order); after != before {
			t.Errorf("a refused charge changed the invoice to %+v", after)
		}
		response, err := g.http.PostForm(page.URL, cardForm(cardOther))
		if err != nil || response.StatusCode != http.StatusServiceUnavailable || g.find(unpaid).Status.Final() {
			t.Errorf("a card while the provider hangs: %v, %v", response, err)
		}
		g.kill()
		g.delay = "0"
		g.start()
		g.quiet()
		g.pay(page, cardOther)
		g.reaches(unpaid, avanor.InvoiceSucceeded)
		if _, err := g.shop(demoShop).ChargeInvoice(context.Background(), held); err != nil {
			t.Errorf("charge afterwards: %v", err)
		}
		g.has(10_000_000+2*95_00-int64(len(queries))*1_02, 0, 0)
		g.balanced()
	}, withDelay("60"))
}

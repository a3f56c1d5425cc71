package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// The outcomes of api/sandbox.md, with waiting times long enough to see what an
// operation passes through.
const unhurried = "0.7"

func requestFor(amount string) avanor.InvoiceRequest {
	return avanor.InvoiceRequest{Amount: avanor.Decimal(amount), Currency: money.USD, Payway: "card_invoice_usd"}
}

// cardCase is a card of the pay page and what becomes of the invoice.
type cardCase struct {
	what, card, code string
	parts            bool // on the page of instalments
	passes, ends     avanor.InvoiceStatus
	reason           avanor.Code

	order string
	seen  map[avanor.InvoiceStatus]bool
}

func cardCases() []*cardCase {
	const awaiting, unknown, paid, rejected = avanor.InvoiceAwaiting, avanor.InvoiceUnknown, avanor.InvoiceSucceeded, avanor.InvoiceRejected
	return []*cardCase{
		{what: "approved", card: cardGood, ends: paid},
		{what: "approved, written in groups", card: "5555 5555 5555 4444", ends: paid},
		{what: "declined", card: "4000 0000 0000 0002", ends: rejected, reason: 22},
		{what: "insufficient funds", card: "4000000000009995", ends: rejected, reason: 22},
		{what: "3-D Secure passed", card: "4000000000003220", code: "1234", passes: awaiting, ends: paid},
		{what: "3-D Secure failed", card: "4000000000003220", code: "4321", passes: awaiting, ends: rejected, reason: 22},
		{what: "notice comes later", card: "4000000000000341", passes: awaiting, ends: paid},
		{what: "notices twice and out of order", card: "4000000000000259", ends: paid},
		{what: "times out after the money was taken", card: "4000000000000119", passes: unknown, ends: paid},
		{what: "times out before anything happened", card: "4000000000000127", passes: unknown, ends: rejected, reason: 23},
		{what: "instalments approved", card: "0000111122223333", code: "7777", parts: true, passes: awaiting, ends: paid},
		{what: "instalments, wrong code", card: "0000111122223333", code: "0000", parts: true, passes: awaiting, ends: rejected, reason: 22},
		{what: "instalments refused", card: "0000111122224444", parts: true, ends: rejected, reason: 22},
	}
}

func TestCards(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		cases, told, usd, uah := cardCases(), map[string]string{}, int64(10_000_000), int64(100_000_000)
		for _, c := range cases {
			g.begin(c)
		}
		for _, c := range cases {
			g.watch(c)
			told[c.order] = map[bool]string{true: "success", false: "rejected"}[c.ends == avanor.InvoiceSucceeded]
			switch {
			case c.ends != avanor.InvoiceSucceeded:
			case c.parts:
				uah += 98_000 // 1000.00 less 2 %
			default:
				usd += 9_500 // 100.00 less 5 %
			}
		}
		g.told(told)
		g.has(usd, 0, 0)
		if got := g.balance(money.UAH); got != (balance{uah, 0, 0}) {
			t.Errorf("balance in UAH %+v, want %d", got, uah)
		}
		g.balanced()
	}, withDelay(unhurried))
}

// begin brings a payer to the page and sends the card, and the code that the
// next page asks for.
func (g *gateway) begin(c *cardCase) {
	g.t.Helper()
	q := requestFor("100.00")
	if c.parts {
		q = avanor.InvoiceRequest{Amount: "1000.00", Currency: money.UAH, Payway: "payparts_uah", AddOns: map[string]string{"parts_count": "4"}}
	}
	page, order := g.orderBy(q, false)
	c.order, c.seen = order, map[avanor.InvoiceStatus]bool{}
	if status := g.find(order).Status; status != avanor.InvoiceCreated {
		g.t.Errorf("%s: before the page is opened the status is %s", c.what, status)
	}
	body := g.pay(page, c.card)
	c.seen[g.find(order).Status] = true
	if c.code == "" {
		return
	}
	if !strings.Contains(body, `name="code"`) {
		g.t.Errorf("%s: no code is asked for:\n%s", c.what, body)
	}
	g.submit(page.URL, url.Values{"code": {c.code}})
}

func (g *gateway) watch(c *cardCase) {
	g.t.Helper()
	var found avanor.Invoice
	g.eventually(c.what+" ends", func() bool {
		found = g.find(c.order)
		c.seen[found.Status] = true
		return found.Status.Final()
	})
	if found.Status != c.ends || found.ErrorCode != c.reason {
		g.t.Errorf("%s: ended %s with error_code %d, want %s and %d", c.what, found.Status, found.ErrorCode, c.ends, c.reason)
	}
	if c.passes != 0 && !c.seen[c.passes] {
		g.t.Errorf("%s: went through %v, never %s", c.what, c.seen, c.passes)
	}
	if found.ClientPrice == "" || (found.Processed == "") != !found.Status.Final() {
		g.t.Errorf("%s: the invoice reads %+v", c.what, found)
	}
}

func TestPayoutAccounts(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		const done, rejected, unknown = avanor.PayoutCompleted, avanor.PayoutRejected, avanor.PayoutUnknown
		cases := []struct {
			end          string
			passes, ends avanor.PayoutStatus
			reason       avanor.Code
			sent         int64 // times: never again while the outcome is unknown, an early "not found" included
		}{
			{"0002", 0, rejected, 22, 1},
			{"0119", unknown, done, 0, 1},
			{"0127", unknown, rejected, 23, 3},
			{"0135", unknown, done, 0, 1},
			{"0259", 0, done, 0, 1},
			{"0341", avanor.PayoutSent, done, 0, 1},
			{"4000", avanor.PayoutProviderError, done, 0, 4},
			{"7654", 0, done, 0, 1},
		}
		available := int64(10_000_000)
		made := make([]avanor.Payout, len(cases))
		seen := make([]map[avanor.PayoutStatus]bool, len(cases))
		for i, c := range cases {
			made[i], seen[i] = g.payout(g.account(c.end), "100.00"), map[avanor.PayoutStatus]bool{}
			available -= 10_200
			if got := g.minor(made[i].Balance, money.USD); made[i].Status != avanor.PayoutSent || made[i].ShopWriteOff != "102.0" || got > available+20_400 {
				t.Errorf("%s: created as %+v", c.end, made[i])
			}
		}
		g.eventually("every payout is final", func() bool {
			open := 0
			for i := range cases {
				found := g.findPayout(made[i].ID)
				if seen[i][found.Status] = true; !found.Status.Final() {
					open++
				}
			}
			return open == 0
		})
		from := g.open(false)
		for i, c := range cases {
			found := g.findPayout(made[i].ID)
			if sent := g.number(from.Reader(), `SELECT COUNT(*) FROM attempt WHERE operation = $1`, found.ID); sent != c.sent {
				t.Errorf("%s: sent %d times, want %d", c.end, sent, c.sent)
			}
			if found.Status != c.ends || found.ErrorCode != c.reason {
				t.Errorf("%s: ended %s with error_code %d, want %s and %d", c.end, found.Status, found.ErrorCode, c.ends, c.reason)
			}
			if c.passes != 0 && !seen[i][c.passes] {
				t.Errorf("%s: went through %v, never %s", c.end, seen[i], c.passes)
			}
			if c.ends == rejected {
				available += 10_200
			}
		}
		g.refusesAccount()
		g.has(available, 0, 0)
		g.balanced()
	}, withDelay(unhurried))
}

// refusesAccount shows an account that the provider does not know: create is
// refused and leaves nothing, so its id can be used again.
func (g *gateway) refusesAccount() {
	g.t.Helper()
	q, ctx := g.payoutOf(g.account("0009"), "100.00"), context.Background()
	if check, err := g.shop(demoShop).CheckAccount(ctx, avanor.AccountCheckRequest{Payway: q.Payway, Amount: q.Amount, Account: q.Account}); err != nil ||
		check.Accepted || check.ProviderStatus != avanor.ProviderAnswered {
		g.t.Errorf("check_account of an account that is not there: %+v, %v", check, err)
	}
	if _, err := g.shop(demoShop).CreatePayout(ctx, q); !isCode(err, avanor.ErrAccountNotFound) {
		g.t.Errorf("a payout to an account that is not there: %v", err)
	}
	if found, err := g.shop(demoShop).FindPayoutByShopID(ctx, q.ShopPaymentID); !isCode(err, avanor.ErrNotFound) {
		g.t.Errorf("a refused payout left %+v, %v", found, err)
	}
	q.Account = g.account("0002")
	made, err := g.shop(demoShop).CreatePayout(ctx, q)
	if err != nil {
		g.t.Fatalf("the id of a refused payout again: %v", err)
	}
	g.settles(made.ID, avanor.PayoutRejected)
}

func TestHeldAmounts(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		told, ctx, shop := map[string]string{}, context.Background(), g.shop(demoShop)
		// The first step of each: the money is held, the shop sees its net.
		id, order := map[string]int64{}, map[string]string{}
		for _, amount := range []string{"100.00", "101.00", "666.00", "667.00", "668.00", "669.00"} {
			id[amount], order[amount] = g.held(amount)
			told[order[amount]] = "hold"
		}
		g.has(10_000_000, 0, 95_00+95_95+632_70+633_65+634_60+635_55)

		if got, err := shop.ChargeInvoice(ctx, id["100.00"]); err != nil || got.Status != avanor.InvoiceSucceeded {
			t.Errorf("charge: %+v, %v", got, err)
		}
		if got, err := shop.UnholdInvoice(ctx, id["101.00"]); err != nil || got.Status != avanor.InvoiceRejected || got.ErrorCode != 0 {
			t.Errorf("unhold: %+v, %v", got, err)
		}
		told[order["100.00"]], told[order["101.00"]] = "hold success", "hold rejected"

		// 666: the capture fails and the money is still held.
		if _, err := shop.ChargeInvoice(ctx, id["666.00"]); !isCode(err, avanor.ErrDeclined) || g.find(order["666.00"]).Status != avanor.InvoiceHeld {
			t.Errorf("charge of 666.00: %v, status %s", err, g.find(order["666.00"]).Status)
		}
		// 667, 668 and the void of 669: nobody knows, so every other verb has to wait.
		for _, doubt := range []struct {
			amount string
			act    func(context.Context, int64) (avanor.Invoice, error)
			other  func(context.Context, int64) (avanor.Invoice, error)
			ends   avanor.InvoiceStatus
		}{
			{"667.00", shop.ChargeInvoice, shop.UnholdInvoice, avanor.InvoiceSucceeded},
			{"668.00", shop.ChargeInvoice, shop.UnholdInvoice, avanor.InvoiceHeld},
			{"669.00", shop.UnholdInvoice, shop.ChargeInvoice, avanor.InvoiceRejected},
		} {
			if _, err := doubt.act(ctx, id[doubt.amount]); !isCode(err, avanor.ErrUnavailable) {
				t.Errorf("%s: the act without an answer: %v", doubt.amount, err)
			}
			if status := g.find(order[doubt.amount]).Status; status != avanor.InvoiceHeld {
				t.Errorf("%s: status %s while nobody knows", doubt.amount, status)
			}
			if _, err := doubt.other(ctx, id[doubt.amount]); !isCode(err, avanor.ErrBusy) {
				t.Errorf("%s: the other verb while nobody knows: %v", doubt.amount, err)
			}
			g.quiet()
			if status := g.find(order[doubt.amount]).Status; status != doubt.ends {
				t.Errorf("%s: ended %s, want %s", doubt.amount, status, doubt.ends)
			}
		}
		told[order["667.00"]], told[order["669.00"]] = "hold success", "hold rejected"
		// What happened is what the same verb answers; what did not may be done.
		if got, err := shop.ChargeInvoice(ctx, id["667.00"]); err != nil || got.Status != avanor.InvoiceSucceeded {
			t.Errorf("charge of 667.00 again: %+v, %v", got, err)
		}
		if got, err := shop.UnholdInvoice(ctx, id["669.00"]); err != nil || got.Status != avanor.InvoiceRejected {
			t.Errorf("unhold of 669.00 again: %+v, %v", got, err)
		}
		for _, amount := range []string{"666.00", "668.00"} {
			if got, err := shop.UnholdInvoice(ctx, id[amount]); err != nil || got.Status != avanor.InvoiceRejected {
				t.Errorf("unhold of %s: %+v, %v", amount, got, err)
			}
			told[order[amount]] = "hold rejected"
		}
		g.told(told)
		g.has(10_000_000+95_00+633_65, 0, 0)
		g.balanced()
	}, withDelay(unhurried))
}

func TestRefundAmounts(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		invoice, order := g.paid("3000.00")
		told, made := map[string]string{order: "success"}, map[string]avanor.Refund{}
		frozen := int64(0)
		for amount, minor := range map[string]int64{"666.00": 666_00, "667.00": 667_00, "668.00": 668_00} {
			made[amount] = g.refund(invoice, amount)
			frozen += minor
			if f := made[amount]; f.Status != avanor.RefundWaiting || string(f.Amount) != amount || f.Currency != "USD" || f.Processed != "" {
				t.Errorf("refund of %s: created as %+v", amount, f)
			}
		}
		g.has(10_000_000+2850_00-frozen, frozen, 0)
		made["100.00"] = g.refund(invoice, "100.00")
		for amount, want := range map[string]struct {
			ends   avanor.RefundStatus
			reason avanor.Code
		}{
			"100.00": {avanor.RefundSucceeded, 0}, "666.00": {avanor.RefundFailed, 22},
			"667.00": {avanor.RefundSucceeded, 0}, "668.00": {avanor.RefundFailed, 23},
		} {
			f := g.refunded(invoice, made[amount].ShopRefundID, want.ends)
			if f.ErrorCode != want.reason || f.Processed == "" {
				t.Errorf("refund of %s: ended as %+v, want error_code %d", amount, f, want.reason)
			}
			told[f.ShopRefundID] = string(want.ends)
		}
		g.told(told)
		g.has(10_000_000+2850_00-667_00-100_00, 0, 0)
		g.balanced()
	}, withDelay(unhurried))
}

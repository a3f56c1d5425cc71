package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// Every method by the public client, as a shop that integrates would go through
// them: quotes, configurations, a sale, a hold, refunds, payouts.
func TestEveryMethod(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		g.configurations()
		g.quotes()
		g.expiring()
		g.payForm()
		ctx, shop := context.Background(), g.shop(demoShop)

		// A sale, refunded in two parts; the third asks for more than is left.
		invoice, order := g.paid("299.45")
		if sold := g.find(order); sold.ShopRefund != "284.48" || sold.ClientPrice != "299.45" || !sold.Unique || sold.Processed == "" {
			t.Errorf("the sale reads %+v", sold)
		}
		first, last := g.refund(invoice, "99.45"), g.refund(invoice, "200.00")
		if _, err := shop.CreateRefund(ctx, avanor.RefundRequest{InvoiceID: invoice, ShopRefundID: g.own("refund"), Amount: "0.01"}); !isCode(err, avanor.ErrTooLarge) {
			t.Errorf("a cent more than was paid: %v", err)
		}
		g.refunded(invoice, first.ShopRefundID, avanor.RefundSucceeded)
		g.refunded(invoice, last.ShopRefundID, avanor.RefundSucceeded)
		if list, err := shop.ListRefunds(ctx, invoice); err != nil || len(list) != 2 || list[0].ShopRefundID != first.ShopRefundID {
			t.Errorf("refunds %+v, %v; want two, the oldest first", list, err)
		}

		// A sale in dollars that is paid in hryvnias, refunded in parts that never
		// exceed the whole.
		page, converted := g.orderBy(avanor.InvoiceRequest{Amount: "10.01", Currency: money.USD, Payway: "card_invoice_uah"}, false)
		g.pay(page, cardOther)
		if sold := g.reaches(converted, avanor.InvoiceSucceeded); sold.ClientPrice != "412.92" || sold.PayCurrency != money.UAH || sold.ShopRefund != "9.86" {
			t.Errorf("the converted sale reads %+v", sold)
		}
		for _, part := range []string{"3.33", "3.33", "3.35"} {
			g.refunded(page.InvoiceID, g.refund(page.InvoiceID, part).ShopRefundID, avanor.RefundSucceeded)
		}

		// Payouts with conversion, and by what leaves the balance.
		uah := avanor.PayoutRequest{
			ShopPaymentID: g.own("payment"), Payway: "card_payway_uah", Account: g.account("7654"), Amount: "1000.00",
			AmountType: avanor.PsAmount, ShopCurrency: money.USD, AccountDetails: map[string]string{"name": "Адам"},
		}
		made, err := shop.CreatePayout(ctx, uah)
		if err != nil || made.ShopWriteOff != "24.61" || made.PayeeReceive != "1000.0" {
			t.Fatalf("a payout in UAH from USD: %+v, %v", made, err)
		}
		found, _ := g.settles(made.ID, avanor.PayoutCompleted)
		if again, err := shop.FindPayoutByShopID(ctx, uah.ShopPaymentID); err != nil || again != found || found.RRN == "" {
			t.Errorf("found by the shop's id %+v, by ours %+v, %v", again, found, err)
		}
		eur := avanor.PayoutRequest{ShopPaymentID: g.own("payment"), Payway: "wallet_payway_eur", Account: "W-" + g.account("7654"), Amount: "100.00", AmountType: avanor.ShopAmount, ShopCurrency: money.EUR}
		if made, err = shop.CreatePayout(ctx, eur); err != nil || made.ShopWriteOff != "100.0" || made.PayeeReceive != "100.0" {
			t.Fatalf("a payout in EUR: %+v, %v", made, err)
		}
		g.settles(made.ID, avanor.PayoutCompleted)

		// 284.48 + 9.86 in; 299.45 + 10.01 + 24.61 out; the form's 100.00 − 5 % in.
		g.has(10_000_000+284_48+9_86-299_45-10_01-24_61+95_00, 0, 0)
		g.balanced()
	})
}

// configurations are what shops build their own forms from.
func (g *gateway) configurations() {
	g.t.Helper()
	ctx, aliases := context.Background(), map[string]bool{}
	in, err := g.shop(demoShop).ListInputPayways(ctx, "")
	if err != nil {
		g.t.Fatal(err)
	}
	out, err := g.shop(demoShop).ListOutputPayways(ctx, "")
	if err != nil {
		g.t.Fatal(err)
	}
	for _, method := range append(in, out...) {
		for _, way := range method.Payways {
			aliases[way.Alias] = way.Active
			if way.Alias == "payway_usd" && (way.Tariff.Percent != "2.0" || way.Tariff.Fix != "0.3" || way.MinAmount != "1.0" || way.MaxAmount != "100000.0") {
				g.t.Errorf("payway_usd reads %+v", way)
			}
			if way.Alias == "card_payway_usd" && way.Fields["name"].Title == "" {
				g.t.Errorf("card_payway_usd asks for %+v", way.Fields)
			}
		}
	}
	if len(in) != 4 || len(out) != 3 || len(aliases) != 7 {
		g.t.Errorf("payways %v", aliases)
	}
	if only, err := g.shop(demoShop).ListInputPayways(ctx, "payway_usd"); err != nil || len(only) != 1 {
		g.t.Errorf("the list narrowed to one payway: %+v, %v", only, err)
	}
}

// quotes create nothing and leave the shop's ids free.
func (g *gateway) quotes() {
	g.t.Helper()
	q := requestFor("100.00")
	q.ShopOrderID, q.Payway = g.own("order"), "card_invoice_uah"
	for range 2 {
		if quote, err := g.shop(demoShop).TryInvoice(context.Background(), q); err != nil || quote.PayerPrice != "4125.0" || quote.Currency != money.UAH {
			g.t.Errorf("invoice/try: %+v, %v", quote, err)
		}
	}
	if _, err := g.shop(demoShop).FindInvoice(context.Background(), q.ShopOrderID); !isCode(err, avanor.ErrNotFound) {
		g.t.Errorf("a quote left an invoice: %v", err)
	}
}

// expiring is an invoice that nobody pays in time.
func (g *gateway) expiring() {
	g.t.Helper()
	q := requestFor("100.00")
	q.ExpiresAt = time.Now().Add(2 * time.Second)
	page, order := g.orderBy(q, false)
	if g.status(strings.TrimPrefix(page.URL, g.url)) != http.StatusOK || g.find(order).Status != avanor.InvoiceAwaiting {
		g.t.Errorf("opened, the invoice is %s", g.find(order).Status)
	}
	if ended := g.reaches(order, avanor.InvoiceRejected); ended.ErrorCode != avanor.ErrUnavailable {
		g.t.Errorf("expired with error_code %d", ended.ErrorCode)
	}
	g.pay(page, cardOther)
	if status := g.find(order).Status; status != avanor.InvoiceRejected {
		g.t.Errorf("paid after it expired: %s", status)
	}
}

// payForm is the signed form that a payer's browser sends.
func (g *gateway) payForm() {
	g.t.Helper()
	form, err := g.shop(demoShop).PayForm("uk", avanor.PayFormRequest{
		ShopOrderID: g.own("order"), Amount: "100.00", Currency: money.USD, Description: "Форма",
		Extra: map[string]string{"payway": "card_invoice_usd", "callback_url": "http://127.0.0.1:9/evil"},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	values := url.Values{}
	for name, value := range form.Fields {
		values.Set(name, value)
	}
	var pages []string
	for range 2 { // a payer who sends it again comes to the same page
		response, err := g.http.PostForm(form.Action, values)
		if err != nil {
			g.t.Fatal(err)
		}
		response.Body.Close()
		to, err := response.Location()
		if err != nil || response.StatusCode != http.StatusSeeOther || to.Query().Get("lang") != "uk" {
			g.t.Fatalf("the pay form: HTTP %d, %v", response.StatusCode, err)
		}
		pages = append(pages, to.String())
	}
	if pages[0] != pages[1] {
		g.t.Errorf("the same form leads to %s and to %s", pages[0], pages[1])
	}
	if _, body := g.submit(pages[0], cardForm(cardOther)); !strings.Contains(body, `lang="uk"`) {
		g.t.Error("the page is not in the form's language")
	}
	paid := g.reaches(form.Fields["shop_order_id"], avanor.InvoiceSucceeded)
	g.quiet()
	if got := words(g.callbacks())[paid.ShopOrderID]; got != "success" {
		g.t.Errorf("callbacks of the form's invoice told %q: the payer's own address must not count", got)
	}
	values.Set("amount", "1.00")
	if response, err := g.http.PostForm(form.Action, values); err != nil || response.StatusCode != http.StatusBadRequest {
		g.t.Errorf("a form whose amount was changed: %v, %v", response, err)
	}
}

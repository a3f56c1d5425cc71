package avanor_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/client/avanor"
)

// envelope wraps data as the recorded server does: sorted keys, compact, one newline.
func envelope(data string) string {
	return `{"data":` + data + `,"error_code":0,"message":"Ok","result":true}` + "\n"
}

// TestAnswers decodes an answer of every method, byte for byte in the recorded
// form (api/avanor.md §5–§7). A lost digit or a mixed-up key fails here.
func TestAnswers(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		what, data string
		call       func(c *avanor.Client) (any, error)
		want       any
	}{
		{
			"invoice/try",
			`{"add_ons_config":{"phone":{"example":"380501234567","regex":"^\\d{12}$","title":{"en":"Phone","ru":"Телефон"}}},"info":{},"manual":{"en":"Pay","ru":"Платите"},"payer_price":299.45,"paymethod_id":12,"paymethod_name":"Card","ps_currency":840,"warning":{}}`,
			func(c *avanor.Client) (any, error) { return c.TryInvoice(ctx, avanor.InvoiceRequest{}) },
			avanor.InvoiceQuote{PayerPrice: "299.45", Currency: 840, PaymethodID: 12, PaymethodName: "Card",
				AddOns: map[string]avanor.Field{"phone": {Regex: `^\d{12}$`, Title: `{"en":"Phone","ru":"Телефон"}`, Example: "380501234567"}},
				Manual: map[string]string{"en": "Pay", "ru": "Платите"}, Info: json.RawMessage("{}"), Warning: json.RawMessage("{}")},
		},
		{
			"invoice/create",
			`{"data":{"session_id":"0123456789abcdef0123456789abcdef"},"id":33733463,"method":"GET","url":"https://pay.example/pay/0123456789abcdef0123456789abcdef"}`,
			func(c *avanor.Client) (any, error) { return c.CreateInvoice(ctx, avanor.InvoiceRequest{}) },
			avanor.PayPage{InvoiceID: 33733463, Method: "GET", URL: "https://pay.example/pay/0123456789abcdef0123456789abcdef",
				Data: map[string]string{"session_id": "0123456789abcdef0123456789abcdef"}},
		},
		{
			"invoice/check",
			`{"client_price":20000.0,"created":"2023-07-18T13:23:41","description":"Payment","error_code":0,"is_unique":true,"payment_id":33733463,"payway":"card_usd","processed":null,"ps_currency":840,"ps_data":"{\"ps_payer_account\":\"424242XXXXXX4242\"}","shop_amount":20000.0,"shop_currency":840,"shop_id":1520,"shop_order_id":"4126","shop_refund":19000.0,"status":2,"updated":"2023-07-18T13:24:00"}`,
			func(c *avanor.Client) (any, error) { return c.FindInvoice(ctx, "4126") },
			avanor.Invoice{ID: 33733463, ShopID: 1520, ShopOrderID: "4126", Status: avanor.InvoiceAwaiting, Payway: "card_usd",
				Description: "Payment", ShopAmount: "20000.0", ShopRefund: "19000.0", ShopCurrency: 840, ClientPrice: "20000.0",
				PayCurrency: 840, PsData: `{"ps_payer_account":"424242XXXXXX4242"}`, Unique: true,
				Created: "2023-07-18T13:23:41", Updated: "2023-07-18T13:24:00"},
		},
		{
			"invoice/charge without data", `null`,
			func(c *avanor.Client) (any, error) { return c.ChargeInvoice(ctx, 1) }, avanor.Invoice{},
		},
		{
			"invoice/unhold with data", `{"payment_id":5,"status":6}`,
			func(c *avanor.Client) (any, error) { return c.UnholdInvoice(ctx, 5) },
			avanor.Invoice{ID: 5, Status: avanor.InvoiceRejected},
		},
		{
			"invoice/create-refund",
			`{"addons":"{}","amount":"95.50","created_at":"2023-07-18T13:23:41","currency":"USD","error_code":0,"invoice_id":33733463,"processed_at":null,"shop_refund_id":"r-1","status":"WAITING"}`,
			func(c *avanor.Client) (any, error) { return c.CreateRefund(ctx, avanor.RefundRequest{}) },
			avanor.Refund{ShopRefundID: "r-1", InvoiceID: 33733463, Status: avanor.RefundWaiting, Amount: "95.50", Currency: "USD",
				Created: "2023-07-18T13:23:41", Addons: "{}"},
		},
		{
			"invoice/get-refunds", `[{"amount":"1.00","shop_refund_id":"a","status":"SUCCESS"},{"amount":"2.00","error_code":22,"shop_refund_id":"b","status":"FAILED"}]`,
			func(c *avanor.Client) (any, error) { return c.ListRefunds(ctx, 1) },
			[]avanor.Refund{{ShopRefundID: "a", Status: avanor.RefundSucceeded, Amount: "1.00"},
				{ShopRefundID: "b", Status: avanor.RefundFailed, Amount: "2.00", ErrorCode: avanor.ErrDeclined}},
		},
		{
			"invoice/get-refunds, none", `[]`,
			func(c *avanor.Client) (any, error) { return c.ListRefunds(ctx, 1) }, []avanor.Refund{},
		},
		{
			"shop_input_config/shop",
			`[{"id":2,"name":"Card","payways":[{"add_ons_config":null,"alias":"card_usd","currency":840,"fee_config":{"fix":0.3,"percent":2.0},"fee_part_config":{"fix_part":1,"percent_part":"1.0"},"id":7,"is_active":true,"max_amount":100000.0,"min_amount":1.0}],"rating":10}]`,
			func(c *avanor.Client) (any, error) { return c.ListInputPayways(ctx, "card_usd") },
			[]avanor.Paymethod{{ID: 2, Name: "Card", Rating: 10, Payways: []avanor.Payway{{ID: 7, Alias: "card_usd", Currency: 840,
				Active: true, MinAmount: "1.0", MaxAmount: "100000.0", Fields: map[string]avanor.Field{},
				Tariff: avanor.Tariff{Percent: "2.0", Fix: "0.3", PercentPart: "1.0", FixPart: "1"}}}}},
		},
		{
			"shop_output_config/shop",
			`[{"id":3,"name":"Card","payways":[{"account_info_config":{"account":{"regex":"^[0-9]{8,19}$","title":"Card"}},"alias":"card_payway_usd","currency":840,"fee_config":{"fix":0.0,"percent":2.0},"fee_part_config":{"fix_part":1,"percent_part":"1.0"},"id":8,"is_active":false,"max_amount":100000.0,"min_amount":1.0,"paysystem_data":{}}],"rating":0}]`,
			func(c *avanor.Client) (any, error) { return c.ListOutputPayways(ctx, "") },
			[]avanor.Paymethod{{ID: 3, Name: "Card", Payways: []avanor.Payway{{ID: 8, Alias: "card_payway_usd", Currency: 840,
				MinAmount: "1.0", MaxAmount: "100000.0", Fields: map[string]avanor.Field{"account": {Regex: "^[0-9]{8,19}$", Title: "Card"}},
				Tariff: avanor.Tariff{Percent: "2.0", Fix: "0.0", PercentPart: "1.0", FixPart: "1"}}}}},
		},
		{
			"withdraw/try",
			`{"account_info_config":{},"info":{},"payee_receive":100.23,"ps_currency":840,"shop_currency":840,"shop_write_off":102.23}`,
			func(c *avanor.Client) (any, error) { return c.TryPayout(ctx, avanor.PayoutQuoteRequest{}) },
			avanor.PayoutQuote{ShopWriteOff: "102.23", ShopCurrency: 840, PayeeReceive: "100.23", PayCurrency: 840,
				AccountFields: map[string]avanor.Field{}, Info: json.RawMessage("{}")},
		},
		{
			"check_account", `{"account_info":null,"provider_status":1,"result":true}`,
			func(c *avanor.Client) (any, error) { return c.CheckAccount(ctx, avanor.AccountCheckRequest{}) },
			avanor.AccountCheck{Accepted: true, ProviderStatus: avanor.ProviderAnswered, Info: json.RawMessage("null")},
		},
		{
			"check_account, refused", `{"account_info":null,"provider_status":1,"result":false}`,
			func(c *avanor.Client) (any, error) { return c.CheckAccount(ctx, avanor.AccountCheckRequest{}) },
			avanor.AccountCheck{ProviderStatus: avanor.ProviderAnswered, Info: json.RawMessage("null")},
		},
		{
			"withdraw/create",
			`{"balance":90071992547409.93,"id":9007199254740991,"payee_receive":100.0,"ps_currency":840,"shop_currency":840,"shop_payment_id":"p-1","shop_write_off":102.0,"status":3}`,
			func(c *avanor.Client) (any, error) { return c.CreatePayout(ctx, avanor.PayoutRequest{}) },
			avanor.Payout{ID: 9007199254740991, ShopPaymentID: "p-1", Status: avanor.PayoutSent, ShopWriteOff: "102.0", ShopCurrency: 840,
				PayeeReceive: "100.0", PayCurrency: 840, Balance: "90071992547409.93"},
		},
		{
			"withdraw/status",
			`{"bank_transaction_id":null,"error_code":22,"id":1234567,"payee_receive":1000.0,"ps_currency":980,"rrn":"412345678901","shop_currency":840,"shop_payment_id":"p-1","shop_write_off":24.61,"status":6}`,
			func(c *avanor.Client) (any, error) { return c.FindPayout(ctx, 1234567) },
			avanor.Payout{ID: 1234567, ShopPaymentID: "p-1", Status: avanor.PayoutRejected, ErrorCode: avanor.ErrDeclined, ShopWriteOff: "24.61",
				ShopCurrency: 840, PayeeReceive: "1000.0", PayCurrency: 980, RRN: "412345678901"},
		},
		{
			"shop_balance", `{"balances":[{"available":5889.25,"currency":978,"frozen":0.0,"hold":0.0}],"shop_id":357}`,
			func(c *avanor.Client) (any, error) { return c.Balances(ctx) },
			[]avanor.Balance{{Currency: 978, Available: "5889.25", Frozen: "0.0", Hold: "0.0"}},
		},
	}
	for _, test := range tests {
		got, err := test.call(newGateway(t, envelope(test.data)).client(t))
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.what, diff)
		}
	}
}

// TestInvoiceRequestFields: every optional field has its wire name, and an
// unset one is absent.
func TestInvoiceRequestFields(t *testing.T) {
	g := newGateway(t, envelope(`{"id":1,"url":"u"}`))
	request := avanor.InvoiceRequest{
		ShopOrderID: "1", Amount: "1.00", Currency: 980, Payway: "p", Description: "d", SuccessURL: "s", FailedURL: "f",
		CallbackURL: "c", CallbackRejectedURL: "r", ExpiresAt: time.Date(2026, 11, 21, 16, 22, 13, 0, time.UTC),
		ClientIP: "203.0.113.7", ClientInfo: map[string]string{"browser_language": "uk"}, IssuePaymentToken: true,
		AddOns: map[string]string{"phone": "380"},
	}
	if _, err := g.client(t).CreateInvoice(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	g.checkSign(t)
	want := map[string]string{
		"shop_id": "1520", "shop_order_id": "1", "amount": "1.00", "currency": "980", "payway": "p", "description": "d",
		"success_url": "s", "failed_url": "f", "callback_url": "c", "callback_rejected_url": "r",
		"expires_at": "2026-11-21T16:22:13Z", "client_ip": "203.0.113.7", "client_info": `{"browser_language":"uk"}`,
		"issue_payment_token": "true", "phone": "380",
	}
	got := literals(t, g.body)
	delete(got, "sign")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := g.client(t).CreateInvoice(t.Context(), avanor.InvoiceRequest{}); err != nil {
		t.Fatal(err)
	}
	if n := len(literals(t, g.body)); n != 6 {
		t.Errorf("a bare request has %d fields: %s", n, g.body)
	}
}

func TestAddOnsReplaceNothing(t *testing.T) {
	g := newGateway(t, "")
	for _, name := range []string{"amount", "shop_id", "sign"} {
		request := avanor.InvoiceRequest{Amount: "1.00", AddOns: map[string]string{name: "1"}}
		if _, err := g.client(t).HoldInvoice(t.Context(), request); err == nil {
			t.Errorf("%s was replaced", name)
		}
	}
	if g.calls != 0 {
		t.Error("something was sent")
	}
}

func TestStatuses(t *testing.T) {
	for status := range 12 {
		if got := avanor.InvoiceStatus(status).Final(); got != (status == 4 || status == 6) {
			t.Errorf("invoice status %d final: %t", status, got)
		}
		if got := avanor.PayoutStatus(status).Final(); got != (status == 5 || status == 6) {
			t.Errorf("payout status %d final: %t", status, got)
		}
	}
	if avanor.RefundWaiting.Final() || !avanor.RefundFailed.Final() || !avanor.RefundSucceeded.Final() {
		t.Error("refund statuses")
	}
	if avanor.InvoiceHeld.String() != "held" || avanor.PayoutStatus(77).String() != "status 77" {
		t.Error("status texts")
	}
}

func TestLocalTimeMeansUTCPlus3(t *testing.T) {
	got, err := avanor.LocalTime("2023-07-18T13:23:41").In(avanor.Zone)
	if err != nil || !got.Equal(time.Date(2023, 7, 18, 10, 23, 41, 0, time.UTC)) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := avanor.LocalTime("").In(avanor.Zone); err == nil {
		t.Error("no time was read as one")
	}
}

// TestPayPageForm: method POST is rendered as a form, with hostile values escaped.
func TestPayPageForm(t *testing.T) {
	g := newGateway(t, envelope(`{"data":{"a":"\"><script>"},"id":1,"method":"POST","url":"https://ps.example/in"}`))
	page, err := g.client(t).CreateInvoice(t.Context(), avanor.InvoiceRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := avanor.Form{Method: http.MethodPost, Action: "https://ps.example/in", Fields: map[string]string{"a": `"><script>`}}
	if diff := cmp.Diff(want, page.Form()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

package avanor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

// answering is a gateway that gives one answer to everything.
func answering(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
}

func ExampleClient_CreateInvoice() {
	gateway := answering(`{"data":{"data":{"session_id":"0123456789abcdef0123456789abcdef"},"id":33733463,"method":"GET","url":"https://pay.example/pay/0123456789abcdef0123456789abcdef"},"error_code":0,"message":"Ok","result":true}`)
	defer gateway.Close()

	client, err := avanor.New(gateway.URL, 1520, "account-secret-key")
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := client.CreateInvoice(context.Background(), avanor.InvoiceRequest{
		ShopOrderID: "5b0efa8a-153b-4421-abac-2aba4d772a86",
		Amount:      avanor.Money(money.New(632091, 840)),
		Currency:    840,
		Payway:      "card_invoice_usd",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("invoice", page.InvoiceID)
	fmt.Println("send the payer to", page.URL)
	// Output:
	// invoice 33733463
	// send the payer to https://pay.example/pay/0123456789abcdef0123456789abcdef
}

// A payout whose answer is lost may have been made: it is asked for, not repeated.
func ExampleClient_CreatePayout() {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/withdraw/create") {
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"data":{"bank_transaction_id":null,"error_code":0,"id":1234567,"payee_receive":100.23,"ps_currency":840,"rrn":null,"shop_currency":840,"shop_payment_id":"salary-7","shop_write_off":102.23,"status":3},"error_code":0,"message":"Ok","result":true}`)
	}))
	defer gateway.Close()

	client, _ := avanor.New(gateway.URL, 1520, "account-secret-key")
	ctx := context.Background()
	payout, err := client.CreatePayout(ctx, avanor.PayoutRequest{
		ShopPaymentID: "salary-7", Payway: "card_payway_usd", Account: "4242424242424242",
		Amount: "100.23", AmountType: avanor.PsAmount, ShopCurrency: 840,
	})
	if errors.Is(err, avanor.ErrOutcomeUnknown) {
		payout, err = client.FindPayoutByShopID(ctx, "salary-7")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	cost, _ := payout.ShopWriteOff.In(payout.ShopCurrency)
	fmt.Println(payout.ID, payout.Status, cost)
	// Output: 1234567 sent to the provider 102.23 USD
}

func ExampleError() {
	gateway := answering(`{"data":null,"error_code":9,"message":"Insufficient balance(currency=840): shop_write_off=500.0, balance=0.0","result":false}`)
	defer gateway.Close()

	client, _ := avanor.New(gateway.URL, 17, "account-secret-key")
	_, err := client.CreatePayout(context.Background(), avanor.PayoutRequest{})
	fmt.Println(errors.Is(err, avanor.ErrBalance))
	fmt.Println(err)
	// Output:
	// true
	// avanor: withdraw/create: code 9: Insufficient balance(currency=840): shop_write_off=500.0, balance=0.0
}

func ExampleClient_Call() {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(os.Stdout, r.Body)
		fmt.Println()
		_, _ = io.WriteString(w, `{"data":{"payer_price":6320.91},"error_code":0,"message":"Ok","result":true}`)
	}))
	defer gateway.Close()

	client, _ := avanor.New(gateway.URL, 1520, "account-secret-key")
	envelope, err := client.Call(context.Background(), "invoice/try", map[string]string{
		"amount": "6320.91", "currency": "840", "payway": "card_invoice_usd",
		"shop_order_id": "5b0efa8a-153b-4421-abac-2aba4d772a86",
	})
	fmt.Println(string(envelope.Data), err)
	// Output:
	// {"amount":"6320.91","currency":840,"payway":"card_invoice_usd","shop_id":1520,"shop_order_id":"5b0efa8a-153b-4421-abac-2aba4d772a86","sign":"77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"}
	// {"payer_price":6320.91} <nil>
}

func ExampleClient_PayForm() {
	client, _ := avanor.New("https://api.example", 5, "SecretKey01")
	form, err := client.PayForm("en", avanor.PayFormRequest{ShopOrderID: "101", Amount: "10.00", Currency: 643})
	fmt.Println(form.URL(), err)
	// Output: https://api.example/en/pay?amount=10.00&currency=643&shop_id=5&shop_order_id=101&sign=e4580435a252d61ef91b71cb23ed7bee4d77de94ced36411526d2ce3b66ada8f <nil>
}

// A receiver verifies first, answers OK, and may be told the same thing twice.
func ExampleParseCallback() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			return
		}
		callback, err := avanor.ParseCallback(r.Header.Get("Content-Type"), body, "account-secret-key")
		if err != nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		invoice, err := callback.Invoice()
		if err != nil {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		fmt.Println("order", invoice.ShopOrderID, invoice.Status, invoice.ShopAmount)
		_, _ = io.WriteString(w, "OK")
	}))
	defer receiver.Close()

	for _, body := range []string{
		`{"shop_amount":365,"shop_order_id":"17","status":"success","sign":"` + hexSum("365:17:success"+"account-secret-key") + `"}`,
		`{"shop_amount":999,"shop_order_id":"17","status":"success","sign":"` + hexSum("365:17:success"+"account-secret-key") + `"}`,
	} {
		response, err := http.Post(receiver.URL+"?type=invoice", "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = response.Body.Close()
		fmt.Println(response.Status)
	}
	// Output:
	// order 17 succeeded 365
	// 200 OK
	// 403 Forbidden
}

func ExampleVerifyWebhookHeaders() {
	now := time.Date(2026, 5, 24, 16, 35, 42, 0, time.UTC)
	header := webhookHeader("msg_1", now, `{"status":"success"}`)
	id, err := avanor.VerifyWebhookHeaders(header, []byte(`{"status":"success"}`), now, webhookKey)
	fmt.Println(id, err)
	// Output: msg_1 <nil>
}

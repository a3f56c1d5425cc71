package payparts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func ExampleClient_Hold() {
	bank := newBank()
	defer bank.Close()
	client, err := payparts.New(bank.URL, "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	plan := instalment.Plan{
		MerchantType: instalment.PP, PartsCount: 4,
		Products: []instalment.Product{{Name: "Кавоварка", Count: 1, Price: money.New(1999_99, money.UAH)}},
	}
	created, err := client.Hold(ctx, payparts.CreateRequest{
		OrderID: "2026-000017", Amount: money.New(1999_99, money.UAH), Plan: plan, ResponseURL: "https://shop.example/payparts",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("send the payer to", strings.TrimPrefix(client.PageURL(created.Token), bank.URL))

	bank.pay("2026-000017", "LOCKED") // the payer's part
	answer, err := client.Confirm(ctx, "2026-000017")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the signature covers", answer.Cover)
	payment, err := client.State(ctx, "2026-000017", payparts.Show{Amount: true})
	fmt.Println(payment.State, payment.Amount, err)
	// Output:
	// send the payer to /ipp/v2/payment?token=E8E354374D404C1E9279DCCF1C7B5541
	// the signature covers the order only
	// SUCCESS 1999.99 UAH <nil>
}

// A decline whose answer is lost may have been made: it is asked for, not repeated.
func ExampleClient_Decline() {
	bank := newBank()
	defer bank.Close()
	bank.payments["2026-000017"] = &payment{state: "SUCCESS", amount: "300.00"}
	client, _ := payparts.New(bank.URL, "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	ctx := context.Background()

	bank.loseAnswers(true)
	_, err := client.Decline(ctx, payparts.DeclineRequest{OrderID: "2026-000017", Amount: money.New(300_00, money.UAH)})
	bank.loseAnswers(false)
	if errors.Is(err, payparts.ErrOutcomeUnknown) {
		payment, err := client.State(ctx, "2026-000017", payparts.Show{Refund: true})
		fmt.Println(payment.State, payment.Refunds[0].Amount, payment.Refunds[0].State, err)
	}
	// Output: SUCCESS 300.00 UAH SUCCESS <nil>
}

func ExampleError() {
	bank := newBank()
	defer bank.Close()
	client, _ := payparts.New(bank.URL, "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	_, err := client.State(context.Background(), "2026-000018", payparts.Show{})
	fmt.Println(errors.Is(err, payparts.ErrPaymentNotFound))
	fmt.Println(err)
	// Output:
	// true
	// payparts: state: refused: Платеж не найден
}

// A receiver verifies first and asks State before it believes.
func ExampleClient_ParseCallback() {
	bank := newBank()
	defer bank.Close()
	bank.payments["2026-000017"] = &payment{state: "CREATED", amount: "300.00"}
	client, _ := payparts.New(bank.URL, "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			return
		}
		callback, err := client.ParseCallback(body)
		if err != nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		payment, err := client.State(r.Context(), callback.OrderID, payparts.Show{Amount: true})
		if err != nil {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		fmt.Println("order", payment.OrderID, payment.State, payment.Amount)
	}))
	defer receiver.Close()

	genuine := string(bank.pay("2026-000017", "SUCCESS"))
	for _, body := range []string{genuine, strings.Replace(genuine, "000017", "000018", 1)} {
		response, err := http.Post(receiver.URL, "application/json; charset=UTF-8", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = response.Body.Close()
		fmt.Println(response.Status)
	}
	// Output:
	// order 2026-000017 SUCCESS 300.00 UAH
	// 200 OK
	// 403 Forbidden
}

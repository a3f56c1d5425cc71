//go:build ignore

// Take a held payment.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func main() {
	client, err := payparts.New("http://127.0.0.1:8080", "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	price := money.New(600_00, money.UAH)
	order := fmt.Sprintf("ORDER-%d", time.Now().UnixNano())
	created, err := client.Hold(ctx, payparts.CreateRequest{
		OrderID: order, Amount: price,
		Plan: instalment.Plan{
			MerchantType: instalment.PP, PartsCount: 6,
			Products: []instalment.Product{{Name: "TV", Count: 1, Price: price}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	pay(client.PageURL(created.Token))

	if _, err := client.Confirm(ctx, order); err != nil {
		log.Fatal(err)
	}
	payment, err := client.State(ctx, order, payparts.Show{}) // the answer is signed over the order only
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.OrderID, "is", payment.State)
}

// pay is the payer, who fills in a card, then the code.
func pay(page string) {
	for _, form := range []url.Values{{"card": {"0000111122223333"}, "expiry": {"10/30"}, "cvv": {"123"}}, {"code": {"1111"}}} {
		answer, err := http.PostForm(page, form)
		if err != nil {
			log.Fatal(err)
		}
		answer.Body.Close()
	}
}

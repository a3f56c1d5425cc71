//go:build ignore

// Make a payment in parts whose money is first only held.
package main

import (
	"context"
	"fmt"
	"log"
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
	fmt.Println("to be paid at", client.PageURL(created.Token))
}

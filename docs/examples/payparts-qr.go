//go:build ignore

// The client's page as a picture.
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
	created, err := client.Create(ctx, payparts.CreateRequest{
		OrderID: order, Amount: price,
		Plan: instalment.Plan{
			MerchantType: instalment.PP, PartsCount: 6,
			Products: []instalment.Product{{Name: "TV", Count: 1, Price: price}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	picture, err := client.QR(ctx, created.Token, 256, instalment.PP)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a PNG of", len(picture), "bytes")
}

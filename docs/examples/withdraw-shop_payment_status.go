//go:build ignore

// Ask for a payout by your own id.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

func main() {
	client, err := avanor.New("http://127.0.0.1:8080", 1520, "account-secret-key")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	payment := fmt.Sprintf("payment-%d", time.Now().UnixNano())
	_, err = client.CreatePayout(ctx, avanor.PayoutRequest{
		ShopPaymentID: payment, Payway: "card_payway_usd", Account: "150010000097",
		Amount: "100.23", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
	})
	if err != nil {
		log.Fatal(err)
	}

	found, err := client.FindPayoutByShopID(ctx, payment)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.ShopPaymentID, "is", found.Status, "final:", found.Status.Final())
}

//go:build ignore

// Quote a payout without creating it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

func main() {
	client, err := avanor.New("http://127.0.0.1:8080", 1520, "account-secret-key")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	quote, err := client.TryPayout(ctx, avanor.PayoutQuoteRequest{
		Payway: "card_payway_usd", Amount: "100.23", AmountType: avanor.PsAmount, ShopCurrency: money.USD,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("costs", quote.ShopWriteOff, "and brings", quote.PayeeReceive)
}

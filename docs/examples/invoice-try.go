//go:build ignore

// Price an invoice without creating it.
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
	quote, err := client.TryInvoice(ctx, avanor.InvoiceRequest{ShopOrderID: "order-1", Amount: "102.23", Currency: money.USD, Payway: "card_invoice_uah"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the payer pays", quote.PayerPrice, quote.Currency)
}

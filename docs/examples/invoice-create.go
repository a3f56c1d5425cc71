//go:build ignore

// Start a payment, and learn where its payer goes.
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
	order := fmt.Sprintf("order-%d", time.Now().UnixNano())
	page, err := client.CreateInvoice(ctx, avanor.InvoiceRequest{ShopOrderID: order, Amount: "100.00", Currency: money.USD, Payway: "card_invoice_usd"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("invoice", page.InvoiceID, "is paid at", page.URL)
}

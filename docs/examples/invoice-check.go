//go:build ignore

// Ask for an invoice by your own order id.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
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
	pay(page.URL)

	invoice, err := client.FindInvoice(ctx, order)
	if errors.Is(err, avanor.ErrNotFound) {
		log.Fatal("it was never made: it may be created")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(invoice.ShopOrderID, "is", invoice.Status, "and brings", invoice.ShopRefund)
}

// pay is the payer, who fills in the page.
func pay(page string) {
	answer, err := http.PostForm(page, url.Values{"card": {"4242424242424242"}, "expiry": {"12/30"}, "cvv": {"123"}})
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
}

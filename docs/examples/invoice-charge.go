//go:build ignore

// Take a held invoice.
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
	page, err := client.HoldInvoice(ctx, avanor.InvoiceRequest{ShopOrderID: order, Amount: "100.00", Currency: money.USD, Payway: "card_invoice_usd"})
	if err != nil {
		log.Fatal(err)
	}
	pay(page.URL)

	invoice, err := client.ChargeInvoice(ctx, page.InvoiceID)
	if errors.Is(err, avanor.ErrOutcomeUnknown) { // ask, do not guess; charging again is safe too
		invoice, err = client.FindInvoice(ctx, order)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the invoice is", invoice.Status)
}

// pay is the payer, who fills in the page.
func pay(page string) {
	answer, err := http.PostForm(page, url.Values{"card": {"4242424242424242"}, "expiry": {"12/30"}, "cvv": {"123"}})
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
}

//go:build ignore

// Give back a part of a paid invoice.
package main

import (
	"context"
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

	refund, err := client.CreateRefund(ctx, avanor.RefundRequest{InvoiceID: page.InvoiceID, ShopRefundID: "refund-" + order, Amount: "95.50"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(refund.ShopRefundID, "is", refund.Status)
}

// pay is the payer, who fills in the page.
func pay(page string) {
	answer, err := http.PostForm(page, url.Values{"card": {"4242424242424242"}, "expiry": {"12/30"}, "cvv": {"123"}})
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
}

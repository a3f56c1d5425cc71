//go:build ignore

// A form that the payer's browser sends.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

func main() {
	client, err := avanor.New("http://127.0.0.1:8080", 1520, "account-secret-key")
	if err != nil {
		log.Fatal(err)
	}
	form, err := client.PayForm("en", avanor.PayFormRequest{
		ShopOrderID: fmt.Sprintf("order-%d", time.Now().UnixNano()), Amount: "10.00", Currency: money.USD,
		Extra: map[string]string{"payway": "card_invoice_usd"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := form.WriteHTML(os.Stdout, "Pay"); err != nil { // into the shop's page
		log.Fatal(err)
	}
	fmt.Println("or as a link:", form.URL())
}

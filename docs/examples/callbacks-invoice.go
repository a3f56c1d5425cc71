//go:build ignore

// Verify a callback: here the newest one that the demo took.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/brama-pay/brama/client/avanor"
)

func main() {
	contentType, body := newest("type=invoice")
	callback, err := avanor.ParseCallback(contentType, body, "account-secret-key")
	if err != nil {
		log.Fatal(err) // not the gateway's: answer 403
	}
	invoice, err := callback.Invoice()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(invoice.ShopOrderID, "is", invoice.Status, invoice.ShopAmount, invoice.ShopCurrency)
}

// newest is the body of the newest callback of a kind that the demo's receiver took.
func newest(kind string) (contentType string, body []byte) {
	request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:8080/demo/callbacks", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	var list []struct{ Path, Body string }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		log.Fatal(err)
	}
	for _, callback := range list {
		if strings.Contains(callback.Path+callback.Body, kind) {
			return "application/json", []byte(callback.Body)
		}
	}
	log.Fatal("no such callback yet: run another page's example first")
	return "", nil
}

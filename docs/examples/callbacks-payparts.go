//go:build ignore

// Verify a callback: here the newest one that the demo took.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/brama-pay/brama/client/payparts"
)

func main() {
	client, err := payparts.New("http://127.0.0.1:8080", "4AAD1369CF734B64B70F", "75bef16bfdce4d0e9c0ad5a19b9940df")
	if err != nil {
		log.Fatal(err)
	}
	_, body := newest("paymentState")
	callback, err := client.ParseCallback(body)
	if err != nil {
		log.Fatal(err) // not the gateway's: answer 403
	}
	payment, err := client.State(context.Background(), callback.OrderID, payparts.Show{Amount: true}) // it names no amount
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.OrderID, "is", payment.State, payment.Amount)
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

//go:build ignore

// Ask what the shop has.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/brama-pay/brama/client/avanor"
)

func main() {
	client, err := avanor.New("http://127.0.0.1:8080", 1520, "account-secret-key")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	balances, err := client.Balances(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range balances {
		fmt.Println(b.Currency, "available", b.Available, "frozen", b.Frozen, "held", b.Hold)
	}
}

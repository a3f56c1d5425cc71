//go:build ignore

// List the payways that the shop can be paid with.
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
	methods, err := client.ListInputPayways(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	for _, method := range methods {
		for _, way := range method.Payways {
			fmt.Println(way.Alias, way.Currency, way.Tariff.Percent, "% from", way.MinAmount, "to", way.MaxAmount)
		}
	}
}

//go:build ignore

// Ask the provider about an account.
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
	check, err := client.CheckAccount(ctx, avanor.AccountCheckRequest{Payway: "card_payway_usd", Amount: "6320.91", Account: "150010000097"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accepted:", check.Accepted, "the provider answered:", check.ProviderStatus == avanor.ProviderAnswered)
}

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

func TestUnknownPaymentsAreResolved(t *testing.T) {
	for _, row := range []struct{ card, how, becomes string }{
		{"4000000000000119", "done", "5 unknown   →  4 succeeded"},
		{"4000000000000127", "failed", "5 unknown   →  6 rejected"},
	} {
		t.Run(row.how, func(t *testing.T) {
			eachEstate(t, func(t *testing.T, e *estate) {
				stop := e.serve("--demo", "--sandbox-delay", "2")
				id := fmt.Sprint(e.invoice("order", "100.00", row.card, false))
				e.invoiceStatus("order", 5)
				stop() // before the questions come to an end
				e.shows(id, "invoice", "list", "1520", "--waiting")
				e.shows("unknown", "invoice", "show", "1520", id)
				resolve := []string{"invoice", "resolve", "1520", id, row.how}
				if got := e.run(resolve...); got.status != 2 {
					t.Errorf("resolved without a reason: %v", got)
				}
				resolve = append(resolve, "--reason", "asked by telephone")
				e.shows("nothing was changed", resolve...)
				e.shows(row.becomes, append(resolve, "--commit")...)
				e.refused("only one whose last call has an unknown outcome", append(resolve, "--commit")...)
				if got := e.must("invoice", "list", "1520", "--waiting"); strings.Contains(got, id) {
					t.Errorf("it still waits:\n%s", got)
				}
				e.shows(row.becomes[len(row.becomes)-8:], "invoice", "list", "1520")
				e.shows("invoice.resolve."+row.how, "audit", "list", "1520")
				if got := e.run("verify"); got.status != 0 || strings.Contains(got.stdout, "note") {
					t.Errorf("verify, all resolved: %v", got)
				}
			})
		})
	}
}

func TestAnUnknownRefundIsResolved(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		stop := e.serve("--demo", "--sandbox-delay", "1")
		of := e.invoice("order", "1000.00", "4242424242424242", false)
		e.invoiceStatus("order", 4)
		_, err := e.client().CreateRefund(context.Background(), avanor.RefundRequest{InvoiceID: of, ShopRefundID: "back", Amount: "668.00"})
		if err != nil {
			t.Fatal(err)
		}
		id := ""
		e.eventually("the refund's outcome is unknown", func() bool {
			_, row, _ := strings.Cut(e.must("refund", "list", "1520", "--waiting"), "\n")
			id, _, _ = strings.Cut(row, " ")
			return id != ""
		})
		stop() // before the questions come to an end
		resolve := []string{"refund", "resolve", "1520", id, "failed", "--reason", "asked by telephone"}
		e.shows("nothing was changed", resolve...)
		e.shows("668.00 USD  →  back to the shop", append(resolve, "--commit")...)
		e.refused("only one whose call has an unknown outcome", append(resolve, "--commit")...)
		e.shows("resolved by an operator", "refund", "show", "1520", id)
		e.shows("FAILED", "refund", "list", "1520")
		e.shows("refund.resolve.failed", "audit", "list", "1520")
		if got := e.run("verify"); got.status != 0 || strings.Contains(got.stdout, "note") {
			t.Errorf("verify, all resolved: %v", got)
		}
	})
}

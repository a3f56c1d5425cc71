package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// callParts begins the names of PayParts' methods, to tell them from the others.
const callParts = "payparts/"

func isPayParts(method string) bool { return strings.HasPrefix(method, callParts) }

// payPartsCalculate is the one method that asks no server (api/payparts.md §11).
const payPartsCalculate = callParts + "calculate"

// payPartsFields are the fields of a method: those it cannot be without, and the others.
type payPartsFields struct{ needed, further []string }

var payPartsOrder = []string{
	callParts + "create", callParts + "hold", callParts + "confirm", callParts + "cancel", callParts + "decline",
	callParts + "state", callParts + "description", payPartsCalculate,
}

// payPartsMethods are the fields of api/payparts.md §3 and §4.
var payPartsMethods = map[string]payPartsFields{
	callParts + "create":      {payPartsOrdered, payPartsOptions},
	callParts + "hold":        {payPartsOrdered, payPartsOptions},
	callParts + "confirm":     {[]string{"orderId"}, payPartsFilled},
	callParts + "cancel":      {[]string{"orderId"}, payPartsFilled},
	callParts + "decline":     {[]string{"orderId", "amount"}, append([]string{"recipientId"}, payPartsFilled...)},
	callParts + "state":       {[]string{"orderId"}, append([]string{"showRefund", "showAmount", "showInfo"}, payPartsFilled...)},
	callParts + "description": {[]string{"orderId", "description"}, payPartsFilled},
	payPartsCalculate:         {[]string{"amount", "partsCount"}, []string{"merchantType", "rate"}},
}

var (
	payPartsOrdered = []string{"orderId", "amount", "partsCount", "merchantType"}
	payPartsFilled  = []string{"storeId", "signature"}
	payPartsOptions = append([]string{"products", "responseUrl", "redirectUrl", "scheme", "recipientId", "currency", "sendPhone"}, payPartsFilled...)
)

// payPartsMeanings says of each field what it holds.
var payPartsMeanings = map[string]string{
	"storeId":      "the store, filled in from --store",
	"orderId":      "your own id of the payment, of at most 64 characters",
	"amount":       "UAH, a decimal such as 600.00",
	"partsCount":   "how many payments, from 2 to 25",
	"merchantType": "II, PP, PB or IA",
	"products":     `a JSON list such as [{"name":"TV","count":1,"price":600.00}]; without it, one product of the whole amount`,
	"responseUrl":  "where callbacks go",
	"redirectUrl":  "where the payer goes afterwards",
	"scheme":       "the bank's number of a credit scheme",
	"recipientId":  "who is paid, when not the store's main recipient",
	"currency":     "980; of older clients, and signed when it is there",
	"sendPhone":    "+380XXXXXXXXX: the payer is sent a link",
	"showRefund":   "true: with the refunds",
	"showAmount":   "true: with the amount",
	"showInfo":     "true: with the description and the card",
	"description":  "free text",
	"rate":         "percent of the whole price on top of each payment; without it the published ones",
	"signature":    "the signature, filled in",
}

// fillProducts makes one product of an order that names none.
func (q callRequest) fillProducts() {
	if q.method != callParts+"create" && q.method != callParts+"hold" {
		return
	}
	amount, given := q.fields["amount"], q.fields["products"] != ""
	if given || amount == "" {
		return
	}
	price := json.RawMessage(amount)
	if !json.Valid(price) {
		price, _ = json.Marshal(amount) // for the gateway to judge
	}
	list, err := json.Marshal([]any{map[string]any{"name": "Order " + q.fields["orderId"], "count": 1, "price": price}})
	if err == nil {
		q.fields["products"] = string(list)
	}
}

func listPayParts(out io.Writer) {
	fmt.Fprintln(out, "\nPayParts, as the store --store:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "METHOD\tFIELDS\tFURTHER FIELDS")
	for _, method := range payPartsOrder {
		fields := payPartsMethods[method]
		fmt.Fprintf(table, "%s\t%s\t%s\n", method, strings.Join(fields.needed, ", "), strings.Join(fields.further, ", "))
	}
	table.Flush()
}

func listPayPartsFields(out io.Writer, method string) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIELD\tNEEDED\tMEANING")
	fields := payPartsMethods[method]
	for _, name := range fields.needed {
		fmt.Fprintf(table, "%s\tyes\t%s\n", name, callMeaning(method, name))
	}
	for _, name := range fields.further {
		fmt.Fprintf(table, "%s\tno\t%s\n", name, callMeaning(method, name))
	}
	table.Flush()
}

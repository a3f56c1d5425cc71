package main

import (
	"slices"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// callMeanings says of each field what it holds (api/avanor.md §4).
var callMeanings = map[string]string{
	"shop_id":               "the shop's number, filled in from --shop",
	"shop_order_id":         "your own id of the invoice, never used before",
	"shop_payment_id":       "your own id of the payout, never used before",
	"shop_refund_id":        "your own id of the refund, never used before",
	"amount":                "a decimal above zero, such as 100.50",
	"currency":              "ISO 4217 number of the amount's currency: 840 USD, 978 EUR, 980 UAH",
	"shop_currency":         "ISO 4217 number of the balance that pays, such as 840",
	"payway":                "the direction's alias, such as card_invoice_usd; shop_input_config/shop and shop_output_config/shop list them",
	"amount_type":           "ps_amount: what the beneficiary gets; shop_amount: what leaves your balance",
	"account":               "where the payout goes: a card, phone, login or wallet",
	"account_details":       `a JSON object of what account_info_config asked for, such as {"name":"Adam"}`,
	"invoice_id":            "the gateway's id of the invoice: data.id of invoice/create",
	"withdraw_id":           "the gateway's id of the payout: data.id of withdraw/create",
	"now":                   "the time of the request, filled in",
	"sign":                  "the signature, filled in",
	"description":           "free text of at most 255 characters",
	"success_url":           "where the payer goes after a success",
	"failed_url":            "where the payer goes after a failure",
	"callback_url":          "where the result is reported to",
	"callback_rejected_url": "where a rejection is reported to, when elsewhere",
	"expires_at":            "until when it can be paid, such as 2026-05-24T16:35:42Z",
	"client_ip":             "the payer's address",
	"client_info":           "a JSON object of the payer's browser_* fields",
	"issue_payment_token":   "true or false",
	"payer_currency":        "ISO 4217 number of the currency that the payer pays in",
	"shop_amount":           "a decimal above zero: what the shop is to get",
	"payee_account":         "the wallet that is paid",
	"payee_currency":        "ISO 4217 number of the currency of that wallet",
}

var callInvoiceOptions = []string{
	"description", "success_url", "failed_url", "callback_url", "callback_rejected_url",
	"expires_at", "client_ip", "client_info", "issue_payment_token",
}

// callOptions are the fields that a method takes and does not sign (api/avanor.md §5–§7).
var callOptions = map[string][]string{
	"invoice/try":             callInvoiceOptions,
	"invoice/create":          callInvoiceOptions,
	"invoice/hold":            callInvoiceOptions,
	"invoice/create-refund":   {"callback_url"},
	"shop_input_config/shop":  {"payway"},
	"shop_output_config/shop": {"payway"},
	"withdraw/try":            {"account", "account_details"},
	"check_account":           {"account_details"},
	"withdraw/create":         {"description", "account_details"},
	"pay":                     {"description", "payway"},
	"bill/create":             {"description"},
	"transfer/create":         {"description"},
}

// callAddOns are the methods that also take what add_ons_config announced.
var callAddOns = map[string]bool{"invoice/try": true, "invoice/create": true, "invoice/hold": true, "pay": true}

// callMoves are the methods after which an unknown answer is a question of money.
var callMoves = map[string]bool{
	"invoice/create": true, "invoice/hold": true, "invoice/charge": true, "invoice/unhold": true,
	"invoice/create-refund": true, "withdraw/create": true, "bill/create": true, "transfer/create": true,
}

// callElsewhere are methods of the family that Brama does not serve yet.
var callElsewhere = map[string]bool{"bill/create": true, "transfer/create": true}

// callKnown are all fields of a method.
func callKnown(method string) []string {
	if fields, ok := payPartsMethods[method]; ok {
		return slices.Concat(fields.needed, fields.further)
	}
	signed, _ := signature.SignedFields(method)
	return slices.Concat(signed, callOptions[method], []string{"sign"})
}

// callNeeded are the fields without which a gateway refuses the method.
func callNeeded(method string) []string {
	if fields, ok := payPartsMethods[method]; ok {
		return fields.needed
	}
	signed, _ := signature.SignedFields(method)
	return signed
}

// callMeaning says what a field of a method holds.
func callMeaning(method, name string) string {
	if isPayParts(method) && payPartsMeanings[name] != "" {
		return payPartsMeanings[name]
	}
	if callAsks[method] && callAskedBy[name] != "" {
		return callAskedBy[name]
	}
	return callMeanings[name]
}

// callAsks are the methods that find by the shop's own id what another one made.
var callAsks = map[string]bool{"invoice/check": true, "withdraw/shop_payment_status": true}

// callAskedBy says what such an id is there.
var callAskedBy = map[string]string{
	"shop_order_id":   "your own id of the invoice, as invoice/create or invoice/hold was given it",
	"shop_payment_id": "your own id of the payout, as withdraw/create was given it",
}

// callServes reports whether there is such a method.
func callServes(method string) bool {
	_, avanor := signature.SignedFields(method)
	_, parts := payPartsMethods[method]
	return avanor || parts
}

// callMethods are all methods that can be called.
func callMethods() []string { return slices.Concat(signature.Methods(), payPartsOrder) }

// nearMethods are those of the methods that a wrong name may mean, the likeliest first.
func nearMethods(name string, methods []string) []string {
	name = strings.NewReplacer("payout", "withdraw", "_", "-").Replace(strings.ToLower(name))
	type candidate struct {
		method string
		far    int
	}
	var found []candidate
	for _, method := range methods {
		plain := strings.ReplaceAll(method, "_", "-")
		far := distance(name, plain)
		switch {
		case far <= 1+len(name)/5:
		case len(name) > 3 && strings.Contains(plain, name):
			far = 3
		default:
			continue
		}
		found = append(found, candidate{method, far})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.far - b.far })
	var names []string
	for _, c := range found[:min(len(found), 6)] {
		if c.far == found[0].far {
			names = append(names, c.method)
		}
	}
	return names
}

// nearField is the known field that a wrong name may mean: in another spelling,
// with a slip of the finger, or cut short where the whole one is missing.
func nearField(name string, known []string, given map[string]string) (string, bool) {
	best, least := "", 1+len(name)/6+1
	for _, field := range known {
		far := distance(plainField(name), plainField(field))
		if _, there := given[field]; !there && len(name) > 4 && strings.Contains(field, strings.ToLower(name)) {
			far = min(far, 1)
		}
		if far < least {
			best, least = field, far
		}
	}
	return best, best != ""
}

// plainField is a name without what spellings differ in: shopOrderId, shop-order-id.
func plainField(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// distance is the number of letters to put in, take out or replace to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}

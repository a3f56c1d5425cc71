// Package signature is the room of signed text: which fields a request signs,
// the canonical text made of them, making and checking signatures for both wire
// protocols and for callbacks, and the check that a signed text has one reading.
//
// It must not know HTTP, JSON, shops, stored secrets or the clock: texts and
// secrets come in, texts and yes or no go out.
package signature

import "slices"

// PayForm is the method name of the signed pay form, whose path is a language and `pay`.
const PayForm = "pay"

// list is the signed fields of a method, sorted.
type list []string

// The lists that several methods share.
var (
	order   = list{"amount", "currency", "payway", "shop_id", "shop_order_id"}
	held    = list{"invoice_id", "now", "shop_id"}
	nowOnly = list{"now", "shop_id"}
)

// signed is the table of api/avanor.md §3; every list is sorted by field name.
var signed = map[string]list{
	"invoice/try":                  order,
	"invoice/create":               order,
	"invoice/hold":                 order,
	"invoice/check":                {"now", "shop_id", "shop_order_id"},
	"invoice/charge":               held,
	"invoice/unhold":               held,
	"invoice/create-refund":        {"amount", "invoice_id", "shop_id", "shop_refund_id"},
	"invoice/get-refunds":          held,
	"shop_input_config/shop":       nowOnly,
	"shop_output_config/shop":      nowOnly,
	"withdraw/try":                 {"amount", "amount_type", "payway", "shop_currency", "shop_id"},
	"check_account":                {"account", "amount", "payway", "shop_id"},
	"withdraw/create":              {"account", "amount", "amount_type", "payway", "shop_currency", "shop_id", "shop_payment_id"},
	"withdraw/status":              {"now", "shop_id", "withdraw_id"},
	"withdraw/shop_payment_status": {"now", "shop_id", "shop_payment_id"},
	"shop_balance":                 nowOnly,
	PayForm:                        {"amount", "currency", "shop_id", "shop_order_id"},
	"bill/create":                  {"payer_currency", "shop_amount", "shop_currency", "shop_id", "shop_order_id"},
	"transfer/create":              {"amount", "amount_type", "payee_account", "payee_currency", "shop_currency", "shop_id", "shop_payment_id"},
}

// moving are the methods by which money moves or a debt to move it arises: a
// signature that could also be read as one of these is worth forging. Two names
// of one list stand here once.
var moving = []string{
	"invoice/create", "invoice/charge", "invoice/create-refund", "withdraw/create",
	PayForm, "bill/create", "transfer/create",
}

// SignedFields lists the signed fields of a method, sorted, and whether the
// method is known. The name has no prefix and no slash at its ends
// ("invoice/create"); the pay form is "pay" (api/avanor.md §3).
func SignedFields(method string) ([]string, bool) {
	fields, ok := signed[method]
	return slices.Clone([]string(fields)), ok
}

// Methods lists every method that has a signature, sorted.
func Methods() []string {
	methods := make([]string, 0, len(signed))
	for method := range signed {
		methods = append(methods, method)
	}
	slices.Sort(methods)
	return methods
}

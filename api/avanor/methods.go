package avanor

import (
	"context"
	"slices"

	"github.com/brama-pay/brama/signature"
)

// method is one method of the API.
type method struct {
	name   string // without prefix
	fields []field
	moves  bool // money moves, or will
	serve  func(*door, context.Context, *request, *pen) error
}

// methods are the methods in the order of api/avanor.md §3.
var methods = []method{
	{name: "invoice/try", fields: wanted, serve: (*door).tryInvoice},
	{name: "invoice/create", fields: wanted, moves: true, serve: (*door).createInvoice},
	{name: "invoice/hold", fields: wanted, moves: true, serve: (*door).holdInvoice},
	{name: "invoice/check", fields: []field{now, shopID, orderID, sign}, serve: (*door).checkInvoice},
	{name: "invoice/charge", fields: []field{invoiceID, now, shopID, sign}, moves: true, serve: (*door).charge},
	{name: "invoice/unhold", fields: []field{invoiceID, now, shopID, sign}, moves: true, serve: (*door).unhold},
	{name: "invoice/create-refund", fields: []field{amount, invoiceID, shopID, refundID, sign, callbackURL}, moves: true, serve: (*door).createRefund},
	{name: "invoice/get-refunds", fields: []field{invoiceID, now, shopID, sign}, serve: (*door).listRefunds},
	{name: "shop_input_config/shop", fields: []field{now, shopID, sign, paywayAlias.maybe()}, serve: (*door).inputConfig},
	{name: "shop_output_config/shop", fields: []field{now, shopID, sign, paywayAlias.maybe()}, serve: (*door).outputConfig},
	{name: "withdraw/try", fields: []field{amount, amountType, paywayAlias, shopCurrency, shopID, sign, account.maybe(), details}, serve: (*door).tryPayout},
	{name: "check_account", fields: []field{account, amount, paywayAlias, shopID, sign, details}, serve: (*door).checkAccount},
	{
		name:   "withdraw/create",
		fields: []field{account, amount, amountType, paywayAlias, shopCurrency, shopID, paymentID, sign, description, details},
		moves:  true, serve: (*door).createPayout,
	},
	{name: "withdraw/status", fields: []field{now, shopID, withdrawID, sign}, serve: (*door).findPayout},
	{name: "withdraw/shop_payment_status", fields: []field{now, shopID, paymentID, sign}, serve: (*door).findPayoutByShop},
	{name: "shop_balance", fields: []field{now, shopID, sign}, serve: (*door).balance},
}

// signedFields are the names that each method signs, once for all: asking the
// room copies.
var signedFields = func() map[string][]string {
	all := map[string][]string{}
	for _, m := range append(slices.Clone(methods), payForm) {
		signed, known := signature.SignedFields(m.name)
		if !known {
			panic("avanor: no signed fields are known for " + m.name)
		}
		all[m.name] = signed
	}
	return all
}()

// has reports whether a field is one of the method's own.
func (m *method) has(name string) bool {
	return slices.ContainsFunc(m.fields, func(f field) bool { return f.name == name })
}

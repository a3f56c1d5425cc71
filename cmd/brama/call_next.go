package main

import (
	"strings"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/signature"
)

// callSteps says for each code what to do next (api/avanor.md §9).
var callSteps = map[avanor.Code]string{
	avanor.ErrPaywayNotFound:  "`brama call shop_input_config/shop` lists the payways for invoices, `brama call shop_output_config/shop` those for payouts",
	avanor.ErrPaywayOff:       "take another payway, or ask the operator to switch it on: `brama payway set`",
	avanor.ErrPaywayClosed:    "take a payway that the shop's list has, or ask the operator to open it to the shop",
	avanor.ErrTooSmall:        "the message names the least; fees must leave something too",
	avanor.ErrTooLarge:        "the message names the most; refunds together never exceed what was paid",
	avanor.ErrNotUnique:       "it was used before, maybe by this very request: ask by it before you take a new one",
	avanor.ErrNotFound:        "check the id and the shop: each shop sees its own operations only",
	avanor.ErrBusy:            "another step of it is under way: ask again in a while",
	avanor.ErrBalance:         "`brama call shop_balance` shows what is there; money in progress is frozen",
	avanor.ErrParameter:       "correct what the message names",
	avanor.ErrShopNotFound:    "check --shop, and that the gateway at --url is the one meant",
	avanor.ErrShopOff:         "ask the operator to activate the shop: `brama shop set`",
	avanor.ErrAccountNotFound: "check the account; `brama call withdraw/try` shows the form that the payway wants",
	avanor.ErrAccountStatus:   "the account cannot take part now; ask its owner",
	avanor.ErrAddressDenied:   "call from an address on the shop's list, or ask the operator to add this one",
	avanor.ErrNoRate:          "take the payway's own currency, or ask the operator for the rate: `brama rate set`",
	avanor.ErrNoContract:      "the shop may not do this kind of operation; ask the operator",
	avanor.ErrAccountType:     "this type of account may not do it; take another",
	avanor.ErrAggregator:      "the gateway wants a shop of an aggregator; ask its operator",
	avanor.ErrProjectInvalid:  "ask the gateway's operator about the project",
	avanor.ErrProjectOff:      "ask the gateway's operator to activate the project",
	avanor.ErrDeclined:        "the provider said no, definitely: try another card or account",
	avanor.ErrUnavailable:     "the provider gave no answer yet",
	avanor.ErrOverloaded:      "nothing was stored: send it again in a few seconds",
	avanor.ErrInternal:        "give the incident id of the message to the operator",
}

// callNext is what to do about a refusal.
func callNext(q callRequest, refusal *avanor.Error) string {
	step, known := callSteps[refusal.Code]
	switch {
	case !known:
		return "ask the gateway's operator what this code means there"
	case refusal.Code == avanor.ErrParameter && strings.Contains(refusal.Message, `sign="`):
		return "check the secret; `brama sign " + q.method + " --body FILE` finds what is wrong with a signature"
	case refusal.Code == avanor.ErrNotUnique:
		return step + ": brama call " + callQuestion(q)
	}
	return step
}

// callQuestion is the method and field by which a shop asks what became of a request.
func callQuestion(q callRequest) string {
	method, field := "invoice/check", "shop_order_id"
	switch q.method {
	case "withdraw/create", "transfer/create":
		method, field = "withdraw/shop_payment_status", "shop_payment_id"
	case "invoice/create-refund":
		method, field = "invoice/get-refunds", "invoice_id"
	case "invoice/charge", "invoice/unhold":
		// The same verb again moves nothing and answers the present state.
		method, field = q.method, "invoice_id"
	}
	return method + " " + shellQuote(field+"="+q.fields[field])
}

// callSigned is the list of signed fields of a method, for people.
func callSigned(method string) string {
	signed, _ := signature.SignedFields(method)
	return strings.Join(signed, ", ")
}

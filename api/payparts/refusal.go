package payparts

import (
	"errors"
	"net/http"
	"sort"

	"github.com/brama-pay/brama/fault"
)

// The messages (api/payparts.md §8).
const (
	badValue        = "bad value: "
	paymentNotFound = "Платеж не найден" // seed 004
	wrongSignature  = "bad value: Wrong signature. Read the FAQ on the generation of signatures."
	unknownStore    = "bad value: Unknown identifier. Store not found."
	orderTaken      = "bad value: orderId already exists"
	declineMade     = "bad value: decline already made"
	described       = "description successfully updated"
	storeShut       = "bad value: storeId takes no payments at present"
	askState        = "the outcome is not known yet: ask for the state"
)

// refusal is an answer that is not SUCCESS: its HTTP status, its state, its message.
type refusal struct {
	status         int
	state, message string
	allow          string // of 405
}

func (r *refusal) Error() string { return r.message }

// fail is a FAIL of business, which is HTTP 200.
func fail(message string) *refusal {
	return &refusal{status: http.StatusOK, state: Fail, message: message}
}

// bad is a FAIL that names a field.
func bad(field, reason string) *refusal { return fail(badValue + field + " " + reason) }

// fixed are the refusals whose words are the door's own. Of all other kinds the
// fault's message is shown, which was written for the shop.
var fixed = map[fault.Kind]refusal{
	fault.NotFound:    {http.StatusOK, Fail, paymentNotFound, ""},
	fault.NotUnique:   {http.StatusOK, Fail, orderTaken, ""},
	fault.TooSmall:    {http.StatusOK, Fail, "bad value: amount is too small", ""},
	fault.TooLarge:    {http.StatusOK, Fail, "bad value: amount is too large", ""},
	fault.Balance:     {http.StatusOK, Fail, "not enough money on the balance of the shop", ""},
	fault.Declined:    {http.StatusOK, Fail, "declined by the bank", ""},
	fault.Busy:        {http.StatusServiceUnavailable, Unknown, askState, ""},
	fault.Unknown:     {http.StatusServiceUnavailable, Unknown, askState, ""},
	fault.Unavailable: {http.StatusServiceUnavailable, Fail, "temporarily not available; nothing was done, try again", ""},
	fault.Overloaded:  {http.StatusServiceUnavailable, Fail, "too many requests; nothing was done, try again", ""},
}

// paywayUnfit reports whether an order failed on its store's payway. A shop that
// speaks PayParts knows no payways: that is between the operator and the store.
func paywayUnfit(err error) bool {
	return fault.Is(err, fault.PaywayNotFound) || fault.Is(err, fault.PaywayOff) || fault.Is(err, fault.PaywayClosed)
}

// explain is the refusal of any error. An internal one shows an incident id and
// nothing else, and is never FAIL: nobody knows how far it came.
func (d *door) explain(q *request, err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	kind := fault.KindOf(err)
	if known, ok := fixed[kind]; ok {
		return &known
	}
	var f *fault.Error
	switch {
	case paywayUnfit(err):
		return d.shut(q, err)
	case kind == fault.Internal || !errors.As(err, &f):
		return &refusal{status: http.StatusInternalServerError, state: Unknown, message: "Internal error, incident " + d.incident(q, err)}
	case kind == fault.Invalid:
		return fail(badFields(err))
	}
	return fail(f.Message)
}

// names are the wire's names of what the rooms call differently.
var names = map[string]string{"order_id": "orderId", "shop_order_id": "orderId", "invoice_id": "orderId", "parts_count": "partsCount"}

// badFields is the message of a fault.Invalid: the first of its fields by name.
func badFields(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Params) == 0 {
		return badValue + "body must be one JSON object"
	}
	fields := make([]string, 0, len(f.Params))
	for name := range f.Params {
		fields = append(fields, name)
	}
	sort.Strings(fields)
	name := fields[0]
	reason := f.Params[name]
	if wire, ok := names[name]; ok {
		name = wire
	}
	return badValue + name + " " + reason
}

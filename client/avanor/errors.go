package avanor

import (
	"errors"
	"fmt"
	"strconv"
)

// Code is a gateway's error_code (api/avanor.md §9). It is an error itself, so
// that errors.Is(err, ErrNotUnique) asks for the reason of a refusal.
type Code int

// The codes. 22, 23, 24 and 99 are Brama's own; the rest are the family's.
const (
	ErrPaywayNotFound  Code = 1  // no such payway
	ErrPaywayOff       Code = 2  // the payway is not in use
	ErrPaywayClosed    Code = 3  // the payway is not open to this shop
	ErrTooSmall        Code = 4  // the amount is below a limit
	ErrTooLarge        Code = 5  // the amount is above a limit, or above what is left
	ErrNotUnique       Code = 6  // the shop's own id was used before: ask by it
	ErrNotFound        Code = 7  // no such operation of this shop
	ErrBusy            Code = 8  // the operation is being processed
	ErrBalance         Code = 9  // the shop's balance does not suffice
	ErrParameter       Code = 10 // a parameter is wrong, the signature included
	ErrShopNotFound    Code = 11
	ErrShopOff         Code = 12
	ErrAccountNotFound Code = 13 // the payout account is refused
	ErrAccountStatus   Code = 14
	ErrAddressDenied   Code = 15 // the caller's address is not on the shop's list
	ErrNoRate          Code = 16 // no exchange rate between the currencies
	ErrNoContract      Code = 17
	ErrAccountType     Code = 18
	ErrAggregator      Code = 19
	ErrProjectInvalid  Code = 20
	ErrProjectOff      Code = 21
	ErrDeclined        Code = 22 // the provider refused
	ErrUnavailable     Code = 23 // no word from the provider: the outcome is unknown
	ErrOverloaded      Code = 24 // nothing was stored; try later
	ErrInternal        Code = 99 // the gateway failed; whether before or after is unknown
)

var codeTexts = map[Code]string{
	0: "ok", ErrPaywayNotFound: "payway not found", ErrPaywayOff: "payway not in use",
	ErrPaywayClosed: "payway not available to the shop", ErrTooSmall: "amount too small",
	ErrTooLarge: "amount too large", ErrNotUnique: "the shop's own id is not unique",
	ErrNotFound: "operation not found", ErrBusy: "operation is being processed",
	ErrBalance: "insufficient balance", ErrParameter: "incorrect parameter",
	ErrShopNotFound: "shop not found", ErrShopOff: "shop not active",
	ErrAccountNotFound: "account not found", ErrAccountStatus: "account has the wrong status",
	ErrAddressDenied: "address denied", ErrNoRate: "no exchange rate",
	ErrNoContract: "no contract for this kind of operation", ErrAccountType: "account type may not do this",
	ErrAggregator: "shop aggregator required", ErrProjectInvalid: "project invalid",
	ErrProjectOff: "project not active", ErrDeclined: "declined by the provider",
	ErrUnavailable: "provider unavailable", ErrOverloaded: "too many requests", ErrInternal: "internal error",
}

// Error is what the code means, in a few words.
func (c Code) Error() string {
	if text, ok := codeTexts[c]; ok {
		return text
	}
	return "error code " + strconv.Itoa(int(c))
}

var (
	// ErrOutcomeUnknown matches every failure after which the operation may or
	// may not have happened: a call without a usable answer, and codes 23 and 99.
	// Ask by your own id (FindInvoice, ListRefunds, FindPayoutByShopID) first.
	ErrOutcomeUnknown = errors.New("outcome unknown: ask by your own id before you repeat")
	// ErrNotSent matches a call that never left: no connection was made, or its TLS handshake failed. This
	// call moved nothing; an earlier one with the same id still may have.
	ErrNotSent = errors.New("nothing was sent")
	// ErrMethod is a method that the API does not have.
	ErrMethod = errors.New("avanor: unknown method")
	// ErrSignature is a callback or a webhook that is not signed by the gateway.
	ErrSignature = errors.New("avanor: the signature does not verify")
	// ErrStale is a webhook whose time is too far from ours: a replay, or a wrong clock.
	ErrStale = errors.New("avanor: the webhook's timestamp is outside the tolerance")
	// ErrCallback is a callback that cannot be read.
	ErrCallback = errors.New("avanor: not a callback")
)

// Error is a gateway's refusal. Message is its own text, meant to be read.
type Error struct {
	Method  string
	Code    Code
	Message string
}

// Error names the method, the code and the gateway's message.
func (e *Error) Error() string {
	return fmt.Sprintf("avanor: %s: code %d: %s", e.Method, int(e.Code), e.Message)
}

// Unwrap gives errors.Is the code and, for 23 and 99, ErrOutcomeUnknown.
func (e *Error) Unwrap() []error {
	if e.Code == ErrUnavailable || e.Code == ErrInternal {
		return []error{e.Code, ErrOutcomeUnknown}
	}
	return []error{e.Code}
}

// onlyAsks are the methods that move nothing.
var onlyAsks = map[string]bool{
	"invoice/try": true, "invoice/check": true, "invoice/get-refunds": true, "shop_input_config/shop": true, "shop_output_config/shop": true,
	"withdraw/try": true, "check_account": true, "withdraw/status": true, "withdraw/shop_payment_status": true, "shop_balance": true,
}

// TransportError is a call that got no usable answer. Sent is false only when
// no connection was made, its TLS handshake included; any doubt is Sent, and then the outcome is unknown.
type TransportError struct {
	Method string
	Status int // of HTTP, 0 when no answer came
	Sent   bool
	Err    error
}

// Error says what is known and what to do next.
func (e *TransportError) Error() string {
	status := ""
	if e.Status != 0 {
		status = fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	next := e.verdict().Error()
	if e.Sent && onlyAsks[e.Method] {
		next = "it only asks, so it may be repeated"
	}
	return fmt.Sprintf("avanor: %s: no usable answer%s: %v; %s", e.Method, status, e.Err, next)
}

// Unwrap gives the cause and one of ErrOutcomeUnknown and ErrNotSent.
func (e *TransportError) Unwrap() []error { return []error{e.Err, e.verdict()} }

func (e *TransportError) verdict() error {
	if e.Sent {
		return ErrOutcomeUnknown
	}
	return ErrNotSent
}

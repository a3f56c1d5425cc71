// Package fault is the one error type of the gateway: a kind, a message fit for
// a shop's eyes, and an inner cause that never leaves the process.
//
// It says what went wrong in the gateway's own words. Which number or text a
// wire protocol uses for a kind is the protocol door's business, not ours.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind is what went wrong.
type Kind uint8

// The kinds. Their order means nothing; doors map them to wire codes.
const (
	Internal        Kind = iota // a defect of ours; the message is never shown
	Invalid                     // a parameter is wrong; see Params
	PaywayNotFound              // no such payway
	PaywayOff                   // the payway is not in use
	PaywayClosed                // the payway is not open to this shop
	TooSmall                    // the amount is below a limit
	TooLarge                    // the amount is above a limit, or above what is left
	NotUnique                   // the shop's own id was used before
	NotFound                    // no such operation of this shop
	Busy                        // the operation is being processed
	Balance                     // the shop's balance does not suffice
	ShopNotFound                // no such shop
	ShopOff                     // the shop is not active
	AccountNotFound             // the payout account is refused
	AccountStatus               // the account has the wrong status
	AddressDenied               // the caller's address is not on the shop's list
	NoRate                      // no stored exchange rate for the pair
	NoContract                  // the shop has no contract for this kind of operation
	Declined                    // the provider definitely refused
	Unavailable                 // the provider could not be reached; nothing was done
	Unknown                     // the outcome is not known; ask by your own id
	Overloaded                  // a queue is full; nothing was stored
	endOfKinds
)

// Kinds lists every kind, for tests that must cover them all.
func Kinds() []Kind {
	kinds := make([]Kind, 0, endOfKinds)
	for k := range endOfKinds {
		kinds = append(kinds, k)
	}
	return kinds
}

// Error is a coded error. Message and Params may be shown to the shop; Cause may not.
type Error struct {
	Kind    Kind
	Message string
	Params  map[string]string // for Invalid: parameter name to reason
	Cause   error
}

// New makes an error of a kind with a message for the shop.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Param makes an Invalid error about one parameter.
func Param(name, reason string) *Error {
	return Params(map[string]string{name: reason})
}

// Params makes an Invalid error about several parameters, named in sorted order:
//
//	Incorrect values for parameters: amount="field required", sign="field required"
func Params(params map[string]string) *Error {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	sort.Strings(names)
	parts := make([]string, len(names))
	for i, name := range names {
		// The recorded servers do not escape inside the quotes.
		parts[i] = name + `="` + params[name] + `"`
	}
	return &Error{
		Kind:    Invalid,
		Message: "Incorrect values for parameters: " + strings.Join(parts, ", "),
		Params:  params,
	}
}

// Wrap keeps err as the hidden cause of an error of the given kind.
func Wrap(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: err}
}

// Error is the full text for logs: it includes the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf is the kind of err, Internal when it has none. A nil error has no kind; do not ask.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

package payparts

import (
	"errors"
	"fmt"
)

var (
	// ErrOutcomeUnknown matches every failure after which the operation may or may
	// not have happened: a call whose answer was lost or does not verify, and a
	// refusal whose signature does not cover it. Ask State first.
	ErrOutcomeUnknown = errors.New("outcome unknown: ask state before you repeat")
	// ErrNotSent matches a call that never left: it could not be signed, no
	// connection was made, or its TLS handshake failed. This call moved nothing; an earlier one still may have.
	ErrNotSent = errors.New("nothing was sent")
	// ErrMethod is a method that the protocol does not have.
	ErrMethod = errors.New("unknown method")
	// ErrSignature is an answer or a callback that is not signed by the bank for
	// what was asked.
	ErrSignature = errors.New("the signature does not verify")
	// ErrCallback is a callback that cannot be read.
	ErrCallback = errors.New("payparts: not a callback")

	// ErrPaymentNotFound is a refusal: the store has no such order (seed 004).
	ErrPaymentNotFound = errors.New("payment not found")
	// ErrOrderExists is a refusal of Brama: the order id was used with other fields,
	// or its payment is final.
	ErrOrderExists = errors.New("order id already exists")
	// ErrDeclineMade is a refusal of Brama: the same amount was returned before.
	ErrDeclineMade = errors.New("decline already made")
	// ErrUnknownStore is the one refusal that nobody signs, for there is no password
	// to sign it with. So it matches ErrOutcomeUnknown too.
	ErrUnknownStore = errors.New("unknown store: check store id and address")
)

// unknownStore is the message of the refusal that comes without a signature.
const unknownStore = "bad value: Unknown identifier. Store not found."

// reasons are the messages that mean something to a program (api/payparts.md §5, §8).
var reasons = map[string]error{
	"Платеж не найден":                  ErrPaymentNotFound,
	"bad value: orderId already exists": ErrOrderExists,
	"bad value: decline already made":   ErrDeclineMade,
	unknownStore:                        ErrUnknownStore,
}

// Error is the bank's refusal, state FAIL. Message is its own text, in its own
// language. Cover says what the signature vouches for: a refusal is definite only
// with CoverOutcome.
type Error struct {
	Method  string
	Message string
	Cover   Cover
}

// Error names the method and the bank's message, and what to do when it is not definite.
func (e *Error) Error() string {
	text := fmt.Sprintf("payparts: %s: refused: %s", e.Method, e.Message)
	if e.open() {
		next := ErrOutcomeUnknown.Error()
		if onlyAsks(e.Method) {
			next = asksAgain
		}
		text += fmt.Sprintf(" (signature covers %s; %s)", e.Cover, next)
	}
	return text
}

// Unwrap gives errors.Is the reason, where the message is a known one, and
// ErrOutcomeUnknown where the refusal is not covered.
func (e *Error) Unwrap() []error {
	var all []error
	if reason, ok := reasons[e.Message]; ok {
		all = append(all, reason)
	}
	if e.open() {
		all = append(all, ErrOutcomeUnknown)
	}
	return all
}

// open reports whether the operation may have happened all the same. A picture
// moves nothing, and its answer is never signed.
func (e *Error) open() bool { return e.Cover != CoverOutcome && e.Method != qrMethod }

// asksAgain is what to do when a method that moves nothing has failed.
const asksAgain = "it only asks, so it may be repeated"

// onlyAsks reports whether a method moves nothing.
func onlyAsks(method string) bool { return method == "state" || method == qrMethod }

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
	if e.Sent && onlyAsks(e.Method) {
		next = asksAgain
	}
	return fmt.Sprintf("payparts: %s: no usable answer%s: %v; %s", e.Method, status, e.Err, next)
}

// Unwrap gives the cause and one of ErrOutcomeUnknown and ErrNotSent.
func (e *TransportError) Unwrap() []error { return []error{e.Err, e.verdict()} }

func (e *TransportError) verdict() error {
	if e.Sent {
		return ErrOutcomeUnknown
	}
	return ErrNotSent
}

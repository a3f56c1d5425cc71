package avanor

import (
	"errors"
	"net/http"

	"github.com/brama-pay/brama/fault"
)

// The wire codes that are chosen here and not by a fault's kind (api/avanor.md §9).
const (
	codeOK          = 0
	codeParameter   = 10
	codeDeclined    = 22
	codeUnavailable = 23
	codeInternal    = 99
)

// codes is the one map from what went wrong to the wire (api/avanor.md §9).
var codes = map[fault.Kind]int{
	fault.Internal:        codeInternal,
	fault.Invalid:         codeParameter,
	fault.PaywayNotFound:  1,
	fault.PaywayOff:       2,
	fault.PaywayClosed:    3,
	fault.TooSmall:        4,
	fault.TooLarge:        5,
	fault.NotUnique:       6,
	fault.NotFound:        7,
	fault.Busy:            8,
	fault.Balance:         9,
	fault.ShopNotFound:    11,
	fault.ShopOff:         12,
	fault.AccountNotFound: 13,
	fault.AccountStatus:   14,
	fault.AddressDenied:   15,
	fault.NoRate:          16,
	fault.NoContract:      17,
	fault.Declined:        codeDeclined,
	fault.Unavailable:     codeUnavailable,
	fault.Unknown:         codeUnavailable,
	fault.Overloaded:      24,
}

// codeOf is the wire code of an error. What the map does not know is internal:
// its text was not written for a shop.
func codeOf(err error) int {
	if code, ok := codes[fault.KindOf(err)]; ok {
		return code
	}
	return codeInternal
}

// messageOf is the part of an error that may be shown.
func messageOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Message != "" {
		return f.Message
	}
	return "Error"
}

// failures are the words with which the rooms say why an operation was rejected,
// as the error_code inside its data. Every other word is 0.
var failures = map[string]int64{
	"declined":    codeDeclined,
	"unavailable": codeUnavailable,
	"expired":     codeUnavailable,
}

// failureCode is the error_code of an operation: 0 unless it was rejected.
func failureCode(rejected bool, failure string) int64 {
	if !rejected {
		return codeOK
	}
	return failures[failure]
}

// refusal is a fault that is told by an HTTP status other than 200 (api/avanor.md §1).
type refusal struct {
	status int
	fault  *fault.Error
	allow  string // of 405: the verbs that there are
}

func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap lets a refusal be recognised as its fault.
func (r *refusal) Unwrap() error { return r.fault }

func notAMethod() error {
	return &refusal{status: http.StatusNotFound, fault: fault.Param("method", "no such method; they are under /gateway/v1/")}
}

func notAllowed(verbs string) error {
	return &refusal{status: http.StatusMethodNotAllowed, fault: fault.Param("method", "must be called by "+verbs), allow: verbs}
}

func tooLong() error {
	return &refusal{status: http.StatusRequestEntityTooLarge, fault: fault.Param("body", "must have at most 1048576 bytes")}
}

func draining() error {
	return &refusal{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "The gateway is restarting; nothing was stored, try again")}
}

// statusOf is the HTTP status of an answer: 200 for business errors too, since
// official clients raise on anything else before they read the body.
func statusOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return http.StatusOK
}

// setAllow names the verbs that there are, when another was used.
func setAllow(header http.Header, err error) {
	var r *refusal
	if errors.As(err, &r) && r.allow != "" {
		header.Set("Allow", r.allow)
	}
}

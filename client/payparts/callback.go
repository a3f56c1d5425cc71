package payparts

import (
	"errors"
	"fmt"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/signature"
)

const (
	// maxCallback bounds a callback's body; real ones have some hundred bytes.
	maxCallback = 64 << 10
	// descriptionDone is the message of a description's answer (api/payparts.md §8).
	descriptionDone = "description successfully updated"
)

// Callback is a message of the bank whose signature was verified. It is a reason to
// ask State, no more: the same one may come again, late or out of order, and it names
// no amount.
type Callback struct {
	StoreID string
	OrderID string
	State   PaymentState
	Message string
}

// ParseCallback verifies a callback and only then returns it (api/payparts.md §6).
// Give every password that may be valid, both while one changes. Errors match
// ErrSignature or ErrCallback. Compare StoreID with your own, or use the client's
// method. Answer a verified callback with any 2xx.
//
// The answer to a description is signed as a callback that says SUCCESS would be, so
// one with that answer's message is refused. A shop's own description can be made to
// pass for a state in the same way: ask State.
func ParseCallback(body []byte, passwords ...string) (Callback, error) {
	for _, password := range passwords {
		if password == "" {
			return Callback{}, errors.New("payparts: an empty password would verify what anyone can sign")
		}
	}
	cb, sig, err := readCallback(body)
	if err != nil {
		return Callback{}, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	signed := false
	for _, password := range passwords { // all of them: time tells nothing
		signed = signature.VerifyPayParts(sig, enclose(password, cb.parts())...) || signed
	}
	if !signed {
		return Callback{}, fmt.Errorf("payparts: callback: %w", ErrSignature)
	}
	return cb, nil
}

// ParseCallback is the package's ParseCallback with the client's password, for the
// client's store only.
func (c *Client) ParseCallback(body []byte) (Callback, error) {
	cb, sig, err := readCallback(body)
	if err != nil {
		return Callback{}, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	if cb.StoreID != c.store {
		return Callback{}, fmt.Errorf("%w: of another store", ErrCallback)
	}
	if !c.verify(sig, cb.parts()...) {
		return Callback{}, fmt.Errorf("payparts: callback: %w", ErrSignature)
	}
	return cb, nil
}

func (cb Callback) parts() []string {
	return []string{cb.StoreID, cb.OrderID, string(cb.State), cb.Message}
}

func readCallback(body []byte) (cb Callback, sig string, err error) {
	if len(body) > maxCallback {
		return Callback{}, "", fmt.Errorf("longer than %d bytes", maxCallback)
	}
	fields, err := wire.Object(body)
	if err != nil {
		return Callback{}, "", err
	}
	r := &reader{fields: fields}
	cb = Callback{
		StoreID: r.text("storeId"), OrderID: r.text("orderId"),
		State: PaymentState(r.text("paymentState")), Message: r.text("message"),
	}
	sig = r.text("signature")
	for _, name := range []string{"storeId", "orderId", "paymentState"} {
		// Without its state, the signature would be that of a request.
		if r.text(name) == "" {
			r.fail(name, "missing")
		}
	}
	if cb.State == success && cb.Message == descriptionDone {
		r.fail("message", "of a description's answer")
	}
	return cb, sig, r.err
}

package payparts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/api/caller"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// bodyLimit is the longest body that is read.
const bodyLimit = 1 << 20

// request is one call on its way up the ladder.
type request struct {
	http     *http.Request
	method   *method
	form     form
	storeID  string // "" until it is known to be one
	orderID  string
	store    *shop.StoreEntry
	shop     *shop.Entry
	password string     // the one that verified the request; "" before
	text     string     // what it signed, without the passwords
	readings [][]string // what it may have signed, likewise

	order    order   // of create and hold
	amount   decimal // of decline
	about    string  // of description
	showSums bool    // of state: showAmount
	showInfo bool
	showBack bool // showRefund
}

// method is one method of the protocol.
type method struct {
	name string
	// read takes what only this method has out of the form, and gives the parts
	// between the passwords that the request may have signed.
	read  func(q *request) (readings [][]string)
	serve func(*door, context.Context, *request) (answer, error)
	// signed are the parts between the passwords of an answer.
	signed func(q *request, a *answer) []string
}

var methods = []method{
	{"create", (*request).readOrder, (*door).create, (*request).signedCreated},
	{"hold", (*request).readOrder, (*door).hold, (*request).signedCreated},
	{"confirm", (*request).readKey, (*door).confirm, (*request).signedHeld},
	{"cancel", (*request).readKey, (*door).cancel, (*request).signedHeld},
	{"decline", (*request).readDecline, (*door).decline, (*request).signedState},
	{"state", (*request).readState, (*door).state, (*request).signedState},
	{"description", (*request).readDescription, (*door).describe, (*request).signedDescribed},
}

// step is one rung: it lets a request pass or says why not.
type step func(*door, context.Context, *request) error

// ladder is the order of the checks.
var ladder = []step{
	(*door).decode,   // 400, 413
	(*door).identify, // the store; unsigned until here
	(*door).understand,
	(*door).admit,
	(*door).verify,
	(*door).open,
}

// decode reads the body: exactly one JSON object, whatever the Content-Type says.
func (d *door) decode(_ context.Context, q *request) error {
	data, err := body.Read(q.http.Body, bodyLimit)
	switch {
	case errors.Is(err, body.ErrBusy):
		return &refusal{status: http.StatusServiceUnavailable, state: Fail, message: "too many long requests at a time; nothing was stored, try again"}
	case errors.Is(err, body.ErrTooLarge):
		return &refusal{status: http.StatusRequestEntityTooLarge, state: Fail, message: "bad value: body must have at most 1048576 bytes"}
	}
	if err != nil {
		return &refusal{status: http.StatusBadRequest, state: Fail, message: "bad value: body could not be read to its end"}
	}
	object, err := body.Decode(data)
	if err != nil {
		return &refusal{status: http.StatusBadRequest, state: Fail, message: badFields(err)}
	}
	q.form = form{object: object}
	return nil
}

// identify finds the store. Some clients call it storeIdentifier.
func (d *door) identify(ctx context.Context, q *request) (err error) {
	id, other := q.form.text("storeId", storeLength), q.form.text("storeIdentifier", storeLength)
	switch {
	case q.form.err != nil:
		return q.form.err
	case id != "" && other != "" && id != other:
		return bad("storeId", "and storeIdentifier must not differ")
	case id == "":
		id = other
	}
	if id == "" {
		return bad("storeId", "is required")
	}
	if q.store, err = d.Stores.Find(ctx, id); fault.Is(err, fault.NotFound) {
		q.storeID = id
		return fail(unknownStore)
	}
	if err != nil {
		return err
	}
	q.storeID = id
	q.shop, err = d.Shops.Find(ctx, q.store.Store.Shop)
	return err
}

// understand reads the fields and the texts that may have been signed.
func (d *door) understand(_ context.Context, q *request) error {
	id := q.form.required("orderId", orderLength)
	if q.form.err != nil {
		return q.form.err
	}
	q.orderID = id
	readings := q.method.read(q)
	if q.form.err != nil {
		return q.form.err
	}
	q.readings = readings
	return nil
}

// admit refuses addresses that are not on the shop's list.
func (d *door) admit(_ context.Context, q *request) error {
	return q.shop.Admit(caller.Address(q.http, d.TrustedProxies))
}

// verify checks the signature under every valid password.
func (d *door) verify(_ context.Context, q *request) error {
	sign := q.form.text("signature", signatureLength)
	if q.form.err != nil {
		return q.form.err
	}
	for _, password := range q.store.Passwords() {
		for _, parts := range q.readings {
			if signature.VerifyPayParts(sign, enclosed(password, parts)...) {
				q.password, q.text = password, strings.Join(parts, "")
				return nil
			}
		}
	}
	return fail(wrongSignature)
}

// open refuses a shop that is not active.
func (d *door) open(_ context.Context, q *request) error { return q.shop.Shop.Open() }

func enclosed(password string, parts []string) []string {
	all := make([]string, 0, len(parts)+2)
	return append(append(append(all, password), parts...), password)
}

// joined is a digest of the text that the request signed. The text has no
// separators, so that of another order can be the same (api/payparts.md §7).
func (q *request) joined() string {
	sum := sha256.Sum256([]byte(q.text))
	return hex.EncodeToString(sum[:])
}

// readKey is for methods that sign the store and the order only.
func (q *request) readKey() [][]string { return [][]string{{q.storeID, q.orderID}} }

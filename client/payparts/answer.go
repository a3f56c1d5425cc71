package payparts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/brama-pay/brama/client/internal/wire"
)

// Cover is what the signature of an answer vouches for.
type Cover int

// The covers. Answers to confirm and cancel come with either of the signed ones, by
// a setting of the store (api/payparts.md §3); every other signed answer covers its
// outcome.
const (
	// CoverNothing: nobody signed it. Only an unknown store's refusal and the answer
	// with a QR picture get through so.
	CoverNothing Cover = iota
	// CoverOrder: the signature names the store and the order and nothing more (the
	// setting docs). It is that of the request itself, so whoever saw the request can
	// print such an answer: read the state again before money moves.
	CoverOrder
	// CoverOutcome: state and message are signed (the setting with_state).
	CoverOutcome
)

// String is the cover in words.
func (c Cover) String() string {
	switch c {
	case CoverNothing:
		return "nothing"
	case CoverOrder:
		return "the order only"
	case CoverOutcome:
		return "the outcome"
	}
	return "cover " + strconv.Itoa(int(c))
}

// The two states of an answer.
const (
	success = "SUCCESS"
	fail    = "FAIL"
)

// Answer is an answer as it came, its signature verified as far as Cover says.
type Answer struct {
	State        string // SUCCESS or FAIL
	PaymentState PaymentState
	Message      string
	Token        string
	Cover        Cover
	Fields       map[string]json.RawMessage // all of them; what is not signed too
	Status       int                        // of HTTP; 200 for refusals too
	Raw          []byte                     // the whole body
}

// open reads an answer and verifies it for the order that was asked. An answer of
// which anything is in doubt is no answer: the outcome is then unknown.
func (c *Client) open(method, orderID string, status int, raw []byte) (Answer, error) {
	answer, err := c.read(method, orderID, raw)
	answer.Status = status
	if err != nil {
		return Answer{}, &TransportError{Method: method, Status: status, Sent: true, Err: err}
	}
	if answer.State == fail {
		return answer, &Error{Method: method, Message: answer.Message, Cover: answer.Cover}
	}
	return answer, nil
}

func (c *Client) read(method, orderID string, raw []byte) (Answer, error) {
	fields, err := wire.Object(raw)
	if err != nil {
		return Answer{}, fmt.Errorf("the answer is %w; check the address", err)
	}
	r := &reader{fields: fields}
	a := Answer{
		State: r.text("state"), PaymentState: PaymentState(r.text("paymentState")),
		Message: r.text("message"), Token: r.text("token"), Fields: fields, Raw: raw,
	}
	sig := r.text("signature")
	r.own("storeId", c.store)
	r.own("orderId", orderID)
	if r.err != nil {
		return Answer{}, r.err
	}
	if a.State != success && a.State != fail {
		return Answer{}, errors.New("the answer's state is neither SUCCESS nor FAIL")
	}
	a.Cover = c.cover(method, orderID, sig, a)
	unsigned := a.State == fail && a.Message == unknownStore && sig == ""
	if a.Cover == CoverNothing && !unsigned {
		return Answer{}, fmt.Errorf("%w, check the store's password; the answer claims %s %s",
			ErrSignature, a.State, excerpt(a.Message))
	}
	return a, nil
}

// own refuses an answer about something else. One that names nothing is judged by
// its signature, which is always computed over what was asked.
func (r *reader) own(name, want string) {
	if r.has(name) && r.text(name) != want {
		r.fail(name, "the answer is about another one: "+excerpt(r.text(name)))
	}
}

// excerpt quotes a text that nobody vouches for, of bounded length.
func excerpt(text string) string {
	const most = 200
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strconv.Quote(text)
}

// cover tries the signatures that an answer of the method may have
// (api/payparts.md §3), the one that says most first.
func (c *Client) cover(method, orderID, sig string, a Answer) Cover {
	state, store := a.State, c.store
	switch method {
	case createMethod, holdMethod:
		return c.outcome(sig, state, store, orderID, a.Message, a.Token)
	case declineMethod, stateMethod:
		return c.outcome(sig, state, store, orderID, string(a.PaymentState), a.Message)
	case descriptionMethod:
		return c.outcome(sig, store, orderID, state, a.Message)
	case confirmMethod, cancelMethod:
		if cover := c.outcome(sig, state, store, orderID, a.Message); cover != CoverNothing {
			return cover
		}
		if c.verify(sig, store, orderID) {
			return CoverOrder
		}
	}
	return CoverNothing
}

func (c *Client) outcome(sig string, parts ...string) Cover {
	if c.verify(sig, parts...) {
		return CoverOutcome
	}
	return CoverNothing
}

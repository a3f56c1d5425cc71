package payparts

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// The states of an answer. Unknown is no FAIL: something may have been done.
const (
	Success = "SUCCESS"
	Fail    = "FAIL"
	Unknown = "UNKNOWN"
)

// answer is the body of an answer, its fields in the order of seed 004.
type answer struct {
	State        string       `json:"state"`
	PaymentState PaymentState `json:"paymentState,omitempty"`
	StoreID      string       `json:"storeId,omitempty"`
	OrderID      string       `json:"orderId,omitempty"`
	Token        string       `json:"token,omitempty"`
	SendPhone    string       `json:"sendPhone,omitempty"`
	Message      string       `json:"message,omitempty"`
	Amount       json.Number  `json:"amount,omitempty"`
	Description  *string      `json:"description,omitempty"`
	CardMask     string       `json:"cardMask,omitempty"`
	Refunds      *[]refund    `json:"refunds,omitempty"`
	Signature    string       `json:"signature,omitempty"`
}

// refund is one return of money, as showRefund shows it.
type refund struct {
	Amount json.Number `json:"amount"`
	Date   string      `json:"date"`
	State  string      `json:"state"`
}

// seal names the store and the order, and signs. An answer to a request that was
// not verified is signed in a form of its own: everybody can ask for it, so it must
// not be the text of any request or callback. The methods' own forms that begin with
// the store would be just that.
func (q *request) seal(a *answer) {
	a.StoreID, a.OrderID = q.storeID, q.orderID
	switch {
	case q.store == nil:
	case q.password == "":
		a.Signature = signature.PayParts(enclosed(q.store.SigningPassword(), q.signedState(a))...)
	default:
		a.Signature = signature.PayParts(enclosed(q.password, q.method.signed(q, a))...)
	}
}

// signedState is the form that begins with the state: of decline and state.
func (q *request) signedState(a *answer) []string {
	return []string{a.State, a.StoreID, a.OrderID, string(a.PaymentState), a.Message}
}

// signedCreated has the message, then the token; mostly there is one of them.
func (q *request) signedCreated(a *answer) []string {
	return []string{a.State, a.StoreID, a.OrderID, a.Message, a.Token}
}

// signedHeld is what sources disagree about; the store says which it wants.
func (q *request) signedHeld(a *answer) []string {
	if q.store.Settings.ConfirmSignature == shop.WithState {
		return q.signedState(a)
	}
	return []string{a.StoreID, a.OrderID}
}

func (q *request) signedDescribed(a *answer) []string {
	return []string{a.StoreID, a.OrderID, a.State, a.Message}
}

// send writes one JSON object.
func send(w http.ResponseWriter, status int, content any) {
	text := printed(content)
	header := w.Header()
	header.Set("Content-Type", "application/json;charset=UTF-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller has left: he asks for state
}

// printed is JSON with its characters as they are.
func printed(content any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(content); err != nil {
		panic(err) // texts and numbers of ours always marshal
	}
	return b.Bytes()
}

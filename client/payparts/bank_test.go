package payparts_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
)

// The public test store (api/payparts.md §9).
const (
	store    = "4AAD1369CF734B64B70F"
	password = "75bef16bfdce4d0e9c0ad5a19b9940df"
	order    = "ORDER-3196fa3007bc4b6dab8"
)

// sig is api/payparts.md §1 written out again, so that a slip in the signature room
// does not pass because both sides share it.
func sig(parts ...string) string {
	return plainSum(password + strings.Join(parts, "") + password)
}

func plainSum(text string) string {
	sum := sha1.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// request is a decoded body: numbers by their literal.
type request map[string]json.RawMessage

func decodeRequest(body []byte) (request, error) {
	var r request
	err := json.Unmarshal(body, &r)
	return r, err
}

func (r request) text(name string) string {
	var text string
	if json.Unmarshal(r[name], &text) == nil {
		return text
	}
	return string(r[name])
}

// kopecks drops the point of a literal with two decimals; nothing else is expected.
func kopecks(literal string) string {
	whole, fraction, _ := strings.Cut(literal, ".")
	if len(fraction) != 2 {
		return "not two decimals: " + literal
	}
	return whole + fraction
}

func (r request) products() string {
	var list []request
	_ = json.Unmarshal(r["products"], &list)
	text := ""
	for _, p := range list {
		text += p.text("name") + p.text("count") + kopecks(p.text("price"))
	}
	return text
}

// signed is the request column of api/payparts.md §3.
func (r request) signed(method string) string {
	switch method {
	case "create", "hold":
		return sig(r.text("storeId"), r.text("orderId"), kopecks(r.text("amount")), r.text("currency"), r.text("partsCount"),
			r.text("merchantType"), r.text("responseUrl"), r.text("redirectUrl"), r.products())
	case "decline":
		return sig(r.text("storeId"), r.text("orderId"), kopecks(r.text("amount")))
	case "description":
		return sig(r.text("storeId"), r.text("orderId"), r.text("description"))
	}
	return sig(r.text("storeId"), r.text("orderId"))
}

// bank is a double with behaviour: it keeps payments, verifies what it is asked and
// signs what it answers.
type bank struct {
	*httptest.Server
	mu        sync.Mutex
	payments  map[string]*payment
	last      request
	header    http.Header
	calls     int
	withState bool                               // the store's setting confirm_signature
	twist     func(method string, answer answer) // changes an answer after it was signed
	lose      bool                               // acts, then cuts the line
}

type payment struct {
	state, amount, description, token string
	refunds                           []string
}

type answer map[string]any

func newBank() *bank {
	b := &bank{payments: map[string]*payment{}}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	return b
}

func (b *bank) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	b.header = r.Header.Clone()
	if r.URL.Path == "/ipp/qr/generate" {
		b.picture(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	method := strings.TrimPrefix(r.URL.Path, "/ipp/v2/payment/")
	got, err := decodeRequest(body)
	if err != nil {
		http.Error(w, `{"state":"FAIL","message":"not a JSON object"}`, http.StatusBadRequest)
		return
	}
	b.last = got
	out := b.answer(method, got)
	if b.lose {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
		return
	}
	if b.twist != nil {
		b.twist(method, out)
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(out)
}

// answer acts and signs, by the answer column of api/payparts.md §3.
func (b *bank) answer(method string, r request) answer {
	if r.text("storeId") != store {
		return answer{"state": "FAIL", "message": "bad value: Unknown identifier. Store not found."}
	}
	id, state := r.text("orderId"), "SUCCESS"
	out := answer{"storeId": store, "orderId": id}
	message := "bad value: Wrong signature. Read the FAQ on the generation of signatures."
	if r.text("signature") == r.signed(method) {
		message = b.act(method, id, r, out)
	}
	if message != "" {
		out["message"] = message
		if method != "description" || message != "description successfully updated" {
			state = "FAIL"
		}
	}
	out["state"] = state
	text := func(name string) string { s, _ := out[name].(string); return s }
	switch method {
	case "create", "hold":
		out["signature"] = sig(state, store, id, message, text("token"))
	case "confirm", "cancel":
		out["signature"] = sig(store, id)
		if b.withState {
			out["signature"] = sig(state, store, id, message)
		}
	case "description":
		out["signature"] = sig(store, id, state, message)
	default:
		out["signature"] = sig(state, store, id, text("paymentState"), message)
	}
	return out
}

// act does what a method does and says why not.
func (b *bank) act(method, id string, r request, out answer) (message string) {
	p := b.payments[id]
	if method == "create" || method == "hold" {
		if p != nil {
			return "bad value: orderId already exists"
		}
		b.payments[id] = &payment{state: "CREATED", amount: r.text("amount"), token: "E8E354374D404C1E9279DCCF1C7B5541"}
		out["token"] = b.payments[id].token
		return ""
	}
	if p == nil {
		return "Платеж не найден"
	}
	switch method {
	case "confirm", "cancel":
		if p.state != "LOCKED" {
			return "bad value: paymentState " + p.state
		}
		p.state = map[string]string{"confirm": "SUCCESS", "cancel": "CANCELED"}[method]
	case "decline":
		if p.state != "SUCCESS" || len(p.refunds) > 0 {
			return "bad value: decline already made"
		}
		p.refunds = append(p.refunds, r.text("amount"))
	case "description":
		p.description = r.text("description")
		return "description successfully updated"
	case "state":
		b.tell(p, r, out)
	}
	return ""
}

func (b *bank) tell(p *payment, r request, out answer) {
	out["paymentState"] = p.state
	if r.text("showAmount") == "true" {
		out["amount"] = json.RawMessage(p.amount)
	}
	if r.text("showInfo") == "true" {
		out["description"], out["cardMask"], out["rrn"] = p.description, "0000****3333", "412345678901"
	}
	if r.text("showRefund") == "true" {
		list := []answer{}
		for _, amount := range p.refunds {
			list = append(list, answer{"amount": amount, "date": "2026-05-24", "state": "SUCCESS"})
		}
		out["refunds"] = list
	}
}

func (b *bank) picture(w http.ResponseWriter, r *http.Request) {
	for _, p := range b.payments {
		if p.token == r.URL.Query().Get("token") {
			png := "\x89PNG\r\n\x1a\n" + r.URL.Query().Get("type") + r.URL.Query().Get("size")
			_ = json.NewEncoder(w).Encode(answer{"qr": base64.StdEncoding.EncodeToString([]byte(png)), "state": "SUCCESS"})
			return
		}
	}
	_, _ = io.WriteString(w, `{"state":"FAIL","errorMessage":"INCORRECT TOKEN OR PAYMENT DOES NOT EXIST"}`)
}

// pay is the payer's part: the page, the card and the code. It returns the callback.
func (b *bank) pay(id, state string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.payments[id].state = state
	return callbackBody(store, id, state, "")
}

func callbackBody(storeID, orderID, state, message string) []byte {
	body, _ := json.Marshal(answer{
		"storeId": storeID, "orderId": orderID, "paymentState": state, "message": message,
		"signature": sig(storeID, orderID, state, message),
	})
	return body
}

// loseAnswers sets whether the line is cut after acting.
func (b *bank) loseAnswers(lose bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lose = lose
}

// asked is how many calls arrived.
func (b *bank) asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

func (b *bank) client(t *testing.T) *payparts.Client {
	t.Helper()
	c, err := payparts.New(b.URL, store, password)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func openBank(t *testing.T) (*bank, *payparts.Client) {
	t.Helper()
	b := newBank()
	t.Cleanup(b.Close)
	return b, b.client(t)
}

// answering is a client of a bank that gives one answer to everything, without a network.
func answering(status int, body []byte) *payparts.Client {
	h := &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{}, Request: r,
			Body: io.NopCloser(bytes.NewReader(body)),
		}, nil
	})}
	c, err := payparts.New("https://bank.example", store, password, payparts.WithHTTPClient(h))
	if err != nil {
		panic(err)
	}
	return c
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func body(a answer) []byte {
	text, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return text
}

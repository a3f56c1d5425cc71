package privatbank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
	"github.com/brama-pay/brama/provider/providertest"
	"github.com/brama-pay/brama/signature"
)

// The store of the tests at the bank.
const (
	store    = "4AAD1369CF734B64B70F"
	password = "75bef16bfdce4d0e9c0ad5a19b9940df"
	testShop = int64(1520)
)

// bank is a double of the bank with a behaviour: it keeps orders, moves them when
// its clock does, and decides by the last three digits of an amount in kopecks.
type bank struct {
	*httptest.Server
	mu        sync.Mutex
	now       time.Time
	orders    map[string]*order
	told      []providertest.Delivery
	withState bool // the store's setting of how confirm and cancel are signed
	noDetails bool // it shows no refunds
	calls     []string
	lie       func(method string, a answer) // changes an answer before it is signed
	lieAfter  func(method string, a answer) // and after it
}

type answer map[string]any

type order struct {
	id, token, state, message, response string
	amount                              int64
	hold                                bool
	payAt                               time.Time
	refunds                             []*refund
}

type refund struct {
	amount int64
	state  string
	ripeAt time.Time
}

func newBank(t testing.TB) *bank {
	b := &bank{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), orders: map[string]*order{}}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.Close)
	return b
}

func (b *bank) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bank) Wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
	for _, o := range b.orders {
		b.ripen(o)
	}
}

// The fates of an order, by the last three digits of its amount.
const (
	payerRefused  = 301
	payerLeaves   = 302
	createRefused = 303
	strangeState  = 304
	actRefused    = 665 // of confirm, cancel and decline
	failsLater    = 666 // of decline
	actCutAfter   = 667
	actCutBefore  = 668
)

func fate(amount int64) int64 { return amount % 1000 }

// ripen lets the payer act, 30 seconds after the order was made.
func (b *bank) ripen(o *order) {
	for _, r := range o.refunds {
		if r.state == "WAITING" && !b.now.Before(r.ripeAt) {
			r.state = "SUCCESS"
			if fate(r.amount) == failsLater {
				r.state = "FAIL"
			}
		}
	}
	if o.state != "CREATED" && o.state != "BANK_THINKS" || b.now.Before(o.payAt) {
		return
	}
	switch fate(o.amount) {
	case payerRefused:
		o.state, o.message = "FAIL", "Отказ"
	case payerLeaves:
		o.state, o.message = "CANCELED", "Клиент не завершил оплату"
	default:
		o.state, o.message = "SUCCESS", "Оплата"
		if o.hold {
			o.state = "LOCKED"
		}
	}
	b.tell(o)
}

// tell owes the store a callback, and a repeat of it.
func (b *bank) tell(o *order) {
	body := fmt.Sprintf(`{"storeId":%q,"orderId":%q,"paymentState":%q,"message":%q,"signature":%q}`,
		store, o.id, o.state, o.message, sign(store, o.id, o.state, o.message))
	header := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}
	b.told = append(b.told, providertest.Delivery{Header: header, Body: []byte(body)}, providertest.Delivery{Header: header, Body: []byte(body)})
}

func sign(parts ...string) string {
	return signature.PayParts(append(append([]string{password}, parts...), password)...)
}

// request is what a store sends.
type request struct {
	StoreID, OrderID, MerchantType, ResponseURL, RedirectURL, Signature string
	Amount                                                              json.Number
	PartsCount                                                          json.Number
	ShowRefund, ShowAmount, ShowInfo                                    any
	Products                                                            []struct {
		Name         string
		Count, Price json.Number
	}
}

func (b *bank) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	method := strings.TrimPrefix(r.URL.Path, "/ipp/v2/payment/")
	var q request
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	b.calls = append(b.calls, method)
	a := answer{"state": "FAIL", "storeId": store, "orderId": q.OrderID, "message": ""}
	switch o := b.orders[q.OrderID]; {
	case q.StoreID != store || q.Signature != q.signature(method):
		a["message"] = "bad value: Wrong signature. Read the FAQ on the generation of signatures."
	case method == "create" || method == "hold":
		b.create(q, method == "hold", o, a)
	case o == nil:
		a["message"] = "Платеж не найден"
	case method == "state":
		b.state(q, o, a)
	default:
		b.act(method, q, o, a)
	}
	b.reply(w, method, a)
}

func (b *bank) reply(w http.ResponseWriter, method string, a answer) {
	if b.lie != nil {
		b.lie(method, a)
	}
	a["signature"] = b.signature(method, a)
	if b.lieAfter != nil {
		b.lieAfter(method, a)
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(a)
}

func (q request) signature(method string) string {
	parts := []string{q.StoreID, q.OrderID}
	switch method {
	case "create", "hold":
		parts = append(parts, wfp(q.Amount), q.PartsCount.String(), q.MerchantType, q.ResponseURL, q.RedirectURL)
		for _, p := range q.Products {
			parts = append(parts, p.Name, p.Count.String(), wfp(p.Price))
		}
	case "decline":
		parts = append(parts, wfp(q.Amount))
	}
	return sign(parts...)
}

func wfp(n json.Number) string {
	text, _ := signature.WithoutPoint(n.String())
	return text
}

func (q request) kopecks() int64 {
	amount, _ := money.Parse(q.Amount.String(), money.UAH)
	return amount.Minor
}

// signature is that of an answer (api/payparts.md §3).
func (b *bank) signature(method string, a answer) string {
	text := func(name string) string {
		s, _ := a[name].(string)
		return s
	}
	switch method {
	case "create", "hold":
		return sign(text("state"), text("storeId"), text("orderId"), text("message"), text("token"))
	case "confirm", "cancel":
		if !b.withState {
			return sign(text("storeId"), text("orderId"))
		}
		return sign(text("state"), text("storeId"), text("orderId"), text("message"))
	}
	return sign(text("state"), text("storeId"), text("orderId"), text("paymentState"), text("message"))
}

func (b *bank) create(q request, hold bool, o *order, a answer) {
	switch {
	case fate(q.kopecks()) == createRefused:
		a["message"] = "bad value: amount is not what we lend"
		return
	case o == nil:
		o = &order{
			id: q.OrderID, token: fmt.Sprintf("%032X", len(b.orders)+1), state: "CREATED", response: q.ResponseURL,
			amount: q.kopecks(), hold: hold, payAt: b.now.Add(30 * time.Second),
		}
		if fate(o.amount) == strangeState {
			o.state = "BANK_THINKS"
		}
		b.orders[o.id] = o
	case o.state != "CREATED" || o.amount != q.kopecks() || o.hold != hold:
		a["message"] = "bad value: orderId already exists"
		return
	}
	a["state"], a["token"] = "SUCCESS", o.token
	delete(a, "message")
}

func (b *bank) state(q request, o *order, a answer) {
	b.ripen(o)
	a["state"], a["paymentState"], a["message"] = "SUCCESS", o.state, o.message
	if q.ShowAmount != nil {
		a["amount"] = json.Number(money.New(o.amount, money.UAH).Text())
	}
	if q.ShowInfo != nil {
		a["cardMask"], a["rrn"] = "535145******1234", "012345678901"
	}
	if q.ShowRefund == nil || b.noDetails {
		return
	}
	list := []answer{}
	for _, r := range o.refunds {
		list = append(list, answer{"amount": json.Number(money.New(r.amount, money.UAH).Text()), "date": "01.03.2026", "state": r.state})
	}
	a["refunds"] = list
}

// act is confirm, cancel or decline. One that is cut loses its line, after it was
// done or before.
func (b *bank) act(method string, q request, o *order, a answer) {
	b.ripen(o)
	amount := o.amount
	if method == "decline" {
		amount = q.kopecks()
	}
	reason := b.refuses(method, amount, o)
	if fate(amount) == actCutBefore {
		panic(http.ErrAbortHandler)
	}
	if reason != "" {
		a["message"] = reason
		return
	}
	switch method {
	case "confirm":
		o.state = "SUCCESS"
	case "cancel":
		o.state, o.message = "CANCELED", ""
	case "decline":
		made := &refund{amount: amount, state: "SUCCESS", ripeAt: b.now.Add(30 * time.Second)}
		if fate(amount) == failsLater {
			made.state = "WAITING"
		}
		o.refunds = append(o.refunds, made)
	}
	if fate(amount) == actCutAfter {
		panic(http.ErrAbortHandler)
	}
	a["state"] = "SUCCESS"
	delete(a, "message")
}

func (b *bank) refuses(method string, amount int64, o *order) string {
	if fate(amount) == actRefused {
		return "refused by the bank"
	}
	if method != "decline" {
		if o.state != "LOCKED" {
			return "bad value: orderId is not locked"
		}
		return ""
	}
	left := o.amount
	for _, r := range o.refunds {
		if r.amount == amount && r.state != "FAIL" {
			return "bad value: decline already made"
		}
		if r.state != "FAIL" {
			left -= r.amount
		}
	}
	if o.state != "SUCCESS" || amount > left {
		return "bad value: amount is more than is left"
	}
	return ""
}

// account is ours at the double.
func (b *bank) account() provider.Account {
	return provider.Account{
		Name: "parts", Connector: privatbank.Name, Active: true,
		Settings: map[string]string{privatbank.BaseURL: b.URL, privatbank.StoreID: store},
		Secrets:  map[string]string{privatbank.Password: password},
	}
}

const publicURL = "https://pay.shop.example"

func (b *bank) connector() *privatbank.Bank {
	return privatbank.New(privatbank.Config{Client: b.Client(), PublicURL: publicURL})
}

// query is the question about a call.
func query(c provider.Call) provider.Query {
	return provider.Query{
		Account: c.Account, Verb: c.Verb, Reference: c.Reference, Original: c.Original, Shop: c.Shop, Operation: c.Operation, N: c.N, Amount: c.Amount, Hold: c.Hold,
	}
}

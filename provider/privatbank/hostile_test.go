package privatbank_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
)

// put is an order of ours at the double, moved to a state.
func (b *bank) put(t *testing.T, state string, hold bool) (made provider.Call) {
	t.Helper()
	c := parts(100_000)
	c.Account, c.Hold, c.Shop, c.N = b.account(), hold, testShop, 1
	c.Operation = int64(len(b.orders) + 7)
	c.Reference = provider.Reference(provider.Authorize, c.Shop, c.Operation, 1)
	if o := b.connector().Authorize(t.Context(), c); o.Result != provider.Pending {
		t.Fatalf("no order: %+v", o)
	}
	b.orders[c.Reference].state = state
	return c
}

// act is a call on an order.
func act(verb provider.Verb, order provider.Call, n int64) provider.Call {
	order.Verb, order.Original, order.Whole, order.N = verb, order.Reference, order.Amount, n
	order.Reference = provider.Reference(verb, order.Shop, order.Operation, 1)
	return order
}

// TestWhatAStateMeans is the table of every state to every act.
func TestWhatAStateMeans(t *testing.T) {
	const (
		ok, no, wait, missing, unknown = provider.Succeeded, provider.Declined, provider.Pending, provider.Missing, provider.Unknown
	)
	states := []string{"CREATED", "CLIENT_WAIT", "OTP_WAITING", "PP_CREATION", "SOMETHING_NEW", "LOCKED", "SUCCESS", "FAIL", "CANCELED"}
	for _, row := range []struct {
		name string
		verb provider.Verb
		hold bool
		want []provider.Result // by states
	}{
		{"payment", provider.Authorize, false, []provider.Result{wait, wait, wait, wait, wait, unknown, ok, no, no}},
		{"hold", provider.Authorize, true, []provider.Result{wait, wait, wait, wait, wait, ok, unknown, no, no}},
		{"capture", provider.Capture, true, []provider.Result{unknown, unknown, unknown, unknown, unknown, missing, ok, unknown, no}},
		{"void", provider.Void, true, []provider.Result{unknown, unknown, unknown, unknown, unknown, missing, no, unknown, ok}},
		{"refund", provider.Refund, false, []provider.Result{missing, missing, missing, missing, missing, missing, missing, missing, missing}},
	} {
		b := newBank(t)
		for i, state := range states {
			c := b.put(t, state, row.hold)
			b.orders[c.Reference].payAt = b.now.Add(24 * time.Hour)
			if row.verb != provider.Authorize {
				c = act(row.verb, c, 1)
			}
			o := b.connector().Status(t.Context(), query(c))
			if o.Result != row.want[i] {
				t.Errorf("%s, %s: %+v, want %s", row.name, state, o, row.want[i])
			}
			if left := row.verb == provider.Authorize && state == "CANCELED"; row.verb == provider.Authorize && o.Abandoned != left {
				t.Errorf("%s, %s: abandoned %t", row.name, state, o.Abandoned)
			}
		}
	}
}

// TestWhatAListOfRefundsMeans: ours is found by its amount, and never among others'.
func TestWhatAListOfRefundsMeans(t *testing.T) {
	for _, row := range []struct {
		name   string
		listed []*refund
		hidden bool
		state  string
		want   provider.Result
	}{
		{"none is shown", nil, true, "SUCCESS", provider.Unknown},
		{"an empty list", nil, false, "SUCCESS", provider.Missing},
		{"others' amounts", []*refund{{amount: 200, state: "SUCCESS"}, {amount: 9999, state: "WAITING"}}, false, "SUCCESS", provider.Missing},
		{"done", []*refund{{amount: 100, state: "SUCCESS"}, {amount: 300, state: "FAIL"}}, false, "SUCCESS", provider.Succeeded},
		{"waiting", []*refund{{amount: 300, state: "FAIL"}, {amount: 100, state: "WAITING", ripeAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}}, false, "SUCCESS", provider.Pending},
		{"a state nobody knows", []*refund{{amount: 100, state: "THINKING"}}, false, "SUCCESS", provider.Pending},
		{"failed", []*refund{{amount: 100, state: "FAIL"}}, false, "SUCCESS", provider.Declined},
		{"of an order that was never paid", []*refund{{amount: 100, state: "SUCCESS"}}, false, "LOCKED", provider.Unknown},
		{"one that cannot be read beside ours", []*refund{{amount: 100, state: "SUCCESS"}, {amount: -5, state: "SUCCESS"}}, false, "SUCCESS", provider.Unknown},
	} {
		b := newBank(t)
		b.noDetails = row.hidden
		c := act(provider.Refund, b.put(t, row.state, false), 1)
		c.Amount = uah(100)
		b.orders[c.Original].refunds = row.listed
		if o := b.connector().Status(t.Context(), query(c)); o.Result != row.want {
			t.Errorf("%s: %+v, want %s", row.name, o, row.want)
		}
	}
}

// TestTheSignedWordOfADecline is the last one only where no list says more.
func TestTheSignedWordOfADecline(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(b *bank)
		want provider.Result
	}{
		{"no list", func(b *bank) { b.noDetails = true }, provider.Succeeded},
		{"an empty list", func(b *bank) { b.lie = with("state", "refunds", []any{}) }, provider.Pending},
		{"a broken list", func(b *bank) { b.lie = with("state", "refunds", "none") }, provider.Pending},
		{"a state that does not verify", func(b *bank) { b.lieAfter = with("state", "signature", "x") }, provider.Pending},
		{"an earlier one failed, ours is not listed", func(b *bank) {
			b.lie = with("state", "refunds", []any{answer{"amount": 1000, "state": "FAIL"}})
		}, provider.Pending},
		{"a decline that does not verify", func(b *bank) { b.lieAfter = with("decline", "signature", "x") }, provider.Unknown},
	} {
		b := newBank(t)
		c := act(provider.Refund, b.put(t, "SUCCESS", false), 1)
		row.set(b)
		if o := b.connector().Refund(t.Context(), c); o.Result != row.want {
			t.Errorf("%s: %+v, want %s", row.name, o, row.want)
		}
	}
}

// with changes one field of a method's answers.
func with(method, field string, value any) func(string, answer) {
	return func(m string, a answer) {
		if m == method || method == "" {
			a[field] = value
		}
	}
}

// TestARefusalAfterAnEarlierSend proves nothing: the earlier one may be on its way.
func TestARefusalAfterAnEarlierSend(t *testing.T) {
	for _, verb := range []provider.Verb{provider.Capture, provider.Void, provider.Refund} {
		for n, want := range map[int64]provider.Result{1: provider.Declined, 2: provider.Unknown} {
			b := newBank(t)
			b.withState = true
			state := "LOCKED"
			if verb == provider.Refund {
				state = "SUCCESS"
			}
			c := act(verb, b.put(t, state, verb != provider.Refund), n)
			b.lie = func(m string, a answer) {
				if m != "state" {
					a["state"], a["message"] = "FAIL", "is being processed"
				} else if verb != provider.Refund {
					a["paymentState"] = "LOCKED"
				}
			}
			if o := send(t.Context(), b.connector(), c); o.Result != want {
				t.Errorf("%s, sent %d times: %+v, want %s", verb, n, o, want)
			}
		}
	}
}

// TestLies: whatever is not signed for what was asked, or shows another amount, is
// no answer.
func TestLies(t *testing.T) {
	pay := func(b *bank, t *testing.T) provider.Call { return b.put(t, "SUCCESS", false) }
	hold := func(b *bank, t *testing.T) provider.Call { return b.put(t, "LOCKED", true) }
	question := func(b *bank, c provider.Call) provider.Outcome {
		return b.connector().Status(context.Background(), query(c))
	}
	again := func(b *bank, c provider.Call) provider.Outcome {
		c.Operation++
		c.Reference = provider.Reference(provider.Authorize, c.Shop, c.Operation, 1)
		return b.connector().Authorize(context.Background(), c)
	}
	capture := func(b *bank, c provider.Call) provider.Outcome {
		return b.connector().Capture(context.Background(), act(provider.Capture, c, 2))
	}
	for _, row := range []struct {
		name          string
		on            func(*bank, *testing.T) provider.Call
		ask           func(*bank, provider.Call) provider.Outcome
		lie, lieAfter func(string, answer)
	}{
		{"another amount", pay, question, with("state", "amount", json.Number("1000.01")), nil},
		{"a hundredth of the amount", pay, question, with("state", "amount", json.Number("10.00")), nil},
		{"the amount in kopecks", pay, question, with("state", "amount", 100_000), nil},
		{"no amount", pay, question, func(_ string, a answer) { delete(a, "amount") }, nil},
		{"an amount that is none", pay, question, with("state", "amount", "a lot"), nil},
		{"an amount with an exponent", pay, question, with("state", "amount", json.Number("1e3")), nil},
		{"another order", pay, question, with("state", "orderId", "a-1520-1"), nil},
		{"another store", pay, question, with("state", "storeId", "OTHER"), nil},
		{"a state signed for another", pay, question, nil, with("state", "paymentState", "FAIL")},
		{"an unsigned state", pay, question, nil, with("state", "signature", "")},
		{"an unsigned 'not found'", pay, question, with("state", "state", "FAIL"), func(_ string, a answer) { a["message"], a["signature"] = "Платеж не найден", "" }},
		{"a 'not found' signed for another", pay, question, func(_ string, a answer) { a["state"], a["message"] = "FAIL", "x" }, with("state", "message", "Платеж не найден")},
		{"no state", pay, question, with("state", "paymentState", ""), nil},
		{"held, we asked to take", pay, question, with("state", "paymentState", "LOCKED"), nil},
		{"taken, we asked to hold", hold, question, with("state", "paymentState", "SUCCESS"), nil},
		{"an unsigned refusal of an order", pay, again, func(_ string, a answer) { a["state"] = "FAIL"; delete(a, "token") }, with("create", "signature", "x")},
		{"an order that exists", pay, again, func(_ string, a answer) {
			a["state"], a["message"] = "FAIL", "bad value: orderId already exists"
			delete(a, "token")
		}, nil},
		{"an unknown store", pay, again, nil, func(_ string, a answer) {
			a["state"], a["message"] = "FAIL", "bad value: Unknown identifier. Store not found."
			delete(a, "signature")
		}},
		{"a token that is none", pay, again, with("create", "token", "../../evil"), nil},
		{"confirmed, it says, and it is not", hold, capture, func(m string, a answer) {
			if m == "state" {
				a["paymentState"] = "LOCKED"
			}
		}, nil},
		{"confirmed, it says, and shows another amount", hold, capture, with("state", "amount", json.Number("1.00")), nil},
	} {
		b := newBank(t)
		c := row.on(b, t)
		b.lie, b.lieAfter = row.lie, row.lieAfter
		if o := row.ask(b, c); o.Result != provider.Unknown || o.Continue != "" {
			t.Errorf("%s: %+v", row.name, o)
		}
	}
}

// TestNoClearNumberComesThrough: what the bank says ends in tables and answers.
func TestNoClearNumberComesThrough(t *testing.T) {
	b := newBank(t)
	paid, refused := b.put(t, "SUCCESS", false), b.put(t, "FAIL", false)
	const card = "4242424242424242"
	b.lie = func(_ string, a answer) {
		a["cardMask"], a["rrn"] = card, card
		a["message"] = "card 4242 4242 4242 4242 of store with " + password
	}
	for _, c := range []provider.Call{paid, refused} {
		o := b.connector().Status(t.Context(), query(c))
		said := fmt.Sprintf("%+v", o)
		if strings.Contains(said, "4242") || strings.Contains(said, password) {
			t.Errorf("it came through: %s", said)
		}
	}
}

// TestTheWayElsewhere: a signed request is not carried on to another address, and
// an answer that comes too late is none.
func TestTheWayElsewhere(t *testing.T) {
	reached := make(chan struct{}, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	defer elsewhere.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the caller left
		<-r.Context().Done()
	}))
	defer silent.Close()
	for name, url := range map[string]string{"redirected": redirecting.URL, "silent": silent.URL} {
		c := parts(100_000)
		c.Account = (&bank{Server: &httptest.Server{URL: url}}).account()
		c.Reference, c.Shop, c.Operation, c.N = "a-1520-7", testShop, 7, 1
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		connector := privatbank.New(privatbank.Config{Client: &http.Client{}, PublicURL: publicURL})
		for _, call := range []provider.Call{c, act(provider.Capture, c, 1), act(provider.Void, c, 1), act(provider.Refund, c, 1)} {
			if o := send(ctx, connector, call); o.Result != provider.Unknown {
				t.Errorf("%s: %s: %+v", name, call.Verb, o)
			}
		}
	}
	select {
	case <-reached:
		t.Error("the signed request was carried on")
	default:
	}
}

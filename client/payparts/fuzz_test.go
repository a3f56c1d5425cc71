package payparts_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
	"github.com/brama-pay/brama/instalment"
)

// Any answer at all: what is accepted, and every definite refusal, has a signature
// over its outcome and over what was asked.
func FuzzAnswer(f *testing.F) {
	f.Add(byte(4), "SUCCESS", order, "SUCCESS", "", "", []byte(`{}`))
	f.Add(byte(5), "FAIL", order, "", "Платеж не найден", "", []byte(`{"amount":300,"refunds":[{"amount":"1"}]}`))
	f.Add(byte(0), "SUCCESS", order, "", "", "E8E354374D404C1E9279DCCF1C7B5541", []byte(`{"state":1}`))
	f.Add(byte(9), "FAIL", "", "", "bad value: Unknown identifier. Store not found.", "", []byte(`[[`))
	f.Fuzz(func(t *testing.T, pick byte, state, id, paymentState, message, token string, raw []byte) {
		method := payparts.Methods()[int(pick)%len(payparts.Methods())]
		tryAnswer(t, method, raw)
		signatures := []string{
			sig(state, store, id, paymentState, message), sig(store, id), sig(state, store, id, message, token), sig(store, id, state, message), "",
		}
		signed := answer{
			"state": state, "orderId": id, "paymentState": paymentState, "message": message, "token": token,
			"signature": signatures[int(pick)/len(payparts.Methods())%len(signatures)],
		}
		var more map[string]json.RawMessage
		_ = json.Unmarshal(raw, &more)
		for name, value := range more {
			if _, taken := signed[name]; !taken {
				signed[name] = value
			}
		}
		tryAnswer(t, method, body(signed))
	})
}

func tryAnswer(t *testing.T, method string, raw []byte) {
	t.Helper()
	c, ctx := answering(200, raw), context.Background()
	a, err := c.Call(ctx, method, map[string]string{"orderId": order, "amount": "300", "products": "[]"})
	var refused *payparts.Error
	if err == nil || errors.As(err, &refused) && !errors.Is(err, payparts.ErrOutcomeUnknown) {
		checkSigned(t, method, a, raw)
	}
	switch method {
	case "state":
		_, _ = c.State(ctx, order, payparts.Show{})
	case "create":
		_, _ = c.Create(ctx, vectorRequest())
	case "decline":
		_, _ = c.QR(ctx, "t", 1, instalment.PP)
	}
}

func checkSigned(t *testing.T, method string, a payparts.Answer, raw []byte) {
	t.Helper()
	var given struct{ Signature string }
	_ = json.Unmarshal(raw, &given)
	good := map[string]string{
		"create": sig(a.State, store, order, a.Message, a.Token), "hold": sig(a.State, store, order, a.Message, a.Token),
		"confirm": sig(a.State, store, order, a.Message), "cancel": sig(a.State, store, order, a.Message),
		"decline": sig(a.State, store, order, string(a.PaymentState), a.Message), "state": sig(a.State, store, order, string(a.PaymentState), a.Message),
		"description": sig(store, order, a.State, a.Message),
	}[method]
	if a.Cover == payparts.CoverOrder && a.State == "SUCCESS" && (method == "confirm" || method == "cancel") {
		good = sig(store, order)
	}
	if given.Signature != good {
		t.Fatalf("%s accepts %q", method, raw)
	}
}

// Whatever is accepted has the signature of what is returned.
func FuzzParseCallback(f *testing.F) {
	f.Add(callbackBody(store, "17", "SUCCESS", ""))
	f.Add(callbackBody(store, "17", "CANCELED", "Клиент не завершил оплату"))
	f.Add([]byte(`{"storeId":"a","orderId":1,"paymentState":"LOCKED","message":null,"signature":"x"}`))
	f.Add([]byte(`{"storeId":{},"orderId":[],"paymentState":true}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		cb, err := payparts.ParseCallback(raw, password)
		if err != nil {
			if cb != (payparts.Callback{}) {
				t.Fatalf("%+v beside %v", cb, err)
			}
			return
		}
		if !strings.Contains(string(raw), "signature") || cb.OrderID == "" || cb.State == "" {
			t.Fatalf("%+v of %q", cb, raw)
		}
	})
}

// Any fields at all, rightly signed, come back as they were or are refused; with one
// field changed they are refused, unless the change only moves a boundary that the
// protocol does not sign.
func FuzzCallbackFields(f *testing.F) {
	f.Add("4AAD", "17", "SUCCESS", "", "18")
	f.Add("4AAD", "ORDER-1", "FAIL", "1", "ORDER-12")
	f.Fuzz(func(t *testing.T, storeID, orderID, state, message, another string) {
		for _, text := range []string{storeID, orderID, state, message, another} {
			if strings.ToValidUTF8(text, "") != text {
				t.Skip()
			}
		}
		want := payparts.Callback{StoreID: storeID, OrderID: orderID, State: payparts.PaymentState(state), Message: message}
		cb, err := payparts.ParseCallback(callbackBody(storeID, orderID, state, message), password)
		if err != nil && errors.Is(err, payparts.ErrSignature) || err == nil && cb != want {
			t.Fatalf("%+v, %v, want %+v", cb, err, want)
		}
		forged := body(answer{"storeId": storeID, "orderId": another, "paymentState": state, "message": message,
			"signature": sig(storeID, orderID, state, message)})
		if _, err := payparts.ParseCallback(forged, password); err == nil && another+state+message != orderID+state+message {
			t.Fatalf("order %q passes for %q", another, orderID)
		}
	})
}

package payparts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/payparts"
)

func TestCallbackVector(t *testing.T) {
	v := vectors(t)["callback, success"]
	raw := body(answer{"storeId": v.Parts[1], "orderId": v.Parts[2], "paymentState": v.Parts[3], "message": v.Parts[4], "signature": v.Signature})
	want := payparts.Callback{StoreID: store, OrderID: order, State: payparts.PaymentSucceeded, Message: "Текст договора"}
	if cb, err := payparts.ParseCallback(raw, "another", password); err != nil || cb != want {
		t.Errorf("%+v, %v", cb, err)
	}
	if cb, err := answering(200, nil).ParseCallback(raw); err != nil || cb != want {
		t.Errorf("by the client: %+v, %v", cb, err)
	}
}

func TestCallbacksRefused(t *testing.T) {
	good := string(callbackBody(store, "17", "SUCCESS", ""))
	other := callbackBody("4AAD1369CF734B64B70E", "17", "SUCCESS", "")
	unsigned := func(a answer) string { a["storeId"], a["orderId"] = store, "17"; return string(body(a)) }
	tests := map[string]struct {
		body string
		want error
	}{
		"another order":     {strings.Replace(good, `"17"`, `"18"`, 1), payparts.ErrSignature},
		"another state":     {strings.Replace(good, "SUCCESS", "LOCKED", 1), payparts.ErrSignature},
		"another message":   {strings.Replace(good, `"message":""`, `"message":"x"`, 1), payparts.ErrSignature},
		"no signature":      {unsigned(answer{"paymentState": "SUCCESS"}), payparts.ErrSignature},
		"null signature":    {unsigned(answer{"paymentState": "SUCCESS", "signature": nil}), payparts.ErrSignature},
		"listed signature":  {unsigned(answer{"paymentState": "SUCCESS", "signature": []string{sig(store, "17", "SUCCESS")}}), payparts.ErrCallback},
		"a request's":       {unsigned(answer{"signature": sig(store, "17")}), payparts.ErrCallback},
		"state in message":  {unsigned(answer{"message": "SUCCESS", "signature": sig(store, "17", "SUCCESS")}), payparts.ErrCallback},
		"a description's":   {string(callbackBody(store, "17", "SUCCESS", "description successfully updated")), payparts.ErrCallback},
		"no order":          {string(callbackBody(store, "", "SUCCESS", "")), payparts.ErrCallback},
		"state twice":       {strings.Replace(good, `{`, `{"paymentState":"FAIL",`, 1), payparts.ErrCallback},
		"state in capitals": {strings.Replace(good, `{`, `{"PAYMENTSTATE":"FAIL",`, 1), payparts.ErrCallback},
		"something after":   {good + "{}", payparts.ErrCallback},
		"nothing":           {"", payparts.ErrCallback},
		"a list":            {"[" + good + "]", payparts.ErrCallback},
		"not UTF-8":         {strings.Replace(good, `"17"`, "\"\xff\"", 1), payparts.ErrCallback},
		"huge":              {good + strings.Repeat(" ", 64<<10), payparts.ErrCallback},
	}
	c := answering(200, nil)
	for what, test := range tests {
		if cb, err := payparts.ParseCallback([]byte(test.body), password); !errors.Is(err, test.want) || cb != (payparts.Callback{}) {
			t.Errorf("%s: %+v, %v", what, cb, err)
		}
		if cb, err := c.ParseCallback([]byte(test.body)); !errors.Is(err, test.want) || cb != (payparts.Callback{}) {
			t.Errorf("%s, by the client: %+v, %v", what, cb, err)
		}
	}
	if _, err := c.ParseCallback(other); !errors.Is(err, payparts.ErrCallback) {
		t.Errorf("another store: %v", err)
	}
	if _, err := payparts.ParseCallback([]byte(good)); !errors.Is(err, payparts.ErrSignature) {
		t.Errorf("no password: %v", err)
	}
	if _, err := payparts.ParseCallback([]byte(good), ""); err == nil {
		t.Error("an empty password opens")
	}
}

// A number for an order id and null for a message are signed by their text.
func TestCallbackIsReadLoosely(t *testing.T) {
	raw := `{"storeId":"` + store + `","orderId":17,"paymentState":"HALF_WAY","message":null,"new":{},"signature":"` + sig(store, "17", "HALF_WAY") + `"}`
	cb, err := payparts.ParseCallback([]byte(raw), password)
	if err != nil || cb.OrderID != "17" || !cb.State.Pending() {
		t.Errorf("%+v, %v", cb, err)
	}
}

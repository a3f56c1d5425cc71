package avanor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/signature"
)

// Each rung is stood on with everything above it broken too: the order of the
// checks is what a client sees first (api/avanor.md §2).
func TestOrderOfChecks(t *testing.T) {
	const foreign = "198.51.100.1:1"
	colliding := []string{
		"account", "A", "amount", "10.00", "amount_type", "ps_amount", "payway", "card_usd",
		"shop_currency", "840", "shop_payment_id", "X:999.00:ps_amount:card_usd:840:1520:Y",
	}
	bad := strings.Repeat("0", 64)
	tests := []struct {
		name    string
		closed  bool
		from    string
		body    string
		code    int
		message string
	}{
		{"the body before all", true, foreign, `{"shop_id":1}x`, 10, "body="},
		{"fields before the shop", true, foreign, signedBody("withdraw/create", with(colliding, "shop_id#", "9", "amount", "x", "sign", bad)...), 10, "amount="},
		{"the shop before the address", true, foreign, signedBody("withdraw/create", with(colliding, "shop_id#", "9", "sign", bad)...), 11, "Shop (id = 9)"},
		{"the address before the sign", true, foreign, signedBody("withdraw/create", with(colliding, "sign", bad)...), 15, "Shop ip 198.51.100.1 denied"},
		{"the sign before its reading", true, "", signedBody("withdraw/create", with(colliding, "sign", bad)...), 10, "Invalid sign"},
		{"one reading before the shop's state", true, "", signedBody("withdraw/create", colliding...), 10, "another request"},
		{"the shop's state before the payway", true, "", signedBody("withdraw/create", with(payoutPairs, "payway", "none")...), 12, "not active"},
		{"the payway before limits", false, "", signedBody("withdraw/create", with(payoutPairs, "payway", "none", "amount", "0.01")...), 1, "none"},
		{"limits before uniqueness", false, "", signedBody("withdraw/create", with(payoutPairs, "amount", "0.01")...), 4, "too small"},
		{"uniqueness before the balance", false, "", signedBody("withdraw/create", payoutPairs...), 6, "p-1"},
		{"the balance", false, "", signedBody("withdraw/create", with(payoutPairs, "shop_payment_id", "p-2")...), 9, "Insufficient"},
	}
	for _, test := range tests {
		h := newHouse(t, "addresses=192.0.2.0/24")
		h.call("withdraw/create", payoutPairs...)
		h.balance[840] = 0
		h.shops[1520].Shop.Active = !test.closed
		peer := "192.0.2.1:1"
		if test.from != "" {
			peer = test.from
		}
		before := h.calls
		a := h.from(peer, http.MethodPost, "/gateway/v1/withdraw/create", "application/json", test.body)
		if a.code() != test.code || !strings.Contains(a.message(), test.message) {
			t.Errorf("%s: %s", test.name, a.body)
		}
		if test.closed && h.calls != before {
			t.Errorf("%s: a room was asked", test.name)
		}
	}
}

// The published samples, with the page's own signature (seeds 000 and 001). The
// page spells amount `amout`.
func TestSeeds(t *testing.T) {
	samples := []string{
		`{
"shop_id": 1520,
"shop_order_id" : "5b0efa8a-153b-4421-abac-2aba4d772a86",
"amout": "6320.91",
"currency": 840,
"payway": "card_invoice_usd",
"description": "Payment for shop_id=1520",
"sign": "77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"
}`,
		`{
"shop_id": 202203,
"shop_order_id" : "1994",
"amout": "104.04",
"currency": 840,
"payway": "payway_usd",
"description": "Invoice sign",
"sign": "05f6d3712417f62af6cbf66ca81c2f0b249f7dc1b4cbe3a50e3f8d67a1fb35a2"
}`,
	}
	for _, sample := range samples {
		h := newHouse(t)
		way := *h.ways["card_invoice_usd"]
		way.Alias = "payway_usd"
		h.ways[way.Alias] = &way
		if a := h.post("invoice/create", sample); a.message() != `Incorrect values for parameters: amount="field required"` {
			t.Errorf("as printed: %s", a.body)
		}
		corrected := strings.Replace(sample, "amout", "amount", 1)
		if a := h.post("invoice/create", corrected); a.code() != 0 {
			t.Errorf("corrected: %s", a.body)
		}
		if a := h.post("invoice/create", strings.Replace(corrected, `"sign": "`, `"sign": "`+"0", 1)); a.code() != 10 {
			t.Errorf("a digit more: %s", a.body)
		}
	}
}

// What is signed is the text as sent: literals of numbers, decoded strings, and
// the hex in either case.
func TestSignedTexts(t *testing.T) {
	sign := func(amount string) string {
		return signature.Sign(map[string]string{
			"amount": amount, "currency": "840", "payway": "card_invoice_usd", "shop_id": "1520", "shop_order_id": "Ж",
		}, secret)
	}
	body := func(amount, currency, order, sign string) string {
		return fmt.Sprintf(`{"amount":%s,"currency":%s,"payway":"card_invoice_usd","shop_id":"1520","shop_order_id":"%s","sign":"%s"}`, amount, currency, order, sign)
	}
	tests := []struct {
		name, body string
		ok         bool
	}{
		{"number", body("100.50", "840", "Ж", sign("100.50")), true},
		{"string", body(`"100.50"`, `"840"`, "Ж", sign("100.50")), true},
		{"escaped string", body(`"100.50"`, "840", `\u0416`, sign("100.50")), true},
		{"upper-case hex", body("100.50", "840", "Ж", strings.ToUpper(sign("100.50"))), true},
		{"signed as re-printed", body("100.50", "840", "Ж", sign("100.5")), false},
		{"another amount", body("100.51", "840", "Ж", sign("100.50")), false},
	}
	for _, test := range tests {
		if a := newHouse(t).post("invoice/try", test.body); (a.code() == 0) != test.ok {
			t.Errorf("%s: %s", test.name, a.body)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		name, peer string
		forwarded  []string
		denied     string // the address in the message, "" when admitted
	}{
		{"peer", "203.0.113.7:1", nil, ""},
		{"other peer", "203.0.113.8:1", nil, "203.0.113.8"},
		{"mapped peer", "[::ffff:203.0.113.7]:1", nil, ""},
		{"a header of a stranger is not believed", "198.51.100.1:1", []string{"203.0.113.7"}, "198.51.100.1"},
		{"through our proxy", "10.0.0.1:1", []string{"203.0.113.7"}, ""},
		{"the last hop that is not ours", "10.0.0.1:1", []string{"203.0.113.7, 198.51.100.9, 10.0.0.2"}, "198.51.100.9"},
		{"over two headers", "10.0.0.1:1", []string{"198.51.100.9", "203.0.113.7, 10.0.0.2"}, ""},
		{"our proxy itself", "10.0.0.1:1", nil, "10.0.0.1"},
		{"an unreadable hop", "10.0.0.1:1", []string{"203.0.113.7, unknown"}, "invalid IP"},
	}
	for _, test := range tests {
		h := newHouse(t, "addresses=203.0.113.7")
		a := h.from(test.peer, http.MethodPost, "/shop_balance", "application/json", signedBody("shop_balance", nowPairs...), test.forwarded...)
		want := "Ok"
		if test.denied != "" {
			want = "Shop ip " + test.denied + " denied"
		}
		if a.message() != want {
			t.Errorf("%s: %s", test.name, a.body)
		}
	}
}

func TestNowWindow(t *testing.T) {
	tests := []struct {
		now string
		ok  bool
	}{
		{"2026-05-24T16:35:42", true},        // the wire's zone
		{"2026-05-24T13:35:42", false},       // three hours ago
		{"2026-05-24T13:35:42.719Z", true},   // UTC
		{"2026-05-24 16:38:13.964751", true}, // within the window
		{"2026-05-24T16:40:42", true},
		{"2026-05-24T16:40:43", false},
		{"2026-05-24T16:30:42", true},
		{"2026-05-24T16:30:41", false},
		{"2026-05-24 04:35:42 PM", true},
		{"2026-05-24T15:35:42+02:00", true},
		{"2026-05-24 13:35:42.719 +0000", true},
		{fmt.Sprint(noon.Unix()), true},
		{fmt.Sprint(noon.UnixMilli()), true},
		{"2023-07-18T13:23:41:357", false},
		{"yesterday", false},
		{"99999999999999999999", false},
	}
	for _, test := range tests {
		a := newHouse(t, "now_window_minutes=5").call("shop_balance", "now", test.now)
		if (a.code() == 0) != test.ok || !test.ok && (a.code() != 10 || !strings.Contains(a.message(), `now="`)) {
			t.Errorf("%s: %s", test.now, a.body)
		}
		if a := newHouse(t).call("shop_balance", "now", test.now); a.code() != 0 {
			t.Errorf("%s without a window: %s", test.now, a.body)
		}
	}
	off := newHouse(t, "now_window_minutes=5").call("shop_balance", "now", "2026-05-24T13:35:42")
	if text := off.message(); !strings.Contains(text, "5 min") || !strings.Contains(text, "2026-05-24T16:35:42+03:00") || !strings.Contains(text, "UTC+03:00") {
		t.Errorf("the refusal of another zone's time tells neither the zone nor the time: %s", text)
	}
	h := newHouse(t, "now_window_minutes=5")
	if a := h.call("invoice/create", orderPairs...); a.code() != 0 {
		t.Errorf("a method without now: %s", a.body)
	}
}

// One signed body is valid for charge, unhold and get-refunds; a shop may have
// that refused.
func TestReusedSignature(t *testing.T) {
	pairs := with(nowPairs, "invoice_id#", "33733463")
	for _, refused := range []bool{false, true} {
		h := newHouse(t, fmt.Sprint("refuse_reused_sign=", refused))
		h.paid(invoice.Held)
		if a := h.call("invoice/charge", pairs...); a.code() != 0 {
			t.Fatal(a.body)
		}
		if a := h.call("invoice/charge", pairs...); a.code() != 0 {
			t.Errorf("the same method again: %s", a.body)
		}
		if a := h.call("invoice/get-refunds", pairs...); a.code() != 0 {
			t.Errorf("a method that moves no money: %s", a.body)
		}
		upper := strings.ToUpper(signature.Sign(map[string]string{"now": stamp, "invoice_id": "33733463", "shop_id": "1520"}, secret))
		a := h.call("invoice/unhold", with(pairs, "sign", upper)...)
		if got := strings.Contains(a.message(), `sign="already used for invoice/charge"`); got != refused || a.code() != 10 {
			t.Errorf("refused %v: %s", refused, a.body)
		}
		if !refused && len(h.used) != 0 {
			t.Error("a signature was kept without the switch")
		}
	}
}

// No method shows another shop anything but "not found".
func TestIsolation(t *testing.T) {
	h := newHouse(t)
	h.paid(invoice.Held)
	h.call("withdraw/create", payoutPairs...)
	calls := map[string][]string{
		"invoice/check":                with(nowPairs, "shop_order_id", "5b0efa8a"),
		"invoice/charge":               with(nowPairs, "invoice_id#", "33733463"),
		"invoice/unhold":               with(nowPairs, "invoice_id#", "33733463"),
		"invoice/get-refunds":          with(nowPairs, "invoice_id#", "33733463"),
		"invoice/create-refund":        {"amount", "1.00", "invoice_id#", "33733463", "shop_refund_id", "r"},
		"withdraw/status":              with(nowPairs, "withdraw_id#", "1234567"),
		"withdraw/shop_payment_status": with(nowPairs, "shop_payment_id", "p-1"),
	}
	for method, pairs := range calls {
		if a := h.call(method, with(pairs, "shop_id#", "202203")...); a.code() != 7 {
			t.Errorf("%s: %s", method, a.body)
		}
	}
}

// No method does anything for a caller who cannot sign.
func TestNothingEntersUnsigned(t *testing.T) {
	all := with(payoutPairs, with(orderPairs, "now", stamp, "invoice_id#", "1", "withdraw_id#", "1", "shop_refund_id", "r", "amount", "10.00")...)
	for _, m := range methods {
		h := newHouse(t)
		if a := h.call(m.name, with(all, "payway", "card_invoice_usd")...); h.calls == 0 {
			t.Errorf("%s, signed: %s", m.name, a.body)
		}
		for _, sign := range []string{"", "x", strings.Repeat("0", 64), strings.Repeat("0", 63)} {
			h := newHouse(t)
			body := signedBody(m.name, with(all, "payway", "card_invoice_usd", "sign", sign)...)
			if a := h.post(m.name, body); a.code() != 10 || h.calls != 0 || !strings.Contains(a.message(), `sign="`) {
				t.Errorf("%s with sign %q: %s, %d calls", m.name, sign, a.body, h.calls)
			}
		}
	}
}

func TestLog(t *testing.T) {
	h := newHouse(t)
	body := signedBody("withdraw/create", with(payoutPairs, "account", "380501234567", "description", "privateword", "shop_payment_id", "4242424242424242")...)
	h.post("withdraw/create", body)
	h.call("withdraw/create", with(payoutPairs, "sign", "badsign")...)
	h.post("nonsense/path", body)
	log := h.log.String()
	for _, secretText := range []string{"380501234567", "privateword", "4242424242424242", "badsign", secret, body[strings.Index(body, `"sign":"`)+8:][:64]} {
		if strings.Contains(log, secretText) {
			t.Errorf("the log holds %s: %s", secretText, log)
		}
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), log)
	}
	for _, part := range []string{"shop=1520", "method=withdraw/create", "shop_payment_id=424242XXXXXX4242", "code=0", "millis=0"} {
		if !strings.Contains(lines[0], part) {
			t.Errorf("no %s in %s", part, lines[0])
		}
	}
	if want := "[withdraw/create 0 withdraw/create 10 unknown 10]"; fmt.Sprint(h.observed) != want {
		t.Errorf("observed %v", h.observed)
	}
	if shown := fmt.Sprintf("%+v %v %#v", &request{method: &methods[0]}, fields{"account": "4242"}, fields{"sign": "x"}); shown != "invoice/try 1 fields 1 fields" {
		t.Errorf("a request prints as %s", shown)
	}
}

func TestDateTime(t *testing.T) {
	for millis, want := range map[int64]string{0: "", noon.UnixMilli() + 999: stamp} {
		if got := dateTime(millis, DefaultZone); got != want {
			t.Errorf("%d is %q", millis, got)
		}
	}
	if got := dateTime(noon.UnixMilli(), time.UTC); got != "2026-05-24T13:35:42" {
		t.Error(got)
	}
}

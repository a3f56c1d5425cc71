package avanor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/payout"
)

const stamp = "2026-05-24T16:35:42"

var (
	orderPairs  = []string{"amount", "100.00", "currency#", "840", "payway", "card_invoice_usd", "shop_order_id", "5b0efa8a"}
	payoutPairs = []string{
		"account", "4242424242424242", "amount#", "100.23", "amount_type", "ps_amount", "payway", "card_payway_usd",
		"shop_currency", "840", "shop_payment_id", "p-1",
	}
	nowPairs = []string{"now", stamp}
)

func with(pairs []string, more ...string) []string { return append(slices.Clone(pairs), more...) }

// paid is an invoice of shop 1520 in a status.
func (h *house) paid(status invoice.Status) *invoice.Invoice {
	h.t.Helper()
	if a := h.call("invoice/create", orderPairs...); a.code() != 0 {
		h.t.Fatal(a.body)
	}
	v := h.invoices["15205b0efa8a"]
	v.Status, v.PayerAccount = status, "424242XXXXXX4242"
	return v
}

// Every method's answer, byte for byte (api/avanor.md §1, §5–§7).
func TestAnswers(t *testing.T) {
	tests := []struct {
		name string
		run  func(h *house) answer
	}{
		{"invoice/try", func(h *house) answer { return h.call("invoice/try", orderPairs...) }},
		{"invoice/try, converted, add-ons", func(h *house) answer {
			return h.call("invoice/try", "amount#", "102.23", "currency", "840", "payway", "card_invoice_uah", "shop_order_id", "1")
		}},
		{"invoice/create", func(h *house) answer { return h.call("invoice/create", orderPairs...) }},
		{"invoice/hold", func(h *house) answer { return h.call("invoice/hold", orderPairs...) }},
		{"invoice/check, created", func(h *house) answer {
			h.call("invoice/create", with(orderPairs, "description", "Оплата \"№ 5\"\n<b>&\u2028")...)
			return h.call("invoice/check", with(nowPairs, "shop_order_id", "5b0efa8a")...)
		}},
		{"invoice/check, paid", func(h *house) answer {
			h.paid(invoice.Succeeded).ProcessedAt = noon.UnixMilli()
			return h.call("invoice/check", with(nowPairs, "shop_order_id", "5b0efa8a")...)
		}},
		{"invoice/check, declined", func(h *house) answer {
			v := h.paid(invoice.Rejected)
			v.Failure, v.ProcessedAt = invoice.Declined, noon.UnixMilli()
			return h.call("invoice/check", with(nowPairs, "shop_order_id", "5b0efa8a")...)
		}},
		{"invoice/check, being charged", func(h *house) answer {
			h.paid(invoice.Charging).Failure = invoice.Declined // of an earlier try: told only when it is final
			return h.call("invoice/check", with(nowPairs, "shop_order_id", "5b0efa8a")...)
		}},
		{"invoice/charge", func(h *house) answer {
			h.paid(invoice.Held)
			return h.call("invoice/charge", with(nowPairs, "invoice_id#", "33733463")...)
		}},
		{"invoice/unhold", func(h *house) answer {
			h.paid(invoice.Held)
			return h.call("invoice/unhold", with(nowPairs, "invoice_id", "33733463")...)
		}},
		{"invoice/create-refund", func(h *house) answer {
			h.paid(invoice.Succeeded)
			return h.call("invoice/create-refund", "amount", "95.5", "invoice_id#", "33733463", "shop_refund_id", "r-1")
		}},
		{"invoice/get-refunds", func(h *house) answer {
			h.paid(invoice.Succeeded)
			for i, id := range []string{"r-1", "r-2"} {
				h.call("invoice/create-refund", "amount", "20.00", "invoice_id#", "33733463", "shop_refund_id", id)
				h.refunds[i].Status, h.refunds[i].ProcessedAt = []invoice.RefundStatus{invoice.Refunded, invoice.Failed}[i], noon.UnixMilli()
				h.refunds[i].Failure = []invoice.Failure{"", invoice.Unavailable}[i]
			}
			return h.call("invoice/get-refunds", with(nowPairs, "invoice_id#", "33733463")...)
		}},
		{"invoice/get-refunds, none", func(h *house) answer {
			h.paid(invoice.Succeeded)
			return h.call("invoice/get-refunds", with(nowPairs, "invoice_id#", "33733463")...)
		}},
		{"shop_input_config/shop", func(h *house) answer { return h.call("shop_input_config/shop", nowPairs...) }},
		{"shop_input_config/shop, one", func(h *house) answer {
			return h.call("shop_input_config/shop", with(nowPairs, "payway", "card_invoice_usd")...)
		}},
		{"shop_input_config/shop, unknown", func(h *house) answer {
			return h.call("shop_input_config/shop", with(nowPairs, "payway", "x")...)
		}},
		{"shop_output_config/shop", func(h *house) answer { return h.call("shop_output_config/shop", nowPairs...) }},
		{"withdraw/try, ps_amount", func(h *house) answer {
			return h.call("withdraw/try", "amount", "100.23", "amount_type", "ps_amount", "payway", "card_payway_usd", "shop_currency#", "840")
		}},
		{"withdraw/try, shop_amount", func(h *house) answer {
			return h.call("withdraw/try", "amount", "100.00", "amount_type", "shop_amount", "payway", "card_payway_usd", "shop_currency#", "840")
		}},
		{"check_account", func(h *house) answer {
			return h.call("check_account", "account", "150010000091", "amount", "6320.91", "payway", "card_payway_usd")
		}},
		{"check_account, refused", func(h *house) answer {
			return h.call("check_account", "account", "150010000009", "amount", "6320.91", "payway", "card_payway_usd")
		}},
		{"check_account, malformed", func(h *house) answer {
			return h.call("check_account", "account", "x9", "amount", "6320.91", "payway", "card_payway_usd")
		}},
		{"check_account, nobody knows", func(h *house) answer {
			return h.call("check_account", "account", "150010000097", "amount", "6320.91", "payway", "card_payway_usd")
		}},
		{"withdraw/create", func(h *house) answer { return h.call("withdraw/create", payoutPairs...) }},
		{"withdraw/status", func(h *house) answer {
			h.call("withdraw/create", payoutPairs...)
			return h.call("withdraw/status", with(nowPairs, "withdraw_id#", "1234567")...)
		}},
		{"withdraw/status, completed", func(h *house) answer {
			h.call("withdraw/create", payoutPairs...)
			row := h.payouts["1520p-1"]
			row.Status, row.RRN, row.BankTransaction = payout.Completed, "123456789012", "B-1"
			return h.call("withdraw/status", with(nowPairs, "withdraw_id", "1234567")...)
		}},
		{"withdraw/shop_payment_status, rejected", func(h *house) answer {
			h.call("withdraw/create", payoutPairs...)
			row := h.payouts["1520p-1"]
			row.Status, row.Failure = payout.Rejected, payout.Unavailable
			return h.call("withdraw/shop_payment_status", with(nowPairs, "shop_payment_id", "p-1")...)
		}},
		{"shop_balance", func(h *house) answer { return h.call("shop_balance", nowPairs...) }},
	}
	var all bytes.Buffer
	for _, test := range tests {
		h := newHouse(t)
		a := test.run(h)
		if a.status != http.StatusOK || a.code() != 0 {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
		}
		checkSorted(t, test.name, a.body)
		fmt.Fprintf(&all, "# %s\n%s\n", test.name, a.body)
	}
	golden(t, "testdata/answers.golden", all.Bytes())
}

// Every class of errors, in the words of api/avanor.md §1, §2 and §9.
func TestErrors(t *testing.T) {
	tests := []struct {
		name string
		run  func(h *house) answer
		code int
	}{
		{"wrong sign", func(h *house) answer {
			return h.call("shop_balance", "now", "2023-07-18T13:23:41:357", "sign", strings.Repeat("0", 64))
		}, 10},
		{"wrong sign, a card in it", func(h *house) answer { return h.call("withdraw/create", with(payoutPairs, "sign", "x")...) }, 10},
		{"fields missing", func(h *house) answer { return h.post("withdraw/status", `{"shop_id":1520}`) }, 10},
		{"two readings", func(h *house) answer {
			return h.call("withdraw/create", "account", "A", "amount", "10.00", "amount_type", "ps_amount", "payway", "card_usd",
				"shop_currency", "840", "shop_payment_id", "X:999.00:ps_amount:card_usd:840:1520:Y")
		}, 10},
		{"shop unknown", func(h *house) answer { return h.call("shop_balance", with(nowPairs, "shop_id#", "22222222222")...) }, 11},
		{"shop not active", func(h *house) answer {
			h.shops[1520].Shop.Active = false
			return h.call("shop_balance", nowPairs...)
		}, 12},
		{"payway unknown", func(h *house) answer { return h.call("withdraw/create", with(payoutPairs, "payway", "x")...) }, 1},
		{"payway not in use", func(h *house) answer {
			h.ways["card_payway_usd"].Active = false
			return h.call("withdraw/create", payoutPairs...)
		}, 2},
		{"payway closed", func(h *house) answer {
			h.ways["card_payway_usd"].Shops = "202203"
			return h.call("withdraw/create", payoutPairs...)
		}, 3},
		{"too small", func(h *house) answer { return h.call("invoice/try", with(orderPairs, "amount", "0.50")...) }, 4},
		{"too large", func(h *house) answer { return h.call("invoice/try", with(orderPairs, "amount", "100000.01")...) }, 5},
		{"not unique", func(h *house) answer {
			h.call("withdraw/create", payoutPairs...)
			return h.call("withdraw/create", payoutPairs...)
		}, 6},
		{"payout not found", func(h *house) answer { return h.call("withdraw/status", with(nowPairs, "withdraw_id#", "1234567")...) }, 7},
		{"low balance", func(h *house) answer {
			h.balance[840] = 0
			return h.call("withdraw/create", with(payoutPairs, "amount#", "490.19")...)
		}, 9},
		{"account refused", func(h *house) answer { return h.call("withdraw/create", with(payoutPairs, "account", "12")...) }, 13},
		{"provider declined", trouble(fault.New(fault.Declined, "The provider declined")), 22},
		{"provider away", trouble(fault.New(fault.Unavailable, "The provider is unavailable, try later")), 23},
		{"outcome unknown", trouble(fault.New(fault.Unknown, "The outcome is not known; ask by your own id")), 23},
		{"overloaded", trouble(fault.New(fault.Overloaded, "too many requests")), 24},
		{"wrapped", trouble(fmt.Errorf("look up: %w", fault.New(fault.Busy, "Operation is being processed"))), 8},
		{"internal", trouble(fault.Wrap(fault.Internal, errBroken, "the books of shop 1520 are locked")), 99},
		{"not a fault", trouble(errBroken), 99},
		{"panic", func(h *house) answer {
			h.panics = "index out of range"
			return h.call("shop_balance", nowPairs...)
		}, 99},
	}
	var all bytes.Buffer
	for _, test := range tests {
		h := newHouse(t)
		a := test.run(h)
		if a.status != http.StatusOK || a.code() != test.code {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
		}
		checkSorted(t, test.name, a.body)
		fmt.Fprintf(&all, "# %s\n%s\n", test.name, a.body)
	}
	golden(t, "testdata/errors.golden", all.Bytes())
}

func trouble(err error) func(*house) answer {
	return func(h *house) answer {
		h.trouble = err
		return h.call("shop_balance", nowPairs...)
	}
}

func TestEveryKindHasACode(t *testing.T) {
	seen := map[int]bool{}
	for _, kind := range fault.Kinds() {
		code, ok := codes[kind]
		if !ok || code < 1 || code > 99 {
			t.Errorf("kind %d has code %d, %v", kind, code, ok)
		}
		if seen[code] && code != codeUnavailable {
			t.Errorf("code %d twice", code)
		}
		seen[code] = true
	}
	if code := codeOf(fault.New(fault.Kind(250), "x")); code != codeInternal {
		t.Errorf("a kind of the future is %d", code)
	}
}

// An internal error shows an incident and nothing else; the log has the rest.
func TestIncidents(t *testing.T) {
	for name, panics := range map[string]any{"error": nil, "panic": errBroken} {
		h := newHouse(t)
		h.trouble, h.panics = errBroken, panics
		a := h.call("shop_balance", nowPairs...)
		incident, found := strings.CutPrefix(a.message(), "Internal error, incident ")
		if !found || len(incident) != 16 || strings.Contains(a.body, "10.1.2.3") {
			t.Errorf("%s: %s", name, a.body)
		}
		log := h.log.String()
		if !strings.Contains(log, "incident="+incident) || !strings.Contains(log, "10.1.2.3") {
			t.Errorf("%s is not in the log: %s", name, log)
		}
		if panics != nil && !strings.Contains(log, "fakes_test.go") {
			t.Errorf("the panic's stack is not in the log: %s", log)
		}
	}
}

func TestTransport(t *testing.T) {
	body := signedBody("shop_balance", nowPairs...)
	tests := []struct {
		name, verb, path, body string
		status, code           int
	}{
		{"prefix", "POST", "/gateway/v1/shop_balance", body, 200, 0},
		{"prefix and slash", "POST", "/gateway/v1/shop_balance/", body, 200, 0},
		{"no prefix", "POST", "/shop_balance", body, 200, 0},
		{"no prefix and slash", "POST", "/shop_balance/", body, 200, 0},
		{"two words", "POST", "/withdraw/status", body, 200, 10},
		{"no such method", "POST", "/gateway/v1/shop_balances", body, 404, 10},
		{"prefix twice", "POST", "/gateway/v1/gateway/v1/shop_balance", body, 404, 10},
		{"nothing", "POST", "/", body, 404, 10},
		{"no such language", "GET", "/de/pay", "", 404, 10},
		{"the form's name is no method", "POST", "/gateway/v1/pay", body, 404, 10},
		{"GET", "GET", "/gateway/v1/shop_balance", "", 405, 10},
		{"PUT", "PUT", "/shop_balance", body, 405, 10},
		{"too long", "POST", "/shop_balance", strings.Repeat(" ", 3<<20) + body, 413, 10},
		{"just too long", "POST", "/shop_balance", strings.Repeat(" ", 1<<20+1-len(body)) + body, 413, 10},
		{"just not", "POST", "/shop_balance", strings.Repeat(" ", 1<<20-len(body)) + body, 200, 0},
	}
	for _, test := range tests {
		a := newHouse(t).send(test.verb, test.path, "application/json", test.body)
		if a.status != test.status || a.code() != test.code {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
		}
		if a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-cache, no-store, must-revalidate" {
			t.Errorf("%s: %v", test.name, a.header)
		}
		if allow := a.header.Get("Allow"); (allow == "POST") != (test.status == 405) {
			t.Errorf("%s allows %q", test.name, allow)
		}
	}
	h := newHouse(t)
	h.draining = true
	if a := h.call("shop_balance", nowPairs...); a.status != 503 || a.code() != 23 || h.calls != 0 {
		t.Errorf("draining: %d %s", a.status, a.body)
	}
}

// checkSorted walks an answer and wants the keys of every object in order, one
// newline at the end and no white space between tokens.
func checkSorted(t *testing.T, name, text string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var walk func()
	walk = func() {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, text)
		}
		last := ""
		for token == json.Delim('{') && d.More() {
			key, _ := d.Token()
			if key.(string) <= last {
				t.Errorf("%s: %q stands behind %q", name, key, last)
			}
			last = key.(string)
			walk()
		}
		for token == json.Delim('[') && d.More() {
			walk()
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			_, _ = d.Token()
		}
	}
	walk()
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil || compact.String()+"\n" != text {
		t.Errorf("%s is not compact with one newline: %q", name, text)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it, then run with -update:\n%s", path, got)
	}
}

package avanor

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/brama-pay/brama/docs/docstest"
	"github.com/brama-pay/brama/signature"
)

// Bodies that are not one clear request: code 10, HTTP 200, and no room is asked.
func TestHostileBodies(t *testing.T) {
	good := signedBody("withdraw/create", payoutPairs...)
	inside := func(text string) string { return good[:len(good)-1] + "," + text + "}" }
	tests := map[string]string{
		"nothing":             "",
		"a list":              "[" + good + "]",
		"a text":              `"x"`,
		"cut":                 good[:len(good)-1],
		"trailing garbage":    good + "x",
		"two objects":         good + good,
		"a form":              "shop_id=1520&now=1",
		"a key twice":         inside(`"amount":"999.00"`),
		"a key in two cases":  inside(`"Amount":"999.00"`),
		"twice inside":        inside(`"account_details":{"name":"a","NAME":"b"}`),
		"a folded key":        inside(`"ſhop_id":1`),
		"not UTF-8":           inside("\"x\":\"\xff\""),
		"half a surrogate":    inside(`"x":"\ud83d"`),
		"nested 5,000 deep":   inside(`"x":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)),
		"brackets":            strings.Repeat("[", 1<<20),
		"byte order mark":     "\ufeff" + good,
		"a comment":           inside(`/* */"x":1`),
		"a NUL":               inside("\"x\":\"\x00\""),
		"UTF-16":              "\xfe\xff\x00{\x00}",
		"NaN":                 inside(`"x":NaN`),
		"a number with zeros": inside(`"x":01`),
	}
	for name, body := range tests {
		h := newHouse(t)
		a := h.post("withdraw/create", body)
		if a.status != http.StatusOK || a.code() != 10 || h.calls != 0 {
			t.Errorf("%s: %d %.200s, %d calls", name, a.status, a.body, h.calls)
		}
	}
	h := newHouse(t)
	if a := h.post("withdraw/create", strings.Repeat("x", 3<<20)); a.status != 413 || a.code() != 10 {
		t.Errorf("3 MB: %d %s", a.status, a.body)
	}
}

// Values that are not what their field means. Each is signed rightly, so that
// nothing but the field's own rule can refuse it.
func TestBadFields(t *testing.T) {
	long := strings.Repeat("9", 16)
	tests := []struct {
		method, field string // a field as signedBody takes it
		bad           []string
	}{
		{"withdraw/create", "amount", []string{
			"", " 1", "1 ", "+1", "-1", "1e2", "1E2", ".5", "5.", "1,5", "1.2.3", "0x10", "0", "0.00", "1234567890123", "1.123456789",
			"١٠", "１０", "1_000", "NaN", "Infinity", "1\n", "1.1234567890",
		}},
		{"withdraw/create", "amount:", []string{"1e2", "1E2", "-1", "1.0e1", "true", "false", "null", "{}", "[]", "[1]", "0", "0.0", "-0"}},
		{"invoice/create", "amount:", []string{"10.001", "10.000"}}, // USD has two
		{"invoice/create", "currency", []string{"", "USD", "999999", "0", "1", "-840", "840.0", "８４０", " 840", "9999999999999999999999"}},
		{"invoice/create", "currency:", []string{"true", "null", "840.0", "8.4e2", "-840", "[840]"}},
		{"withdraw/create", "shop_currency", []string{"", "usd", "841"}},
		{"withdraw/create", "shop_id", []string{"", "x", "1520 ", "-1520", "1520.0", "9007199254740992", long + "9"}},
		{"withdraw/create", "shop_id:", []string{"null", "true", "1520.0", "1.52e3", "-1520", "9007199254740992", strings.Repeat("1", 400)}},
		{"withdraw/status", "withdraw_id:", []string{"null", "9007199254740992", "1e3", "-1", "true", `{"$gt":0}`, long + "0"}},
		{"invoice/charge", "invoice_id", []string{"", "33733463x", "1:2", "'", long + "0"}},
		{"withdraw/create", "payway", []string{"", "a b", "a:b", "карта", "a'", strings.Repeat("a", 151)}},
		{"withdraw/create", "payway:", []string{"null", "true", "{}"}},
		{"withdraw/create", "amount_type", []string{"", "PS_AMOUNT", "ps_amount ", "both"}},
		{"withdraw/create", "account", []string{"", strings.Repeat("9", 256)}},
		{"withdraw/create", "account:", []string{"null", "true", "1.5", "1e5", "-5", "[]"}},
		{"withdraw/create", "shop_payment_id", []string{"", strings.Repeat("x", 256), strings.Repeat("ж", 256)}},
		{"withdraw/create", "shop_payment_id:", []string{"null", "false", "[]", "1.5"}},
		{"withdraw/create", "description", []string{strings.Repeat("ж", 256)}},
		{"withdraw/create", "description:", []string{"true", "{}"}},
		{"withdraw/create", "account_details:", []string{
			"true", `"x"`, "[]", `{"name":{}}`, `{"name":true}`, `{"name":"` + strings.Repeat("x", 256) + `"}`, manyNames(65),
		}},
		{"invoice/create", "callback_url", []string{"ftp://a.example/", "/relative", "javascript:alert(1)", "https://", "https://u:p@a.example/", "https://a.example/ b", "https://a.example/#b"}},
		{"invoice/create", "success_url", []string{"javascript:alert(1)"}},
		{"invoice/create", "failed_url", []string{"data:text/html,x"}},
		{"invoice/create", "callback_rejected_url", []string{"x", "https://a.example/#b"}},
		{"invoice/create", "expires_at", []string{"tomorrow", "2026-05-24", "2026-05-24T16:35:42", "2026-13-24T16:35:42Z"}},
		{"invoice/create", "client_ip", []string{"localhost", "300.1.1.1"}},
		{"invoice/create", "client_info:", []string{`"x"`, "[]", "1"}},
		{"invoice/create", "issue_payment_token:", []string{`"x"`, "[]", "2"}},
		{"shop_balance", "now", []string{"", strings.Repeat("1", 256)}},
		{"shop_balance", "now:", []string{"null", "true", "1e9", "-1", "[]"}},
		{"shop_balance", "sign:", []string{"null", "true", "0", "[]", "{}"}},
		{"invoice/create-refund", "shop_refund_id", []string{"", strings.Repeat("x", 256)}},
	}
	for _, test := range tests {
		for _, value := range test.bad {
			h := newHouse(t)
			all := with(payoutPairs, with(orderPairs, "now", stamp, "invoice_id#", "1", "withdraw_id#", "1", "shop_refund_id", "r")...)
			a := h.post(test.method, signedBody(test.method, with(all, test.field, value)...))
			name := strings.TrimSuffix(test.field, ":")
			if a.status != http.StatusOK || a.code() != 10 || h.calls != 0 || !strings.HasPrefix(a.message(), "Incorrect values for parameters: "+name+`="`) {
				t.Errorf("%s, %s %.40q: %s", test.method, test.field, value, a.body)
			}
		}
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"f%d":"x"`, i)
	}
	return "{" + strings.Join(names, ",") + "}"
}

// Lenient in type: what clients send passes.
func TestGoodFields(t *testing.T) {
	tests := []struct {
		method string
		pairs  []string
	}{
		{"withdraw/create", []string{"amount#", "100.23"}},
		{"withdraw/create", []string{"amount", "100"}},
		{"withdraw/create", []string{"shop_id", "1520"}},
		{"withdraw/create", []string{"account#", "4242424242424242"}},
		{"withdraw/create", []string{"shop_payment_id#", "17"}},
		{"withdraw/create", []string{"shop_payment_id", "order:17"}},
		{"withdraw/create", []string{"shop_payment_id", strings.Repeat("ж", 255)}},
		{"withdraw/create", []string{"description:", "null", "account_details:", "null"}},
		{"withdraw/create", []string{"account_details:", `{"name":"Adam","n":5,"x":null}`}},
		{"withdraw/create", []string{"unknown:", `{"a":[1,{"b":null}]}`, "another:", "1e5"}},
		{"withdraw/create", []string{"ACCOUNTS", "x"}},
		{"invoice/create", []string{"client_info:", `{"browser_ip":"::1"}`, "client_ip", "::1", "issue_payment_token:", "true", "expires_at", "2026-05-25T00:00:00+03:00"}},
		{"invoice/create", []string{"callback_url", "", "success_url:", "null", "client_ip", "", "expires_at", ""}},
		{"invoice/create", []string{"callback_url", "https://a.example/x?y=1"}},
		{"shop_input_config/shop", []string{"payway", ""}},
		{"shop_balance", []string{"now#", "1779629742"}},
		{"shop_balance", []string{"now", "11/21/2026 4:22:13 PM"}},
	}
	for _, test := range tests {
		all := with(orderPairs, "now", stamp)
		if test.method == "withdraw/create" {
			all = payoutPairs
		}
		body := signedBody(test.method, with(all, test.pairs...)...)
		if a := newHouse(t).post(test.method, body); a.code() != 0 {
			t.Errorf("%s %.60q: %s", test.method, test.pairs, a.body)
		}
		if slices.Contains(test.pairs, "") {
			continue // an empty optional text is taken, and described by nobody
		}
		if err := docstest.Request(prefix+test.method, []byte(body)); err != nil {
			t.Error(err)
		}
	}
}

// Several wrong fields are named together, in order.
func TestSeveralBadFields(t *testing.T) {
	a := newHouse(t).post("withdraw/try", `{"shop_id":true,"amount":"x","payway":null,"amount_type":"ps_amount","sign":"x"}`)
	want := `Incorrect values for parameters: amount="not a plain decimal number", payway="must not be null", ` +
		`shop_currency="field required", shop_id="must be a number or a string"`
	if a.message() != want {
		t.Error(a.message())
	}
}

// The door knows how many decimals a shop_amount may have; for a ps_amount only
// the room does.
func TestDecimalsOfPayouts(t *testing.T) {
	for kind, refusedHere := range map[string]bool{"shop_amount": true, "ps_amount": false} {
		h := newHouse(t)
		a := h.call("withdraw/create", with(payoutPairs, "amount", "10.001", "amount_type", kind)...)
		if a.code() != 10 || (h.calls == 0) != refusedHere || !strings.Contains(a.message(), `amount="more than 2 decimals"`) {
			t.Errorf("%s: %s, %d calls", kind, a.body, h.calls)
		}
	}
}

// A room gets what the shop sent: the texts, the extra fields that may be add-ons,
// and nothing of the method's own.
func TestCreateIsWhole(t *testing.T) {
	h := newHouse(t)
	a := h.call("invoice/hold", "amount", "100.50", "currency", "840", "payway", "card_invoice_uah", "shop_order_id", "о-1",
		"description", "d", "callback_url", "https://a.example/c", "callback_rejected_url", "https://a.example/r",
		"success_url", "https://a.example/s", "failed_url", "https://a.example/f", "expires_at", "2026-05-25T13:35:42Z",
		"client_ip", "203.0.113.9", "phone#", "380501234567", "card", "4242424242424242")
	if a.code() != 0 {
		t.Fatal(a.body)
	}
	v := h.invoices["1520о-1"]
	got := fmt.Sprint(v.Hold, v.Amount, v.Description, v.CallbackURL, v.RejectedURL, v.SuccessURL, v.FailedURL, v.ExpiresAt-noon.UnixMilli(), v.Extra)
	want := `true10050d https://a.example/c https://a.example/r https://a.example/s https://a.example/f 86400000 ` +
		`{"add_ons":{"phone":"380501234567"},"client_ip":"203.0.113.9"}`
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if a := h.call("invoice/create", "amount", "100.50", "currency", "840", "payway", "card_invoice_uah", "shop_order_id", "o-2"); a.message() !=
		`Incorrect values for parameters: phone="field required"` {
		t.Error(a.body)
	}
}

// The table of fields must hold every signed field as a required one: a field
// that is signed but not read would be signed as nothing.
func TestSignedFieldsAreRequired(t *testing.T) {
	served := map[string]bool{}
	for _, m := range append([]method{payForm}, methods...) {
		served[m.name] = true
		names, _ := signature.SignedFields(m.name)
		for _, name := range append(names, "sign") {
			found := false
			for _, f := range m.fields {
				found = found || f.name == name && !f.optional && (f.shape == words || f.shape == number)
			}
			if !found {
				t.Errorf("%s does not require %s", m.name, name)
			}
		}
		for i, f := range m.fields {
			for _, other := range m.fields[:i] {
				if other.name == f.name {
					t.Errorf("%s has %s twice", m.name, f.name)
				}
			}
		}
	}
	for _, name := range signature.Methods() {
		later := name == "bill/create" || name == "transfer/create" // the family's wallet methods
		if served[name] == later {
			t.Errorf("%s: served %v", name, served[name])
		}
	}
}

// Whatever is sent, the answer is an envelope of a refusal and no room is asked:
// nobody guesses a signature.
func FuzzDoor(f *testing.F) {
	for _, m := range methods {
		f.Add(m.name, signedBody(m.name, with(payoutPairs, "now", stamp, "sign", "x")...))
	}
	f.Add("shop_balance", `{"shop_id":1520,"now":"\ud83d"}`)
	f.Fuzz(func(t *testing.T, name, body string) {
		h := newHouse(t)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path = "/" + name
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, r)
		a := answer{w.Code, w.Header(), w.Body.String()}
		if code := a.code(); code != 10 && code != 11 || a.status >= 500 || h.calls != 0 {
			t.Errorf("%q %q: %d %s", name, body, a.status, a.body)
		}
		checkSorted(t, name, a.body)
	})
}

func BenchmarkDoor(b *testing.B) {
	h := newHouse(b)
	h.door.(*door).Log = slog.New(slog.DiscardHandler)
	body := signedBody("withdraw/try", "amount", "100.23", "amount_type", "ps_amount", "payway", "card_payway_usd", "shop_currency#", "840")
	b.ReportAllocs()
	for b.Loop() {
		h.observed = h.observed[:0]
		if a := h.post("withdraw/try", body); a.status != 200 {
			b.Fatal(a.body)
		}
	}
}

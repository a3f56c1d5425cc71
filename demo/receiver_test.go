package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/signature"
)

const (
	secret = "account-secret-key"
	key    = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="
	store  = "4AAD1369CF734B64B70F"
	passwd = "75bef16bfdce4d0e9c0ad5a19b9940df"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func newReceiver() *Receiver {
	keys := Keys{Secrets: []string{secret, "the old one"}, WebhookKeys: []string{key}}
	return &Receiver{
		Now:  func() time.Time { return now },
		Shop: func(_ context.Context, id int64) (Keys, bool) { return keys, id == 1520 },
		Store: func(_ context.Context, id string) (Keys, bool) {
			return Keys{Secrets: []string{passwd}, WebhookKeys: []string{key}}, id == store
		},
	}
}

var invoice = map[string]string{
	"shop_order_id": "order:17", "shop_id": "1520", "status": "success", "payment_id": "77", "description": "обід <b>",
	"shop_amount": "359.01", "processed": "", "error_code": "0",
}

// jsonBody has numbers where the gateway has them.
func jsonBody(fields map[string]string, with string) string {
	var parts []string
	for name, value := range fields {
		text, _ := json.Marshal(value)
		if value == "" {
			text = []byte("null")
		} else if _, err := strconv.ParseFloat(value, 64); err == nil {
			text = []byte(value)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, text))
	}
	return "{" + strings.Join(parts, ",") + `,"sign":"` + signature.SignCallback(fields, with) + `"}`
}

func formBody(fields map[string]string, with string) string {
	values := url.Values{"sign": {signature.SignCallback(fields, with)}}
	for name, value := range fields {
		values.Set(name, value)
	}
	return values.Encode()
}

func payParts(password string) string {
	sign := signature.PayParts(password, store, "o1", "SUCCESS", "", password)
	return fmt.Sprintf(`{"storeId":%q,"orderId":"o1","paymentState":"SUCCESS","message":"","signature":%q}`, store, sign)
}

func send(v *Receiver, contentType, body, webhookKey string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/demo/callbacks/mine?a=1&type=invoice", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("webhook-id", "msg_1")
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", signature.Webhook("msg_1", now.Unix(), []byte(body), webhookKey))
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	return w
}

func TestReceiverVerifies(t *testing.T) {
	const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"
	other := map[string]string{"shop_order_id": "1", "shop_id": "999"}
	tests := []struct {
		name, contentType, body, key string
		verified, webhook            bool
	}{
		{"JSON", asJSON, jsonBody(invoice, secret), key, true, true},
		{"JSON with the old secret", asJSON, jsonBody(invoice, "the old one"), key, true, true},
		{"form", asForm, formBody(invoice, secret), key, true, true},
		{"PayParts", "application/json; charset=UTF-8", payParts(passwd), key, true, true},
		{"another secret", asJSON, jsonBody(invoice, "guess"), key, false, true},
		{"another webhook key", asJSON, jsonBody(invoice, secret), "whsec_AAAA", true, false},
		{"form with another secret", asForm, formBody(invoice, "guess"), key, false, true},
		{"PayParts with another password", "application/json; charset=UTF-8", payParts("guess"), key, false, true},
		{"unknown shop", asJSON, jsonBody(other, secret), key, false, false},
		{"a changed field", asJSON, strings.Replace(jsonBody(invoice, secret), "359.01", "1.01", 1), key, false, true},
		{"JSON called a form", asForm, jsonBody(invoice, secret), key, false, false},
		{"nothing", "", "", key, false, false},
		{"garbage", asJSON, "{\xff", key, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newReceiver()
			w := send(v, test.contentType, test.body, test.key)
			if taken := w.Code == 200 && w.Body.String() == "OK"; taken != (test.verified && test.webhook) || !taken && w.Code != 403 {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			c := v.Callbacks()[0]
			if c.Verified != test.verified || c.WebhookVerified != test.webhook {
				t.Errorf("verified %v, webhook %v", c.Verified, c.WebhookVerified)
			}
		})
	}
}

// The page says of each signature by itself whether it verifies: a forged callback
// must not look like one that a shop may act on.
func TestReceiverSaysWhatVerifies(t *testing.T) {
	for _, test := range []struct {
		secret, key string
		says        []string
	}{
		{secret, key, []string{"✓ signature verifies", "✓ webhook headers verify"}},
		{"guess", key, []string{"✗ signature does not verify", "✓ webhook headers verify"}},
		{secret, "whsec_AAAA", []string{"✓ signature verifies", "✗ webhook headers do not verify"}},
	} {
		v := newReceiver()
		send(v, "application/json", jsonBody(invoice, test.secret), test.key)
		w := httptest.NewRecorder()
		v.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/demo/callbacks", nil))
		for _, says := range test.says {
			if !strings.Contains(w.Body.String(), says) || strings.Count(w.Body.String(), "✓")+strings.Count(w.Body.String(), "✗") != 2 {
				t.Errorf("not %q: %s", says, w.Body)
			}
		}
	}
}

// A refund's callback names no shop: any shop's keys may be its own.
func TestReceiverTakesTheRefundsOfAnyShop(t *testing.T) {
	refund := jsonBody(map[string]string{"shop_refund_id": "r1", "status": "SUCCESS"}, "of a third shop")
	for _, shops := range [][]int64{{1520, 17}, {1520}} {
		v := newReceiver()
		v.Shop = func(_ context.Context, id int64) (Keys, bool) {
			return map[int64]Keys{1520: {Secrets: []string{secret}, WebhookKeys: []string{key}}, 17: {Secrets: []string{"of a third shop"}, WebhookKeys: []string{key}}}[id], true
		}
		v.Shops = func(context.Context) []int64 { return shops }
		if w := send(v, "application/json", refund, key); (w.Code == 200) != (len(shops) == 2) {
			t.Errorf("of the shops %v: answered %d", shops, w.Code)
		}
	}
}

func TestReceiverLists(t *testing.T) {
	v := newReceiver()
	send(v, "text/plain", "first", key)
	send(v, "text/plain", "second <script>", key)
	r := httptest.NewRequest(http.MethodGet, "/demo/callbacks", nil)
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	text := w.Body.String()
	if strings.Contains(text, "<script") || strings.Index(text, "second &lt;script&gt;") > strings.Index(text, "<pre>first") {
		t.Errorf("page %s", text)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
	r.Header.Set("Accept", "application/json")
	w = httptest.NewRecorder()
	v.ServeHTTP(w, r)
	var list []map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 2 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	want := map[string]any{
		"path": "/demo/callbacks/mine?a=1&type=invoice", "body": "second <script>",
		"verified": false, "webhook_verified": false, "at": "2026-06-01T12:00:00Z",
	}
	for name, value := range want {
		if list[0][name] != value {
			t.Errorf("%s is %v, want %v", name, list[0][name], value)
		}
	}
}

func TestReceiverWithNothing(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/demo/callbacks", nil)
	r.Header.Set("Accept", "application/json")
	newReceiver().ServeHTTP(w, r)
	if strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("an empty list is %s", w.Body)
	}
	w = httptest.NewRecorder()
	newReceiver().ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/demo/callbacks", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("DELETE: %d", w.Code)
	}
}

func TestReceiverIsBounded(t *testing.T) {
	v := newReceiver()
	if w := send(v, "text/plain", strings.Repeat("x", keepBody+1), key); w.Code != http.StatusRequestEntityTooLarge || len(v.Callbacks()) != 0 {
		t.Errorf("too large: %d", w.Code)
	}
	for i := range keepCallbacks + 5 {
		send(v, "text/plain", strconv.Itoa(i), key)
	}
	list := v.Callbacks()
	if len(list) != keepCallbacks || list[0].Body != strconv.Itoa(keepCallbacks+4) || list[len(list)-1].Body != "5" {
		t.Errorf("%d kept, from %s", len(list), list[0].Body)
	}
	for range 400 {
		send(v, "text/plain", strings.Repeat("x", keepBody), key)
	}
	if v.bytes > keepBytes || len(v.Callbacks()) > 256 {
		t.Errorf("%d bytes kept", v.bytes)
	}
	r := httptest.NewRequest(http.MethodPost, "/demo/callbacks?"+strings.Repeat("ї", 3000), strings.NewReader("x"))
	v.ServeHTTP(httptest.NewRecorder(), r)
	if c := v.Callbacks()[0]; len(c.Path) > keepPath {
		t.Errorf("a path of %d bytes was kept", len(c.Path))
	}
}

// A refund's callback names no shop (api/avanor.md §6): the demo's own are tried.
func TestARefundsCallbackVerifies(t *testing.T) {
	v := newReceiver()
	refund := map[string]string{"shop_refund_id": "r1", "invoice_id": "77", "status": "SUCCESS", "amount": "95.50", "currency": "USD", "error_code": "0"}
	send(v, "application/json", jsonBody(refund, secret), key)
	send(v, "application/json", jsonBody(refund, "another"), key)
	list := v.Callbacks()
	if len(list) != 2 || list[0].Verified || !list[1].Verified || !list[1].WebhookVerified {
		t.Errorf("got %+v; want the first to verify and the second not", list)
	}
}

package avanor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/client/avanor"
)

// invoiceCallback is the body of api/avanor.md §8: money in minimal form, one
// null, one empty text, one zero.
const invoiceCallback = `{"addons":"{}","client_price":365,"created":"2023-07-18T13:23:41","description":"","error_code":0,` +
	`"payment_id":33733463,"payway":"card_usd","processed":null,"ps_currency":840,` +
	`"ps_data":"{\"ps_payer_account\":\"424242XXXXXX4242\"}","shop_amount":365,"shop_currency":840,"shop_id":1520,` +
	`"shop_order_id":"Ж:17","shop_refund":359.01,"status":"success","updated":"2023-07-18T13:24:00"`

// The text that §8 signs, written by hand: sorted by key, description and
// processed dropped, error_code kept.
const invoiceCallbackText = `{}:365:2023-07-18T13:23:41:0:33733463:card_usd:840:{"ps_payer_account":"424242XXXXXX4242"}:365:840:1520:Ж:17:359.01:success:2023-07-18T13:24:00`

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func signedCallback(secret string) []byte {
	return []byte(invoiceCallback + `,"sign":"` + hexSum(invoiceCallbackText+secret) + `"}`)
}

// signFields signs texts as §8 says, apart from the signature room.
func signFields(fields map[string]string, secret string) string {
	names := make([]string, 0, len(fields))
	for name, value := range fields {
		if value != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = fields[name]
	}
	return hexSum(strings.Join(values, ":") + secret)
}

func TestParseCallbackJSON(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		callback, err := avanor.ParseCallback(contentType, signedCallback(secret), "old-secret", secret)
		if err != nil {
			t.Fatal(err)
		}
		got, err := callback.Invoice()
		if err != nil {
			t.Fatal(err)
		}
		want := avanor.Invoice{ID: 33733463, ShopID: 1520, ShopOrderID: "Ж:17", Status: avanor.InvoiceSucceeded, Payway: "card_usd",
			ShopAmount: "365", ShopRefund: "359.01", ShopCurrency: 840, ClientPrice: "365", PayCurrency: 840,
			PsData: `{"ps_payer_account":"424242XXXXXX4242"}`, Created: "2023-07-18T13:23:41", Updated: "2023-07-18T13:24:00", Addons: "{}"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestParseCallbackForm(t *testing.T) {
	fields := map[string]string{"shop_refund_id": "r+1 &", "status": "SUCCESS", "invoice_id": "5", "amount": "95.50",
		"currency": "USD", "error_code": "0", "created_at": "2023-07-18T13:23:41", "processed_at": "", "addons": "{}"}
	form := url.Values{"sign": {strings.ToUpper(signFields(fields, secret))}}
	for name, value := range fields {
		form.Set(name, value)
	}
	callback, err := avanor.ParseCallback("application/x-www-form-urlencoded", []byte(form.Encode()), secret)
	if err != nil {
		t.Fatal(err)
	}
	refund, err := callback.Refund()
	want := avanor.Refund{ShopRefundID: "r+1 &", InvoiceID: 5, Status: avanor.RefundSucceeded, Amount: "95.50", Currency: "USD",
		Created: "2023-07-18T13:23:41", Addons: "{}"}
	if err != nil || refund != want {
		t.Errorf("%+v, %v", refund, err)
	}
}

func TestParseCallbackPayout(t *testing.T) {
	body := `{"error_code":0,"id":9,"payee_receive":1000,"ps_currency":980,"rrn":null,"shop_currency":840,"shop_id":1520,` +
		`"shop_payment_id":"p","shop_write_off":24.61,"status":5,"sign":"` + hexSum("0:9:1000:980:840:1520:p:24.61:5"+secret) + `"}`
	callback, err := avanor.ParseCallback("application/json", []byte(body), secret)
	if err != nil {
		t.Fatal(err)
	}
	payout, err := callback.Payout()
	want := avanor.Payout{ID: 9, ShopID: 1520, ShopPaymentID: "p", Status: avanor.PayoutCompleted, ShopWriteOff: "24.61", ShopCurrency: 840,
		PayeeReceive: "1000", PayCurrency: 980}
	if err != nil || payout != want {
		t.Errorf("%+v, %v", payout, err)
	}
	if _, err := callback.Invoice(); !errors.Is(err, avanor.ErrCallback) {
		t.Errorf("a payout was read as an invoice: %v", err)
	}
}

// TestParseCallbackRefusesForgeries: nothing is returned before the signature holds.
func TestParseCallbackRefusesForgeries(t *testing.T) {
	good := string(signedCallback(secret))
	forgeries := map[string]string{
		"another amount": strings.Replace(good, `"shop_amount":365`, `"shop_amount":366`, 1),
		"another status": strings.Replace(good, `"success"`, `"hold"`, 1),
		"re-printed":     strings.Replace(good, `"shop_amount":365`, `"shop_amount":365.0`, 1),
		"one more field": strings.Replace(good, `{`, `{"z":"1",`, 1),
		"null to a text": strings.Replace(good, `"processed":null`, `"processed":"x"`, 1),
		"no sign":        invoiceCallback + "}",
		"empty sign":     invoiceCallback + `,"sign":""}`,
		"null sign":      invoiceCallback + `,"sign":null}`,
		"short sign":     invoiceCallback + `,"sign":"77a6"}`,
		"nothing":        "{}",
	}
	for what, body := range forgeries {
		callback, err := avanor.ParseCallback("application/json", []byte(body), secret)
		if callback != nil || !errors.Is(err, avanor.ErrSignature) {
			t.Errorf("%s: %v, %v", what, callback, err)
		}
	}
	if _, err := avanor.ParseCallback("application/json", []byte(good), "another"); !errors.Is(err, avanor.ErrSignature) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := avanor.ParseCallback("application/json", []byte(good)); !errors.Is(err, avanor.ErrSignature) {
		t.Errorf("no secret: %v", err)
	}
}

// TestEmptySecretVerifiesNothing: an unset setting must not open the door.
func TestEmptySecretVerifiesNothing(t *testing.T) {
	for _, secrets := range [][]string{{""}, {secret, ""}} {
		if callback, err := avanor.ParseCallback("application/json", signedCallback(""), secrets...); err == nil {
			t.Errorf("verified: %v", callback)
		}
	}
}

func TestParseCallbackRefusesTwoReadings(t *testing.T) {
	good := string(signedCallback(secret))
	bodies := map[string][2]string{
		"a key twice":       {"application/json", strings.Replace(good, `{`, `{"status":"hold",`, 1)},
		"a key in capitals": {"application/json", strings.Replace(good, `{`, `{"Status":"hold",`, 1)},
		"two objects":       {"application/json", good + good},
		"nested":            {"application/json", strings.Replace(good, `"addons":"{}"`, `"addons":{}`, 1)},
		"a list":            {"application/json", strings.Replace(good, `"addons":"{}"`, `"addons":[]`, 1)},
		"a boolean":         {"application/json", strings.Replace(good, `"error_code":0`, `"error_code":false`, 1)},
		"not UTF-8":         {"application/json", strings.Replace(good, "Ж", "\xff", 1)},
		"a form field twice": {"application/x-www-form-urlencoded",
			"shop_order_id=1&status=success&status=hold&sign=00"},
		"a broken form":   {"application/x-www-form-urlencoded", "a=%zz"},
		"not UTF-8, form": {"application/x-www-form-urlencoded", "a=%ff"},
		"no content type": {"", good},
		"another type":    {"text/plain", good},
	}
	for what, b := range bodies {
		if _, err := avanor.ParseCallback(b[0], []byte(b[1]), secret); !errors.Is(err, avanor.ErrCallback) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestCallbackKindComesFromSignedFields: with two ids of the shop's, one message
// could be taken for another.
func TestCallbackKindComesFromSignedFields(t *testing.T) {
	for _, fields := range []map[string]string{
		{"status": "success"},
		{"status": "success", "shop_order_id": "1", "shop_refund_id": "2"},
	} {
		body, _ := json.Marshal(fields)
		signed := strings.Replace(string(body), "{", `{"sign":"`+signFields(fields, secret)+`",`, 1)
		if _, err := avanor.ParseCallback("application/json", []byte(signed), secret); !errors.Is(err, avanor.ErrCallback) {
			t.Errorf("%v: %v", fields, err)
		}
	}
}

func TestUnknownCallbackStatusIsNotGuessed(t *testing.T) {
	fields := map[string]string{"status": "succeeded", "shop_order_id": "1"}
	body, _ := json.Marshal(map[string]string{"status": "succeeded", "shop_order_id": "1", "sign": signFields(fields, secret)})
	callback, err := avanor.ParseCallback("application/json", body, secret)
	if err != nil {
		t.Fatal(err)
	}
	if invoice, err := callback.Invoice(); !errors.Is(err, avanor.ErrCallback) || invoice.Status != 0 {
		t.Errorf("%+v, %v", invoice, err)
	}
}

const webhookKey = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="

// webhookHeader signs as the Standard Webhooks text says, apart from the signature room.
func webhookHeader(id string, at time.Time, body string) http.Header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(webhookKey, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return http.Header{
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {fmt.Sprint(at.Unix())},
		"Webhook-Signature": {"v1,AAAA v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}
}

func TestVerifyWebhookHeaders(t *testing.T) {
	now := time.Date(2026, 5, 24, 16, 35, 42, 0, time.UTC)
	header := webhookHeader("msg_1", now, "body")
	if id, err := avanor.VerifyWebhookHeaders(header, []byte("body"), now.Add(4*time.Minute), "whsec_b3RoZXI=", webhookKey); err != nil || id != "msg_1" {
		t.Errorf("%q, %v", id, err)
	}
	tests := []struct {
		what   string
		header http.Header
		body   string
		now    time.Time
		key    string
		want   error
	}{
		{"another body", header, "bodY", now, webhookKey, avanor.ErrSignature},
		{"another key", header, "body", now, "whsec_b3RoZXI=", avanor.ErrSignature},
		{"no headers", http.Header{}, "body", now, webhookKey, avanor.ErrSignature},
		{"replayed", header, "body", now.Add(6 * time.Minute), webhookKey, avanor.ErrStale},
		{"from the future", header, "body", now.Add(-6 * time.Minute), webhookKey, avanor.ErrStale},
	}
	for _, test := range tests {
		if _, err := avanor.VerifyWebhookHeaders(test.header, []byte(test.body), test.now, test.key); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

// FuzzParseCallback: whatever comes, no panic, and nothing is verified that is
// not signed the way §8 says.
func FuzzParseCallback(f *testing.F) {
	f.Add("application/json", signedCallback(secret))
	f.Add("application/json", []byte(`{"sign":"`+hexSum("1"+secret)+`","shop_order_id":1e0,"a":null}`))
	f.Add("application/x-www-form-urlencoded", []byte("shop_order_id=1&sign="+hexSum("1"+secret)))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		callback, err := avanor.ParseCallback(contentType, body, secret)
		if err != nil {
			return
		}
		if sign := signFields(callback.Fields, secret); !strings.Contains(strings.ToLower(string(body)), sign) {
			t.Errorf("verified without the signature %s", sign)
		}
	})
}

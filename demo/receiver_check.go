package demo

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/signature"
)

// check verifies a callback as a shop's own program would: the protocol's
// signature, and the Standard Webhooks headers.
func (v *Receiver) check(r *http.Request, data []byte) (verified, webhook bool) {
	text := fieldsOf(r.Header.Get("Content-Type"), data)
	var keys Keys
	var known bool
	if store := text("storeId"); store != "" && v.Store != nil {
		if keys, known = v.Store(r.Context(), store); known {
			verified = payPartsVerified(text, keys.Secrets)
		}
	} else if id, err := strconv.ParseInt(text("shop_id"), 10, 64); err == nil {
		if keys, known = v.Shop(r.Context(), id); known {
			_, err := avanor.ParseCallback(r.Header.Get("Content-Type"), data, keys.Secrets...)
			verified = err == nil && len(keys.Secrets) > 0
		}
	}
	if known && len(keys.WebhookKeys) > 0 {
		_, err := avanor.VerifyWebhookHeaders(r.Header, data, v.Now(), keys.WebhookKeys...)
		webhook = err == nil
	}
	return verified, webhook
}

// payPartsVerified checks the signature of api/payparts.md §6.
func payPartsVerified(text func(string) string, passwords []string) bool {
	for _, p := range passwords {
		if p != "" && signature.VerifyPayParts(text("signature"), p, text("storeId"), text("orderId"), text("paymentState"), text("message"), p) {
			return true
		}
	}
	return false
}

// fieldsOf reads the top level of a JSON or form callback; "" for what is not there.
func fieldsOf(contentType string, data []byte) func(name string) string {
	media, _, _ := mime.ParseMediaType(contentType)
	if media == "application/x-www-form-urlencoded" {
		values, err := url.ParseQuery(string(data))
		if err != nil {
			return func(string) string { return "" }
		}
		return values.Get
	}
	object, err := body.Decode(data)
	if err != nil {
		return func(string) string { return "" }
	}
	return func(name string) string {
		value, _ := object.Find(name)
		return value.Text
	}
}

package demo

import (
	"context"
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
	if store := text("storeId"); store != "" && v.Store != nil {
		keys, known := v.Store(r.Context(), store)
		if !known {
			return false, false
		}
		return payPartsVerified(text, keys.Secrets), v.webhookVerified(r, data, keys)
	}
	for _, id := range v.shopsOf(r.Context(), text) {
		if keys, known := v.Shop(r.Context(), id); known && len(keys.Secrets) > 0 {
			_, err := avanor.ParseCallback(r.Header.Get("Content-Type"), data, keys.Secrets...)
			verified = verified || err == nil
			webhook = webhook || v.webhookVerified(r, data, keys)
		}
	}
	return verified, webhook
}

// shopsOf are the shops that a callback may be of: the one it names, or, for a
// refund's, which names none (api/avanor.md §6), all.
func (v *Receiver) shopsOf(ctx context.Context, text func(string) string) []int64 {
	if text("shop_refund_id") != "" && text("shop_id") == "" {
		if v.Shops != nil {
			return v.Shops(ctx)
		}
		return []int64{Shop, EmptyShop}
	}
	id, err := strconv.ParseInt(text("shop_id"), 10, 64)
	if err != nil {
		return nil
	}
	return []int64{id}
}

func (v *Receiver) webhookVerified(r *http.Request, data []byte, keys Keys) bool {
	if len(keys.WebhookKeys) == 0 {
		return false
	}
	_, err := avanor.VerifyWebhookHeaders(r.Header, data, v.Now(), keys.WebhookKeys...)
	return err == nil
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

package avanor

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/signature"
)

// WebhookTolerance is how far a webhook's timestamp may be from the clock.
const WebhookTolerance = 5 * time.Minute

// CallbackKind is what a callback speaks of.
type CallbackKind string

// The kinds. They are told from the signed fields, never from the ?type= of the
// URL, which nobody signed.
const (
	InvoiceCallback CallbackKind = "invoice"
	RefundCallback  CallbackKind = "refund"
	PayoutCallback  CallbackKind = "withdraw"
)

// Callback is a message of the gateway whose signature was verified.
type Callback struct {
	Kind   CallbackKind
	Fields map[string]string // as signed: numbers by their literal; null and sign left out
}

// ParseCallback verifies a callback and only then returns it. contentType is
// the request's header: application/json or application/x-www-form-urlencoded.
// Give every secret that may be valid, both while one rotates. Errors match
// ErrSignature or ErrCallback. Answer a verified callback with 200 and "OK";
// the same one may come again.
//
// The legacy signature does not bind the names of the fields nor the time.
// Where the gateway sends the Standard Webhooks headers, check them too.
func ParseCallback(contentType string, body []byte, secrets ...string) (*Callback, error) {
	for _, secret := range secrets {
		if secret == "" {
			return nil, errors.New("avanor: an empty secret would verify what anyone can sign")
		}
	}
	fields, err := callbackFields(contentType, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	sign := fields["sign"]
	delete(fields, "sign")
	if !signature.VerifyCallback(fields, sign, secrets...) {
		return nil, ErrSignature
	}
	kind, err := callbackKind(fields)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCallback, err)
	}
	return &Callback{Kind: kind, Fields: fields}, nil
}

func callbackFields(contentType string, body []byte) (map[string]string, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errors.New("the content type is missing or malformed")
	}
	switch media {
	case "application/json":
		return jsonFields(body)
	case "application/x-www-form-urlencoded":
		return formFields(body)
	}
	return nil, fmt.Errorf("content type %q: neither JSON nor a form", media)
}

// jsonFields takes the flat object apart. A nested value has no one text that
// could be signed, so it is refused.
func jsonFields(body []byte) (map[string]string, error) {
	raw, err := wire.Object(body)
	if err != nil {
		return nil, err
	}
	r, fields := &reader{fields: raw}, make(map[string]string, len(raw))
	for name, value := range raw {
		switch value[0] {
		case '{', '[', 't', 'f':
			return nil, fmt.Errorf("field %q is neither a text nor a number", name)
		case 'n':
			continue
		}
		fields[name] = r.text(name)
	}
	return fields, r.err
}

func formFields(body []byte) (map[string]string, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the form is malformed")
	}
	fields := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) != 1 {
			return nil, fmt.Errorf("field %q occurs twice", name)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(list[0]) {
			return nil, errors.New("not valid UTF-8")
		}
		fields[name] = list[0]
	}
	return fields, nil
}

// callbackKind wants exactly one of the shop's own ids: with two, one message
// could be taken for another.
func callbackKind(fields map[string]string) (CallbackKind, error) {
	kinds := map[string]CallbackKind{
		"shop_order_id": InvoiceCallback, "shop_refund_id": RefundCallback, "shop_payment_id": PayoutCallback,
	}
	var found CallbackKind
	for name, kind := range kinds {
		if fields[name] == "" {
			continue
		}
		if found != "" {
			return "", errors.New("more than one of shop_order_id, shop_refund_id and shop_payment_id")
		}
		found = kind
	}
	if found == "" {
		return "", errors.New("none of shop_order_id, shop_refund_id and shop_payment_id")
	}
	return found, nil
}

// Invoice reads a callback of kind InvoiceCallback. Compare amount and currency
// with your order before you ship.
func (c *Callback) Invoice() (Invoice, error) { return readCallback(c, InvoiceCallback, readInvoice) }

// Refund reads a callback of kind RefundCallback.
func (c *Callback) Refund() (Refund, error) { return readCallback(c, RefundCallback, readRefund) }

// Payout reads a callback of kind PayoutCallback.
func (c *Callback) Payout() (Payout, error) { return readCallback(c, PayoutCallback, readPayout) }

func readCallback[T any](c *Callback, want CallbackKind, read func(*reader) T) (T, error) {
	var none T
	if c.Kind != want {
		return none, fmt.Errorf("%w of kind %q but %q", ErrCallback, want, c.Kind)
	}
	raw := make(map[string]json.RawMessage, len(c.Fields))
	for name, text := range c.Fields {
		raw[name], _ = json.Marshal(text) // a string always prints
	}
	r := &reader{fields: raw}
	out := read(r)
	if r.err != nil {
		return none, fmt.Errorf("%w: %w", ErrCallback, r.err)
	}
	return out, nil
}

// VerifyWebhookHeaders checks the Standard Webhooks headers webhook-id,
// webhook-timestamp and webhook-signature over the body as received, with any
// of the whsec_… keys, and returns the id: the same id is the same message.
// Errors match ErrSignature or ErrStale.
func VerifyWebhookHeaders(header http.Header, body []byte, now time.Time, keys ...string) (id string, err error) {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	if id == "" || !signature.VerifyWebhook(id, stamp, header.Get("webhook-signature"), body, keys...) {
		return "", ErrSignature
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "", ErrSignature
	}
	if age := now.Sub(time.Unix(unix, 0)); age > WebhookTolerance || age < -WebhookTolerance {
		return "", ErrStale
	}
	return id, nil
}

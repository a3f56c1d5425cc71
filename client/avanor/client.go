// Package avanor is the public Go client of the Avanor/M4 merchant API, for any
// gateway that speaks it: Brama itself, Avanor, ContactPay, Piastrix, Feennex.
//
// It knows the wire and nothing of the gateway behind it: no database, no
// ledger, no provider. Amounts are exact decimal text ([Decimal]); no value of
// it ever passes through a float.
//
// A call fails in one of three ways. An [*Error] is the gateway's refusal, with
// its code; errors.Is compares it with ErrNotUnique, ErrBalance and the others.
// A [*TransportError] is a call without a usable answer. Both may match
// [ErrOutcomeUnknown]: then ask by your own id before you repeat anything.
package avanor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/signature"
)

const (
	// DefaultPrefix stands before every method (api/avanor.md §1).
	DefaultPrefix = "/gateway/v1/"
	// RootPrefix is for Piastrix-family hosts, which serve the methods at the root.
	RootPrefix = "/"

	// maxAnswer bounds what is read of an answer; the longest, a full list of
	// payways, stays far below it.
	maxAnswer = 4 << 20
	// callTimeout bounds a call of the default HTTP client; a context may be shorter.
	callTimeout = 30 * time.Second
	// nowLayout is one of the forms clients are known to send (api/avanor.md §2),
	// the one that names its zone.
	nowLayout = "2006-01-02T15:04:05.000Z"
	// addressName is what an error calls a wrong base URL.
	addressName = "avanor: the gateway's address"
)

// Client calls one gateway for one shop. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	base   *url.URL
	pay    string
	prefix string
	shop   int64
	now    func() time.Time
	// The secret lives in this closure only, so that no print of a Client shows it.
	sign func(fields map[string]string) string
}

// Option changes how a client calls.
type Option func(*Client)

// WithHTTPClient sends through a copy of h. Its redirect policy is replaced:
// a signed request is never carried on to another address.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = wire.WithoutRedirects(h) }
}

// WithClock sets the clock that fills the signed field now.
func WithClock(now func() time.Time) Option {
	return func(c *Client) { c.now = now }
}

// WithPrefix sets what stands between the address and the method: DefaultPrefix
// unless told, RootPrefix for Piastrix-family hosts.
func WithPrefix(prefix string) Option {
	return func(c *Client) {
		c.prefix = "/" + strings.Trim(prefix, "/") + "/"
		if c.prefix == "//" {
			c.prefix = RootPrefix
		}
	}
}

// WithPayURL sets the address that serves the pay form where it is not the
// API's own, such as https://pay.example against https://core.example.
func WithPayURL(address string) Option {
	return func(c *Client) { c.pay = address }
}

// New makes a client of the gateway at baseURL, such as https://api.example,
// for the shop and its secret key.
func New(baseURL string, shopID int64, secret string, options ...Option) (*Client, error) {
	base, err := wire.Address(addressName, baseURL)
	if err != nil {
		return nil, err
	}
	if shopID <= 0 {
		return nil, fmt.Errorf("avanor: shop id %d: must be above zero", shopID)
	}
	if err := wire.CheckCopied("avanor: the shop's secret", secret); err != nil {
		return nil, err
	}
	c := &Client{
		http:   wire.WithoutRedirects(&http.Client{Timeout: callTimeout}),
		base:   base,
		pay:    baseURL,
		prefix: DefaultPrefix,
		shop:   shopID,
		now:    time.Now,
		sign:   func(fields map[string]string) string { return signature.Sign(fields, secret) },
	}
	for _, option := range options {
		option(c)
	}
	if _, err := wire.Address(addressName, c.pay); err != nil {
		return nil, err
	}
	return c, nil
}

// Call signs and sends any method from text fields and answers the envelope as
// it came, beside an [*Error] when the gateway refused.
//
// Every field is sent as written: shop_id, currency, shop_currency,
// payer_currency, payee_currency, invoice_id and withdraw_id as a JSON number
// with that very literal, account_details and client_info as a JSON object,
// issue_payment_token as true or false, everything else as a string. A text
// that is not what its field holds is sent as a string, for the gateway to
// judge. shop_id, now and sign are filled in where they are missing.
func (c *Client) Call(ctx context.Context, method string, fields map[string]string) (Envelope, error) {
	method = strings.Trim(method, "/")
	signed, known := signature.SignedFields(method)
	if !known || method == payFormMethod {
		return Envelope{}, fmt.Errorf("%w %q; known are %s", ErrMethod, method, strings.Join(signature.Methods(), ", "))
	}
	body, err := jsonKinds.Encode(c.complete(signed, fields))
	if err != nil {
		return Envelope{}, fmt.Errorf("avanor: %s: %w", method, err)
	}
	return c.send(ctx, method, body)
}

// complete copies the fields and adds shop_id, now and sign where they are missing.
func (c *Client) complete(signed []string, fields map[string]string) map[string]string {
	full := make(map[string]string, len(fields)+3)
	for name, value := range fields {
		full[name] = value
	}
	defaults := map[string]func() string{
		"shop_id": func() string { return strconv.FormatInt(c.shop, 10) },
		"now":     func() string { return c.now().UTC().Format(nowLayout) },
	}
	part := make(map[string]string, len(signed))
	for _, name := range signed {
		if fill, ok := defaults[name]; ok && full[name] == "" {
			full[name] = fill()
		}
		if value, ok := full[name]; ok {
			part[name] = value
		}
	}
	if full["sign"] == "" {
		full["sign"] = c.sign(part)
	}
	return full
}

// send posts a finished body once. It never repeats: only the caller knows
// whether a repeat could move money twice.
func (c *Client) send(ctx context.Context, method string, body []byte) (Envelope, error) {
	ctx, reach := wire.Follow(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address(method), bytes.NewReader(body))
	if err != nil {
		return Envelope{}, &TransportError{Method: method, Err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "brama-avanor-client")
	response, err := c.http.Do(request)
	if err != nil {
		return Envelope{}, &TransportError{Method: method, Sent: !reach.Never(err), Err: err}
	}
	defer response.Body.Close()
	raw, err := wire.ReadAll(response.Body, maxAnswer)
	if err != nil {
		return Envelope{}, &TransportError{Method: method, Status: response.StatusCode, Sent: true, Err: err}
	}
	return openEnvelope(method, response.StatusCode, raw)
}

func (c *Client) address(method string) string {
	u := *c.base
	u.Path = strings.TrimRight(u.Path, "/") + c.prefix + method
	u.RawPath = ""
	return u.String()
}

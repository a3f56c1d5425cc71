// Package payparts is the public Go client of the PayParts protocol, PrivatBank's
// payment in instalments ("Оплата частинами"): of the bank itself and of any
// gateway that speaks it, such as Brama.
//
// It knows the wire and nothing of what stands on either side of it. Amounts are
// exact, in kopecks; no value of it ever passes through a float.
//
// Every answer's signature is verified, refusals included, against the store and the
// order that were asked for. A call fails in one of three ways. An [*Error] is the
// bank's refusal. A [*TransportError] is a call without an answer that can be read
// and verified. Either may match [ErrOutcomeUnknown]: then ask [Client.State] before
// anything else, and never repeat a decline blindly.
//
// # What the signatures do not cover
//
// They close less than they seem to (api/payparts.md §7), and a client that works
// with them has to know it.
//
// There is no separator: order ORDER-1 with 2300.00 and order ORDER-12 with 300.00
// join to the same text and have the same signature. Order ids of one fixed length,
// or which all end in a letter, take the ground from under it.
//
// No answer names its method, time or amount. The amount, the refunds and the card of
// a state answer are not signed: compare them with your own books. An old answer can
// be shown again; only TLS keeps it out, so use an https address.
//
// Answers to confirm and cancel come in two forms, and one of them leaves out the
// outcome: see [Cover] and read the state again before money moves. The signature of
// a description's answer is also that of a callback: see [ParseCallback].
package payparts

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/signature"
)

const (
	// BankURL is the address of the bank itself.
	BankURL = "https://payparts2.privatbank.ua"

	pagePath = "/ipp/v2/payment"
	qrPath   = "/ipp/qr/generate"

	// maxAnswer bounds what is read of an answer; the longest is a QR picture of
	// some kilobytes.
	maxAnswer = 1 << 20
	// callTimeout bounds a call of the default HTTP client; a context may be shorter.
	callTimeout = 30 * time.Second
)

// Client calls one bank for one store. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	base  *url.URL
	store string
	// The password lives in these closures only, so that no print of a Client shows it.
	sign   func(parts ...string) string
	verify func(sig string, parts ...string) bool
}

// Option changes how a client calls.
type Option func(*Client)

// WithHTTPClient sends through a copy of h. Its redirect policy is replaced:
// a signed request is never carried on to another address.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = wire.WithoutRedirects(h) }
}

// New makes a client of the bank at baseURL, such as BankURL, for the store and its
// password.
func New(baseURL, storeID, password string, options ...Option) (*Client, error) {
	base, err := wire.Address("payparts: the bank's address", baseURL)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckCopied("payparts: the store id", storeID); err != nil {
		return nil, err
	}
	if err := wire.CheckCopied("payparts: the store's password", password); err != nil {
		return nil, err
	}
	c := &Client{
		http:  wire.WithoutRedirects(&http.Client{Timeout: callTimeout}),
		base:  base,
		store: storeID,
		sign:  func(parts ...string) string { return signature.PayParts(enclose(password, parts)...) },
		verify: func(sig string, parts ...string) bool {
			return signature.VerifyPayParts(sig, enclose(password, parts)...)
		},
	}
	for _, option := range options {
		option(c)
	}
	return c, nil
}

// enclose puts the password around what is signed (api/payparts.md §1).
func enclose(password string, parts []string) []string {
	all := make([]string, 0, len(parts)+2)
	all = append(all, password)
	all = append(all, parts...)
	return append(all, password)
}

// Call signs and sends any method of Methods from text fields and answers what was
// verified, beside an [*Error] when the bank refused.
//
// amount, partsCount and scheme are sent as JSON numbers with that very literal,
// products as the JSON list it is the text of, showRefund, showAmount and showInfo as
// true or false, everything else as a string. A text that is not what its field holds
// is sent as a string, for the bank to judge. storeId and signature are filled in
// where they are missing.
func (c *Client) Call(ctx context.Context, method string, fields map[string]string) (Answer, error) {
	body, err := c.request(method, fields)
	if err != nil {
		return Answer{}, &TransportError{Method: method, Err: err}
	}
	status, raw, err := c.send(ctx, method, http.MethodPost, c.address(pagePath+"/"+method, nil), body)
	if err != nil {
		return Answer{}, err
	}
	return c.open(method, fields["orderId"], status, raw)
}

// send asks once. It never repeats: only the caller knows whether a repeat could
// move money twice.
func (c *Client) send(ctx context.Context, method, verb, address string, body []byte) (status int, raw []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, &TransportError{Method: method, Err: err}
	}
	ctx, reach := wire.Follow(ctx)
	request, err := http.NewRequestWithContext(ctx, verb, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, &TransportError{Method: method, Err: errors.New("the address is malformed")}
	}
	// As seed 004 has them. A named encoding also keeps the transport from unpacking
	// an answer, so that the bound below is one of memory.
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "UTF-8")
	request.Header.Set("Content-Type", "application/json; charset=UTF-8")
	request.Header.Set("User-Agent", "brama-payparts-client")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, &TransportError{Method: method, Sent: !reach.Never(err), Err: withoutAddress(err)}
	}
	defer response.Body.Close()
	raw, err = wire.ReadAll(response.Body, maxAnswer)
	if err != nil {
		return 0, nil, &TransportError{Method: method, Status: response.StatusCode, Sent: true, Err: err}
	}
	return response.StatusCode, raw, nil
}

// withoutAddress drops the URL from an error: a page's token may be in it.
func withoutAddress(err error) error {
	var whole *url.Error
	if errors.As(err, &whole) {
		return whole.Err
	}
	return err
}

func (c *Client) address(path string, query url.Values) string {
	u := *c.base
	u.Path = strings.TrimRight(u.Path, "/") + path
	u.RawPath, u.RawQuery = "", query.Encode()
	return u.String()
}

package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// answer is what a door wrote.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header is the answer's header.
func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// envelope is an answer of the API.
type envelope struct {
	Code    int             `json:"error_code"`
	Message string          `json:"message"`
	Result  bool            `json:"result"`
	Data    json.RawMessage `json:"data"`
}

// call is one signed request of a shop to a process.
type call struct {
	shop    *merchant
	method  string
	fields  map[string]string
	secret  string            // "" is the shop's own
	changed map[string]string // put in after signing
}

// do sends a call and gives the envelope.
func (w *World) do(ctx context.Context, n *node, c call) envelope {
	fields := map[string]string{"shop_id": strconv.FormatInt(c.shop.id, 10)}
	for name, text := range c.fields {
		fields[name] = text
	}
	names, _ := signature.SignedFields(c.method)
	signed := map[string]string{}
	for _, name := range names {
		if name == "now" {
			fields[name] = strconv.FormatInt(w.now, 10)
		}
		signed[name] = fields[name]
	}
	secret := c.secret
	if secret == "" {
		secret = c.shop.secret
	}
	fields["sign"] = signature.Sign(signed, secret)
	for name, text := range c.changed {
		fields[name] = text
	}
	text, _ := json.Marshal(fields)
	w.tracef("n%d %s %s", n.no, c.method, text)
	taken := c.shop.secret
	got := w.post(ctx, n, "/gateway/v1/"+c.method, "application/json", string(text))
	var e envelope
	if err := json.Unmarshal(got.body.Bytes(), &e); err != nil {
		w.fail("an answer is an envelope", got.body.String())
	}
	w.tracef("answers %s", strings.TrimSpace(got.body.String()))
	if e.Code == codeInternal {
		w.fail("no answer is internal", c.method+" "+string(text)+": "+e.Message)
	}
	if e.Code == codeSignature && c.secret == "" && c.changed == nil && c.shop.secret != taken {
		return w.do(ctx, n, c) // the secret was changed meanwhile
	}
	return e
}

const (
	codeSignature = 10
	codeInternal  = 99
)

func (w *World) post(ctx context.Context, n *node, path, kind, body string) *answer {
	w.counts.Requests++
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, publicURL+path, strings.NewReader(body))
	request.Header.Set("Content-Type", kind)
	request.RemoteAddr = "192.0.2.1:1234"
	got := &answer{}
	n.door.ServeHTTP(got, request)
	if got.status >= 500 && ctx.Err() == nil {
		w.tracef("%s: HTTP %d", path, got.status)
	}
	return got
}

// form posts to a payer's page.
func (w *World) form(ctx context.Context, n *node, session string, values url.Values) {
	got := w.post(ctx, n, "/pay/"+session, "application/x-www-form-urlencoded", values.Encode())
	w.tracef("n%d page %s: %d", n.no, session, got.status)
	if got.status == http.StatusInternalServerError && ctx.Err() == nil {
		w.fail("no answer is internal", "the page of "+session)
	}
}

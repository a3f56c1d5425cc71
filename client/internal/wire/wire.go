// Package wire is what both clients do alike: where they call, how a body is
// written, and how an answer is read. It must not know any method, signature or
// field of either protocol.
package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// Address accepts an http or https address with a host and nothing that a path
// could not be appended to. what is whose address it is, for the error.
func Address(what, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is not a URL; write it as https://host", what)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fmt.Errorf("%s needs a scheme and a host, as in https://host", what)
	}
	if u.User != nil || strings.ContainsAny(address, "?#") {
		return nil, fmt.Errorf("%s must hold no user, query or fragment", what)
	}
	return u, nil
}

// CheckCopied refuses what a copied text most often suffers from: a stray newline
// would only show as a wrong signature.
func CheckCopied(what, text string) error {
	if text == "" {
		return fmt.Errorf("%s is empty", what)
	}
	if strings.TrimSpace(text) != text {
		return fmt.Errorf("%s begins or ends with white space; remove it", what)
	}
	return nil
}

// WithoutRedirects is a copy of a client that carries a signed request on to no
// other address.
func WithoutRedirects(h *http.Client) *http.Client {
	copied := *h
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// Reach is how far a request came.
type Reach struct {
	connected atomic.Bool
	failed    atomic.Pointer[error] // of the last handshake
}

// Follow is a context for one request, and how far that comes.
func Follow(ctx context.Context) (context.Context, *Reach) {
	r := &Reach{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { r.connected.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				r.failed.Store(&err)
			}
		},
	}), r
}

// Never reports whether a request failed while it was still connecting, with err:
// nothing of it was sent. A handshake must be the very reason, and no connection
// may have been had before; any doubt is false.
func (r *Reach) Never(err error) bool {
	if r.connected.Load() {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	failed := r.failed.Load()
	return failed != nil && (errors.Is(err, *failed) || errors.Is(err, http.ErrSchemeMismatch))
}

// ReadAll reads a whole answer or refuses it: half an answer is no answer.
func ReadAll(r io.Reader, most int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("the answer is longer than %d bytes", most)
	}
	return raw, nil
}

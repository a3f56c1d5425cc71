package callback

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"code.dny.dev/ssrf"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// UserAgent is how the gateway names itself to receivers.
const UserAgent = "Brama"

const (
	answerLimit  = 64 << 10 // bytes of an answer's body that are read
	failureLimit = 200      // characters of a failure that are kept
)

// result is a finished try, what it means, and whether the receiver said that it
// is gone for good (410).
type result struct {
	Try
	verdict
	gone bool
}

// refusal is a try that came to nothing, in words fit to be kept.
type refusal struct {
	status  int64
	text    string
	verdict verdict
}

func (r *refusal) Error() string { return r.text }

func refuse(v verdict, status int, format string, args ...any) *refusal {
	return &refusal{status: int64(status), text: fmt.Sprintf(format, args...), verdict: v}
}

// try sends a claimed message once.
func (s *Sender) try(ctx context.Context, m *Message, to *shop.Entry) result {
	at := s.Now().UnixMilli()
	status, err := s.deliver(ctx, m, to)
	r := result{verdict: taken, Try: Try{Shop: m.Shop, Message: m.ID, N: m.Tries, At: at, Millis: s.Now().UnixMilli() - at, Status: status}}
	if err != nil {
		r.Status, r.Failure, r.verdict = err.status, bounded(err.text), err.verdict
		r.gone = r.Status == http.StatusGone
	}
	return r
}

func (s *Sender) deliver(ctx context.Context, m *Message, to *shop.Entry) (status int64, failure *refusal) {
	if to == nil {
		return 0, refuse(failed, 0, "there is no such shop")
	}
	if !to.Settings.Enabled(m.URL) {
		return 0, refuse(disabled, 0, "the URL answered 410 before; enable it, then replay")
	}
	d, err := s.render(m, to)
	if err != nil {
		s.Log.Error("a callback cannot be rendered", "shop", m.Shop, "id", m.ID, "error", err)
		return 0, refuse(failed, 0, "the message could not be rendered")
	}
	request, failure := s.request(ctx, m, d, to)
	if failure != nil {
		return 0, failure
	}
	answer, err := s.Client.Do(request)
	if err != nil {
		return 0, unanswered(ctx, err)
	}
	defer answer.Body.Close()
	return judge(ctx, answer, d.NeedOK)
}

// render guards the loops against a renderer's defect.
func (s *Sender) render(m *Message, to *shop.Entry) (d Delivery, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "panic: %v", p)
		}
	}()
	renderer, ok := s.Renderers[m.Protocol]
	if !ok {
		return Delivery{}, fault.New(fault.Internal, "no renderer for protocol %q", m.Protocol)
	}
	return renderer(m, to)
}

// request carries the Standard Webhooks headers: the id is the message's for
// all its tries, time and signature are of this one.
func (s *Sender) request(ctx context.Context, m *Message, d Delivery, to *shop.Entry) (*http.Request, *refusal) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil || request.URL.Host == "" || request.URL.Scheme != "http" && request.URL.Scheme != "https" {
		return nil, refuse(hopeless, 0, "not an http:// or https:// URL")
	}
	id, unix := WebhookID(m.ID), s.Now().Unix()
	request.Header.Set("Content-Type", d.ContentType)
	request.Header.Set("User-Agent", UserAgent)
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(unix, 10))
	request.Header.Set("Webhook-Signature", signature.Webhook(id, unix, d.Body, to.WebhookKeys()...))
	return request, nil
}

// Preview is a message as a try would send it at this moment, signatures included.
type Preview struct {
	URL    string // with its parameters
	Header http.Header
	Body   []byte
}

// Preview renders a message as the next try would; nothing is sent.
func (s *Sender) Preview(ctx context.Context, m *Message) (*Preview, error) {
	to, err := s.Shops.Find(ctx, m.Shop)
	if err != nil {
		return nil, err
	}
	d, err := s.render(m, to)
	if err != nil {
		return nil, err
	}
	request, refused := s.request(ctx, m, d, to)
	if refused != nil {
		return nil, fault.New(fault.Invalid, "%s", refused.text)
	}
	return &Preview{URL: d.URL, Header: request.Header, Body: d.Body}, nil
}

// Answer is how a receiver answered one request.
type Answer struct {
	Status  int    // 0: it did not answer
	Body    string // the first 64 KiB
	Taken   bool   // a message so answered counts as delivered
	Failure string // why it is not, in words fit to be kept
	TLS     *tls.ConnectionState
}

// Ask sends one request as a try does, and judges the answer by the same rules.
func Ask(ctx context.Context, client Doer, request *http.Request, needOK bool) Answer {
	answer, err := client.Do(request.WithContext(ctx))
	if err != nil {
		return Answer{Failure: bounded(unanswered(ctx, err).text)}
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(answer.Body, &body), answer.Body}
	a := Answer{Status: answer.StatusCode, TLS: answer.TLS}
	if _, refused := judge(ctx, answer, needOK); refused != nil {
		a.Failure = bounded(refused.text)
	}
	a.Body, a.Taken = strings.ToValidUTF8(body.String(), "?"), a.Failure == ""
	return a
}

// WebhookID is the webhook-id of a message: the same at every try and replay.
func WebhookID(id int64) string { return "msg_" + strconv.FormatInt(id, 10) }

// judge says whether an answer means that the message was taken
// (api/avanor.md §8). Nothing of a body is kept.
func judge(ctx context.Context, answer *http.Response, needOK bool) (int64, *refusal) {
	status := answer.StatusCode
	// Read even where it does not matter, so that the connection can be used again.
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit+1))
	switch {
	case status == http.StatusGone:
		return 0, refuse(hopeless, status, "answered 410: the URL is gone and was disabled")
	case status >= 300 && status < 400:
		return 0, refuse(failed, status, "answered %d: redirects are not followed", status)
	case status < 200 || status > 299:
		return 0, refuse(failed, status, "answered %d", status)
	case !needOK:
		return int64(status), nil
	case err != nil:
		failure := unanswered(ctx, err)
		failure.status = int64(status)
		return 0, failure
	case len(body) > answerLimit || strings.TrimSpace(string(body)) != "OK":
		return 0, refuse(failed, status, "answered %d without OK as its body", status)
	}
	return int64(status), nil
}

// unanswered is a request that got no whole answer.
func unanswered(ctx context.Context, err error) *refusal {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // the URL may hold a shop's token
	}
	var slow interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil:
		return refuse(cut, 0, "cut off: the gateway was stopping")
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return refuse(failed, 0, "the address may not be called (--allow-callback-to opens it): %v", err)
	case outer != nil && outer.Timeout(), errors.As(err, &slow) && slow.Timeout():
		return refuse(failed, 0, "no answer in time")
	}
	return refuse(failed, 0, "%v", err)
}

// bounded keeps a failure short and printable.
func bounded(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > failureLimit {
		text = string(runes[:failureLimit-1]) + "…"
	}
	return text
}

package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// callDry is a transport that keeps the request and sends nothing, so that what a
// dry run shows is what a call would send.
type callDry struct {
	url  string
	body string
}

// RoundTrip keeps the request and answers an empty success.
func (d *callDry) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d.url, d.body = r.URL.String(), string(raw)
	answer := io.NopCloser(strings.NewReader(`{"data":null,"error_code":0,"message":"Ok","result":true}`))
	return &http.Response{StatusCode: http.StatusOK, Body: answer, Request: r}, nil
}

func (d *callDry) describe(q callRequest, secret callKey) string {
	var out strings.Builder
	fmt.Fprintf(&out, "POST %s\n%s\n\n%s\n", d.url, d.body, callToSign(q, secret))
	fmt.Fprintf(&out, "The same with curl:\n  curl -sS %s -H 'Content-Type: application/json' --data-binary %s\n",
		shellQuote(d.url), shellQuote(d.body))
	return out.String()
}

// callToSign shows what the signature is made of; the secret stays hidden.
func callToSign(q callRequest, secret callKey) string {
	explained := signature.Explain(q.method, q.fields, secret.text)
	text := fmt.Sprintf("String to sign (*** is the secret):\n  %s\n", explained.Joined)
	if secret.note != "" {
		text += "  " + secret.note + "\n"
	}
	if explained.Refused != "" {
		text += "  It would be refused. " + explained.Refused + "\n"
	}
	return text
}

// shellQuote makes one word of a POSIX shell, plain where it can be.
func shellQuote(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

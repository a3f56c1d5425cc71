package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// callbackTextMax bounds the search for mistakes; real callbacks have a tenth of it.
const callbackTextMax = 16 << 10

// explainCallback shows how the gateway signed a callback (api/avanor.md §8).
func explainCallback(s signSubject, secret string) string {
	var out strings.Builder
	fmt.Fprintln(&out, "1. Take all fields but sign, without null and empty ones (zeros stay), sorted by name:")
	right := signCallbackFields(s)
	for _, f := range right {
		fmt.Fprintf(&out, "     %s = %s\n", f.Name, f.Value)
	}
	if empty := callbackLeftOut(s); len(empty) > 0 {
		fmt.Fprintf(&out, "   Left out: %s\n", strings.Join(empty, ", "))
	}
	fmt.Fprintf(&out, "2. Join their values with ':' and put the secret (***) right behind:\n     %s***\n", callbackTry{fields: right, separator: ":"}.text())
	fmt.Fprintf(&out, "3. SHA-256 of these bytes in UTF-8, in lower-case hex, is the field sign:\n     %s\n", signature.SignCallback(s.fields, secret))
	return out.String()
}

func signCallbackFields(s signSubject) []signature.Field {
	var fields []signature.Field
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		if name != "sign" && s.fields[name] != "" {
			fields = append(fields, signature.Field{Name: name, Value: s.fields[name]})
		}
	}
	return fields
}

func callbackLeftOut(s signSubject) []string {
	names := slices.Clone(s.nulls)
	for name, value := range s.fields {
		if value == "" && name != "sign" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// diagnoseCallback says which one or two mistakes of a receiver, or of whoever
// made the message, give exactly this signature. It is never empty.
func diagnoseCallback(s signSubject, secret, given string) []signature.Finding {
	digest, form := callbackDigest(given)
	if digest == nil {
		return form
	}
	right := callbackTry{fields: signCallbackFields(s), separator: ":", secret: secret, sum: callbackSHA256}
	if right.makes(digest) {
		return form
	}
	if len(right.text()) > callbackTextMax {
		return append(form, signature.Finding{Wrong: "the callback is too long to look for mistakes", Fix: "compare each step with the explanation"})
	}
	slips := callbackSlips(s, right)
	for _, one := range slips {
		if right.with(one).makes(digest) {
			return append(form, one.Finding)
		}
	}
	for i, one := range slips {
		first := right.with(one)
		for _, two := range slips[i+1:] {
			if first.with(two).makes(digest) {
				return append(form, one.Finding, two.Finding)
			}
		}
	}
	return append(form, signature.Finding{
		Wrong: "no known mistake makes this signature from this callback",
		Fix:   "check that the body is the one received, byte for byte, and that the secret is this shop's API secret; while one rotates, callbacks are signed with the old one. If both are right, the message is not the gateway's: refuse it",
	})
}

// callbackDigest is the hash inside a signature and what is wrong with its form.
func callbackDigest(given string) ([]byte, []signature.Finding) {
	var form []signature.Finding
	text := strings.TrimSpace(given)
	if text != given {
		form = append(form, signature.Finding{Wrong: "the signature has white space around it", Fix: "compare the 64 hex digits alone"})
	}
	if digest, err := hex.DecodeString(text); err == nil && len(digest) > 0 {
		return digest, form
	}
	if digest, err := base64.StdEncoding.DecodeString(text); err == nil && len(digest) >= 16 {
		return digest, append(form, signature.Finding{Wrong: "the signature is in base64", Fix: "encode the hash in lower-case hex: 64 digits"})
	}
	return nil, append(form, signature.Finding{
		Wrong: fmt.Sprintf("the signature is not 64 hex digits but %d characters that are no hash", len(given)),
		Fix:   "compare with the field sign of the callback; webhook-signature is another one, over the whole body",
	})
}

// callbackTry is one way to sign a callback.
type callbackTry struct {
	fields    []signature.Field
	separator string
	between   string
	secret    string
	sum       func(text, secret string) []byte
}

func (t callbackTry) text() string {
	values := make([]string, len(t.fields))
	for i, f := range t.fields {
		values[i] = f.Value
	}
	return strings.Join(values, t.separator)
}

func (t callbackTry) makes(digest []byte) bool {
	return bytes.Equal(t.sum(t.text()+t.between, t.secret), digest)
}

func (t callbackTry) with(one callbackSlip) callbackTry {
	t.fields = slices.Clone(t.fields)
	one.make(&t)
	return t
}

// set changes a field that is signed.
func (t *callbackTry) set(name, value string) {
	for i := range t.fields {
		if t.fields[i].Name == name {
			t.fields[i].Value = value
		}
	}
}

// add takes fields in, where their names sort.
func (t *callbackTry) add(fields ...signature.Field) {
	t.fields = append(t.fields, fields...)
	slices.SortStableFunc(t.fields, func(a, b signature.Field) int { return strings.Compare(a.Name, b.Name) })
}

func (t *callbackTry) drop(unwanted func(signature.Field) bool) {
	t.fields = slices.DeleteFunc(t.fields, unwanted)
}

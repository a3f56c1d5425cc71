package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/signature"
)

// signSubject is what was signed: every field's raw text, in the order sent, and
// what a reader of the body finds wrong with it.
type signSubject struct {
	fields   map[string]string
	order    []string
	nulls    []string
	findings []signature.Finding
	broken   bool // the body is no body: there is nothing to explain
}

// lay puts fields over those that are there.
func (s *signSubject) lay(fields map[string]string, words []string) {
	for _, word := range words {
		name, _, _ := strings.Cut(word, "=")
		s.set(name, fields[name])
	}
}

func (s *signSubject) set(name, value string) {
	if s.fields == nil {
		s.fields = map[string]string{}
	}
	if _, there := s.fields[name]; !there {
		s.order = append(s.order, name)
	}
	s.fields[name] = value
}

func (s *signSubject) wrong(fix, wrong string, args ...any) {
	s.findings = append(s.findings, signature.Finding{Wrong: fmt.Sprintf(wrong, args...), Fix: fix})
}

// readSignBody reads a JSON object or a form. signed are the fields whose form
// matters; nil means all.
func readSignBody(raw []byte, signed []string) signSubject {
	var s signSubject
	text := bytes.TrimSpace(raw)
	if len(text) > 0 && text[0] != '{' && text[0] != '[' && bytes.IndexByte(text, '=') > 0 {
		s.readForm(string(text))
		return s
	}
	o, err := body.Decode(raw)
	if err != nil {
		s.broken = true
		s.wrong("send exactly one JSON object, each key once, in UTF-8", "the body cannot be read: %s", bodyReason(err))
		return s
	}
	for _, name := range o.Names() {
		value, _ := o.Find(name)
		s.take(name, value, signed == nil || slices.Contains(signed, name))
	}
	return s
}

func bodyReason(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Params["body"] != "" {
		return f.Params["body"]
	}
	return err.Error()
}

func (s *signSubject) readForm(text string) {
	values, err := url.ParseQuery(text)
	if err != nil {
		s.wrong("encode names and values for a URL and join them by &", "the form is malformed")
	}
	for _, pair := range strings.Split(text, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		list := values[name]
		if len(list) == 0 {
			continue
		}
		if _, twice := s.fields[name]; twice {
			s.wrong("send each field once", "the form has %s twice", name)
		}
		s.set(name, list[0])
	}
}

// take reads one value as it was signed: a string decoded, a number as written.
func (s *signSubject) take(name string, value body.Value, signed bool) {
	text, scalar := value.Scalar()
	switch {
	case value.Kind == body.KindNull:
		s.nulls = append(s.nulls, name)
		return
	case !scalar && signed:
		s.wrong("every signed field is a string or a number", "%s is neither a string nor a number", name)
	case value.Kind == body.KindNumber && signed && name != "sign" && strings.ContainsAny(text, "eE+-"):
		s.wrong("write plain digits, or send a string", "%s is written %s, which a gateway refuses", name, text)
	}
	if !scalar {
		text = string(value.Raw)
	}
	s.set(name, text)
}

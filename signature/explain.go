package signature

import (
	"fmt"
	"slices"
	"strings"
)

// hiddenSecret stands for the secret wherever an explanation shows it.
const hiddenSecret = "***"

// Field is one field of a request and its raw text.
type Field struct{ Name, Value string }

// Explanation is how a request's signature comes about, step by step. It shows the
// request's values as they are, and never the secret.
type Explanation struct {
	Method  string
	Known   bool     // the method has a list of signed fields; without one the rest is empty
	Fields  []Field  // what is signed, in signing order
	Missing []string // signed fields that the body does not have
	Ignored []string // fields of the body that are not signed
	Joined  string   // the values joined by ':', then *** for the secret
	Hash    string   // the signature: SHA-256 in lower-case hex
	Refused string   // why a server refuses the request though the signature is right, or empty
}

// Explain shows each step of signing a body for a method. body holds each field's
// raw text: a number's literal as sent, a string's decoded text.
func Explain(method string, body map[string]string, secret string) Explanation {
	l, ok := signed[method]
	if !ok {
		return Explanation{Method: method}
	}
	fields := l.present(body)
	e := Explanation{
		Method:  method,
		Known:   true,
		Fields:  pairs(fields),
		Missing: l.missing(body),
		Ignored: l.ignored(body),
		Joined:  Canonical(fields) + hiddenSecret,
		Hash:    Sign(fields, secret),
	}
	if err := OneReading(method, body); err != nil {
		e.Refused = err.Error()
	}
	return e
}

// String prints the explanation as numbered steps; where a field is missing there is
// no signature to show, and nothing that looks like one.
func (e Explanation) String() string {
	if !e.Known {
		return fmt.Sprintf("No signed fields are known for %q. Known methods: %s.\n", e.Method, strings.Join(Methods(), ", "))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "1. Take the fields that %s signs, sorted by name:\n", e.Method)
	for _, f := range e.Fields {
		fmt.Fprintf(&out, "     %s = %s\n", f.Name, f.Value)
	}
	for _, name := range e.Missing {
		fmt.Fprintf(&out, "     %s is missing: send it\n", name)
	}
	if len(e.Ignored) > 0 {
		fmt.Fprintf(&out, "   Not signed: %s\n", strings.Join(e.Ignored, ", "))
	}
	if len(e.Missing) > 0 {
		fmt.Fprintf(&out, "No signature can be made without %s.\n", strings.Join(e.Missing, ", "))
		return out.String()
	}
	fmt.Fprintf(&out, "2. Join their values with ':' and put the secret (%s) right behind:\n     %s\n", hiddenSecret, e.Joined)
	fmt.Fprintf(&out, "3. SHA-256 of these bytes in UTF-8, in lower-case hex, is the field sign:\n     %s\n", e.Hash)
	if e.Refused != "" {
		fmt.Fprintf(&out, "The request would still be refused. %s\n", e.Refused)
	}
	return out.String()
}

func (l list) present(body map[string]string) map[string]string {
	fields := make(map[string]string, len(l))
	for _, name := range l {
		if value, ok := body[name]; ok {
			fields[name] = value
		}
	}
	return fields
}

func (l list) missing(body map[string]string) []string {
	var names []string
	for _, name := range l {
		if _, ok := body[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

func (l list) ignored(body map[string]string) []string {
	var names []string
	for _, name := range sortedNames(body) {
		if name != "sign" && !slices.Contains(l, name) {
			names = append(names, name)
		}
	}
	return names
}

func pairs(fields map[string]string) []Field {
	out := make([]Field, 0, len(fields))
	for _, name := range sortedNames(fields) {
		out = append(out, Field{name, fields[name]})
	}
	return out
}

package payparts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/brama-pay/brama/money"
)

// decodeObject splits exactly one JSON object into its raw values. Struct
// decoding would match keys in any case and take the last of two: a hole where
// one reader signs what another acts on.
func decodeObject(raw []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	fields, seen := map[string]json.RawMessage{}, map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, errors.New("not valid JSON")
		}
		name, _ := token.(string) // a key always is one
		if seen[strings.ToLower(name)] {
			return nil, fmt.Errorf("the key %q occurs twice", name)
		}
		seen[strings.ToLower(name)] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, errors.New("not valid JSON")
		}
		fields[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("not valid JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return fields, nil
}

// reader takes typed values out of an object and keeps the first error.
type reader struct {
	fields map[string]json.RawMessage
	err    error
}

func (r *reader) fail(name, reason string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", name, reason)
	}
}

// has reports whether a field is there and not null.
func (r *reader) has(name string) bool {
	raw := r.fields[name]
	return len(raw) > 0 && string(raw) != "null"
}

// text is the decoded text of a string, the literal of a number, true or false, and
// empty for null and absent. A list or an object has no text that could be signed.
func (r *reader) text(name string) string {
	if !r.has(name) {
		return ""
	}
	raw := r.fields[name]
	switch raw[0] {
	case '{', '[':
		r.fail(name, "not a text")
		return ""
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			r.fail(name, "not a text")
		}
		return text
	}
	return string(raw)
}

// amount is hryvnias, sent as a number or as a string, with or without needless
// zeros; the zero amount of no currency when there is none. It never rounds.
func (r *reader) amount(name string) money.Amount {
	text := r.text(name)
	if text == "" {
		return money.Amount{}
	}
	if whole, fraction, point := strings.Cut(text, "."); point && fraction != "" {
		text = strings.TrimSuffix(whole+"."+strings.TrimRight(fraction, "0"), ".")
	}
	amount, err := money.Parse(text, money.UAH)
	if err != nil {
		r.fail(name, err.Error())
		return money.Amount{}
	}
	return amount
}

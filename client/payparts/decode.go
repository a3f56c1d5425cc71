package payparts

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/brama-pay/brama/money"
)

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

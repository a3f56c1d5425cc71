package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Kinds names the fields that do not travel as JSON strings, and what of a text
// fits each.
type Kinds map[string]func(text string) bool

// IsNumber fits a number's literal.
func IsNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') &&
		text[len(text)-1] >= '0' && text[len(text)-1] <= '9' && json.Valid([]byte(text))
}

// IsBool fits true and false.
func IsBool(text string) bool { return text == "true" || text == "false" }

// IsInside fits JSON that begins with a bracket: an object or a list.
func IsInside(bracket byte) func(text string) bool {
	return func(text string) bool { return len(text) > 1 && text[0] == bracket && json.Valid([]byte(text)) }
}

// Encode prints a body. Numbers keep their literal, for that is what a signature
// covers; a text that does not fit its field is sent as a string.
func (k Kinds) Encode(fields map[string]string) ([]byte, error) {
	body := make(map[string]any, len(fields))
	for name, text := range fields {
		if !utf8.ValidString(text) || !utf8.ValidString(name) {
			return nil, fmt.Errorf("the field %q is not valid UTF-8", name)
		}
		if fits, special := k[name]; special && fits(text) {
			body[name] = json.RawMessage(text)
			continue
		}
		body[name] = text
	}
	return json.Marshal(body)
}

// Object splits exactly one JSON object into its raw values. Struct decoding would
// match keys in any case and take the last of two: a hole where one reader signs
// what another acts on.
func Object(raw []byte) (map[string]json.RawMessage, error) {
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

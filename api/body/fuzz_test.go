package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var seeds = []string{
	`{}`, ` {"a" : [1, -0.5e+7, "x", null, true, false, {"b":{}}]} `, `{"a":"\ud83d\ude00\n\u0041"}`,
	`{"a":1,"A":2}`, `{"a":"\ud83d"}`, `{"a":01}`, `{"a":{"b":1,"b":2}}`, `[1]`, `{"a":1}{}`, "{\"a\":\"\xff\"}",
	`{"k":1,"` + "\u212a" + `":1}`, `{"a":1,}`, `{"a":"\\ud83d"}`, strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64),
	`{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"I":0}`,
}

// FuzzDecode holds the scanner against the standard library's tokens with the
// stricter rules on top.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, data) })
}

// Mutated JSON reaches more of the grammar in a short run than bytes do.
func TestDecodeAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
			`{`, `}`, `[`, `]`, `,`, `:`, `"a"`, `"A"`, `"b"`, `"\u0061"`, `"\ud83d\ude00"`, `"\ud83d"`, `1`, `-0`, `0.5e1`, `01`,
			`true`, `null`, ` `, `"a":1`, `{"a":1}`, `{"b":[]}`, "\xff", `"\x"`,
		}), 0, 8).Draw(t, "pieces")
		compare(t, []byte(`{"x":`+strings.Join(pieces, "")+`}`))
	})
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func compare(t tester, data []byte) {
	t.Helper()
	o, err := Decode(data)
	names, values, wrong := reference(data)
	if (err == nil) != (wrong == nil) {
		t.Fatalf("%q: Decode says %v, the reference %v", data, err, wrong)
	}
	if fmt.Sprint(o.Names()) != fmt.Sprint(names) && err == nil {
		t.Fatalf("%q: names %q, want %q", data, o.Names(), names)
	}
	for i, m := range o.members {
		v := m.value
		if !json.Valid(v.Raw) || !sameValue(v, values[i]) {
			t.Fatalf("%q: value %d is %v %q %s, want %T %v", data, i, v.Kind, v.Text, v.Raw, values[i], values[i])
		}
	}
}

// reference reads data with the standard library: slow, and written from
// api/avanor.md §1. values are a string, a json.Number, a bool, nil or a json.Delim.
func reference(data []byte) (names []string, values []any, err error) {
	if !utf8.Valid(data) || !json.Valid(data) || bytes.TrimLeft(data, " \t\r\n")[0] != '{' {
		return nil, nil, errors.New("not one object in UTF-8")
	}
	if halfSurrogate(data) {
		return nil, nil, errors.New("half a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	return referenceMembers(d, 1)
}

func referenceMembers(d *json.Decoder, depth int) (names []string, values []any, err error) {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			if strings.EqualFold(name, key.(string)) {
				return nil, nil, errors.New("a key twice")
			}
		}
		value, err := referenceValue(d, depth)
		if err != nil {
			return nil, nil, err
		}
		names, values = append(names, key.(string)), append(values, value)
	}
	_, err = d.Token()
	return names, values, err
}

func referenceValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		return token, nil
	}
	if depth == MaxDepth {
		return nil, errors.New("too deep")
	}
	if token == json.Delim('{') {
		_, _, err := referenceMembers(d, depth+1)
		return token, err
	}
	for d.More() {
		if _, err := referenceValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return token, err
}

var (
	slowEscape = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)
	slowPair   = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
)

// halfSurrogate looks for a surrogate escape that is left when the pairs are gone.
func halfSurrogate(data []byte) bool {
	// Escaped backslashes go first, or \\ud83d would look like an escape.
	plain := slowEscape.ReplaceAllFunc(data, func(escape []byte) []byte {
		if escape[1] == '\\' {
			return []byte("..")
		}
		return escape
	})
	plain = slowPair.ReplaceAll(plain, nil)
	return regexp.MustCompile(`\\u[dD][89a-fA-F]`).Match(plain)
}

func sameValue(v Value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.Kind == KindNull && v.Text == ""
	case bool:
		return v.Kind == KindBool && v.Text == fmt.Sprint(want)
	case json.Number:
		return v.Kind == KindNumber && v.Text == want.String()
	case string:
		return v.Kind == KindString && v.Text == want
	case json.Delim:
		return v.Text == "" && (v.Kind == KindObject) == (want == '{') && (v.Kind == KindArray) == (want == '[')
	}
	return false
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(`{"account":"4242424242424242","amount":"10.00","amount_type":"ps_amount","payway":"card_usd","shop_currency":840,` +
		`"shop_id":1520,"shop_payment_id":"order-17","description":"Order 17","sign":"77a6f7a30876d480d4e771d08cb83800dd5cb874664c77e515ffc052b20293c6"}`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

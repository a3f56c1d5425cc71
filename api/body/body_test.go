package body

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/brama-pay/brama/fault"
)

func TestDecode(t *testing.T) {
	o, err := Decode([]byte(" {\"amount\": 100.50 ,\"shop_id\":\"5\",\n\"деталі\":{\"a\":[1,{}]},\"n\":null,\"t\":true,\"list\":[]," +
		`"esc\u0061ped":"\"\\\/\b\f\n\r\t\u0456\uD83D\uDE00"}` + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		want Value
	}{
		{"amount", Value{KindNumber, "100.50", []byte("100.50")}},
		{"shop_id", Value{KindString, "5", []byte(`"5"`)}},
		{"деталі", Value{KindObject, "", []byte(`{"a":[1,{}]}`)}},
		{"n", Value{KindNull, "", []byte("null")}},
		{"t", Value{KindBool, "true", []byte("true")}},
		{"list", Value{KindArray, "", []byte("[]")}},
		{"escaped", Value{KindString, "\"\\/\b\f\n\r\tі😀", []byte(`"\"\\\/\b\f\n\r\t\u0456\uD83D\uDE00"`)}},
	}
	for i, test := range tests {
		got, ok := o.Find(test.name)
		if !ok || got.Kind != test.want.Kind || got.Text != test.want.Text || !bytes.Equal(got.Raw, test.want.Raw) {
			t.Errorf("%s = %v %q %s, want %v", test.name, got.Kind, got.Text, got.Raw, test.want)
		}
		if o.Names()[i] != test.name {
			t.Errorf("name %d is %s", i, o.Names()[i])
		}
	}
	if o.Len() != len(tests) {
		t.Errorf("%d members", o.Len())
	}
	if _, ok := o.Find("Amount"); ok {
		t.Error("a name is found in another case")
	}
}

func TestDecodeRefuses(t *testing.T) {
	many := make([]string, 40)
	for i := range many {
		many[i] = `"k` + strings.Repeat("x", i) + `":0`
	}
	tests := []struct{ name, give, reason string }{
		{"nothing", "", "exactly one JSON object"},
		{"space", " \n", "exactly one JSON object"},
		{"array", "[]", "exactly one JSON object"},
		{"string", `"{}"`, "exactly one JSON object"},
		{"null", "null", "exactly one JSON object"},
		{"byte order mark", "\ufeff{}", "exactly one JSON object"},
		{"two objects", "{}{}", "something follows"},
		{"garbage behind", "{} x", "something follows"},
		{"NUL behind", "{}\x00", "something follows"},
		{"cut in an object", `{"a":1`, "ends too early"},
		{"cut in a string", `{"a":"1`, "ends too early"},
		{"cut in an escape", `{"a":"\`, "ends too early"},
		{"cut in a number", `{"a":-`, "ends too early"},
		{"same key", `{"sign":1,"sign":1}`, "case: sign"},
		{"same key escaped", `{"sign":1,"s\u0069gn":1}`, "case: sign"},
		{"key in another case", `{"sign":1,"siGn":1}`, "case: siGn"},
		{"key in another case, Cyrillic", `{"ключ":1,"Ключ":1}`, "key twice"},
		{"the Kelvin sign is a k", `{"k":1,"` + "\u212a" + `":1}`, "key twice"},
		{"the long s is an s", `{"sign":1,"` + "\u017f" + `ign":1}`, "key twice"},
		{"nested key", `{"a":[{"b":{"c":1,"C":2}}]}`, "case: C"},
		{"empty keys", `{"":1,"":2}`, "key twice"},
		{"key among many", `{` + strings.Join(many, ",") + `,"K":0}`, "case: K"},
		{"long or odd keys are not shown", `{"4242424242424242":1,"4242424242424242":1}`, `only in case"`},
		{"65 levels", strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), "deeper than 64"},
		{"65 levels of arrays", `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}", "deeper than 64"},
		{"not UTF-8", "{\"a\":\"\xff\"}", "UTF-8"},
		{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", "UTF-8"},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "UTF-8"},
		{"high half alone", `{"a":"\ud83d"}`, "surrogate"},
		{"high half and a letter", `{"a":"\ud83dx"}`, "surrogate"},
		{"two high halves", `{"a":"\ud83d\ud83d"}`, "surrogate"},
		{"low half alone", `{"a":"\ude00"}`, "surrogate"},
		{"low half first", `{"a":"\ude00\ud83d"}`, "surrogate"},
		{"half in a key", `{"\ud83d":1}`, "surrogate"},
		{"half in a nested string", `{"a":["\ud83d"]}`, "surrogate"},
		{"bad escape", `{"a":"\x41"}`, "byte 8"},
		{"bad hex", `{"a":"\u00g0"}`, "unexpected"},
		{"control character", "{\"a\":\"\x01\"}", "byte 7"},
		{"line feed in a string", "{\"a\":\"\n\"}", "unexpected"},
		{"line feed behind an escape", "{\"a\":\"\\n\n\"}", "unexpected"},
		{"comma at the end", `{"a":1,}`, "unexpected"},
		{"comma at the end of an array", `{"a":[1,]}`, "unexpected"},
		{"comma first", `{,"a":1}`, "unexpected"},
		{"two commas", `{"a":1,,"b":1}`, "unexpected"},
		{"no comma", `{"a":1 "b":1}`, "unexpected"},
		{"no colon", `{"a" 1}`, "unexpected"},
		{"no value", `{"a":}`, "unexpected"},
		{"bare key", `{a:1}`, "unexpected"},
		{"single quotes", `{'a':1}`, "unexpected"},
		{"comment", `{/**/"a":1}`, "unexpected"},
		{"wrong bracket", `{"a":[1}`, "unexpected"},
		{"leading zero", `{"a":01}`, "unexpected"},
		{"plus", `{"a":+1}`, "unexpected"},
		{"bare point", `{"a":.5}`, "unexpected"},
		{"point at the end", `{"a":5.}`, "unexpected"},
		{"bare exponent", `{"a":1e}`, "unexpected"},
		{"hex number", `{"a":0x1}`, "unexpected"},
		{"NaN", `{"a":NaN}`, "unexpected"},
		{"True", `{"a":True}`, "unexpected"},
		{"truex", `{"a":truex}`, "unexpected"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, err := Decode([]byte(test.give))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Params["body"] == "" {
				t.Fatalf("got %v, %v", o.Names(), err)
			}
			if !strings.Contains(f.Message, test.reason) {
				t.Errorf("says %s, want %q in it", f.Message, test.reason)
			}
			if o.Len() != 0 {
				t.Errorf("a refused body has members %v", o.Names())
			}
		})
	}
}

func TestDecodeTakesTheLimits(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64)
	for _, give := range []string{"{}", deep, `{"a":1,"a ":2,"á":3}`, `{"a":-0.0e+1}`, `{"a":"` + "\x7f\u2028" + `"}`} {
		if _, err := Decode([]byte(give)); err != nil {
			t.Errorf("%.40s: %v", give, err)
		}
	}
}

// Hostile sizes are refused or read in one pass: none of these may take visibly long.
func TestDecodeOfHugeBodies(t *testing.T) {
	const size = 3 << 20
	keys := make([]byte, 0, size)
	for i := range size / 12 {
		keys = append(keys, `"`+string(rune('a'+i%26))+strings.Repeat("0", 1+i%3)+`":`...)
		keys = append(keys, '1', ',')
	}
	distinct := make([]string, 0, size/12)
	for i := range size / 12 {
		distinct = append(distinct, `"`+strings.ToLower(string(rune(0x4e00+i%20000))+string(rune(0x4e00+i/20000)))+`":1`)
	}
	tests := []struct {
		name, give string
		ok         bool
	}{
		{"nested 5,000 deep", strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), false},
		{"brackets", strings.Repeat("[", size), false},
		{"objects without end", strings.Repeat(`{"a":`, size/5), false},
		{"repeated keys", "{" + string(keys) + `"z":1}`, false},
		{"distinct keys", "{" + strings.Join(distinct, ",") + "}", true},
		{"one string", `{"a":"` + strings.Repeat("x", size) + `"}`, true},
		{"escapes", `{"a":"` + strings.Repeat(`\u0041`, size/6) + `"}`, true},
		{"digits", `{"a":` + strings.Repeat("1", size) + `}`, true},
		{"elements", `{"a":[` + strings.Repeat("{},", size/3) + `1]}`, true},
		{"space", "{" + strings.Repeat(" ", size) + "}", true},
	}
	for _, test := range tests {
		if _, err := Decode([]byte(test.give)); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestNestedValues(t *testing.T) {
	o, err := Decode([]byte(`{"products":[ {"name":"Телевізор","count":2}, 5, "x"],"details":{"phone":"1"},"n":5}`))
	if err != nil {
		t.Fatal(err)
	}
	products, _ := o.Find("products")
	elements, err := products.Array()
	if err != nil || len(elements) != 3 || elements[1].Text != "5" || elements[2].Text != "x" {
		t.Fatalf("%v, %v", elements, err)
	}
	product, err := elements[0].Object()
	if name, _ := product.Find("name"); err != nil || name.Text != "Телевізор" {
		t.Errorf("%v, %v", product, err)
	}
	details, _ := o.Find("details")
	if _, err := details.Array(); !fault.Is(err, fault.Invalid) {
		t.Errorf("an object is an array: %v", err)
	}
	if _, err := products.Object(); !fault.Is(err, fault.Invalid) {
		t.Errorf("an array is an object: %v", err)
	}
	if _, err := (Value{}).Array(); !fault.Is(err, fault.Invalid) {
		t.Errorf("nothing is an array: %v", err)
	}
}

func TestScalar(t *testing.T) {
	o, err := Decode([]byte(`{"a":840,"b":"840","c":null,"d":true,"e":[],"f":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"a": true, "b": true, "c": false, "d": false, "e": false, "f": false}
	for name, ok := range want {
		v, _ := o.Find(name)
		if text, got := v.Scalar(); got != ok || ok && text != "840" {
			t.Errorf("%s: %q, %v", name, text, got)
		}
	}
}

func TestRead(t *testing.T) {
	for _, size := range []int{0, 9, 10} {
		if data, err := Read(strings.NewReader(strings.Repeat("x", size)), 10); err != nil || len(data) != size {
			t.Errorf("%d bytes: %d, %v", size, len(data), err)
		}
	}
	endless := io.MultiReader(strings.NewReader(strings.Repeat("x", 11)), iotest.ErrReader(errors.New("read too far")))
	if data, err := Read(endless, 10); !errors.Is(err, ErrTooLarge) || data != nil {
		t.Errorf("11 bytes: %d, %v", len(data), err)
	}
	broken := errors.New("broken")
	if _, err := Read(iotest.ErrReader(broken), 10); !errors.Is(err, broken) {
		t.Errorf("a broken body: %v", err)
	}
}

// The decoded names and texts must not change when the caller reuses its buffer.
func TestTextsDoNotShareTheBody(t *testing.T) {
	data := []byte(`{"name":"value"}`)
	o, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		data[i] = '!'
	}
	if v, ok := o.Find("name"); !ok || v.Text != "value" || !slices.Equal(o.Names(), []string{"name"}) {
		t.Errorf("%v %q", o.Names(), v.Text)
	}
}

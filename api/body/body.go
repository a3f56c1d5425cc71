// Package body is the strict reading of a request's body that both protocol doors
// share: bounded bytes, then exactly one JSON object without any text that two
// readers could understand differently.
//
// It must not know what the fields mean, nor HTTP. It exists because decoding into
// structs matches keys without regard to case and takes the last of two equal
// ones, which is a hole in a signed API.
package body

import (
	"errors"
	"io"
)

// ErrTooLarge says that a body holds more bytes than it may.
var ErrTooLarge = errors.New("body: too large")

// Read reads r to its end, at most limit bytes; more is ErrTooLarge. Other errors
// are r's own.
func Read(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
	return data, nil
}

// Kind is the JSON type of a value.
type Kind uint8

// The kinds of values.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindObject
	KindArray
)

// Value is one JSON value.
type Value struct {
	Kind Kind
	Text string // a string decoded; a number's or a bool's literal as sent; else empty
	Raw  []byte // the value's JSON as sent, sharing memory with the decoded body
}

// Scalar is the text of a string or the literal of a number: the protocols take
// either for ids, currencies and amounts, and sign exactly this text (api/avanor.md
// §1 and §2). Other kinds have none.
func (v Value) Scalar() (string, bool) {
	return v.Text, v.Kind == KindString || v.Kind == KindNumber
}

// Object decodes a nested object; another kind is a fault.Invalid of body.
func (v Value) Object() (Object, error) { return Decode(v.Raw) }

// Array lists the elements of an array; another kind is a fault.Invalid of body.
func (v Value) Array() ([]Value, error) {
	s := scanner{data: v.Raw, text: string(v.Raw)}
	return s.array()
}

// Object is a decoded JSON object, its members in the order sent.
type Object struct{ members []member }

type member struct {
	name  string
	value Value
}

// Find is the member of exactly that name. One whose value is null is found, with KindNull.
func (o Object) Find(name string) (Value, bool) {
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value, true
		}
	}
	return Value{}, false
}

// Names lists the members' names in the order sent. The slice is the caller's own.
func (o Object) Names() []string {
	names := make([]string, len(o.members))
	for i, m := range o.members {
		names[i] = m.name
	}
	return names
}

// Len is how many members the object has.
func (o Object) Len() int { return len(o.members) }

// Decode reads data as exactly one JSON object in valid UTF-8: nothing but white
// space around it, nested at most MaxDepth, and at no level a key that occurs twice
// or differs from another only in case, nor half a surrogate pair (api/avanor.md
// §1). An error is a fault.Invalid of the parameter "body". data is not kept but
// Raw points into it.
func Decode(data []byte) (Object, error) {
	s := scanner{data: data, text: string(data)}
	return s.object()
}

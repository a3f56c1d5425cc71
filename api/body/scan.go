package body

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/brama-pay/brama/fault"
)

// MaxDepth is how deep arrays and objects may nest, the body itself being the first level.
const MaxDepth = 64

// scanner walks one JSON text by recursive descent; MaxDepth bounds the recursion.
// text is the same bytes as data once more, so that names and texts without an
// escape are slices of it and cost nothing.
type scanner struct {
	data  []byte
	text  string
	pos   int
	depth int
}

// refusal is why a text is refused, before it becomes a fault.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errUTF8      refusal = "must be valid UTF-8"
	errNotObject refusal = "must be exactly one JSON object"
	errNotArray  refusal = "must hold a JSON array here"
	errTrailing  refusal = "must be exactly one JSON object: something follows it"
	errDepth     refusal = "must not be nested deeper than 64"
	errSurrogate refusal = "must not escape half of a surrogate pair"
)

// usual is how many members most bodies do not exceed.
const usual = 12

func (s *scanner) object() (Object, error) {
	o := Object{members: make([]member, 0, usual)}
	err := s.whole('{', errNotObject, func() error {
		return s.members(func(name string, v Value) {
			o.members = append(o.members, member{name, v})
		})
	})
	if err != nil {
		return Object{}, fault.Param("body", err.Error())
	}
	return o, nil
}

func (s *scanner) array() ([]Value, error) {
	var values []Value
	err := s.whole('[', errNotArray, func() error {
		return s.elements(func(v Value) { values = append(values, v) })
	})
	if err != nil {
		return nil, fault.Param("body", err.Error())
	}
	return values, nil
}

// whole reads one value that begins with open, and nothing else.
func (s *scanner) whole(open byte, wrong refusal, read func() error) error {
	if !utf8.ValidString(s.text) {
		return errUTF8
	}
	s.space()
	if s.peek() != open {
		return wrong
	}
	if err := read(); err != nil {
		return err
	}
	s.space()
	if s.pos < len(s.text) {
		return errTrailing
	}
	return nil
}

// value reads any value. want tells whether its text will be used; walking through
// nested values decodes none.
func (s *scanner) value(want bool) (Value, error) {
	start := s.pos
	v, err := s.valueAt(want)
	v.Raw = s.data[start:s.pos:s.pos]
	return v, err
}

func (s *scanner) valueAt(want bool) (Value, error) {
	switch c := s.peek(); c {
	case '{':
		return Value{Kind: KindObject}, s.members(nil)
	case '[':
		return Value{Kind: KindArray}, s.elements(nil)
	case '"':
		text, err := s.str(want)
		return Value{Kind: KindString, Text: text}, err
	case 't':
		return s.word("true", KindBool)
	case 'f':
		return s.word("false", KindBool)
	case 'n':
		v, err := s.word("null", KindNull)
		v.Text = ""
		return v, err
	default:
		return s.number()
	}
}

// members reads an object and gives each member to add, which may be nil.
func (s *scanner) members(add func(string, Value)) error {
	if err := s.enter(); err != nil {
		return err
	}
	var seen keys
	for first := true; ; first = false {
		if done, err := s.next('}', first); done || err != nil {
			return err
		}
		if s.peek() != '"' {
			return s.unexpected()
		}
		name, err := s.str(true)
		if err != nil {
			return err
		}
		if err := seen.add(name); err != nil {
			return err
		}
		if err := s.colon(); err != nil {
			return err
		}
		v, err := s.value(add != nil)
		if err != nil {
			return err
		}
		if add != nil {
			add(name, v)
		}
	}
}

// elements reads an array and gives each element to add, which may be nil.
func (s *scanner) elements(add func(Value)) error {
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		if done, err := s.next(']', first); done || err != nil {
			return err
		}
		v, err := s.value(add != nil)
		if err != nil {
			return err
		}
		if add != nil {
			add(v)
		}
	}
}

// enter steps over an opening bracket, one level deeper.
func (s *scanner) enter() error {
	s.pos++
	s.depth++
	if s.depth > MaxDepth {
		return errDepth
	}
	return nil
}

// next stands before the next item of an object or array, or steps over its end.
func (s *scanner) next(end byte, first bool) (done bool, err error) {
	s.space()
	if s.peek() == end {
		s.pos++
		s.depth--
		return true, nil
	}
	if first {
		return false, nil
	}
	if s.peek() != ',' {
		return false, s.unexpected()
	}
	s.pos++
	s.space()
	if s.peek() == end {
		return false, s.unexpected()
	}
	return false, nil
}

func (s *scanner) colon() error {
	s.space()
	if s.peek() != ':' {
		return s.unexpected()
	}
	s.pos++
	s.space()
	return nil
}

func (s *scanner) word(word string, kind Kind) (Value, error) {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return Value{}, s.unexpected()
	}
	s.pos += len(word)
	return Value{Kind: kind, Text: word}, nil
}

func (s *scanner) number() (Value, error) {
	start := s.pos
	s.accept('-')
	if !s.accept('0') && !s.digits() {
		return Value{}, s.unexpected()
	}
	if s.accept('.') && !s.digits() {
		return Value{}, s.unexpected()
	}
	if s.accept('e') || s.accept('E') {
		_ = s.accept('+') || s.accept('-')
		if !s.digits() {
			return Value{}, s.unexpected()
		}
	}
	return Value{Kind: KindNumber, Text: s.text[start:s.pos]}, nil
}

func (s *scanner) accept(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end: a NUL is valid nowhere outside a string.
func (s *scanner) peek() byte {
	if s.pos >= len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

func (s *scanner) unexpected() error {
	if s.pos >= len(s.text) {
		return refusal("must be exactly one JSON object: it ends too early")
	}
	return refusal("must be valid JSON: byte " + strconv.Itoa(s.pos+1) + " is unexpected")
}

package body

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string and, when its text is wanted, decodes it. Without an escape
// the text is a slice of the body.
func (s *scanner) str(want bool) (string, error) {
	s.pos++
	start := s.pos
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return s.text[start : s.pos-1], nil
		case c == '\\':
			return s.escaped(start, want)
		case c < ' ':
			return "", s.unexpected()
		default:
			s.pos++
		}
	}
	return "", s.unexpected()
}

// escaped goes on with a string at its first escape.
func (s *scanner) escaped(start int, want bool) (string, error) {
	var text []byte
	copied := start
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			if want {
				text = append(text, s.text[copied:s.pos]...)
			}
			s.pos++
			return string(text), nil
		case c == '\\':
			at := s.pos
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			if want {
				text = append(text, s.text[copied:at]...)
				text = utf8.AppendRune(text, r)
			}
			copied = s.pos
		case c < ' ':
			return "", s.unexpected()
		default:
			s.pos++
		}
	}
	return "", s.unexpected()
}

// escape reads one escape, both halves of a surrogate pair included.
func (s *scanner) escape() (rune, error) {
	s.pos++
	c := s.peek()
	if c == 'u' {
		return s.unicode()
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if c == 0 || i < 0 {
		return 0, s.unexpected()
	}
	s.pos++
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

func (s *scanner) unicode() (rune, error) {
	r, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !strings.HasPrefix(s.text[s.pos:], `\u`) {
		return 0, errSurrogate
	}
	s.pos++
	low, err := s.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == unicode.ReplacementChar {
		return 0, errSurrogate
	}
	return r, nil
}

// hex4 reads the letter u and four hex digits behind it.
func (s *scanner) hex4() (rune, error) {
	s.pos++
	var r rune
	for range 4 {
		d := hexDigit(s.peek())
		if d < 0 {
			return 0, s.unexpected()
		}
		r = r<<4 | d
		s.pos++
	}
	return r, nil
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// fewKeys is how many names are compared one by one; above it a map is cheaper,
// and keeps an object of a hundred thousand keys linear.
const fewKeys = 16

// keys are the names seen in one object, folded for case.
type keys struct {
	few  [fewKeys]string
	used int
	many map[string]struct{}
}

// add refuses a name that was seen before in any case.
func (k *keys) add(name string) error {
	folded := fold(name)
	if k.many == nil && k.used == fewKeys {
		k.spill()
	}
	if k.seen(folded) {
		return duplicate(name)
	}
	if k.many != nil {
		k.many[folded] = struct{}{}
		return nil
	}
	k.few[k.used] = folded
	k.used++
	return nil
}

func (k *keys) seen(folded string) bool {
	if k.many != nil {
		_, twice := k.many[folded]
		return twice
	}
	for i := range k.used {
		if k.few[i] == folded {
			return true
		}
	}
	return false
}

func (k *keys) spill() {
	k.many = make(map[string]struct{}, 4*fewKeys)
	for _, name := range k.few {
		k.many[name] = struct{}{}
	}
}

// fold maps all spellings of a name that differ only in case to one of them.
func fold(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return strings.Map(foldRune, name)
		}
	}
	return name
}

// foldRune is the smallest of the runes that r equals but for case, but small
// letters in ASCII, where they are the usual spelling.
func foldRune(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	if 'A' <= smallest && smallest <= 'Z' {
		return smallest + ('a' - 'A')
	}
	return smallest
}

// duplicate names the key only when it is a plain short word: what else it holds
// is the sender's and may be anything.
func duplicate(name string) error {
	if len(name) > 40 || strings.IndexFunc(name, notWord) >= 0 {
		return refusal("must not hold a key twice, nor two that differ only in case")
	}
	return refusal("must not hold a key twice, nor two that differ only in case: " + name)
}

func notWord(r rune) bool { return r != '_' && (r < 'A' || r > 'z' || r > 'Z' && r < 'a') }

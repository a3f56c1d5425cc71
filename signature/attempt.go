package signature

import (
	"crypto/hmac"
	"hash"
	"slices"
	"strings"
)

// attempt is one way to make a signature, right or wrong.
type attempt struct {
	fields    []Field
	named     bool   // name=value instead of the value
	separator string // between the values
	between   string // between the text and the secret
	secret    string
	front     bool // the secret first
	recase    func(string) string
	sum       func(attempt) []byte
}

// text is what the secret is added to.
func (a attempt) text() string {
	parts := make([]string, len(a.fields))
	for i, f := range a.fields {
		parts[i] = f.Value
		if a.named {
			parts[i] = f.Name + "=" + f.Value
		}
	}
	text := strings.Join(parts, a.separator)
	if a.recase != nil {
		return a.recase(text)
	}
	return text
}

// message is the text with the secret.
func (a attempt) message() string {
	if a.front {
		return a.secret + a.between + a.text()
	}
	return a.text() + a.between + a.secret
}

// size is about how many bytes a try reads.
func (a attempt) size() int {
	size := len(a.secret)
	for _, f := range a.fields {
		size += len(f.Name) + len(f.Value)
	}
	return size
}

func (a *attempt) drop(name string) {
	a.fields = slices.DeleteFunc(a.fields, func(f Field) bool { return f.Name == name })
}

// set changes a field that is signed and adds no other.
func (a *attempt) set(name, value string) {
	for i := range a.fields {
		if a.fields[i].Name == name {
			a.fields[i].Value = value
		}
	}
}

// add takes one more field in, where its name sorts.
func (a *attempt) add(name, value string) {
	a.fields = append(a.fields, Field{name, value})
	slices.SortFunc(a.fields, func(x, y Field) int { return strings.Compare(x.Name, y.Name) })
}

// arrange puts the fields in the order of names; others follow.
func (a *attempt) arrange(names []string) {
	place := func(f Field) int {
		if i := slices.Index(names, f.Name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortStableFunc(a.fields, func(x, y Field) int { return place(x) - place(y) })
}

func plain(h func() hash.Hash) func(attempt) []byte {
	return func(a attempt) []byte {
		sum := h()
		sum.Write([]byte(a.message()))
		return sum.Sum(nil)
	}
}

// keyed is an HMAC under the secret, of the text with or without the secret behind it.
func keyed(h func() hash.Hash, whole bool) func(attempt) []byte {
	return func(a attempt) []byte {
		mac := hmac.New(h, []byte(a.secret))
		text := a.text()
		if whole {
			text = a.message()
		}
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
}

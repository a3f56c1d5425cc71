package signature

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// step is when in the making of a signature a mistake happens: of two, the earlier
// one is made first.
type step int

const (
	choosing step = iota // which fields
	printing             // each value's text
	ordering
	joining
	keeping // what the secret is and where it goes
	hashing
)

// mistake is a way to spoil an attempt. Two of one step are tried together only
// when they are about different things.
type mistake struct {
	Finding
	step  step
	about string
	make  func(*attempt)
}

// maxExtras bounds how many unsigned fields of a body are tried.
const maxExtras = 32

// mistakes are all that this body can be signed wrongly by, but for orders.
func (s *search) mistakes() []mistake {
	return slices.Concat(s.choices(), s.values(), joins(), s.secrets(), hashes())
}

// choices are wrong sets of fields.
func (s *search) choices() []mistake {
	var out []mistake
	for _, name := range s.list {
		out = append(out, mistake{Finding{
			name + " is not signed", "sign " + name + " too: " + s.method + " needs " + strings.Join(s.list, ", "),
		}, choosing, name, func(a *attempt) { a.drop(name) }})
	}
	extras := s.list.ignored(s.body)
	for _, name := range extras[:min(len(extras), maxExtras)] {
		out = append(out, mistake{Finding{
			name + " is signed, which " + s.method + " does not sign", "leave " + name + " out of the signature; it may stay in the body",
		}, choosing, name, func(a *attempt) { a.add(name, s.body[name]) }})
	}
	if len(extras) > 1 {
		all := pairs(s.body)
		out = append(out, mistake{Finding{
			"all fields of the body are signed", "sign only " + strings.Join(s.list, ", "),
		}, choosing, "", func(a *attempt) { a.fields = slices.Clone(all) }})
	}
	return append(out, s.otherLists()...)
}

// otherLists are those of methods that sign other fields.
func (s *search) otherLists() []mistake {
	var out []mistake
	tried := []string{strings.Join(s.list, ",")}
	for _, method := range Methods() {
		fields := strings.Join(signed[method], ",")
		if slices.Contains(tried, fields) {
			continue
		}
		tried = append(tried, fields)
		other := pairs(signed[method].present(s.body))
		out = append(out, mistake{Finding{
			"the fields of " + method + " are signed", "for " + s.method + " sign " + strings.Join(s.list, ", "),
		}, choosing, "", func(a *attempt) { a.fields = slices.Clone(other) }})
	}
	return out
}

// values are wrong texts of one field.
func (s *search) values() []mistake {
	var out []mistake
	for _, name := range s.list {
		value := s.body[name]
		for _, v := range spellings(value) {
			if v.Value == value {
				continue
			}
			out = append(out, mistake{Finding{
				fmt.Sprintf("%s is signed as %q, %s; the body has %q", name, MaskStringToSign(v.Value), v.Name, MaskStringToSign(value)),
				"sign the very text that is sent",
			}, printing, name, func(a *attempt) { a.set(name, v.Value) }})
		}
	}
	for _, name := range []string{"amount", "shop_amount"} {
		if value, ok := s.body[name]; ok && slices.Contains(s.list, name) {
			out = append(out, mistake{Finding{
				"the signature covers " + name + " twice", "sign each field once",
			}, choosing, name, func(a *attempt) { a.add(name, value) }})
		}
	}
	return out
}

// spellings are the other texts that programs make of a value; a Field's name says how.
func spellings(value string) []Field {
	out := []Field{
		{"an empty text", ""},
		{"without the white space around it", strings.TrimSpace(value)},
		{"with a space behind it", value + " "},
		{"in quotes", strconv.Quote(value)},
		{"in lower case", strings.ToLower(value)},
		{"in upper case", strings.ToUpper(value)},
		{"escaped for a URL", url.QueryEscape(value)},
		{"escaped for JSON", strings.Trim(strconv.QuoteToASCII(value), `"`)},
		{"with slashes escaped", strings.ReplaceAll(value, "/", `\/`)},
	}
	whole, fraction, ok := splitDecimal(value)
	if !ok {
		return out
	}
	short := strings.TrimRight(fraction, "0")
	return append(out,
		Field{"a re-formatted number", strings.TrimSuffix(whole+"."+short, ".")},
		Field{"a re-formatted number", whole + "." + pad(short, 1)},
		Field{"a re-formatted number", whole + "." + pad(short, 2)},
		Field{"cut to a whole number", whole},
		Field{"with a decimal comma", whole + "," + pad(short, 2)},
		Field{"in minor units", strings.TrimLeft(whole+pad(short, 2), "0")},
	)
}

func pad(fraction string, n int) string {
	return fraction + strings.Repeat("0", max(0, n-len(fraction)))
}

// orders are all orders of the signed fields but the right one.
func (s *search) orders() []mistake {
	var out []mistake
	names := make([]string, len(s.right))
	for i, f := range s.right {
		names[i] = f.Name
	}
	permute(names, 0, func(order []string) {
		if slices.IsSorted(order) {
			return
		}
		order = slices.Clone(order)
		out = append(out, mistake{Finding{
			"the values are joined in the order " + strings.Join(order, ", "), "sort the fields by name first",
		}, ordering, "", func(a *attempt) { a.arrange(order) }})
	})
	return out
}

// permute visits every order of names from place i on; a list has at most seven.
func permute(names []string, i int, visit func([]string)) {
	if i == len(names) {
		visit(names)
		return
	}
	for j := i; j < len(names); j++ {
		names[i], names[j] = names[j], names[i]
		permute(names, i+1, visit)
		names[i], names[j] = names[j], names[i]
	}
}

// joins are wrong ways from the values to one text.
func joins() []mistake {
	var out []mistake
	for _, separator := range []string{"", ";", ",", "|", "&", " ", ": ", "::", "-", "+", "\n"} {
		out = append(out, mistake{Finding{
			fmt.Sprintf("the values are joined by %q", separator), `join them by ":"`,
		}, joining, "separator", func(a *attempt) { a.separator = separator }})
	}
	cases := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper}
	for _, name := range []string{"lower", "upper"} {
		out = append(out, mistake{Finding{
			"the joined text is put in " + name + " case", "sign the values as they are",
		}, joining, "case", func(a *attempt) { a.recase = cases[name] }})
	}
	return append(out, mistake{Finding{
		"names are signed with the values (name=value)", "join the values alone",
	}, joining, "named", func(a *attempt) { a.named = true }})
}

// secrets are wrong secrets and wrong places for the right one.
func (s *search) secrets() []mistake {
	out := []mistake{
		{Finding{"the secret is joined with a ':'", "put the secret right behind the last value"}, keeping, "between", func(a *attempt) { a.between = ":" }},
		{Finding{"a line feed stands before the secret", "put the secret right behind the last value"}, keeping, "between", func(a *attempt) { a.between = "\n" }},
		{Finding{"the secret stands before the values", "put the secret behind the last value"}, keeping, "place", func(a *attempt) { a.front = true }},
	}
	for _, wrong := range s.wrongSecrets() {
		if wrong.Value == s.secret {
			continue
		}
		out = append(out, mistake{Finding{
			"the secret is " + wrong.Name, "append the shop's secret exactly as it was given",
		}, keeping, "secret", func(a *attempt) { a.secret = wrong.Value }})
	}
	return out
}

func (s *search) wrongSecrets() []Field {
	sum := sha256.Sum256([]byte(s.secret))
	out := []Field{
		{"not appended", ""},
		{"appended without the white space around it", strings.TrimSpace(s.secret)},
		{"followed by a line feed", s.secret + "\n"},
		{"followed by a carriage return and a line feed", s.secret + "\r\n"},
		{"followed by a space", s.secret + " "},
		{"preceded by a space", " " + s.secret},
		{"in lower case", strings.ToLower(s.secret)},
		{"in upper case", strings.ToUpper(s.secret)},
		{"in quotes", `"` + s.secret + `"`},
		{"appended twice", s.secret + s.secret},
		{"hashed before it is appended", hex.EncodeToString(sum[:])},
	}
	if raw, err := hex.DecodeString(s.secret); err == nil {
		out = append(out, Field{"decoded from hex", string(raw)})
	}
	return out
}

// hashes are other algorithms than SHA-256.
func hashes() []mistake {
	families := []struct {
		name string
		make func() hash.Hash
	}{
		{"SHA-256", sha256.New}, {"MD5", md5.New}, {"SHA-1", sha1.New}, {"SHA-224", sha256.New224}, {"SHA-384", sha512.New384},
		{"SHA-512", sha512.New}, {"SHA-512/256", sha512.New512_256}, {"SHA3-256", func() hash.Hash { return sha3.New256() }},
	}
	const fix = "use SHA-256 of the joined text with the secret behind it"
	var out []mistake
	for i, family := range families {
		if i > 0 {
			out = append(out, mistake{Finding{family.name + " is used", fix}, hashing, "", func(a *attempt) { a.sum = plain(family.make) }})
		}
		out = append(out,
			mistake{Finding{"HMAC-" + family.name + " under the secret is used", fix}, hashing, "", func(a *attempt) { a.sum = keyed(family.make, false) }},
			mistake{Finding{"HMAC-" + family.name + " under the secret, with the secret in the text too, is used", fix}, hashing, "", func(a *attempt) { a.sum = keyed(family.make, true) }},
		)
	}
	return append(out,
		mistake{Finding{"the hash is hashed once more", "hash once"}, hashing, "", func(a *attempt) { a.sum = twice(raw) }},
		mistake{Finding{"the hex of the hash is hashed once more", "hash once"}, hashing, "", func(a *attempt) { a.sum = twice(hex.EncodeToString) }},
	)
}

func raw(digest []byte) string { return string(digest) }

// twice hashes the first hash in the form that programs hand it on.
func twice(form func([]byte) string) func(attempt) []byte {
	return func(a attempt) []byte {
		first := sha256.Sum256([]byte(a.message()))
		second := sha256.Sum256([]byte(form(first[:])))
		return second[:]
	}
}

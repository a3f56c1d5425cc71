package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/brama-pay/brama/signature"
)

// callbackSlip is a mistake in the signing of a callback.
type callbackSlip struct {
	signature.Finding
	make func(*callbackTry)
}

func slip(make func(*callbackTry), fix, wrong string, args ...any) callbackSlip {
	return callbackSlip{signature.Finding{Wrong: fmt.Sprintf(wrong, args...), Fix: fix}, make}
}

// callbackSlips are all known mistakes in the order in which they would be made:
// which fields, their texts, their order, the joining, the secret, the hash.
func callbackSlips(s signSubject, right callbackTry) []callbackSlip {
	fields := right.fields[:min(len(right.fields), 64)]
	return slices.Concat(
		emptySlips(s), choiceSlips(s, fields), valueSlips(fields), orderSlips(s), secretSlips(right.secret), hashSlips(),
	)
}

// emptySlips are about what is dropped and what is kept.
func emptySlips(s signSubject) []callbackSlip {
	const drop, keep = "drop null and empty fields before you join", "drop null and empty texts only: a zero is signed"
	var empty []signature.Field
	for name, value := range s.fields {
		if value == "" && name != "sign" {
			empty = append(empty, signature.Field{Name: name})
		}
	}
	out := []callbackSlip{
		slip(func(t *callbackTry) {
			t.drop(func(f signature.Field) bool { return f.Value == "0" || f.Value == "0.0" || f.Value == "0.00" })
		}, keep, "fields that are zero are left out"),
	}
	if len(empty) > 0 {
		out = append(out, slip(func(t *callbackTry) { t.add(empty...) }, drop, "empty fields are signed"))
	}
	for _, text := range []string{"", "null", "None"} {
		nulls := slices.Clone(empty)
		for _, name := range s.nulls {
			nulls = append(nulls, signature.Field{Name: name, Value: text})
		}
		if len(s.nulls) > 0 {
			out = append(out,
				slip(func(t *callbackTry) { t.add(nulls[len(empty):]...) }, drop, "null fields are signed as %q", text),
				slip(func(t *callbackTry) { t.add(nulls...) }, drop, "null fields are signed as %q and empty ones too", text),
			)
		}
	}
	return out
}

// choiceSlips are about which fields are signed.
func choiceSlips(s signSubject, fields []signature.Field) []callbackSlip {
	const all = "a callback signs all its fields except sign"
	var out []callbackSlip
	for _, f := range fields {
		out = append(out, slip(func(t *callbackTry) {
			t.drop(func(other signature.Field) bool { return other.Name == f.Name })
		}, all, "%s is not signed", f.Name))
	}
	for _, kind := range []string{"invoice", "refund", "withdraw"} {
		out = append(out, slip(func(t *callbackTry) { t.add(signature.Field{Name: "type", Value: kind}) },
			"take the fields of the body alone", "type=%s of the address is signed", kind))
	}
	if own := s.fields["sign"]; own != "" {
		out = append(out, slip(func(t *callbackTry) { t.add(signature.Field{Name: "sign", Value: own}) },
			"take sign out before you join", "sign itself is signed"))
	}
	for _, method := range signature.Methods() {
		list, _ := signature.SignedFields(method)
		out = append(out, slip(func(t *callbackTry) {
			t.drop(func(f signature.Field) bool { return !slices.Contains(list, f.Name) })
		}, all, "only the fields of the request %s are signed", method))
	}
	return out
}

// valueSlips are about texts that a program printed anew, one by one or all of them.
func valueSlips(fields []signature.Field) []callbackSlip {
	const fix = "sign the very text that the body has, before any number or JSON inside is parsed"
	var out []callbackSlip
	for _, again := range reprints {
		changed := map[string]string{}
		for _, f := range fields {
			if text := again.print(f); text != f.Value {
				changed[f.Name] = text
				out = append(out, slip(func(t *callbackTry) { t.set(f.Name, text) }, fix,
					"%s is signed as %q; the body has %q", f.Name, signature.MaskStringToSign(text), signature.MaskStringToSign(f.Value)))
			}
		}
		if len(changed) > 1 {
			out = append(out, slip(func(t *callbackTry) {
				for name, text := range changed {
					t.set(name, text)
				}
			}, fix, "%s are signed %s", again.what, again.how))
		}
	}
	return out
}

var reprints = []struct {
	what, how string
	print     func(signature.Field) string
}{
	{"amounts", "with one decimal", func(f signature.Field) string { return decimals(f, 1) }},
	{"amounts", "with two decimals", func(f signature.Field) string { return decimals(f, 2) }},
	{"amounts", "in minor units", func(f signature.Field) string {
		return strings.Replace(decimals(f, 2), ".", "", 1)
	}},
	{"JSON texts", "with spaces in them", func(f signature.Field) string { return spacedJSON(f.Value) }},
	{"JSON texts", "without spaces in them", func(f signature.Field) string { return compactJSON(f.Value) }},
	{"texts", "with escaped slashes", func(f signature.Field) string { return strings.ReplaceAll(f.Value, "/", `\/`) }},
	{"texts", "with escaped letters", func(f signature.Field) string { return escapedJSON(f.Value) }},
	{"texts", "trimmed", func(f signature.Field) string { return strings.TrimSpace(f.Value) }},
	{"times", "with a space in place of the T", func(f signature.Field) string {
		if len(f.Value) == len("2006-01-02T15:04:05") && f.Value[10] == 'T' {
			return f.Value[:10] + " " + f.Value[11:]
		}
		return f.Value
	}},
}

// decimals is an amount with at least n decimals; other fields stay.
func decimals(f signature.Field, n int) string {
	switch f.Name {
	case "amount", "shop_amount", "client_price", "shop_refund", "payee_receive", "shop_write_off", "settlement_rate":
	default:
		return f.Value
	}
	whole, part, _ := strings.Cut(f.Value, ".")
	part = strings.TrimRight(part, "0")
	return whole + "." + part + strings.Repeat("0", max(0, n-len(part)))
}

func compactJSON(text string) string {
	var out bytes.Buffer
	if !strings.HasPrefix(text, "{") || json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}

// spacedJSON has a space behind every comma and colon, as Python prints.
func spacedJSON(text string) string {
	var out strings.Builder
	quoted, escaped := false, false
	compact := compactJSON(text)
	if !strings.HasPrefix(compact, "{") {
		return text
	}
	for _, r := range compact {
		out.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ',' || r == ':'):
			out.WriteByte(' ')
		}
	}
	return out.String()
}

// escapedJSON writes letters outside ASCII as \uXXXX, as PHP prints.
func escapedJSON(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 || r > 0xffff {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}

// orderSlips are about order and joining.
func orderSlips(s signSubject) []callbackSlip {
	out := []callbackSlip{slip(func(t *callbackTry) {
		slices.SortStableFunc(t.fields, func(a, b signature.Field) int {
			return slices.Index(s.order, a.Name) - slices.Index(s.order, b.Name)
		})
	}, "sort the fields by name first", "the values are joined in the order of the body")}
	for _, separator := range []string{"", ";", ",", "|", "&", "\n"} {
		out = append(out, slip(func(t *callbackTry) { t.separator = separator }, `join them by ":"`, "the values are joined by %q", separator))
	}
	return append(out, slip(func(t *callbackTry) {
		for i, f := range t.fields {
			t.fields[i].Value = f.Name + "=" + f.Value
		}
	}, "join the values alone", "names are signed with the values (name=value)"))
}

// secretSlips are about the secret and its place.
func secretSlips(secret string) []callbackSlip {
	const fix = "append the shop's API secret exactly as it was given"
	out := []callbackSlip{slip(func(t *callbackTry) { t.between = ":" }, "put the secret right behind the last value", "the secret is joined with a ':'")}
	for _, wrong := range []signature.Field{
		{Name: "not appended", Value: ""},
		{Name: "followed by a line feed", Value: secret + "\n"},
		{Name: "appended without the white space around it", Value: strings.TrimSpace(secret)},
		{Name: "in lower case", Value: strings.ToLower(secret)},
		{Name: "in upper case", Value: strings.ToUpper(secret)},
		{Name: "in quotes", Value: `"` + secret + `"`},
	} {
		if wrong.Value != secret {
			out = append(out, slip(func(t *callbackTry) { t.secret = wrong.Value }, fix, "the secret is %s", wrong.Name))
		}
	}
	return out
}

func callbackSHA256(text, secret string) []byte {
	sum := sha256.Sum256([]byte(text + secret))
	return sum[:]
}

// hashSlips are other algorithms than SHA-256.
func hashSlips() []callbackSlip {
	const fix = "use SHA-256 of the joined text with the secret behind it"
	sums := []struct {
		name string
		sum  func(text, secret string) []byte
	}{
		{"MD5", func(text, secret string) []byte { sum := md5.Sum([]byte(text + secret)); return sum[:] }},
		{"SHA-1", func(text, secret string) []byte { sum := sha1.Sum([]byte(text + secret)); return sum[:] }},
		{"SHA-512", func(text, secret string) []byte { sum := sha512.Sum512([]byte(text + secret)); return sum[:] }},
		{"HMAC-SHA-256 under the secret", func(text, secret string) []byte {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(text))
			return mac.Sum(nil)
		}},
	}
	var out []callbackSlip
	for _, one := range sums {
		out = append(out, slip(func(t *callbackTry) { t.sum = one.sum }, fix, "%s is used", one.name))
	}
	return out
}

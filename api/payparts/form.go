package payparts

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/signature"
)

// Bounds of the fields, in characters (api/payparts.md §4; the last four are ours).
const (
	storeLength       = 20
	orderLength       = 64
	signatureLength   = 64
	recipientLength   = 64
	descriptionLength = 255
	urlLength         = 2000 // and anything else: what it says is judged later
)

// form reads fields as loosely as §2 of api/payparts.md asks. The first that is
// wrong is kept, and what is read after it does not count.
type form struct {
	object body.Object
	at     string // what stands before the names of its fields, as "products[0]."
	err    error
}

func (f *form) wrong(name, reason string) {
	if f.err == nil {
		f.err = bad(f.at+name, reason)
	}
}

// find is a field that is there; null is not.
func (f *form) find(name string) (body.Value, bool) {
	v, found := f.object.Find(name)
	return v, found && v.Kind != body.KindNull
}

// text is a string or a number as it was sent, "" when it is absent.
func (f *form) text(name string, most int) string {
	v, found := f.find(name)
	if !found {
		return ""
	}
	text, ok := v.Scalar()
	switch {
	case !ok:
		f.wrong(name, "must be a string")
	case utf8.RuneCountInString(text) > most:
		f.wrong(name, "must have at most "+strconv.Itoa(most)+" characters")
	case strings.ContainsFunc(text, unprintable):
		f.wrong(name, "must not hold control characters")
	default:
		return text
	}
	return ""
}

// unprintable are the control characters but those that lines are made of.
func unprintable(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }

func (f *form) required(name string, most int) string {
	text := f.text(name, most)
	if text == "" {
		f.wrong(name, "is required")
	}
	return text
}

// decimal is an amount: the texts under which it may have been signed, and its
// value, which is exactly what was signed.
type decimal struct {
	long, short string // 050 and 50 (api/payparts.md §1)
	money       money.Amount
}

// text is the amount as the room of invoices reads it.
func (d decimal) text() string { return d.money.Text() }

func (d decimal) signed(short bool) string {
	if short {
		return d.short
	}
	return d.long
}

func (f *form) decimal(name string) decimal {
	text := f.required(name, urlLength)
	d, reason := parseDecimal(text)
	if reason != "" {
		f.wrong(name, reason)
	}
	return d
}

// parseDecimal reads an amount in UAH from its text; there is no float on the way.
func parseDecimal(text string) (d decimal, reason string) {
	long, err := signature.WithoutPoint(text)
	if err != nil {
		return decimal{}, "must be a decimal number such as 300.00"
	}
	kopecks, err := strconv.ParseInt(long, 10, 64)
	if err != nil {
		return decimal{}, "is too large"
	}
	short, err := signature.WithoutPointShort(text)
	if err != nil {
		return decimal{}, err.Error()
	}
	return decimal{long, short, money.New(kopecks, money.UAH)}, ""
}

// whole is a whole number, its text as it is signed.
func (f *form) whole(name string) int64 {
	n, reason := parseWhole(f.required(name, urlLength))
	if reason != "" {
		f.wrong(name, reason)
	}
	return n
}

// parseWhole takes only the one text that a number has: it is signed.
func parseWhole(text string) (n int64, reason string) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text || n < 0 {
		return 0, "must be a whole number"
	}
	return n, ""
}

// flag is true, "true" or 1; absent is false.
func (f *form) flag(name string) bool {
	v, found := f.find(name)
	if !found {
		return false
	}
	switch v.Text {
	case "true", "1":
		return true
	case "false", "0", "":
		if v.Kind != body.KindObject && v.Kind != body.KindArray {
			return false
		}
	}
	f.wrong(name, "must be true or false")
	return false
}

// recipient comes flat or inside an object of the same name.
func (f *form) recipient() string {
	const name = "recipientId"
	v, found := f.find(name)
	if !found || v.Kind != body.KindObject {
		return f.text(name, recipientLength)
	}
	inner, err := v.Object()
	if err != nil {
		f.wrong(name, "must be a string")
		return ""
	}
	nested := form{object: inner}
	text := nested.text(name, recipientLength)
	if f.err == nil {
		f.err = nested.err
	}
	return text
}

package checkout

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/signature"
)

// The fields of the forms (api/avanor.md §5).
const (
	fieldCard   = "card"
	fieldExpiry = "expiry"
	fieldCVV    = "cvv"
	fieldCode   = "code"
	fieldCancel = "cancel" // the button of a payer who leaves
)

// maxBody bounds a form, in bytes.
const maxBody = 16 << 10

// form is what the payer typed. It prints as nothing.
type form struct{ values url.Values }

// String keeps what was typed out of any text.
func (form) String() string { return "form" }

// Has reports whether the form has the field, filled or not.
func (f form) Has(name string) bool { return f.values.Has(name) }

// problem is a field that the payer must mend; Text names a phrase.
type problem struct{ Field, Text string }

// readForm reads a form, or says with which HTTP status it is refused: 415, 413
// or 400. The query of the address is no part of it.
func readForm(r *http.Request) (_ form, refused int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return form{}, http.StatusUnsupportedMediaType
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return form{}, http.StatusBadRequest
	}
	if len(text) > maxBody {
		return form{}, http.StatusRequestEntityTooLarge
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return form{}, http.StatusBadRequest
	}
	return form{values}, 0
}

// card reads the card, its fields checked in the order of the page.
func (f form) card(now time.Time) (c provider.Card, problems []problem) {
	wrong := func(field, text string) {
		if text != "" {
			problems = append(problems, problem{field, text})
		}
	}
	number, why := readNumber(f.values.Get(fieldCard))
	wrong(fieldCard, why)
	expiry, why := readExpiry(f.values.Get(fieldExpiry), now, judgedElsewhere(number))
	wrong(fieldExpiry, why)
	cvv, why := readCVV(f.values.Get(fieldCVV))
	wrong(fieldCVV, why)
	return provider.Card{Number: number, Expiry: expiry, CVV: cvv}, problems
}

// code reads the one-time code: what a bank sends is digits, but letters are the
// bank's to refuse.
func (f form) code() (string, []problem) {
	text := compact(f.values.Get(fieldCode))
	switch {
	case text == "":
		return "", []problem{{fieldCode, "code.empty"}}
	case !codePattern.MatchString(text):
		return "", []problem{{fieldCode, "code.wrong"}}
	}
	return text, nil
}

var (
	numberPattern = regexp.MustCompile(`^[0-9]{13,19}$`)
	cvvPattern    = regexp.MustCompile(`^[0-9]{3,4}$`)
	codePattern   = regexp.MustCompile(`^[0-9A-Za-z]{1,12}$`)
	expiryPattern = regexp.MustCompile(`^(0?[1-9]|1[0-2])[/.]?(?:20)?([0-9]{2})$`)
	expiryISO     = regexp.MustCompile(`^20([0-9]{2})(0[1-9]|1[0-2])$`) // "2030-01", as some browsers fill it in
)

// readNumber reads a card number typed in groups. The check digit is looked at
// although the provider looks too: a declined card ends the payment (api/avanor.md
// §5), a slip of the finger need not.
func readNumber(typed string) (number, why string) {
	number = compact(typed)
	switch {
	case number == "":
		return "", "card.empty"
	case !numberPattern.MatchString(number):
		return "", "card.length"
	case !judgedElsewhere(number) && !signature.Luhn(number):
		return "", "card.slip"
	}
	return number, ""
}

// judgedElsewhere reports whether only the provider can say if the card is good.
// No network issues numbers that begin with 0; PayParts' public test cards do, and
// they have neither a check digit nor an expiry in the future (api/payparts.md §9).
func judgedElsewhere(number string) bool { return strings.HasPrefix(number, "0") }

// readExpiry reads MM/YY, MMYY, MM / YYYY and YYYY-MM, and gives it as MM/YY. A
// card is good to the end of its month, UTC.
func readExpiry(typed string, now time.Time, past bool) (expiry, why string) {
	text := compact(typed)
	if text == "" {
		return "", "expiry.empty"
	}
	month, year, ok := monthAndYear(text)
	if !ok {
		return "", "expiry.format"
	}
	end := time.Date(2000+year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)
	if !past && !now.Before(end) {
		return "", "expiry.past"
	}
	return twoDigits(month) + "/" + twoDigits(year), ""
}

// monthOf counts the months since 2000, of which January is the first, UTC: the script
// of the page compares a card's with it.
func monthOf(now time.Time) int {
	now = now.UTC()
	return 12*(now.Year()-2000) + int(now.Month())
}

func monthAndYear(text string) (month, year int, ok bool) {
	if m := expiryPattern.FindStringSubmatch(text); m != nil {
		return small(m[1]), small(m[2]), true
	}
	if m := expiryISO.FindStringSubmatch(text); m != nil {
		return small(m[2]), small(m[1]), true
	}
	return 0, 0, false
}

// small is the number that one or two ASCII digits write.
func small(digits string) (n int) {
	for _, c := range []byte(digits) {
		n = 10*n + int(c-'0')
	}
	return n
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func readCVV(typed string) (cvv, why string) {
	cvv = compact(typed)
	switch {
	case cvv == "":
		return "", "cvv.empty"
	case !cvvPattern.MatchString(cvv):
		return "", "cvv.wrong"
	}
	return cvv, ""
}

// compact drops the spaces and dashes of any script that people and their
// clipboards put between digits.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, s)
}

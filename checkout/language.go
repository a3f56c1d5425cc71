package checkout

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/money"
)

// language is what a page is written in: a tag for the lang attribute.
type language string

const (
	english   language = "en"
	ukrainian language = "uk"
	russian   language = "ru"
)

// languages are all of them, by their own names; the first is for whoever asks
// for none of them.
var languages = []struct {
	Tag  language
	Name string
}{{english, "English"}, {ukrainian, "Українська"}, {russian, "Русский"}}

// chooseLanguage takes ?lang= before the browser's wishes.
func chooseLanguage(r *http.Request) language {
	if l, ok := override(r); ok {
		return l
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// override is the language that the address asks for.
func override(r *http.Request) (language, bool) {
	return known(r.URL.Query().Get("lang"))
}

func known(tag string) (language, bool) {
	primary, _, _ := strings.Cut(tag, "-")
	for _, l := range languages {
		if strings.EqualFold(primary, string(l.Tag)) {
			return l.Tag, true
		}
	}
	return "", false
}

// accepted is the best of an Accept-Language header (RFC 9110 §12.5.4): the
// greatest weight wins, of equal ones the first.
func accepted(header string) language {
	best, weight := languages[0].Tag, 0
	for wish := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(wish, ";")
		l, ok := known(strings.TrimSpace(tag))
		if w := weightOf(parameters); ok && w > weight {
			best, weight = l, w
		}
	}
	return best
}

// weightOf reads "q=0.8" in thousandths: 1000 when nothing is said, 0 (not
// wanted) when it cannot be read.
func weightOf(parameters string) int {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		whole, part, _ := strings.Cut(strings.TrimSpace(value), ".")
		n, err := strconv.Atoi(whole + (part + "000")[:3])
		if err != nil || len(part) > 3 || n < 0 || n > 1000 {
			return 0
		}
		return n
	}
	return 1000
}

// noBreak is a space at which no line is broken.
const noBreak = "\u00a0"

// write is an amount for people: 1,234.50 USD in English, 1 234,50 USD else.
func (l language) write(a money.Amount) string {
	thousands, point := noBreak, ","
	if l == english {
		thousands, point = ",", "."
	}
	whole, part, broken := strings.Cut(a.Text(), ".")
	groups := []string{}
	for len(whole) > 3 {
		groups = append(groups, whole[len(whole)-3:])
		whole = whole[:len(whole)-3]
	}
	groups = append(groups, whole)
	slices.Reverse(groups)
	text := strings.Join(groups, thousands)
	if broken {
		text += point + part
	}
	return text + noBreak + a.Currency.Code()
}

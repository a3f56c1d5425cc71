package console

import (
	"regexp"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// thin is the narrow no-break space: it parts the groups of an amount's digits, for
// people only. Files, forms and what is stored have none.
const thin = "\u202f"

// grouped is an amount as people read it, 1 234 567.89 USD.
func grouped(a money.Amount) string { return parted(a.Text()) + " " + a.Currency.Code() }

// parted has the digits before the point of a decimal text in groups of three.
func parted(text string) string {
	whole, rest, _ := strings.Cut(text, ".")
	if rest != "" {
		rest = "." + rest
	}
	sign := ""
	if digits, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "-", digits
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + thin + whole[at:]
	}
	return sign + whole + rest
}

// inText is an amount in a sentence: 1234.56 USD, or a limit, USD:1234.56.
var inText = regexp.MustCompile(`\b\d+(?:\.\d+)? [A-Z]{3}\b|\b[A-Z]{3}:\d+(?:\.\d+)?`)

// amountsIn is a stored sentence as people read it: its amounts are grouped.
func amountsIn(text string) string {
	return inText.ReplaceAllStringFunc(text, func(found string) string {
		code, number, limit := strings.Cut(found, ":")
		if !limit {
			number, code, _ = strings.Cut(found, " ")
		}
		switch _, known := money.CurrencyByCode(code); {
		case !known:
			return found
		case limit:
			return code + ":" + parted(number)
		}
		return parted(number) + " " + code
	})
}

// inGroups is a number that was typed, or copied from a page, in groups of three.
var inGroups = regexp.MustCompile(`^-?\d{1,3}(?:[ \x{a0}\x{202f}]\d{3})+(?:\.\d+)?$`)

var gaps = strings.NewReplacer(" ", "", "\u00a0", "", thin, "")

// typed is a number without the spaces between its groups, and the currency behind
// it, which is not there when none is written. Anything else stays as it is.
func typed(text string) (number, code string) {
	number = strings.TrimSpace(text)
	if at := strings.LastIndexAny(number, " \u00a0"); at > 0 {
		if c, known := money.CurrencyByCode(strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(number[at:], "\u00a0")))); known {
			number, code = strings.TrimSpace(number[:at]), c.Code()
		}
	}
	if inGroups.MatchString(number) {
		number = gaps.Replace(number)
	}
	return number, code
}

// amountTyped takes the spaces and the currency out of an amount that is kept as a
// text. What is no amount of that currency stays as it is, and is refused where it
// is set.
func amountTyped(c money.Currency) func(string) string {
	return func(text string) string {
		number, code := typed(text)
		if code != "" && code != c.Code() {
			return text
		}
		return number
	}
}

// inCommas is what may be a number in groups, or with a decimal comma: between two
// limits a comma has a currency on one side.
var inCommas = regexp.MustCompile(`\d,\d`)

// limitsTyped does the same with limits by currency, as USD:1000.00 or as a page
// shows them, 1 000.00 USD. A comma within a number would part it into two limits:
// such a text stays as it is.
func limitsTyped(text string) string {
	if inCommas.MatchString(text) {
		return text
	}
	limits := strings.Split(text, ",")
	for i, limit := range limits {
		named, amount, found := strings.Cut(limit, ":")
		if !found {
			named, amount = "", limit
		}
		number, code := typed(amount)
		switch named = strings.TrimSpace(named); {
		case named == "" && code != "" && !found:
			limits[i] = code + ":" + number
		case named != "" && (code == "" || code == named):
			limits[i] = named + ":" + number
		}
	}
	return strings.Join(limits, ",")
}

// amountOf reads an amount of a currency as it was typed.
func amountOf(text string, c money.Currency) (money.Amount, error) {
	number, code := typed(text)
	if code != "" && code != c.Code() {
		return money.Amount{}, fault.New(fault.Invalid, "is in %s, not in %s", code, c.Code())
	}
	return money.Parse(number, c)
}

package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxWhole is the most digits before the point (api/avanor.md §4).
const maxWhole = 12

// ErrText says that a text is not a plain decimal. Like every error of Parse it
// fits `amount="<reason>"`, and it never repeats the input.
var ErrText = errors.New("not a plain decimal number")

// pow10 holds every power of ten that an int64 can hold.
var pow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// Parse reads an amount of the currency: exactly ^\d{1,12}(\.\d{1,n})?$ in ASCII,
// n the currency's digits (api/avanor.md §4). No sign, exponent or space. Zero
// parses; whether it is allowed is the caller's rule.
func Parse(text string, c Currency) (Amount, error) {
	minor, err := ParseDigits(text, c.Digits())
	if err != nil {
		return Amount{}, err
	}
	return Amount{minor, c}, nil
}

// ParseDigits is Parse for a number of decimals, 0 to 18, instead of a currency:
// "1.5" with 2 digits is 150.
func ParseDigits(text string, digits int) (int64, error) {
	whole, fraction, point := strings.Cut(text, ".")
	switch {
	case !allDigits(whole) || point && !allDigits(fraction):
		return 0, ErrText
	case len(whole) > maxWhole:
		return 0, fmt.Errorf("more than %d digits before the point", maxWhole)
	case point && digits == 0:
		return 0, errors.New("no decimals allowed")
	case len(fraction) > digits:
		return 0, fmt.Errorf("more than %d decimals", digits)
	}
	return joinDecimal(whole, fraction, digits)
}

// joinDecimal reads the digits of both parts as one integer. The parts are known
// to be digits, so the only thing that can go wrong is the range.
func joinDecimal(whole, fraction string, digits int) (int64, error) {
	padding := "000000000000000000"[:digits-len(fraction)]
	n, err := strconv.ParseInt(whole+fraction+padding, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	return n, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Format prints minor units with all their decimals, 0 to 18: "100.20", "-5.00",
// "365" for none.
func Format(minor int64, digits int) string {
	return string(appendDecimal(make([]byte, 0, 24), minor, digits))
}

// Text prints all decimals of the currency, "100.20". Parse reads it back.
func (a Amount) Text() string { return Format(a.Minor, a.Currency.Digits()) }

// String is Text and the currency, "100.20 USD": for logs and people.
func (a Amount) String() string { return a.Text() + " " + a.Currency.Code() }

// Number prints a JSON number the way the recorded server does (api/avanor.md §1):
// at least one decimal and no needless zeros, "0.0", "20000.0", "102.23".
func (a Amount) Number() string { return FormatNumber(a.Minor, a.Currency.Digits()) }

// Minimal prints no needless zero at all, "365", "359.01", "100.5": what a
// receiver's own language re-prints (api/avanor.md §8).
func (a Amount) Minimal() string { return FormatMinimal(a.Minor, a.Currency.Digits()) }

// FormatNumber is Number for a count of decimals, 0 to 18, instead of a currency.
func FormatNumber(minor int64, digits int) string {
	b := appendDecimal(make([]byte, 0, 24), minor, digits)
	if digits == 0 {
		return string(append(b, ".0"...))
	}
	return string(trimZeros(b, digits-1))
}

// FormatMinimal is Minimal for a count of decimals, 0 to 18, instead of a currency.
func FormatMinimal(minor int64, digits int) string {
	b := trimZeros(appendDecimal(make([]byte, 0, 24), minor, digits), digits)
	return strings.TrimSuffix(string(b), ".")
}

// appendDecimal prints through the unsigned magnitude, so that even the smallest
// integer prints.
func appendDecimal(b []byte, minor int64, digits int) []byte {
	magnitude := uint64(minor)
	if minor < 0 {
		b = append(b, '-')
		magnitude = -magnitude
	}
	unit := uint64(pow10[digits])
	b = strconv.AppendUint(b, magnitude/unit, 10)
	if digits == 0 {
		return b
	}
	b = append(b, '.')
	for i := digits - 1; i >= 0; i-- {
		b = append(b, '0'+byte(magnitude/uint64(pow10[i])%10))
	}
	return b
}

// trimZeros drops up to n zeros from the end.
func trimZeros(b []byte, n int) []byte {
	for ; n > 0 && b[len(b)-1] == '0'; n-- {
		b = b[:len(b)-1]
	}
	return b
}

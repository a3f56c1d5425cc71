package signature

import "strings"

// Card numbers have 13 to 19 digits; six leading and four trailing ones may be shown.
const (
	cardMin   = 13
	cardMax   = 19
	cardFront = 6
	cardBack  = 4
)

// MaskStringToSign prints every Luhn-valid run of 13–19 digits in s as its mask,
// 424242XXXXXX4242, so that the string to sign may stand in an error (api/avanor.md
// §2, hardening 4). Cards written in groups of four are masked too, groups joined.
func MaskStringToSign(s string) string {
	var out strings.Builder
	copied := 0
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		masked, end := maskRun(s, i)
		if masked != "" {
			out.WriteString(s[copied:i])
			out.WriteString(masked)
			copied = end
		}
		i = end
	}
	if copied == 0 {
		return s
	}
	out.WriteString(s[copied:])
	return out.String()
}

// maskRun masks the card that begins at i, in groups or plain; without one the
// mask is empty and end is where the plain digits end.
func maskRun(s string, i int) (masked string, end int) {
	for _, grouped := range []bool{true, false} {
		end = runEnd(s, i, grouped)
		if masked, ok := maskCard(s[i:end]); ok {
			return masked, end
		}
	}
	return "", end
}

// MaskAccount is what may be shown of a payout account: a card as
// 424242XXXXXX4242; anything else keeps its last characters, a third of them and
// at most four.
func MaskAccount(s string) string {
	if masked, ok := maskCard(s); ok {
		return masked
	}
	runes := []rune(s)
	keep := min(len(runes)/3, cardBack)
	hidden := len(runes) - keep
	return strings.Repeat("X", hidden) + string(runes[hidden:])
}

// runEnd is where the digits that begin at i end. In a grouped run one space or
// dash behind four digits belongs to it, since that is how people type cards.
func runEnd(s string, i int, grouped bool) int {
	start := i
	for i < len(s) {
		switch {
		case isDigit(s[i]):
			i++
		case grouped && isGap(s[i]) && i-start == 4 && i+1 < len(s) && isDigit(s[i+1]):
			i++
			start = i
		default:
			return i
		}
	}
	return i
}

// maskCard masks s when it is a card number as a whole.
func maskCard(s string) (string, bool) {
	digits := withoutGaps(s)
	if len(digits) < cardMin || len(digits) > cardMax || !Luhn(digits) {
		return "", false
	}
	hidden := len(digits) - cardFront - cardBack
	return digits[:cardFront] + strings.Repeat("X", hidden) + digits[len(digits)-cardBack:], true
}

func withoutGaps(s string) string {
	if strings.IndexByte(s, ' ') < 0 && strings.IndexByte(s, '-') < 0 {
		return s
	}
	return strings.NewReplacer(" ", "", "-", "").Replace(s)
}

// Luhn reports whether s is digits alone with a correct check digit, as card
// numbers are.
func Luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		c := s[len(s)-1-i]
		if !isDigit(c) {
			return false
		}
		digit := int(c - '0')
		if i%2 == 1 {
			digit *= 2
			digit = digit/10 + digit%10
		}
		sum += digit
	}
	return sum%10 == 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isGap(c byte) bool { return c == ' ' || c == '-' }

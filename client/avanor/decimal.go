package avanor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/money"
)

// maxExponent bounds how far a number like 1e-08 is written out.
const maxExponent = 30

// Decimal is an amount or a rate as exact decimal text, the way it is sent, or
// the literal that was received. Empty means that there was none.
type Decimal string

// Money is the text of an amount, all its minor digits written: "100.20".
func Money(a money.Amount) Decimal { return Decimal(a.Text()) }

// In reads the text as an amount of the currency. It forgives what gateways
// print and money.Parse refuses: a sign, needless zeros ("20000.0"), an
// exponent ("1e-08"). It never rounds: more digits than the currency has are an error.
func (d Decimal) In(c money.Currency) (money.Amount, error) {
	text, negative := strings.CutPrefix(string(d), "-")
	plain, err := withoutExponent(text)
	if err != nil {
		return money.Amount{}, err
	}
	amount, err := money.Parse(trimZeros(plain), c)
	if err != nil {
		return money.Amount{}, fmt.Errorf("avanor: amount %q in %s: %w", string(d), c, err)
	}
	if negative {
		return amount.Neg(), nil
	}
	return amount, nil
}

func trimZeros(text string) string {
	if !strings.Contains(text, ".") || strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// withoutExponent moves the point in text; no arithmetic, so nothing can be lost.
func withoutExponent(text string) (string, error) {
	mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e")
	if !found {
		return text, nil
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift > maxExponent || shift < -maxExponent || len(mantissa) > maxExponent {
		return "", fmt.Errorf("avanor: amount %q is not a number of money", text)
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	digits := strings.Repeat("0", maxExponent) + whole + part + strings.Repeat("0", maxExponent)
	point := maxExponent + len(whole) + shift
	whole = strings.TrimLeft(digits[:point], "0")
	if whole == "" {
		whole = "0"
	}
	return whole + "." + digits[point:], nil
}

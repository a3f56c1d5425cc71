package signature

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/brama-pay/brama/fault"
)

// amountLimit bounds the decimal text of an amount; real ones have a tenth of it.
const amountLimit = 64

// PayParts is the signature of the PayParts protocol: base64 of the raw SHA-1 of
// all parts put together without a separator (api/payparts.md §1, seed 004). An
// absent part is an empty one. The store's password is the first and the last part.
func PayParts(parts ...string) string {
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// VerifyPayParts reports, in constant time, whether sig is the parts' signature in
// exactly its 28 characters.
func VerifyPayParts(sig string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(sig), []byte(PayParts(parts...))) == 1
}

// WithoutPoint is the protocol's wfp: a decimal text of an amount, rounded half up
// to two decimals and its point removed: 301.00 is 30100, 400 is 40000, 0.50 is 050
// (api/payparts.md §1, seed 004). It works on the text alone, never on a float.
// Signs, exponents, spaces and a bare point are refused as fault.Invalid of amount.
func WithoutPoint(text string) (string, error) {
	whole, fraction, ok := splitDecimal(text)
	if !ok {
		return "", fault.Param("amount", "must be a decimal number such as 300.00")
	}
	padded := fraction + "000"
	digits := []byte("0" + whole + padded[:2]) // the leading zero takes the carry
	if padded[2] >= '5' {
		increment(digits)
	}
	// At least three digits stay: the protocol prints 0.01 as 001.
	for len(digits) > 3 && digits[0] == '0' {
		digits = digits[1:]
	}
	return string(digits), nil
}

// WithoutPointShort is the other form that clients print of a value below 1.00:
// 50 for 0.50 and 1 for 0.01. From 1.00 on it is WithoutPoint. Whoever verifies
// accepts both.
func WithoutPointShort(text string) (string, error) {
	long, err := WithoutPoint(text)
	if err != nil {
		return "", err
	}
	short := strings.TrimLeft(long, "0")
	if short == "" {
		return "0", nil
	}
	return short, nil
}

func splitDecimal(text string) (whole, fraction string, ok bool) {
	if len(text) > amountLimit {
		return "", "", false
	}
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" {
		return "", "", false
	}
	return whole, fraction, allDigits(whole) && allDigits(fraction)
}

// increment adds one to a decimal number; its first digit must be able to take the carry.
func increment(digits []byte) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return
		}
		digits[i] = '0'
	}
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

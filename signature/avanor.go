package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// Canonical is the text that a signature covers: the values of the given fields
// in the order of their names, joined by ':' (api/avanor.md §2, seed 000). Values
// are raw: a number's literal as sent, a string's decoded text.
func Canonical(fields map[string]string) string {
	names := sortedNames(fields)
	size := len(names)
	for _, name := range names {
		size += len(fields[name])
	}
	var text strings.Builder
	text.Grow(size)
	for i, name := range names {
		if i > 0 {
			text.WriteByte(':')
		}
		text.WriteString(fields[name])
	}
	return text.String()
}

// Sign is the lower-case hex SHA-256 of the canonical text with the secret right
// behind it. It covers exactly the given fields: choose them by SignedFields.
func Sign(fields map[string]string, secret string) string {
	sum := digest(Canonical(fields), secret)
	return hex.EncodeToString(sum[:])
}

// Verify reports whether sign is the signature of the fields under one of the
// secrets (two while a shop rotates them). Hex of either case is accepted and
// anything but 64 hex digits is not. Bytes are compared in constant time and every
// secret is tried always, so time tells nothing about which one matched. An empty
// secret matches nothing: a shop without a second secret must not be open to all.
func Verify(fields map[string]string, sign string, secrets ...string) bool {
	var given [sha256.Size]byte
	if len(sign) != 2*len(given) {
		return false
	}
	if _, err := hex.Decode(given[:], []byte(sign)); err != nil {
		return false
	}
	text := Canonical(fields)
	match := 0
	for _, secret := range secrets {
		sum := digest(text, secret)
		equal := subtle.ConstantTimeCompare(sum[:], given[:])
		match |= equal & nonZero(len(secret))
	}
	return match == 1
}

// SignCallback signs a callback to a shop: all fields but sign, without the empty
// ones; a zero is kept (api/avanor.md §8).
func SignCallback(fields map[string]string, secret string) string {
	return Sign(callbackFields(fields), secret)
}

// VerifyCallback is SignCallback's check, with the rules of Verify.
func VerifyCallback(fields map[string]string, sign string, secrets ...string) bool {
	return Verify(callbackFields(fields), sign, secrets...)
}

func callbackFields(fields map[string]string) map[string]string {
	kept := make(map[string]string, len(fields))
	for name, value := range fields {
		if name != "sign" && value != "" {
			kept[name] = value
		}
	}
	return kept
}

func digest(text, secret string) [sha256.Size]byte {
	// One short buffer is cheaper than a streaming hash for texts of this size.
	message := make([]byte, 0, len(text)+len(secret))
	message = append(message, text...)
	message = append(message, secret...)
	return sha256.Sum256(message)
}

func nonZero(n int) int { return 1 - subtle.ConstantTimeEq(int32(n), 0) }

func sortedNames(fields map[string]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

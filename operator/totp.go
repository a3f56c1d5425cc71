package operator

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238, as every authenticator has it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
)

// A code lasts one step; one step before and after is taken for a clock that
// differs.
const (
	stepSeconds = 30
	stepDrift   = 1
	codeDigits  = 6
)

// totp is the code of a secret in a step (RFC 6238 over RFC 4226, SHA-1).
func totp(secret []byte, step int64, digits int) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step)) //nolint:gosec // steps count from 1970
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// matchTOTP is the step whose code was given, 0 when it is none around now that
// comes after the last one used.
func matchTOTP(secret []byte, code string, now, last int64) int64 {
	step, found := now/1000/stepSeconds, int64(0)
	for at := step - stepDrift; at <= step+stepDrift; at++ {
		if subtle.ConstantTimeCompare([]byte(totp(secret, at, codeDigits)), []byte(code)) == 1 && at > last {
			found = at
		}
	}
	return found
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// otpauth is the address that an authenticator reads from a QR code.
func otpauth(email string, secret []byte) string {
	q := url.Values{"secret": {base32Plain.EncodeToString(secret)}, "issuer": {"Brama"}}
	return "otpauth://totp/" + url.PathEscape("Brama:"+email) + "?" + q.Encode()
}

package operator_test

import (
	"testing"

	"github.com/brama-pay/brama/operator"
)

// RFC 6238, appendix B, SHA-1.
func TestTOTPVectors(t *testing.T) {
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := operator.TOTP([]byte("12345678901234567890"), at/30, 8); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestCodesOfTheStepsAround(t *testing.T) {
	secret := []byte("12345678901234567890")
	const now, step = int64(1_780_000_000_000), int64(1_780_000_000 / 30)
	for off, taken := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		if got := operator.Match(secret, operator.TOTP(secret, step+off, 6), now, 0); (got == step+off) != taken {
			t.Errorf("the code of step %+d: %d", off, got)
		}
	}
	if operator.Match(secret, operator.TOTP(secret, step, 6), now, step) != 0 {
		t.Error("a used code is taken again")
	}
	for _, code := range []string{"", "1", "000000000", "abcdef"} {
		if operator.Match(secret, code, now, 0) != 0 {
			t.Errorf("%q is taken", code)
		}
	}
}

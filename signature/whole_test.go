package signature_test

import (
	"testing"

	"github.com/brama-pay/brama/signature"
)

// Every character of a signature counts, the last like the first.
func TestEveryCharacterOfASignatureCounts(t *testing.T) {
	fields := map[string]string{"shop_id": "1520", "amount": "10.00", "now": "1"}
	good := signature.Sign(fields, "secret")
	if !signature.Verify(fields, good, "secret") {
		t.Fatal("the signature itself does not verify")
	}
	for i := range good {
		other := byte('0')
		if good[i] == '0' {
			other = '1'
		}
		if signature.Verify(fields, good[:i]+string(other)+good[i+1:], "secret") {
			t.Errorf("verifies with another character %d", i)
		}
	}
	parts := signature.PayParts("password", "store", "order", "30000", "password")
	for i := range len(parts) - 1 { // the last is padding
		other := byte('A')
		if parts[i] == 'A' {
			other = 'B'
		}
		if signature.VerifyPayParts(parts[:i]+string(other)+parts[i+1:], "password", "store", "order", "30000", "password") {
			t.Errorf("PayParts verifies with another character %d", i)
		}
	}
}

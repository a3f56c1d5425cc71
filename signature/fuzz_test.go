package signature

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Only the one digest passes, in either case of hex; nothing panics.
func FuzzVerify(f *testing.F) {
	good := Sign(map[string]string{"now": "x", "shop_id": "5"}, "s")
	f.Add("x", good, "s")
	f.Add("x", strings.ToUpper(good), "s")
	f.Add("a:b", "", "")
	f.Fuzz(func(t *testing.T, now, sign, secret string) {
		fields := map[string]string{"now": now, "shop_id": "5"}
		right := Sign(fields, secret)
		if got, want := Verify(fields, sign, "other", secret), secret != "" && strings.EqualFold(sign, right) && isASCII(sign); got != want {
			if Sign(fields, "other") != strings.ToLower(sign) {
				t.Fatalf("Verify(%q, %q, %q) = %v, want %v", now, sign, secret, got, want)
			}
		}
		if secret != "" && !Verify(fields, right, secret) {
			t.Fatalf("the right signature is refused for %q", secret)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Masking twice changes nothing more, and text without digits is left alone.
func FuzzMask(f *testing.F) {
	f.Add("4242424242424242:4242 4242 4242 4242")
	f.Add("\xff 1")
	f.Fuzz(func(t *testing.T, s string) {
		masked := MaskStringToSign(s)
		if !strings.ContainsAny(s, "0123456789") && masked != s {
			t.Fatalf("%q became %q", s, masked)
		}
		if len(masked) > len(s) {
			t.Fatalf("%q grew to %q", s, masked)
		}
		_ = MaskAccount(s)
	})
}

// Whatever text comes, wfp is digits alone, at least three, or an error.
func FuzzWithoutPoint(f *testing.F) {
	for _, seed := range []string{"301.00", "0.5", "1e2", "-1", ".", "9.999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		long, err := WithoutPoint(text)
		short, shortErr := WithoutPointShort(text)
		if (err == nil) != (shortErr == nil) {
			t.Fatalf("%q: %v but %v", text, err, shortErr)
		}
		if err == nil && (len(long) < 3 || !allDigits(long) || short == "" || !strings.HasSuffix(long, short)) {
			t.Fatalf("%q: %q and %q", text, long, short)
		}
	})
}

// A header of any form is refused or verified without a panic.
func FuzzVerifyWebhook(f *testing.F) {
	f.Add("1", "v1,AAAA v1,", []byte("x"), exampleKey)
	f.Fuzz(func(t *testing.T, timestamp, header string, body []byte, key string) {
		if VerifyWebhook("id", timestamp, header, body, key) && !ValidWebhookKey(key) {
			t.Fatal("an invalid key verifies")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	fields := map[string]string{
		"account": "4242424242424242", "amount": "1", "amount_type": "ps_amount", "payway": "card_usd",
		"shop_currency": "840", "shop_id": "5", "shop_payment_id": "order:17",
	}
	secret := hex.EncodeToString(make([]byte, 32))
	sign := Sign(fields, secret)
	for b.Loop() {
		if !Verify(fields, sign, secret) {
			b.Fatal("refused")
		}
	}
}

package signature

import (
	"bytes"
	"strings"
	"testing"
)

// The example of the Standard Webhooks specification's reference libraries.
const (
	exampleKey  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleTime = 1614265330
	exampleBody = `{"test": 2432232314}`
	exampleSign = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestWebhookExample(t *testing.T) {
	if got := Webhook(exampleID, exampleTime, []byte(exampleBody), exampleKey); got != exampleSign {
		t.Errorf("Webhook = %s, want %s", got, exampleSign)
	}
}

func TestVerifyWebhook(t *testing.T) {
	other, err := NewWebhookKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil || !ValidWebhookKey(other) {
		t.Fatal(other, err)
	}
	both := Webhook(exampleID, exampleTime, []byte(exampleBody), other, exampleKey)
	if strings.Count(both, " ") != 1 || !strings.HasSuffix(both, exampleSign) {
		t.Fatalf("two keys: %q", both)
	}
	tests := []struct {
		name, id, time, header, body, key string
		want                              bool
	}{
		{"one key", exampleID, "1614265330", exampleSign, exampleBody, exampleKey, true},
		{"first of two", exampleID, "1614265330", both, exampleBody, other, true},
		{"second of two", exampleID, "1614265330", both, exampleBody, exampleKey, true},
		{"beside an unknown version", exampleID, "1614265330", "v2,x " + exampleSign, exampleBody, exampleKey, true},
		{"another id", "msg", "1614265330", exampleSign, exampleBody, exampleKey, false},
		{"another time", exampleID, "1614265331", exampleSign, exampleBody, exampleKey, false},
		{"time is no number", exampleID, "x", exampleSign, exampleBody, exampleKey, false},
		{"another body", exampleID, "1614265330", exampleSign, exampleBody + " ", exampleKey, false},
		{"another key", exampleID, "1614265330", exampleSign, exampleBody, other, false},
		{"broken key", exampleID, "1614265330", exampleSign, exampleBody, "whsec_!", false},
		{"empty key", exampleID, "1614265330", exampleSign, exampleBody, "whsec_", false},
		{"no signature", exampleID, "1614265330", "", exampleBody, exampleKey, false},
		{"no version", exampleID, "1614265330", exampleSign[3:], exampleBody, exampleKey, false},
		{"the sixteenth", exampleID, "1614265330", strings.Repeat("v1,AAAA ", 15) + exampleSign, exampleBody, exampleKey, true},
		{"the seventeenth", exampleID, "1614265330", strings.Repeat("v1,AAAA ", 16) + exampleSign, exampleBody, exampleKey, false},
		{"behind a flood", exampleID, "1614265330", strings.Repeat("v1,AAAA ", 1000) + exampleSign, exampleBody, exampleKey, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := VerifyWebhook(test.id, test.time, test.header, []byte(test.body), test.key); got != test.want {
				t.Errorf("VerifyWebhook = %v, want %v", got, test.want)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	random := bytes.NewReader(append(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)...))
	first, err := NewSecret(random)
	if err != nil || first != strings.Repeat("01", 32) {
		t.Errorf("NewSecret = %q, %v", first, err)
	}
	if second, err := NewSecret(random); err != nil || second == first {
		t.Errorf("the next one = %q, %v", second, err)
	}
	if secret, err := NewSecret(random); err == nil {
		t.Errorf("made %q of nothing", secret)
	}
	if key, err := NewWebhookKey(random); err == nil || key != "" {
		t.Errorf("made %q of nothing", key)
	}
}

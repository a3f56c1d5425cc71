package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
)

// The parts of the Standard Webhooks texts.
const (
	webhookVersion = "v1,"
	webhookPrefix  = "whsec_"
	// A header lists one signature per valid key; more than a handful is an attack on the receiver's time.
	webhookLimit = 16
)

// Webhook is the value of the header webhook-signature: the Standard Webhooks
// HMAC-SHA256 of id.unix.body once per key, "v1,<base64> v1,<base64>"
// (api/avanor.md §8). unix is in seconds. Keys read "whsec_<base64>"; one that
// does not is left out.
func Webhook(id string, unix int64, body []byte, keys ...string) string {
	timestamp := strconv.FormatInt(unix, 10)
	var signatures []string
	for _, key := range keys {
		if mac, ok := webhookSum(id, timestamp, body, key); ok {
			signatures = append(signatures, webhookVersion+base64.StdEncoding.EncodeToString(mac))
		}
	}
	return strings.Join(signatures, " ")
}

// VerifyWebhook reports whether one of the header's signatures is right under one
// of the keys. How old the timestamp may be is for the receiver to say, who has the
// clock; here it need only be a decimal number of seconds.
func VerifyWebhook(id, timestamp, header string, body []byte, keys ...string) bool {
	if _, err := strconv.ParseInt(timestamp, 10, 64); err != nil {
		return false
	}
	given := webhookSignatures(header)
	match := 0
	for _, key := range keys {
		mac, ok := webhookSum(id, timestamp, body, key)
		if !ok {
			continue
		}
		for _, signature := range given {
			match |= subtle.ConstantTimeCompare(mac, signature)
		}
	}
	return match == 1
}

// ValidWebhookKey reports whether key reads "whsec_<base64>" with a key inside.
func ValidWebhookKey(key string) bool {
	_, ok := webhookKey(key)
	return ok
}

func webhookSignatures(header string) [][]byte {
	var signatures [][]byte
	parts := strings.SplitN(header, " ", webhookLimit+1)
	for _, part := range parts[:min(len(parts), webhookLimit)] {
		text, ok := strings.CutPrefix(part, webhookVersion)
		if !ok {
			continue
		}
		if signature, err := base64.StdEncoding.DecodeString(text); err == nil {
			signatures = append(signatures, signature)
		}
	}
	return signatures
}

func webhookSum(id, timestamp string, body []byte, key string) ([]byte, bool) {
	secret, ok := webhookKey(key)
	if !ok {
		return nil, false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil), true
}

func webhookKey(key string) ([]byte, bool) {
	text, ok := strings.CutPrefix(key, webhookPrefix)
	if !ok {
		return nil, false
	}
	secret, err := base64.StdEncoding.DecodeString(text)
	return secret, err == nil && len(secret) > 0
}

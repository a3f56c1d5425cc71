package signature

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
)

// secretSize is 256 bits, the least that api/avanor.md §2, hardening 3 allows.
const secretSize = 32

// NewSecret makes a shop's secret of 256 random bits, in lower-case hex: letters
// and digits survive being pasted into forms and configuration files.
func NewSecret(random io.Reader) (string, error) {
	bits, err := randomBits(random)
	return hex.EncodeToString(bits), err
}

// NewWebhookKey makes a Standard Webhooks key of 256 random bits, "whsec_<base64>".
func NewWebhookKey(random io.Reader) (string, error) {
	bits, err := randomBits(random)
	if err != nil {
		return "", err
	}
	return webhookPrefix + base64.StdEncoding.EncodeToString(bits), nil
}

func randomBits(random io.Reader) ([]byte, error) {
	bits := make([]byte, secretSize)
	if _, err := io.ReadFull(random, bits); err != nil {
		return nil, fmt.Errorf("making a secret: %w", err)
	}
	return bits, nil
}

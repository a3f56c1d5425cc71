package shop

import (
	"fmt"
	"io"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/signature"
)

// Kind is which of a shop's two secrets is meant.
type Kind string

// The two secrets of a shop. The words are also their fields in seal.
const (
	API     Kind = "secret"      // signs requests and callbacks
	Webhook Kind = "webhook_key" // signs the Standard Webhooks headers
)

// Secrets are a new shop's secrets in clear, to be shown once. They print as nothing.
type Secrets struct {
	API     string
	Webhook string
}

// Format prints no secret, whatever the verb.
func (Secrets) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("secrets")) }

// draw makes a new secret of 256 random bits.
func (k Kind) draw(random io.Reader) (string, error) {
	if k == Webhook {
		return signature.NewWebhookKey(random)
	}
	return signature.NewSecret(random)
}

// Limits of a secret that is brought along from elsewhere.
const minSecret, maxSecret = 16, 256

func (k Kind) check(plain string) error {
	if k == Webhook {
		if !signature.ValidWebhookKey(plain) {
			return fault.Param(string(k), "must be whsec_ and a key in base64")
		}
		return nil
	}
	if len(plain) < minSecret || len(plain) > maxSecret {
		return fault.Param(string(k), fmt.Sprintf("must have %d to %d characters", minSecret, maxSecret))
	}
	for _, c := range []byte(plain) {
		if c <= ' ' || c > '~' {
			return fault.Param(string(k), "must be printable ASCII without spaces")
		}
	}
	return nil
}

// seal locks a secret for a shop. The old and the new one have the same field:
// a rotation moves the ciphertext from one column to the other.
func (k Kind) seal(box *seal.Box, shop int64, plain string) (string, error) {
	return box.Seal("shop", shop, string(k), []byte(plain))
}

func (k Kind) open(box *seal.Box, shop int64, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	plain, err := box.Open("shop", shop, string(k), text)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "a secret of shop %d does not open", shop)
	}
	return string(plain), nil
}

// prepare takes the given secret, or draws one, and seals it.
func (k Kind) prepare(box *seal.Box, random io.Reader, shop int64, given string) (plain, sealed string, err error) {
	plain = given
	if plain == "" {
		if plain, err = k.draw(random); err != nil {
			return "", "", err
		}
	}
	if err := k.check(plain); err != nil {
		return "", "", err
	}
	sealed, err = k.seal(box, shop, plain)
	return plain, sealed, err
}

// Package seal is the room where secrets are locked away: AES-256-GCM under the
// installation's master keys, each ciphertext bound to its table, shop and field.
//
// It draws nonces from a reader it is given, so a value is sealed before a use
// case begins and never inside a decision. It must not know what a secret is
// for, nor where its ciphertext is kept.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// ErrOpen is a ciphertext that does not open: changed, moved to another table,
// shop or field, or sealed under a key that is not in the key file.
var ErrOpen = errors.New("seal: the ciphertext does not open")

// ErrCanary is a key file that is not the one this database was sealed with.
var ErrCanary = errors.New("seal: the key file does not belong to this database")

// Box seals and opens. It may be used by several goroutines.
type Box struct {
	mu      sync.Mutex // guards random, which need not be safe by itself
	random  io.Reader
	ring    atomic.Pointer[ring]
	prints  string // id of the fingerprint key
	printer []byte // the fingerprint key
}

// ring is the keys that seal and open. It is replaced whole, never changed.
type ring struct {
	first   string
	ciphers map[string]cipher.AEAD
}

// New makes a box. random gives the nonces: crypto/rand, or a seeded reader in a simulation.
func New(random io.Reader, keys Keys) (*Box, error) {
	if err := keys.check(); err != nil {
		return nil, err
	}
	last := keys[len(keys)-1]
	b := &Box{random: random, prints: last.ID}
	r := &ring{first: keys[0].ID, ciphers: map[string]cipher.AEAD{}}
	for _, key := range keys {
		aead, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		r.ciphers[key.ID] = aead
	}
	b.ring.Store(r)
	var err error
	b.printer, err = hkdf.Key(sha256.New, last.bytes[:], nil, "brama fingerprint", KeySize)
	return b, err
}

// Lead makes a new key the one that seals from now on; all others still open, and
// fingerprints stay what they were. The key must be in the key file before, or
// what it seals is lost with the process.
func (b *Box) Lead(key Key) error {
	aead, err := newCipher(key)
	if err != nil {
		return err
	}
	old := b.ring.Load()
	if _, known := old.ciphers[key.ID]; known {
		return fmt.Errorf("the key %q is known already", key.ID)
	}
	r := &ring{first: key.ID, ciphers: maps.Clone(old.ciphers)}
	r.ciphers[key.ID] = aead
	if !b.ring.CompareAndSwap(old, r) {
		return errors.New("the keys were changed at the same time")
	}
	return nil
}

// newCipher derives the sealing key, so that one master key serves two purposes.
func newCipher(key Key) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key.bytes[:], nil, "brama seal", KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal encrypts plain for one field of a shop's row in a table. The text is
// "id.nonce.ciphertext", the last two in base64url; it fits a TEXT column.
func (b *Box) Seal(table string, shop int64, field string, plain []byte) (string, error) {
	r := b.ring.Load()
	aead := r.ciphers[r.first]
	nonce := make([]byte, aead.NonceSize())
	b.mu.Lock()
	_, err := io.ReadFull(b.random, nonce)
	b.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	sealed := aead.Seal(nil, nonce, plain, place(table, shop, field))
	encode := base64.RawURLEncoding.EncodeToString
	return r.first + "." + encode(nonce) + "." + encode(sealed), nil
}

// Open decrypts what Seal made for the same table, shop and field; else ErrOpen.
func (b *Box) Open(table string, shop int64, field, text string) ([]byte, error) {
	id, rest, _ := strings.Cut(text, ".")
	nonceText, sealedText, found := strings.Cut(rest, ".")
	aead := b.ring.Load().ciphers[id]
	if aead == nil || !found {
		return nil, ErrOpen
	}
	decode := base64.RawURLEncoding.Strict().DecodeString
	nonce, err := decode(nonceText)
	if err != nil || len(nonce) != aead.NonceSize() {
		return nil, ErrOpen
	}
	sealed, err := decode(sealedText)
	if err != nil {
		return nil, ErrOpen
	}
	plain, err := aead.Open(nil, nonce, sealed, place(table, shop, field))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// KeyID is the id of the key that sealed a text, "" when it is no ciphertext.
func KeyID(text string) string {
	id, _, found := strings.Cut(text, ".")
	if !found || checkID(id) != nil {
		return ""
	}
	return id
}

// Current reports whether a text is sealed under the first key: one that is not
// waits to be sealed anew before its key may leave the key file.
func (b *Box) Current(text string) bool { return KeyID(text) == b.ring.Load().first }

// Fingerprint is a keyed print of text: equal for equal texts of a shop and
// purpose, and useless without the keys. It tells accounts and cards apart that
// must not be kept in clear. It changes when the last key of the file is dropped.
func (b *Box) Fingerprint(shop int64, purpose, text string) string {
	mac := hmac.New(sha256.New, b.printer)
	mac.Write(place(purpose, shop, text))
	encoded := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20])
	return b.prints + "." + strings.ToLower(encoded)
}

// place is the associated data: what the ciphertext belongs to, length-prefixed
// so that no two places look alike.
func place(table string, shop int64, field string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(table)))
	b = append(b, table...)
	b = binary.BigEndian.AppendUint64(b, uint64(shop)) //nolint:gosec // a bijection is all that is needed
	return append(b, field...)
}

const canary = "this database belongs to this key file"

// Canary is a sealed text to be stored once in a new database (table house,
// name canary) and checked at every start.
func (b *Box) Canary() (string, error) { return b.Seal("house", 0, "canary", []byte(canary)) }

// Check opens a stored canary; ErrCanary when the keys are not this database's.
func (b *Box) Check(text string) error {
	plain, err := b.Open("house", 0, "canary", text)
	if err != nil || string(plain) != canary {
		return ErrCanary
	}
	return nil
}

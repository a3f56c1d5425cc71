package operator

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/brama-pay/brama/fault"
)

// Cost is how much work a password hash is.
type Cost struct {
	Passes uint32
	Memory uint32 // KiB
}

// production is OWASP's recommendation for argon2id on one lane.
var production = Cost{Passes: 2, Memory: 19 << 10}

func (c Cost) orProduction() Cost {
	if c == (Cost{}) {
		return production
	}
	return c
}

// Bounds of a password.
const minPassword, maxPassword = 12, 200

//go:embed common.txt
var commonText string

// common are passwords of at least minPassword characters that everybody tries first.
var common = sync.OnceValue(func() map[string]bool {
	list := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		list[word] = true
	}
	return list
})

// checkPassword refuses a password that would be guessed.
func checkPassword(email, password string) error {
	folded := strings.ToLower(password)
	name, _, _ := strings.Cut(email, "@")
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fault.Param("password", "must be text")
	case n < minPassword:
		return fault.Param("password", fmt.Sprintf("must have at least %d characters", minPassword))
	case n > maxPassword:
		return fault.Param("password", fmt.Sprintf("must have at most %d characters", maxPassword))
	case folded == email || strings.Trim(folded, "0123456789!.-_ ") == name:
		return fault.Param("password", "must not be the email")
	case common()[folded] || strings.Count(folded, folded[:1]) == len(folded):
		return fault.Param("password", "is one that everybody tries first")
	}
	return nil
}

const saltLength, keyLength = 16, 32

// hashPassword draws a salt and hashes: $argon2id$v=19$m=…,t=…,p=1$salt$key.
func hashPassword(random io.Reader, cost Cost, password string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, cost.Passes, cost.Memory, 1, keyLength)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, cost.Memory, cost.Passes, encode(salt), encode(key)), nil
}

// verifyPassword works as long for a hash that is none as for one of the given
// cost, so that time does not tell whether an account exists.
func verifyPassword(hash, password string, cost Cost) bool {
	parsed, salt, key, ok := parseHash(hash)
	if !ok {
		parsed, salt, key = cost, make([]byte, saltLength), make([]byte, keyLength)
	}
	got := argon2.IDKey([]byte(password), salt, parsed.Passes, parsed.Memory, 1, uint32(len(key))) //nolint:gosec // a key is short
	return subtle.ConstantTimeCompare(got, key) == 1 && ok
}

func parseHash(hash string) (cost Cost, salt, key []byte, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &cost.Memory, &cost.Passes); err != nil {
		return cost, nil, nil, false
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	return cost, salt, key, errSalt == nil && errKey == nil && len(key) == keyLength && cost.Passes > 0
}

// Bounds of the work on passwords: each takes memory, and strangers ask for it.
const (
	hashesAtATime = 2
	hashPatience  = 5 * time.Second
)

// gate lets a few at a time hash.
type gate struct {
	once   sync.Once
	places chan struct{}
}

func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	g.once.Do(func() { g.places = make(chan struct{}, hashesAtATime) })
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case g.places <- struct{}{}:
		return func() { <-g.places }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Overloaded, "too many people are signing in; try again in a moment")
	}
}

// Hash checks a password that somebody chose, and hashes it.
func (p *Operators) Hash(ctx context.Context, email, password string) (string, error) {
	if err := checkPassword(email, password); err != nil {
		return "", err
	}
	return p.hash(ctx, password)
}

// hash is the hash of a new password, after its turn has come.
func (p *Operators) hash(ctx context.Context, password string) (string, error) {
	leave, err := p.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashPassword(p.Random, p.Cost.orProduction(), password)
}

// verify reports whether a password is the one of a hash, after its turn has come.
func (p *Operators) verify(ctx context.Context, hash, password string) (bool, error) {
	leave, err := p.gate.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if len(password) > 4*maxPassword {
		password = "" // long work for a text that is nobody's password
	}
	return verifyPassword(hash, password, p.Cost.orProduction()), nil
}

package seal

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// KeySize is the length of a key in bytes: AES-256.
const KeySize = 32

// Key is one master key under the name that ciphertexts carry.
type Key struct {
	ID    string // 1–16 letters and digits
	bytes [KeySize]byte
}

// Keys are the master keys of an installation. The first seals; all of them
// open. The last one makes fingerprints, so that these outlive a rotation.
type Keys []Key

// NewKey draws a key from random.
func NewKey(random io.Reader, id string) (Key, error) {
	key := Key{ID: id}
	if err := checkID(id); err != nil {
		return Key{}, err
	}
	if _, err := io.ReadFull(random, key.bytes[:]); err != nil {
		return Key{}, fmt.Errorf("draw a key: %w", err)
	}
	return key, nil
}

// String never shows a key's bytes, so that no log can.
func (k Key) String() string { return "key " + k.ID }

// Format is String, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// ParseKeys reads a key file: a line "id base64" for each key, the sealing one
// first. Empty lines and lines that begin with # are skipped.
func ParseKeys(text []byte) (Keys, error) {
	var keys Keys
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("key file line %d: %w", n, err)
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return keys, keys.check()
}

func parseKey(line string) (Key, error) {
	id, encoded, _ := strings.Cut(line, " ")
	if err := checkID(id); err != nil {
		return Key{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || len(raw) != KeySize {
		// The text of the line is a secret: it is not repeated.
		return Key{}, fmt.Errorf("%q must be followed by %d bytes in base64", id, KeySize)
	}
	return Key{ID: id, bytes: [KeySize]byte(raw)}, nil
}

// Format prints the key file that ParseKeys reads. It holds the keys in clear.
func (keys Keys) Format() []byte {
	var b bytes.Buffer
	b.WriteString("# Brama's master keys, the sealing one first. Without them every stored secret is lost: keep a copy elsewhere.\n")
	for _, key := range keys {
		fmt.Fprintf(&b, "%s %s\n", key.ID, base64.StdEncoding.EncodeToString(key.bytes[:]))
	}
	return b.Bytes()
}

// ReadKeys reads the key file at path. It refuses a file that others may read.
func ReadKeys(path string) (Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others: chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseKeys(text)
}

// WriteKeys makes a new key file, readable by its owner alone. It never replaces one.
func WriteKeys(path string, keys Keys) (err error) {
	if err := keys.check(); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(keys.Format()); err != nil {
		return err
	}
	return file.Sync()
}

// ReplaceKeys writes the key file anew: whole or not at all, whenever the power
// fails.
func ReplaceKeys(path string, keys Keys) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := WriteKeys(next, keys); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Next is the keys with a new one before them: it is to seal, the others open. Its
// name is one that no key had before, those that left the file included: k1, k2, k3 …
func (keys Keys) Next(random io.Reader) (Keys, error) {
	greatest := 0
	for _, key := range keys {
		if n, err := strconv.Atoi(strings.TrimPrefix(key.ID, "k")); err == nil {
			greatest = max(greatest, n)
		}
	}
	key, err := NewKey(random, "k"+strconv.Itoa(greatest+1))
	if err != nil {
		return nil, err
	}
	next := append(Keys{key}, keys...)
	return next, next.check()
}

func (keys Keys) check() error {
	if len(keys) == 0 {
		return errors.New("the key file holds no key")
	}
	seen := map[string]bool{}
	for _, key := range keys {
		if seen[key.ID] {
			return fmt.Errorf("the key file holds %q twice", key.ID)
		}
		seen[key.ID] = true
	}
	return nil
}

func checkID(id string) error {
	if id == "" || len(id) > 16 {
		return errors.New("a key's id has 1 to 16 letters and digits")
	}
	for _, c := range []byte(id) {
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			return errors.New("a key's id has 1 to 16 letters and digits")
		}
	}
	return nil
}

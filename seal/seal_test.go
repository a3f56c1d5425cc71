package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// source is a seeded reader, as the simulation injects one.
func source(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func keysOf(t testing.TB, ids ...string) Keys {
	t.Helper()
	var keys Keys
	for _, id := range ids {
		key, err := NewKey(source(id[0]), id)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func boxOf(t testing.TB, ids ...string) *Box {
	t.Helper()
	box, err := New(source(1), keysOf(t, ids...))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestOpenOnlyWhereItWasSealed(t *testing.T) {
	box := boxOf(t, "a")
	text, err := box.Seal("shop", 17, "secret", []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "plain") || strings.Contains(text, base64.RawURLEncoding.EncodeToString([]byte("plain"))) {
		t.Fatal("the ciphertext shows its content")
	}
	for _, place := range []struct {
		table string
		shop  int64
		field string
		opens bool
	}{
		{"shop", 17, "secret", true},
		{"payout", 17, "secret", false},
		{"shop", 18, "secret", false},
		{"shop", -17, "secret", false},
		{"shop", 17, "webhook_key", false},
		{"sho", 17, "psecret", false},
	} {
		plain, err := box.Open(place.table, place.shop, place.field, text)
		if place.opens && (err != nil || string(plain) != "plain") || !place.opens && !errors.Is(err, ErrOpen) {
			t.Errorf("%+v: %q, %v", place, plain, err)
		}
	}
}

func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	box := boxOf(t, "a", "b")
	text, _ := box.Seal("shop", 17, "secret", []byte("plain"))
	for i := range text {
		for _, c := range []byte("Aab._-!") {
			changed := text[:i] + string(c) + text[i+1:]
			if changed == text {
				continue
			}
			if _, err := box.Open("shop", 17, "secret", changed); !errors.Is(err, ErrOpen) {
				t.Fatalf("character %d changed to %q: %v", i, c, err)
			}
		}
	}
	for _, bad := range []string{"", ".", "..", "a..", "a.x", "z" + text[1:], text + "=", text + "A", text[:len(text)-1]} {
		if _, err := box.Open("shop", 17, "secret", bad); !errors.Is(err, ErrOpen) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSealNeverRepeatsANonce(t *testing.T) {
	box := boxOf(t, "a")
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				text, err := box.Seal("t", 1, "f", []byte("same"))
				mu.Lock()
				if err != nil || seen[text] {
					t.Errorf("%q again, %v", text, err)
				}
				seen[text] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func TestKeysRotate(t *testing.T) {
	old := boxOf(t, "a")
	text, _ := old.Seal("shop", 1, "secret", []byte("x"))
	print := old.Fingerprint(1, "card", "4242")
	both := boxOf(t, "b", "a")
	if plain, err := both.Open("shop", 1, "secret", text); err != nil || string(plain) != "x" {
		t.Fatalf("the older key does not open: %v", err)
	}
	if both.Current(text) || !old.Current(text) || KeyID(text) != "a" {
		t.Error("a ciphertext must tell that it waits for the new key")
	}
	if fresh, _ := both.Seal("shop", 1, "secret", []byte("x")); KeyID(fresh) != "b" || !both.Current(fresh) {
		t.Errorf("sealed under %q, not the first key", KeyID(fresh))
	}
	if got := both.Fingerprint(1, "card", "4242"); got != print {
		t.Errorf("the fingerprint changed with a new key: %s, %s", got, print)
	}
	if _, err := boxOf(t, "b").Open("shop", 1, "secret", text); !errors.Is(err, ErrOpen) {
		t.Errorf("a dropped key still opens: %v", err)
	}
}

func TestFingerprintTellsApart(t *testing.T) {
	box := boxOf(t, "a")
	seen := map[string]string{}
	for _, of := range []struct {
		shop          int64
		purpose, text string
	}{{1, "card", "42"}, {2, "card", "42"}, {1, "account", "42"}, {1, "card", "4"}, {1, "car", "d42"}, {1, "", "card42"}, {1, "card", ""}} {
		print := box.Fingerprint(of.shop, of.purpose, of.text)
		if other, ok := seen[print]; ok {
			t.Errorf("%v and %s have the same print", of, other)
		}
		seen[print] = fmt.Sprint(of)
		if print != box.Fingerprint(of.shop, of.purpose, of.text) {
			t.Errorf("%v has two prints", of)
		}
	}
	if box.Fingerprint(1, "card", "42") == boxOf(t, "b").Fingerprint(1, "card", "42") {
		t.Error("the print does not depend on the key")
	}
}

func TestCanary(t *testing.T) {
	box := boxOf(t, "a")
	text, err := box.Canary()
	if err != nil {
		t.Fatal(err)
	}
	if err := boxOf(t, "b", "a").Check(text); err != nil {
		t.Errorf("a rotated key file is refused: %v", err)
	}
	// A key of the same name from another installation.
	key, _ := NewKey(source(99), "a")
	other, _ := New(source(1), Keys{key})
	for _, wrong := range []error{other.Check(text), boxOf(t, "b").Check(text), box.Check("")} {
		if !errors.Is(wrong, ErrCanary) {
			t.Errorf("a foreign key file gives %v", wrong)
		}
	}
}

func TestKeyFile(t *testing.T) {
	keys := keysOf(t, "b2", "a1")
	read, err := ParseKeys(keys.Format())
	if err != nil || len(read) != 2 || read[0] != keys[0] || read[1] != keys[1] {
		t.Fatalf("%v, %v", read, err)
	}
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, KeySize))
	short := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, KeySize-1))
	for name, text := range map[string]string{
		"empty":       "",
		"only notes":  "# nothing\n\n",
		"short key":   "a " + short,
		"no key":      "a",
		"no base64":   "a " + good[1:],
		"twice":       "a " + good + "\na " + good,
		"bad id":      "a.b " + good,
		"long id":     strings.Repeat("a", 17) + " " + good,
		"two on line": "a " + good + " " + good,
	} {
		_, err := ParseKeys([]byte(text))
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), good[1:20]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestKeyFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	keys := keysOf(t, "a")
	if err := WriteKeys(path, keys); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("written with mode %o", info.Mode().Perm())
	}
	if read, err := ReadKeys(path); err != nil || read[0] != keys[0] {
		t.Errorf("%v, %v", read, err)
	}
	if err := WriteKeys(path, keysOf(t, "b")); !errors.Is(err, os.ErrExist) {
		t.Errorf("an existing key file was replaced: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKeys(path); err == nil {
		t.Error("a key file that others may read was accepted")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	keys := keysOf(t, "a")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		for _, value := range []any{keys, keys[0], &keys[0]} {
			if text := fmt.Sprintf(verb, value); len(text) > 20 {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
}

func TestNoRandomnessNoCiphertext(t *testing.T) {
	box, err := New(strings.NewReader("short"), keysOf(t, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := box.Seal("t", 1, "f", nil); err == nil {
		t.Errorf("sealed as %q without a nonce", text)
	}
	if _, err := New(source(1), nil); err == nil {
		t.Error("a box without a key")
	}
}

package seal_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/brama-pay/brama/seal"
)

func TestLeadSealsAnewAndStillOpens(t *testing.T) {
	first, err := seal.NewKey(rand.Reader, "k1")
	if err != nil {
		t.Fatal(err)
	}
	old := seal.Keys{first}
	box, err := seal.New(rand.Reader, old)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := box.Seal("shop", 7, "secret", []byte("text"))
	printed := box.Fingerprint(7, "account", "1500")
	keys, err := old.Next(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Lead(keys[0]); err != nil {
		t.Fatal(err)
	}
	after, _ := box.Seal("shop", 7, "secret", []byte("text"))
	if box.Current(before) || !box.Current(after) || seal.KeyID(after) != "k2" {
		t.Fatalf("sealed under %q after the rotation", seal.KeyID(after))
	}
	if box.Fingerprint(7, "account", "1500") != printed {
		t.Fatal("a fingerprint changed with the sealing key")
	}
	reopened, err := seal.New(rand.Reader, keys) // as the next start would, from the file
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*seal.Box{box, reopened} {
		for _, text := range []string{before, after} {
			if plain, err := b.Open("shop", 7, "secret", text); err != nil || string(plain) != "text" {
				t.Fatalf("%s does not open: %v", seal.KeyID(text), err)
			}
		}
		if b.Fingerprint(7, "account", "1500") != printed {
			t.Fatal("a fingerprint changed with the next start")
		}
	}
	if err := box.Lead(keys[0]); err == nil {
		t.Fatal("the same key was taken twice")
	}
}

func TestNextNeverTakesANameTwice(t *testing.T) {
	third, _ := seal.NewKey(rand.Reader, "k3")
	other, _ := seal.NewKey(rand.Reader, "k1")
	keys, err := seal.Keys{third, other}.Next(rand.Reader)
	if err != nil || keys[0].ID != "k4" || len(keys) != 3 {
		t.Fatalf("next of k3, k1 is %v (%v)", keys, err)
	}
}

func TestReplaceKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "brama.key")
	key, _ := seal.NewKey(rand.Reader, "k1")
	if err := seal.WriteKeys(path, seal.Keys{key}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, _ := seal.Keys{key}.Next(rand.Reader)
	if err := seal.ReplaceKeys(path, keys); err != nil {
		t.Fatal(err)
	}
	read, err := seal.ReadKeys(path)
	if err != nil || len(read) != 2 || read[0] != keys[0] || read[1] != key {
		t.Fatalf("the file holds %v (%v)", read, err)
	}
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Fatal("the half-way file was left")
	}
}

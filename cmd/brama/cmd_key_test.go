package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/seal"
)

func TestKeyRotation(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		stop := e.serve("--demo")
		before := e.opened(1520)
		id := e.payout("p-1", "150010000097")
		e.payoutStatus(id, avanor.PayoutCompleted)
		e.shows("2 shops and 1 provider accounts, the passwords of 1 stores, the accounts of 1 payouts", "key", "rotate")
		e.shows("k1", "key", "list")
		e.shows("k2 seals now", "key", "rotate", "--commit")
		e.shows("k3 seals now", "key", "rotate", "--commit")
		e.shows("Nothing is under k3, k2", "key", "rotate", "--commit")
		// What was sealed before still works, and what is sealed now opens after a restart.
		e.payoutStatus(e.payout("p-2", "150010000097"), avanor.PayoutCompleted)
		stop()
		e.without("k3", "k2")
		if after := e.opened(1520); after["secret"] != before["secret"] || after["webhook"] != before["webhook"] {
			t.Error("the rotation changed a secret")
		}
		stop = e.serve("--demo")
		e.payoutStatus(e.payout("p-3", "150010000097"), avanor.PayoutCompleted)
		e.shows("key.rotate", "audit", "list")
		stop()
		e.shows("k5 seals now", "key", "rotate", "--commit")
		if got := e.run("verify"); got.status != 0 {
			t.Fatalf("verify: %v", got)
		}
	})
}

// without takes keys out of the key file.
func (e *estate) without(ids ...string) {
	e.t.Helper()
	path := filepath.Join(e.data, "brama.key")
	text, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	var kept []string
	for _, line := range strings.Split(string(text), "\n") {
		id, _, _ := strings.Cut(line, " ")
		if id != ids[0] && id != ids[len(ids)-1] {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(kept, "\n")), 0o600); err != nil {
		e.t.Fatal(err)
	}
	if _, err := seal.ReadKeys(path); err != nil {
		e.t.Fatal(err)
	}
}

// A rotation that was cut goes on with the key it had made.
func TestACutRotationGoesOn(t *testing.T) {
	e := newEstate(t).founded()
	e.must("shop", "create", "First", "--id", "77", "--commit")
	before := e.opened(77)
	path := filepath.Join(e.data, "brama.key")
	keys, err := seal.ReadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = keys.Next(zeros{}); err != nil {
		t.Fatal(err)
	}
	if err := seal.ReplaceKeys(path, keys); err != nil {
		t.Fatal(err)
	}
	e.shows("the unfinished rotation to k2 goes on; to be sealed anew: the secrets of 1 shops", "key", "rotate")
	e.shows("k2 seals now; sealed anew: the secrets of 1 shops", "key", "rotate", "--commit")
	if after := e.opened(77); after["secret"] != before["secret"] {
		t.Error("the rotation changed a secret")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// While another node serves the database, no key may be made that it does not know.
func TestNoRotationBesideAnotherNode(t *testing.T) {
	first := newEstate(t)
	eachEstate(t, func(t *testing.T, e *estate) {
		if e.database == "" {
			return
		}
		first.t, first.database = t, e.database
		first.must("shop", "create", "First", "--id", "77", "--commit")
		if err := os.MkdirAll(e.data, 0o700); err != nil {
			t.Fatal(err)
		}
		key, err := os.ReadFile(filepath.Join(first.data, "brama.key"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(e.data, "brama.key"), key, 0o600); err != nil {
			t.Fatal(err)
		}
		stop := e.serve()
		first.refused("other processes use this database", "key", "rotate", "--commit")
		stop()
		first.shows("k2 seals now", "key", "rotate", "--commit")
	})
}

// A key file that is missing beside an existing database is lost: a new one would
// hide that.
func TestAMissingKeyFileIsNotMadeAnew(t *testing.T) {
	e := newEstate(t).founded()
	path := filepath.Join(e.data, "brama.key")
	if err := os.Rename(path, path+".lost"); err != nil {
		t.Fatal(err)
	}
	e.refused("--key-file", "shop", "list")
	e.refused("--key-file", "serve", "--listen", "127.0.0.1:0")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a new key file was made: %v", err)
	}
}

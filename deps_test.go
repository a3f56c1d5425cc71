// Package brama holds the rule of the house: a room imports only rooms that are
// named before it. The order is that of docs/design, the test is the rule.
package brama

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/brama-pay/brama/"

// rooms in the order of the house: each may import those before it.
var rooms = []string{
	"money", "fault", "seal", "signature",
	"db", "db/dbtest", "db/dbtest/postgres",
	"ledger", "audit", "fee", "payway", "shop", "replay", "instalment", "provider", "callback",
	"invoice", "payout", "inbox", "turnover", "doctor", "operator",
	"provider/providertest", "provider/sandbox",
	"client/internal/wire", "client/avanor", "client/payparts", "provider/privatbank",
	"api/asset", "api/body", "api/caller", "api/incident", "demo",
	"checkout", "api/avanor", "api/payparts", "console",
	"docs", "docs/docstest", "manual",
	"sim", "cmd/brama", "e2e/program", "e2e/browser", "e2e", "e2e/cluster", "mutants",
}

// doors speak to the world; nothing but the command may import them, and what
// runs the whole gateway in its place.
var doors = []string{"api/avanor", "api/payparts", "checkout", "console", "demo", "manual"}

type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one listed
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

func TestRoomsImportOnlyEarlierRooms(t *testing.T) {
	for _, one := range list(t) {
		room, ours := strings.CutPrefix(one.ImportPath, module)
		if !ours {
			continue // this test
		}
		at := slices.Index(rooms, room)
		if at < 0 {
			t.Errorf("%s is not in the list of rooms: give it its place", room)
			continue
		}
		for _, imported := range one.Imports {
			other, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			if slices.Index(rooms, other) >= at {
				t.Errorf("%s imports %s, which is named after it", room, other)
			}
			if slices.Contains(doors, other) && room != "sim" && room != "cmd/brama" && room != "e2e" {
				t.Errorf("%s imports the door %s", room, other)
			}
		}
	}
}

// A room that reads the clock, draws randomness or starts a goroutine by itself
// cannot be replayed by one seed.
func TestRoomsAreGivenTimeAndChance(t *testing.T) {
	allowed := []string{"sim", "cmd/brama", "e2e", "e2e/program", "e2e/browser", "e2e/cluster", "mutants", "db/dbtest", "db/dbtest/postgres", "client/avanor", "provider/providertest"}
	for _, room := range rooms {
		if slices.Contains(allowed, room) {
			continue
		}
		files, _ := exec.Command("sh", "-c", "ls "+room+"/*.go | grep -v _test.go").Output()
		found, _ := exec.Command("sh", append([]string{"-c", `grep -nE 'time\.(Now|Sleep|After|Tick|NewTimer|NewTicker)\(|"crypto/rand"|"math/rand|^\s*go func|^\s*go [a-z]' "$@"`, "grep"}, strings.Fields(string(files))...)...).Output()
		if len(found) > 0 {
			t.Errorf("%s:\n%s", room, found)
		}
	}
}

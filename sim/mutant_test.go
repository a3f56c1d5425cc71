package sim

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// mutants are builds of the gateway with one promise taken out. The simulation
// must catch each.
var mutants = []struct {
	name, file, old, new string
	invariant            string // one that it breaks
	seed                 uint64 // from which on it is looked for
	found                bool   // the simulation found it in the gateway; looked for with BRAMA_SIM=long
}{
	{
		"a payout without a reservation", "payout/create.go",
		"if p.Reserve, err = ledger.Reserve(s, c.Shop, p.ID, \"payout.reserve\", quote.WriteOff); err != nil {",
		"if p.Reserve = p.ID; err != nil {",
		"what is in progress is reserved", 1, false,
	},
	{
		"an unknown outcome is sent again", "provider/learn.go",
		"a.Outcome = Unknown\n\treturn Doubt",
		"a.Outcome = Lost\n\treturn Resend",
		"", 1, false,
	},
	{
		"an early not found is believed when it is heard late", "provider/learn.go",
		"if o.AskedAt != 0 {", "if false {",
		"no provider payment twice", 43, true,
	},
	{
		"not found is believed just after the clock was put forward", "provider/gate.go",
		"o.Result == Missing && timing.SettleAfter >= 0 &&", "false &&",
		"", 47, true,
	},
	{
		"a step of the clock is as old as the answer is heard late", "provider/gate.go",
		"+ g.Steps.Elapsed() - began", "+ 0*began",
		"no provider payment twice", 47, true,
	},
	{
		"a notice about a call that died is taken and nobody asks", "payout/work.go",
		"if attempt.AnsweredAt == 0 && attempt.Open() {", "if attempt.AnsweredAt == 0 {",
		"the provider's books equal ours", 1, true,
	},
	{
		"a notice is taken though its question had no answer", "provider/attempt.go",
		"if a.Open() || o.Result != Unknown && o.Result != \"\" {", "if true {",
		"the provider's books equal ours", 13, true,
	},
	{
		"a provider account's secrets are believed for an hour", "provider/accounts.go",
		"freshAccounts = time.Second", "freshAccounts = time.Hour",
		"", 1, true,
	},
}

// TestMutant lives the worlds of a mutant; it is run by TestMutantsAreCaught in a
// build with the mutant's source, and says what broke.
func TestMutant(t *testing.T) {
	from, err := strconv.ParseUint(os.Getenv("BRAMA_SIM_MUTANT"), 10, 64)
	if err != nil {
		t.Skip("only in the build of a mutant")
	}
	for seed := range uint64(400) {
		r, err := Run(t.Context(), Options{Seed: from + seed, Steps: 8000})
		if err != nil {
			t.Fatal(err)
		}
		if r.Failure != nil {
			t.Fatalf("CAUGHT by %q: seed %d, step %d: %s", r.Failure.Invariant, r.Options.Seed, r.Failure.Step, r.Failure.Detail)
		}
	}
}

func TestMutantsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the gateway anew for each mutant")
	}
	long := os.Getenv("BRAMA_SIM") == "long"
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			if m.found && !long {
				t.Skip("BRAMA_SIM=long looks for it: make sim")
			}
			source := filepath.Join("..", m.file)
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte(m.old)); n != 1 {
				t.Fatalf("the mutant's place occurs %d times in %s", n, m.file)
			}
			dir := t.TempDir()
			changed := filepath.Join(dir, "mutant.go")
			write(t, changed, []byte(strings.Replace(string(text), m.old, m.new, 1)))
			original, err := filepath.Abs(source)
			if err != nil {
				t.Fatal(err)
			}
			overlay, _ := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
			write(t, filepath.Join(dir, "overlay.json"), overlay)
			run := exec.Command("go", "test", "-overlay", filepath.Join(dir, "overlay.json"), "-run", "^TestMutant$", "-count=1", "-timeout", "1h", ".")
			run.Env = append(os.Environ(), "BRAMA_SIM_MUTANT="+strconv.FormatUint(m.seed, 10))
			out, err := run.CombinedOutput()
			line := caught(string(out))
			if err == nil || line == "" || !strings.Contains(line, m.invariant) {
				t.Fatalf("not caught:\n%s", out)
			}
			t.Log(line)
		})
	}
}

// caught is the line in which a build says what broke.
func caught(out string) string {
	for line := range strings.Lines(out) {
		if at := strings.Index(line, "CAUGHT"); at >= 0 {
			return strings.TrimSpace(line[at:])
		}
	}
	return ""
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

package sim

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a killed simulation left is dropped; what is used, or may be just being
// made, stays.
func TestSweep(t *testing.T) {
	used, drop, err := newDir()
	if err != nil {
		t.Fatal(err)
	}
	defer drop()
	under := filepath.Dir(used)
	left := map[string]time.Duration{"dead": 2 * young, "young": 0}
	for name, age := range left {
		dir := filepath.Join(under, dirPattern+"test-"+name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		write(t, filepath.Join(dir, "brama.db"), []byte("x"))
		then := time.Now().Add(-age)
		if err := os.Chtimes(dir, then, then); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * young)
	if err := os.Chtimes(used, old, old); err != nil {
		t.Fatal(err)
	}
	if err := sweep(memory()); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{used: true, filepath.Join(under, dirPattern+"test-dead"): false, filepath.Join(under, dirPattern+"test-young"): true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: there %v, want %v", dir, err == nil, want)
		}
	}
}

package main

import (
	"os"
	"strings"
	"testing"
)

// A mutant whose place was rewritten breaks nothing, and would be found only when
// somebody has the hours to run them all.
func TestEveryMutantHasItsPlace(t *testing.T) {
	for _, m := range mutants {
		text, err := os.ReadFile("../" + m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.old); n != 1 {
			t.Errorf("%q: its text stands %d times in %s", m.name, n, m.file)
		}
	}
}

package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A name fits the audit whatever it is: the databases take whole letters alone.
func TestActorsFitTheAudit(t *testing.T) {
	for given, want := range map[string]string{
		"command:ann": "command:ann", "": "somebody", "a\nb\x00\xff": "ab", strings.Repeat("x", 120): strings.Repeat("x", 100),
		"a" + strings.Repeat("ї", 60): "a" + strings.Repeat("ї", 49),
	} {
		if got := cleanActor(given); got != want || !utf8.ValidString(got) {
			t.Errorf("%q is %q", given, got)
		}
	}
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// written are the project's texts by their paths, from the root of the project.
func written(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range found {
			all[strings.TrimPrefix(path, "../../")] = string(readFile(t, path))
		}
	}
	return all
}

var (
	linked = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	inline = regexp.MustCompile("`(?:\\./bin/)?brama ([^`]+)`")
	block  = regexp.MustCompile(`(?m)^(?:\./bin/)?brama (.+)$`)
	made   = regexp.MustCompile("`make ([a-z]+)[^`]*`|(?m)^make ([a-z]+)")
	// A word of a shell: quoted whole, in part, or not at all.
	word = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
)

func TestPagesLinkToFiles(t *testing.T) {
	for path, text := range written(t) {
		for _, link := range linked.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(path), link[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, link[1])
			}
		}
	}
}

// Whoever copies a command out of a page gets past the command line: its words and
// flags are there.
func TestPagesShowCommandsThatThereAre(t *testing.T) {
	looked := 0
	for path, text := range written(t) {
		for _, line := range slices.Concat(inline.FindAllStringSubmatch(text, -1), block.FindAllStringSubmatch(text, -1)) {
			looked++
			if err := parses(wordsOf(line[1])); err != nil {
				t.Errorf("%s: brama %s: %v", path, line[1], err)
			}
		}
	}
	if looked < 60 {
		t.Errorf("only %d commands were found: this test does not see them", looked)
	}
}

func TestPagesNameTargetsThatThereAre(t *testing.T) {
	makefile := string(readFile(t, "../../Makefile"))
	for path, text := range written(t) {
		for _, target := range made.FindAllStringSubmatch(text, -1) {
			if name := target[1] + target[2]; !strings.Contains(makefile, "\n## "+name+": ") {
				t.Errorf("%s: there is no make %s", path, name)
			}
		}
	}
}

// wordsOf are a command's words as a shell would give them, a number in the place of
// what the reader has to fill in.
func wordsOf(line string) (words []string) {
	line, _, _ = strings.Cut(line, " #")
	for _, w := range word.FindAllString(line, -1) {
		if optional := strings.HasPrefix(w, "["); optional || w == "…" {
			continue
		}
		if strings.HasPrefix(w, "<") {
			w = "1"
		}
		words = append(words, strings.Trim(w, `'"`))
	}
	return words
}

// parses is an error when the program would not take the words. The bare name of a
// command, without what it needs, is a way to speak of it.
func parses(words []string) error {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil || slices.Contains(words, "--help") || named(parser.Model.Node, words) {
		return err
	}
	_, err = parser.Parse(words)
	return err
}

func named(at *kong.Node, words []string) bool {
	for _, name := range words {
		i := slices.IndexFunc(at.Children, func(child *kong.Node) bool { return child.Name == name })
		if i < 0 {
			return false
		}
		at = at.Children[i]
	}
	return true
}

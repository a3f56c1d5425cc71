// Command mutants breaks the gateway's code on purpose, one named break at a
// time, and runs the tests of the rooms that should notice. A break that no test
// notices is a missing test.
//
// It changes no file: each break is a build with one source file in place of
// another. It knows the code only as text, and imports no room.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	only := flag.String("only", "", "run only the mutants whose name or file matches this expression")
	jobs := flag.Int("jobs", 2, "mutants at a time")
	limit := flag.Duration("limit", 2*time.Minute, "time for one mutant; one that never ends is caught")
	flag.Parse()
	matching, err := regexp.Compile(*only)
	if err == nil {
		err = run(matching, *jobs, *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// verdict is what became of a mutant.
type verdict struct {
	mutant
	by   string // the test that noticed; "" when none did
	took time.Duration
	err  error // the mutant could not be tried
}

func run(matching *regexp.Regexp, jobs int, limit time.Duration) error {
	var chosen []mutant
	for _, m := range mutants {
		if matching.MatchString(m.name) || matching.MatchString(m.file) {
			chosen = append(chosen, m)
		}
	}
	began := time.Now()
	verdicts := tryAll(chosen, jobs, limit)
	fmt.Println("| # | broken | promise | file | caught by |\n| ---: | --- | --- | --- | --- |")
	for i, v := range verdicts {
		fmt.Printf("| %d | %s | %s | %s | %s |\n", i+1, v.name, v.promise, v.file, v.text())
	}
	fmt.Printf("\n%d mutants in %s\n", len(verdicts), time.Since(began).Round(time.Second))
	return summary(verdicts)
}

func (v verdict) text() string {
	switch {
	case v.err != nil:
		return "ERROR: " + v.err.Error()
	case v.by == "":
		return "SURVIVED"
	}
	return "`" + v.by + "`"
}

// summary is an error when a mutant survived or could not be tried.
func summary(verdicts []verdict) error {
	survived, untried := 0, 0
	for _, v := range verdicts {
		switch {
		case v.err != nil:
			untried++
		case v.by == "":
			survived++
		}
	}
	if survived+untried == 0 {
		return nil
	}
	return fmt.Errorf("%d survived, %d could not be tried", survived, untried)
}

// tryAll tries the mutants, some at a time, and tells of each as it is done.
func tryAll(list []mutant, jobs int, limit time.Duration) []verdict {
	verdicts := make([]verdict, len(list))
	places := make(chan struct{}, max(jobs, 1))
	var running sync.WaitGroup
	for i, m := range list {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			began := time.Now()
			by, err := try(m, limit)
			verdicts[i] = verdict{mutant: m, by: by, err: err, took: time.Since(began)}
			fmt.Fprintf(os.Stderr, "%3d %s: %s (%s)\n", i+1, m.name, verdicts[i].text(), verdicts[i].took.Round(time.Second))
		})
	}
	running.Wait()
	return verdicts
}

// try builds the mutant and runs its tests; it gives the test that failed.
func try(m mutant, limit time.Duration) (by string, err error) {
	dir, err := os.MkdirTemp("", "brama-mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(dir)
	if err != nil {
		return "", err
	}
	if said, err := m.command(context.Background(), "build", "-overlay", overlay, "./"+filepath.Dir(m.file)).CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not compile: %s", oneLine(string(said)))
	}
	for _, room := range m.rooms() {
		if by, err := m.test(overlay, room, limit); by != "" || err != nil {
			return by, err
		}
	}
	return "", nil
}

// test runs the tests of one room against the overlay. One that does not end in
// time was noticed too: it waits for what the mutant took away.
func (m mutant) test(overlay, room string, limit time.Duration) (by string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit+5*time.Minute) // a busy machine builds slowly
	defer cancel()
	args := []string{"test", "-overlay", overlay, "-vet=off", "-count=1", "-failfast", "-short", "-timeout", limit.String(), "./" + room}
	said, err := m.command(ctx, args...).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil: // no test has said anything
		return "", fmt.Errorf("the tests of %s were not built in time", room)
	case !errors.As(err, &exit):
		return "", err
	}
	return room + " " + failed(string(said)), nil
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// failed is the innermost test of those that go test says failed.
func failed(said string) string {
	found := failure.FindAllStringSubmatch(said, -1)
	switch {
	case len(found) == 0 && strings.Contains(said, "test timed out"):
		return "(does not end)"
	case len(found) == 0 && strings.Contains(said, "panic: "):
		return "(panics)"
	case len(found) == 0:
		return "(" + oneLine(said) + ")"
	}
	deepest := found[0][1]
	for _, f := range found {
		if strings.HasPrefix(f[1], deepest) {
			deepest = f[1]
		}
	}
	return deepest
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), 200)]
}

// onPostgres are the files with the way to PostgreSQL.
var onPostgres = []string{"db/postgres.go", "db/statement.go", "db/reads.go", "db/table.go"}

// command runs go. The tests have SQLite alone, which is enough to notice all but
// what is broken in the way to PostgreSQL: those start a server of their own.
func (m mutant) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "go", args...)
	if !slices.Contains(onPostgres, m.file) {
		c.Env = append(os.Environ(), "BRAMA_TEST_POSTGRES=off")
	}
	return c
}

// overlay writes the broken file and the list that puts it in the other's place.
func (m mutant) overlay(dir string) (string, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", fmt.Errorf("the place occurs %d times in %s, not once", n, m.file)
	}
	source, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	broken, list := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {source: broken}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, replace, 0o600)
}

// rooms are those whose tests should notice: the file's own and those named.
func (m mutant) rooms() []string {
	rooms := append([]string{filepath.Dir(m.file)}, strings.Fields(m.also)...)
	return slices.Compact(rooms)
}

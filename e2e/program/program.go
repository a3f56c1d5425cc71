// Package program is what the tests of the whole program share: it builds the
// gateway once, starts it as an operator does, and waits for it. It is for tests.
//
// It must not know what the gateway serves, nor who asks.
package program

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Variable names a built program to test instead of the one of this tree.
const Variable = "BRAMA_TEST_BINARY"

var built string // what Build has built; removed in the end

// Build is the program under test, built once for all tests of a package.
var Build = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(Variable); given != "" {
		return given, nil
	}
	if err := lookAtSources(); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "brama-e2e-")
	if err != nil {
		return "", err
	}
	built = filepath.Join(dir, "brama")
	if said, err := exec.Command("go", "build", "-o", built, "github.com/brama-pay/brama/cmd/brama").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
	return built, nil
})

// Remove removes what Build has built. A package's TestMain calls it in the end.
func Remove() {
	if built != "" {
		_ = os.RemoveAll(filepath.Dir(built))
	}
}

// lookAtSources lists the module's folders. What a running test looks at is what
// its cached result depends on, which would otherwise know nothing of the program.
func lookAtSources() error {
	root := "."
	for range 5 { // a test runs in its package's folder
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Join("..", root)
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin" || entry.Name() == "brama-data" || entry.Name() == "screenshots") {
			return fs.SkipDir
		}
		return err
	})
}

// Log is the file in dir to which Spawn's programs write their log; what they
// print goes to "stdout" beside it.
func Log(dir string) string { return filepath.Join(dir, "stderr") }

// Spawn starts the program, which ends with this process at the latest. ended is
// closed when it has.
func Spawn(binary, dir string, args ...string) (c *exec.Cmd, ended chan struct{}, err error) {
	c = exec.Command(binary, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := os.OpenFile(Log(dir), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer stderr.Close()
	stdout, err := os.OpenFile(filepath.Join(dir, "stdout"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer stdout.Close()
	c.Stdout, c.Stderr = stdout, stderr
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	ended = make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	return c, ended, nil
}

var ready = regexp.MustCompile(`msg=ready listen=(\S+)`)

// Ready finds in a log the line that says where the program listens.
func Ready(log string) (address string, ok bool) {
	found := ready.FindStringSubmatch(log)
	if found == nil {
		return "", false
	}
	return found[1], true
}

// Patience is how long a test waits for what must come. The machine may be busy
// with other packages' tests.
const Patience = 90 * time.Second

// Eventually waits until something is so.
func Eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	pause := 5 * time.Millisecond
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(pause) {
		if so() {
			return
		}
		pause = min(pause*2, 100*time.Millisecond)
	}
	t.Fatalf("waited for %v in vain: %s", Patience, what)
}

// Tail is the end of a text.
func Tail(text string, n int) string { return text[max(0, len(text)-n):] }

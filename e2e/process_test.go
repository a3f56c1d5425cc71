package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // most of a test's time is waiting for another process
	}
	status := m.Run()
	if built != "" {
		_ = os.RemoveAll(filepath.Dir(built))
	}
	os.Exit(status)
}

// buildVariable names a built program to test instead of the one of this tree.
const buildVariable = "BRAMA_TEST_BINARY"

var built string // what program has built; removed in the end

// program is the program under test, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(buildVariable); given != "" {
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

// lookAtSources lists the module's folders. What a running test looks at is what
// its cached result depends on, which would otherwise know nothing of the program.
func lookAtSources() error {
	return filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin" || entry.Name() == "brama-data") {
			return fs.SkipDir
		}
		return err
	})
}

// gateway is a running program and the data that it keeps over its restarts.
type gateway struct {
	t      *testing.T
	binary string // the program
	engine string // sqlite or postgres
	dir    string // what belongs to this gateway alone
	url    string // http://127.0.0.1:port
	listen string // the same port after a restart
	delay  string // --sandbox-delay
	flags  []string
	store  string     // --database, "" on SQLite
	others []*gateway // further nodes on the same database
	secret string     // the demo shop's

	process *exec.Cmd
	ended   chan struct{}
	http    *http.Client

	mu      sync.Mutex
	answers bytes.Buffer // every byte that the API answered
	private []string     // what must be nowhere: accounts and cards in clear
	drawn   int
}

type option func(*gateway)

// withDelay runs the sandbox with its waiting times scaled by seconds.
func withDelay(seconds string) option { return func(g *gateway) { g.delay = seconds } }

// withFlags adds flags to serve.
func withFlags(flags ...string) option { return func(g *gateway) { g.flags = flags } }

// each runs a test on both databases, each time with a gateway of its own, whose
// books and secrets are looked at in the end.
func each(t *testing.T, run func(t *testing.T, g *gateway), list ...option) {
	t.Helper()
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, engine, list...)
			g.start()
			run(t, g)
			if !t.Failed() {
				g.keepsSecrets()
				g.worksWithoutError()
			}
		})
	}
}

func newGateway(t *testing.T, engine string, list ...option) *gateway {
	t.Helper()
	dir, err := os.MkdirTemp("", "brama-e2e-") // t.TempDir is too long a path for a socket
	if err != nil {
		t.Fatal(err)
	}
	binary, err := program()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	g := &gateway{t: t, binary: binary, engine: engine, dir: dir, delay: "0", listen: "127.0.0.1:0", secret: demoSecret}
	for _, o := range list {
		o(g)
	}
	if engine == "postgres" {
		g.store = dbtest.PostgresURL(t)
	}
	t.Cleanup(func() { // before the database is dropped
		g.kill()
		if t.Failed() {
			t.Logf("the gateway's log:\n%s", tail(g.log(), 16<<10))
		}
		_ = os.RemoveAll(dir)
	})
	g.http = &http.Client{
		Timeout:       time.Minute,
		Transport:     &recorder{g, &http.Transport{MaxIdleConnsPerHost: 256}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return g
}

func (g *gateway) data() string { return filepath.Join(g.dir, "data") }

// storage are the flags that every command takes.
func (g *gateway) storage() []string {
	flags := []string{"--data", g.data()}
	if g.store != "" {
		flags = append(flags, "--database", g.store)
	}
	return flags
}

func (g *gateway) logPath() string { return filepath.Join(g.dir, "stderr") }

func (g *gateway) log() string {
	text, _ := os.ReadFile(g.logPath())
	return string(text)
}

// worksWithoutError finds what no test asked for: an internal error, a panic, a
// worker that does not get on.
func (g *gateway) worksWithoutError() {
	g.t.Helper()
	for line := range strings.Lines(g.log()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "a worker met an error") {
			g.t.Errorf("in the log: %s", line)
		}
	}
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// start starts the program and waits until it is ready.
func (g *gateway) start() {
	g.t.Helper()
	before := len(g.log())
	g.launch()
	g.awaitReady(before)
}

// awaitReady waits for the line of the log that says so, and learns the address.
func (g *gateway) awaitReady(before int) {
	g.t.Helper()
	ready := regexp.MustCompile(`msg=ready listen=(\S+)`)
	g.eventually("the gateway is ready", func() bool {
		select {
		case <-g.ended:
			g.t.Fatalf("the gateway ended at its start:\n%s", tail(g.log(), 4<<10))
		default:
		}
		found := ready.FindStringSubmatch(g.log()[before:])
		if found == nil {
			return false
		}
		g.listen, g.url = found[1], "http://"+found[1]
		return g.status("/readyz") == http.StatusOK
	})
}

func (g *gateway) launch() {
	g.t.Helper()
	args := append([]string{"serve", "--demo", "--listen", g.listen, "--sandbox-delay", g.delay}, g.storage()...)
	g.process, g.ended = g.spawn(append(args, g.flags...))
}

// spawn starts the program, which ends with this process at the latest.
func (g *gateway) spawn(args []string) (*exec.Cmd, chan struct{}) {
	g.t.Helper()
	c := exec.Command(g.binary, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := os.OpenFile(g.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	defer stderr.Close()
	stdout, err := os.OpenFile(filepath.Join(g.dir, "stdout"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	defer stdout.Close()
	c.Stdout, c.Stderr = stdout, stderr
	if err := c.Start(); err != nil {
		g.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	return c, ended
}

// kill ends the program as a lost machine does.
func (g *gateway) kill() {
	if g.process == nil {
		return
	}
	_ = g.process.Process.Kill()
	<-g.ended
	g.process = nil
}

// stop asks the program to end and waits until it has, giving its exit status.
func (g *gateway) stop() int {
	g.t.Helper()
	_ = g.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.ended:
	case <-time.After(40 * time.Second):
		g.t.Fatal("the gateway does not end")
	}
	status := g.process.ProcessState.ExitCode()
	g.process = nil
	return status
}

// brama runs another command of the program to its end.
func (g *gateway) brama(args ...string) (status int, output string) {
	g.t.Helper()
	c := exec.Command(g.binary, append(args, g.storage()...)...)
	said, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		g.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(said)
}

// operator runs a command that must succeed, as an operator's change does.
func (g *gateway) operator(args ...string) string {
	g.t.Helper()
	status, said := g.brama(args...)
	if status != 0 {
		g.t.Fatalf("brama %s: exit status %d\n%s", strings.Join(args, " "), status, said)
	}
	return said
}

// patience is how long a test waits for what must come. The machine may be busy
// with other packages' tests.
const patience = 90 * time.Second

// eventually waits until something is so.
func (g *gateway) eventually(what string, so func() bool) {
	g.t.Helper()
	pause := 5 * time.Millisecond
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pause) {
		if so() {
			return
		}
		pause = min(pause*2, 100*time.Millisecond)
	}
	g.t.Fatalf("waited for %v in vain: %s", patience, what)
}

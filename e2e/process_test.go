package e2e

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/e2e/program"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // most of a test's time is waiting for another process
	}
	status := m.Run()
	program.Remove()
	os.Exit(status)
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
	clock  string     // the file that puts its clock; "" has the machine's

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
				g.callsBackAsDescribed()
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
	binary, err := program.Build()
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
			t.Logf("the gateway's log:\n%s", program.Tail(g.log(), 16<<10))
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

func (g *gateway) log() string {
	text, _ := os.ReadFile(program.Log(g.dir))
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
	g.eventually("the gateway is ready", func() bool {
		select {
		case <-g.ended:
			g.t.Fatalf("the gateway ended at its start:\n%s", program.Tail(g.log(), 4<<10))
		default:
		}
		address, ok := program.Ready(g.log()[before:])
		if !ok {
			return false
		}
		g.listen, g.url = address, "http://"+address
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
	run := g.binary
	if g.clock != "" { // env becomes the program
		run, args = "env", append([]string{program.ClockVariable + "=" + g.clock, g.binary}, args...)
	}
	c, ended, err := program.Spawn(run, g.dir, args...)
	if err != nil {
		g.t.Fatal(err)
	}
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

// patience is how long a test waits for what must come.
const patience = program.Patience

// eventually waits until something is so.
func (g *gateway) eventually(what string, so func() bool) {
	g.t.Helper()
	program.Eventually(g.t, what, so)
}

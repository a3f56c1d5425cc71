package e2e

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
)

// server is a PostgreSQL server of one test alone, which can be killed.
type server struct {
	t       *testing.T
	url     string
	dir     string // its data
	program string
	args    []string
	who     *syscall.Credential
	ended   chan error // of the last one started here; nil: the first runs
}

func newServer(t *testing.T) *server {
	t.Helper()
	if os.Getenv(dbtest.Variable) == "off" {
		t.Skip("no PostgreSQL: " + dbtest.Variable + "=off")
	}
	started, err := dbtest.StartServer(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, url: started.URL}
	t.Cleanup(func() {
		if s.ended != nil {
			s.kill()
		}
		started.Stop()
	})
	s.learn()
	return s
}

// learn finds how the server was started: by the port of its address.
func (s *server) learn() {
	s.t.Helper()
	port := strings.Split(strings.Split(s.url, "@127.0.0.1:")[1], "/")[0]
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		args := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if len(args) < 5 || !strings.HasSuffix(args[0], "/postgres") || args[3] != "-p" || args[4] != port {
			continue
		}
		owner, err := os.Stat(path)
		if err != nil {
			s.t.Fatal(err)
		}
		s.program, s.args, s.dir = args[0], args[1:], args[2]
		if by := owner.Sys().(*syscall.Stat_t); int(by.Uid) != os.Getuid() {
			s.who = &syscall.Credential{Uid: by.Uid, Gid: by.Gid}
		}
		return
	}
	s.t.Fatal("the test's server is not among the processes")
}

// kill ends every process of the server as a lost machine does.
func (s *server) kill() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "postmaster.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	pid, err := strconv.Atoi(string(first))
	if err != nil {
		s.t.Fatal(err)
	}
	backends := children(pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for _, backend := range backends {
		_ = syscall.Kill(backend, syscall.SIGKILL)
	}
	if s.ended != nil {
		<-s.ended
		s.ended = nil
	}
}

// children are the processes that a process has started.
func children(of int) (found []int) {
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(of) + "/task/*/children")
	for _, path := range lists {
		text, _ := os.ReadFile(path)
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				found = append(found, pid)
			}
		}
	}
	return found
}

// restart starts the server on the same data. It refuses while a process of the
// old one is still there, so it is tried again.
func (s *server) restart() {
	s.t.Helper()
	for range 100 {
		c := exec.Command(s.program, s.args...)
		c.Dir = "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: s.who, Setpgid: true, Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			s.t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		select {
		case <-ended:
			time.Sleep(50 * time.Millisecond)
		case <-time.After(500 * time.Millisecond):
			s.ended = ended
			return
		}
	}
	s.t.Fatal("the server does not start again")
}

// PostgreSQL is killed again and again under a gateway that goes on. Of what it
// had acknowledged nothing is lost; what it called unknown is there once or not.
func TestPostgresKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGateway(t, "sqlite")
	g.engine, g.store = "postgres", s.url
	g.start()
	r := newReceiver(t)
	l := newLoad(g, r)
	l.doubtful = true
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	for range crashRounds(t) {
		l.until(chance, func() {
			s.kill()
			time.Sleep(time.Duration(chance.IntN(300)) * time.Millisecond)
			s.restart()
		})
		g.eventually("the gateway answers again", func() bool { return g.status("/readyz") == 200 })
	}
	g.quiet()
	t.Logf("%d calls were put off, or their outcome was not known", l.put)
	l.kept(t, r)
	g.balanced()
}

package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable is the environment variable that names the test server: a
// postgres:// URL of a superuser, or "off".
const Variable = "BRAMA_TEST_POSTGRES"

// server is the address of the test server, started at the first question. It
// ends with the process.
func server(t testing.TB) string {
	t.Helper()
	switch address := os.Getenv(Variable); address {
	case "off":
		t.Skip("no PostgreSQL: " + Variable + "=off")
	case "":
		started, err := own()
		if err != nil {
			t.Fatalf("start PostgreSQL for the tests (or set %s to a postgres:// URL, or to off): %v", Variable, err)
		}
		return started.URL
	default:
		return address
	}
	return ""
}

var own = sync.OnceValues(func() (*Server, error) { return StartServer(io.Discard) })

// Server is a PostgreSQL server for tests: it forgets its data when it ends,
// and does not wait for the disk.
type Server struct {
	URL  string // of its superuser
	stop io.Closer
	done chan struct{}
}

// StartServer starts a server in a temporary directory, installing Debian's
// postgresql first where there is none. progress gets what an installation says.
func StartServer(progress io.Writer) (*Server, error) {
	bin, err := binaries(progress)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "brama-postgres-")
	if err != nil {
		return nil, err
	}
	s, err := start(bin, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// binaries is the directory of the newest installed server.
func binaries(progress io.Writer) (string, error) {
	if bin := newest(); bin != "" {
		return bin, nil
	}
	if err := Install(progress, "postgresql"); err != nil {
		return "", err
	}
	if bin := newest(); bin != "" {
		return bin, nil
	}
	return "", errors.New("no /usr/lib/postgresql/*/bin after installing postgresql")
}

// Install installs packages of Debian, which root alone may. progress gets what the
// installation says.
func Install(progress io.Writer, packages ...string) error {
	for _, args := range [][]string{{"update"}, append([]string{"install", "-y", "--no-install-recommends"}, packages...)} {
		apt := exec.Command("apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
		apt.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		apt.Stdout, apt.Stderr = progress, progress
		if err := apt.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	return nil
}

func newest() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
}

func start(bin, dir string) (*Server, error) {
	who, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := command(who, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if said, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	postgres := command(who, filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=400", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "autovacuum=off", "-c", "max_wal_size=4GB", "-c", "log_min_messages=fatal")
	postgres.SysProcAttr.Setpgid = true // an interrupt at the terminal is for the tests; the reaper ends the server
	if err := postgres.Start(); err != nil {
		return nil, err
	}
	s := &Server{URL: fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port), done: make(chan struct{})}
	if err := s.reap(postgres.Process.Pid, dir); err != nil {
		return nil, errors.Join(err, postgres.Process.Kill())
	}
	go func() { _ = postgres.Wait() }()
	if err := s.answers(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// reap starts a process that waits for the end of this one, however it comes,
// then ends the server and removes its files: it reads from a pipe of which
// only this process has the other end.
func (s *Server) reap(pid int, dir string) error {
	const script = `cat >/dev/null; kill -QUIT "$1"; n=0; while kill -0 "$1" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done; rm -rf "$2"`
	reaper := exec.Command("sh", "-c", script, "reaper", strconv.Itoa(pid), dir)
	reaper.Dir = "/"
	reaper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := reaper.StdinPipe()
	if err != nil {
		return err
	}
	if err := reaper.Start(); err != nil {
		return err
	}
	s.stop = pipe
	go func() {
		_ = reaper.Wait()
		close(s.done)
	}()
	return nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	_ = s.stop.Close()
	<-s.done
}

// answers waits until the server takes connections.
func (s *Server) answers() error {
	var err error
	for range 300 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(context.Background(), s.URL); err == nil {
			return conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the server does not answer: %w", err)
}

// unprivileged gives the directory to a user who may run a server: PostgreSQL
// refuses to run as root. nil is the user we are.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(found.Uid, 10, 32)
		gid, _ := strconv.ParseUint(found.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func command(who *syscall.Credential, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	return c
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a gateway that runs as a process of its own, to be measured.
type server struct {
	address string
	process *exec.Cmd
	tie     io.Closer // the process ends when this end of its standard input is closed
	log     *os.File
	started time.Duration // from the start of the process to its first answer
	ended   chan error
}

// startServer starts the gateway on the house's data and waits for its first answer.
func (b *bench) startServer(ctx context.Context, name string, flags ...string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args := append(b.house.flags("serve"), "--demo", "--listen", address, "--sandbox-delay", "0", "--bench-tied")
	if b.Profile != "" {
		flags = append(flags, "--bench-profile", filepath.Join(b.Profile, name))
	}
	s := &server{address: address, process: exec.Command(self, append(args, flags...)...), ended: make(chan error, 1)}
	s.process.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "BRAMA_") })
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is the bench's; it ends the server
	if err := s.open(b.house.Data); err != nil {
		return nil, err
	}
	return s, s.await(ctx)
}

// open starts the process. What it logs goes to a file, one line per request.
func (s *server) open(dir string) (err error) {
	if s.log, err = os.Create(filepath.Join(dir, "server.log")); err != nil {
		return err
	}
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if s.tie, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	go func() { s.ended <- s.process.Wait() }()
	return nil
}

// startTime is how long a server may take to its first answer.
const startTime = 30 * time.Second

func (s *server) await(ctx context.Context) error {
	begun := time.Now()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for time.Since(begun) < startTime && ctx.Err() == nil {
		if answer, err := client.Get("http://" + s.address + "/readyz"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				s.started = time.Since(begun)
				return nil
			}
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended: %w\n%s", errors.Join(err), s.said())
		case <-time.After(2 * time.Millisecond):
		}
	}
	_ = s.stop()
	return errors.Join(ctx.Err(), fmt.Errorf("the server did not answer within %s\n%s", startTime, s.said()))
}

// said is the end of the server's log.
func (s *server) said() string {
	text, _ := os.ReadFile(s.log.Name())
	return string(text[max(0, len(text)-2000):])
}

// stop lets the server drain and end, and gives an error when it did not do it well.
func (s *server) stop() error {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	defer s.log.Close()
	defer s.tie.Close()
	select {
	case err := <-s.ended:
		s.ended <- err
		if err != nil {
			return fmt.Errorf("the server ended badly: %w\n%s", err, s.said())
		}
		return nil
	case <-time.After(2 * drainTime):
		_ = s.process.Process.Kill()
		return errors.New("the server did not end and was killed")
	}
}

// memory is a line of the process's status in KiB: VmRSS now, VmHWM at most.
func (s *server) memory(line string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	for row := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(row, line+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// processor is the processor time that the server has used so far.
func (s *server) processor() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100) // the kernel counts in hundredths
}

// counters are the server's own counts of its writers.
type counters struct{ batches, useCases, rows float64 }

func (a counters) since(b counters) counters {
	return counters{a.batches - b.batches, a.useCases - b.useCases, a.rows - b.rows}
}

// count reads the counters where a demo shows its metrics.
func (s *server) count() (c counters, err error) {
	answer, err := http.Get("http://" + s.address + "/metrics")
	if err != nil {
		return c, err
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		into, ok := map[string]*float64{"brama_batches": &c.batches, "brama_use_cases": &c.useCases, "brama_rows_written": &c.rows}[name]
		if ok {
			*into, _ = strconv.ParseFloat(value, 64)
		}
	}
	return c, nil
}

// spent is what the server has done and used so far.
func (s *server) spent() (counters, time.Duration, error) {
	c, err := s.count()
	return c, s.processor(), err
}

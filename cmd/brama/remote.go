package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// request is a command line that is given to a running server.
type request struct {
	Args     []string          `json:"args"`
	Actor    string            `json:"actor"`
	Database string            `json:"database"` // fingerprint of the database that is meant
	Secrets  map[string][]byte `json:"secrets,omitempty"`
}

// reply is what the server printed, and the exit status.
type reply struct {
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
	Status int    `json:"status"`
}

// err carries the status; what went wrong has been printed.
func (r reply) err() error {
	if r.Status == 0 {
		return nil
	}
	return exitWith(r.Status)
}

// maxExchange bounds a request and a reply on the socket.
const maxExchange = 16 << 20

// fingerprint tells whether a command and a server mean the same database,
// without showing its address.
func (s storage) fingerprint() string {
	if s.Database == "" {
		return "embedded"
	}
	sum := sha256.Sum256([]byte(s.Database))
	return hex.EncodeToString(sum[:])
}

// ask gives a command to the server of the data directory; served is false when
// none runs.
func (s storage) ask(ctx context.Context, asked request) (answered reply, served bool, err error) {
	conn, err := s.dial(ctx)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return reply{}, false, nil
	}
	if err != nil {
		return reply{}, true, fmt.Errorf("the running server cannot be reached: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := json.NewEncoder(conn).Encode(asked); err != nil {
		return reply{}, true, fmt.Errorf("the running server cannot be asked: %w", err)
	}
	if err := json.NewDecoder(io.LimitReader(conn, maxExchange)).Decode(&answered); err != nil {
		return reply{}, true, errors.New("the running server gave no answer; the command may have been done: look before you repeat")
	}
	return answered, true, nil
}

func (s storage) dial(ctx context.Context) (net.Conn, error) {
	path, done, err := reachable(s.socketPath())
	if err != nil {
		return nil, err
	}
	defer done()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	return dialer.DialContext(ctx, "unix", path)
}

// maxSocketPath is how long a socket's path may be; the kernel's limit is 108 bytes.
const maxSocketPath = 100

// reachable is a path by which a socket can be named whose own may be too long:
// through its directory's open file. done must be called after its use.
func reachable(path string) (short string, done func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short = filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())), filepath.Base(path))
	return short, func() { _ = dir.Close() }, nil
}

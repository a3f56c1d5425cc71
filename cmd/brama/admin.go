package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// admin runs the operator's commands that come over the socket of a running
// server: the same commands, on the server's own database and keys.
type admin struct {
	g       *gateway
	at      storage
	log     *slog.Logger
	running sync.WaitGroup
	ctx     context.Context // ends when the server stops and the commands' time is over
}

// Bounds of the socket.
const (
	adminPatience = 10 * time.Second // to send a request, and to end a command when the server stops
	adminAtATime  = 8
)

// serveAdmin opens the admin socket of a running server. Only the user who runs
// the server may use it. stop lets the commands that run end, and removes it.
func (c *serveCommand) serveAdmin(g *gateway, log *slog.Logger) (stop func(), err error) {
	listener, err := listenAdmin(c.socketPath())
	if err != nil {
		return nil, fmt.Errorf("--data: the admin socket: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &admin{g: g, at: c.storage, log: log, ctx: ctx}
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		a.accept(listener)
	}()
	return func() {
		_ = listener.Close()
		timer := time.AfterFunc(adminPatience, cancel) // begun before the wait: who was taken last may wait for a place
		<-accepting
		a.running.Wait()
		timer.Stop()
		cancel()
		_ = os.Remove(c.socketPath())
	}, nil
}

// listenAdmin makes the socket. The caller holds the lock of the data directory,
// so a file that is there was left by a process that is gone – unless the data is
// on PostgreSQL and another server shares the directory.
func listenAdmin(path string) (*net.UnixListener, error) {
	short, done, err := reachable(path)
	if err != nil {
		return nil, err
	}
	defer done()
	if conn, err := net.DialTimeout("unix", short, time.Second); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("another server answers at %s; give each its own --data", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // by its own path, at stop
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

func (a *admin) accept(listener *net.UnixListener) {
	places := make(chan struct{}, adminAtATime)
	for {
		conn, err := listener.AcceptUnix()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			a.log.Warn("the admin socket", "error", err)
			sleep(a.ctx, time.Second)
			continue
		}
		places <- struct{}{}
		a.running.Go(func() {
			defer func() { <-places }()
			a.answer(conn)
		})
	}
}

func (a *admin) answer(conn *net.UnixConn) {
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(adminPatience))
	var asked request
	if err := json.NewDecoder(io.LimitReader(conn, maxExchange)).Decode(&asked); err != nil {
		return // a probe, or a caller that left
	}
	answered := refuseWith("the admin socket serves only the user who runs the server")
	if uid, err := peer(conn); err == nil && uid == uint32(os.Getuid()) { //nolint:gosec // a uid fits
		answered = a.run(asked)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(adminPatience))
	_ = json.NewEncoder(conn).Encode(answered)
}

// peer is the user at the other end, as the kernel says.
func peer(conn *net.UnixConn) (uid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var who *syscall.Ucred
	var asking error
	err = raw.Control(func(fd uintptr) {
		who, asking = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, asking); err != nil {
		return 0, err
	}
	return who.Uid, nil
}

func refuseWith(text string) reply { return reply{Stderr: "brama: " + text + "\n", Status: 1} }

// exited is the panic of a parser that wants to end the process.
type exited int

// run parses and runs a command line as the caller's process would have.
func (a *admin) run(asked request) (answered reply) {
	if asked.Database != a.at.fingerprint() {
		return refuseWith("the server of this data directory serves another database than --database says")
	}
	var stdout, stderr bytes.Buffer
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exited:
			answered = reply{stdout.String(), stderr.String(), int(p)}
		default:
			a.log.Error("an operator's command panicked", "panic", p)
			answered = refuseWith("the command failed; see the server's log")
		}
	}()
	line, err := parseLine(asked.Args, &stdout, &stderr, func(status int) { panic(exited(status)) })
	if err != nil {
		return reply{stdout.String(), "brama: " + err.Error() + "\n", 2}
	}
	act, _, ok := operationOf(line)
	if !ok {
		return refuseWith("this command is not run by a server")
	}
	o := &desk{db: a.g.db, box: a.g.box, keyPath: a.at.keyPath(), actor: cleanActor(asked.Actor), secrets: asked.Secrets, out: &stdout, doctor: a.g.doctor}
	err = o.run(a.ctx, act)
	status := exitStatus(err, &stderr)
	a.log.Info("an operator's command", "command", line.Command(), "actor", asked.Actor, "status", status)
	return reply{stdout.String(), stderr.String(), status}
}

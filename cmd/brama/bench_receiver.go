package main

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// receiver takes callbacks as a shop would, and is as cheap as can be: what is
// measured is the gateway.
type receiver struct {
	listener net.Listener
	taken    atomic.Int64
	running  sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool
}

func openReceiver() (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v := &receiver{listener: listener, open: map[net.Conn]bool{}}
	v.running.Go(v.accept)
	return v, nil
}

func (v *receiver) url() string { return "http://" + v.listener.Addr().String() + "/callbacks" }

func (v *receiver) accept() {
	for {
		conn, err := v.listener.Accept()
		if err != nil {
			return
		}
		v.mu.Lock()
		v.open[conn] = true
		v.mu.Unlock()
		v.running.Go(func() { v.answer(conn) })
	}
}

func (v *receiver) answer(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewReader(conn)
	for {
		length := 0
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
			if digits, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(digits))
			}
		}
		if _, err := io.CopyN(io.Discard, lines, int64(length)); err != nil {
			return
		}
		v.taken.Add(1)
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"); err != nil {
			return
		}
	}
}

func (v *receiver) close() {
	_ = v.listener.Close()
	v.mu.Lock()
	for conn := range v.open {
		_ = conn.Close()
	}
	v.mu.Unlock()
	v.running.Wait()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// cluster is the nodes on one database.
type cluster struct {
	dir, binary, database string
	nodes                 [nodes]*node
	turn                  atomic.Uint64
}

// node is one gateway: its place stays, its process comes and goes.
type node struct {
	cluster *cluster
	number  int
	address string
	process *exec.Cmd
	ended   chan struct{}
	ready   atomic.Bool
}

// begin starts the first node, which makes the tables and the demo data, and then
// the others.
func (c *cluster) begin(ctx context.Context) error {
	for i := range c.nodes {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		c.nodes[i] = &node{cluster: c, number: i, address: listener.Addr().String()}
		if err := errors.Join(listener.Close(), c.nodes[i].start()); err != nil {
			return err
		}
		if err := c.nodes[i].await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) data() string { return filepath.Join(n.cluster.dir, fmt.Sprint("node", n.number)) }

func (n *node) log() string { return n.data() + ".log" }

// flags name the node's storage: its own directory for the socket, the database
// and the key of all.
func (n *node) flags() []string {
	return []string{"--data", n.data(), "--database", n.cluster.database, "--key-file", filepath.Join(n.cluster.dir, "brama.key")}
}

func (n *node) start() error {
	log, err := os.OpenFile(n.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.process = exec.Command(n.cluster.binary, append([]string{"serve", "--demo", "--listen", n.address, "--sandbox-delay", "0"}, n.flags()...)...)
	n.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		return err
	}
	process, ended := n.process, make(chan struct{})
	n.ended = ended
	go func() { _ = process.Wait(); close(ended) }()
	return nil
}

// kill ends the node as a lost machine does.
func (n *node) kill() {
	n.ready.Store(false)
	_ = n.process.Process.Kill()
	<-n.ended
}

var health = &http.Client{Timeout: time.Second}

func (n *node) look() {
	answer, err := health.Get("http://" + n.address + "/readyz")
	if err == nil {
		_ = answer.Body.Close()
	}
	n.ready.Store(err == nil && answer.StatusCode == http.StatusOK)
}

func (n *node) await(ctx context.Context) error {
	for range 600 {
		if n.look(); n.ready.Load() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.ended:
			return fmt.Errorf("node %d ended at its start", n.number)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("node %d is not ready after 30 s", n.number)
}

// killInTurn kills one node after the other and starts each again, and gives how
// many it killed. Most of the time two of them serve.
func (c *cluster) killInTurn(ctx context.Context, under time.Duration) (kills int) {
	for until := time.Now().Add(under); time.Now().Before(until) && ctx.Err() == nil; kills++ {
		n := c.nodes[kills%nodes]
		time.Sleep(1500 * time.Millisecond)
		n.kill()
		time.Sleep(700 * time.Millisecond)
		if err := n.start(); err != nil {
			return kills
		}
		_ = n.await(ctx) // one that does not come is found by the checks
	}
	return kills
}

func (c *cluster) end() {
	for _, n := range c.nodes {
		if n != nil && n.process != nil {
			n.kill()
		}
	}
}

// command runs another command of the program, by the first node.
func (c *cluster) command(args ...string) (string, error) {
	said, err := exec.Command(c.binary, append(args, c.nodes[0].flags()...)...).CombinedOutput()
	return string(said), err
}

// said is the end of each node's log.
func (c *cluster) said() (text string) {
	for _, n := range c.nodes {
		if n != nil {
			log, _ := os.ReadFile(n.log())
			text += fmt.Sprintf("node %d:\n%s\n", n.number, log[max(0, len(log)-1500):])
		}
	}
	return text
}

// balancer sends each request to the next node that said it is ready. It does not
// send one again: what became of it is for the client to ask.
func (c *cluster) balancer(ctx context.Context) http.Handler {
	for _, n := range c.nodes {
		go func() {
			for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
				n.look()
			}
		}()
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: c.next()})
			r.Out.Host = r.In.Host
		},
		Transport:    &http.Transport{MaxIdleConnsPerHost: 64},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
}

func (c *cluster) next() string {
	turn := c.turn.Add(1)
	for i := range uint64(nodes) {
		if n := c.nodes[(turn+i)%nodes]; n.ready.Load() {
			return n.address
		}
	}
	return c.nodes[turn%nodes].address
}

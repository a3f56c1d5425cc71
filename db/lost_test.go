package db_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

func rawConn(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func rawExec(t *testing.T, conn *pgx.Conn, text string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), text); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// kill ends the other connections to the database that are in a state, and
// waits until they have gone.
func kill(t *testing.T, conn *pgx.Conn, state string) {
	t.Helper()
	const those = " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE $1"
	for range 500 {
		var n int
		if _, err := conn.Exec(context.Background(), "SELECT pg_terminate_backend(pid)"+those, state); err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(context.Background(), "SELECT count(*)"+those, state).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the connections do not end")
}

// A pooler between us may forget what a connection has prepared: nobody notices.
func TestForgottenStatementsArePreparedAgain(t *testing.T) {
	h := dbtest.Postgres(t, own())
	do(t, h, 1, chain(3))
	for range 3 {
		if err := h.DB.Deallocate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := do(t, h, 1, follow(2)); got != 1+2 {
			t.Errorf("two levels sum to %d", got)
		}
	}
}

func TestAConnectionKilledBeforeCommit(t *testing.T) {
	h := dbtest.Postgres(t, own())
	killer := rawConn(t, h.Config.URL)
	cut := increment(1)
	decide := cut.decide
	cut.decide = func(s *db.State) (int64, error) {
		kill(t, killer, "idle in transaction")
		return decide(s)
	}
	_, err := db.Do(context.Background(), h.DB, 1, cut)
	wantKind(t, err, fault.Unavailable)
	if got := do(t, h, 1, increment(1)); got != 1 {
		t.Errorf("the next call counts to %d, want 1", got)
	}
}

// A restart of the server ends every idle connection. That is found out before
// anything is done, so nobody is refused.
func TestConnectionsKilledWhileIdle(t *testing.T) {
	h := dbtest.Postgres(t, own())
	killer := rawConn(t, h.Config.URL)
	for round := range int64(3) {
		kill(t, killer, "%")
		if got := do(t, h, 1, increment(1)); got != round+1 {
			t.Errorf("the call counts to %d, want %d", got, round+1)
		}
	}
	if err := h.DB.Ping(context.Background()); err != nil {
		t.Errorf("reading after it: %v", err)
	}
}

// proxy stands between a node and the server and cuts the connection at a word
// of the client.
type proxy struct {
	server string

	mu      sync.Mutex
	word    string
	forward bool // the word is passed on, only its answer is lost
	instead string
}

// alter passes another text on in place of a word, once.
func (p *proxy) alter(word, instead string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.word, p.instead = word, instead
}

// altered is what goes to the server.
func (p *proxy) altered(spoken []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.instead == "" || !bytes.Contains(spoken, []byte(p.word)) {
		return spoken
	}
	spoken = bytes.Replace(spoken, []byte(p.word), []byte(p.instead), 1)
	p.word, p.instead = "", ""
	return spoken
}

func (p *proxy) cut(word string, forward bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.word, p.forward = word, forward
}

// hit says, once, that the word was spoken.
func (p *proxy) hit(spoken []byte) (cut, forward bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.word == "" || p.instead != "" || !bytes.Contains(spoken, []byte(p.word)) {
		return false, false
	}
	p.word = ""
	return true, p.forward
}

// waits is whether the word has still to be said.
func (p *proxy) waits() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.word != ""
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	lost := make(chan struct{}) // closed when answers are no longer passed on
	go func() {
		defer client.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				return
			}
			select {
			case <-lost:
				return // the server has answered: the commit is done
			default:
				_, _ = client.Write(buffer[:n])
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		cut, forward := p.hit(buffer[:n])
		if cut && !forward {
			return
		}
		if cut {
			close(lost)
		}
		_, _ = server.Write(p.altered(buffer[:n]))
		if cut {
			_, _ = io.Copy(io.Discard, client) // until the answer came and the other side has closed
			return
		}
	}
}

// through is a node that reaches the house's database by a proxy.
func through(t *testing.T, h *dbtest.House) (*dbtest.House, *proxy) {
	t.Helper()
	address, err := url.Parse(h.Config.URL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &proxy{server: address.Host}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	address.Host = listener.Addr().String()
	behind := dbtest.House{Clock: h.Clock, Config: h.Config}
	behind.Config.URL = address.String()
	return behind.Another(t), p
}

func TestAConnectionLostOnTheWay(t *testing.T) {
	cases := []struct {
		name    string
		word    string
		forward bool
		kind    fault.Kind
		stored  bool
	}{
		{"at the begin", "\x00begin\x00", false, 0, true}, // nothing was done yet: the next connection serves
		{"after the lock and load", "counter t", true, 0, true},
		{"at the update", "UPDATE counter", false, fault.Unavailable, false},
		{"after the update", "UPDATE counter", true, fault.Unavailable, false},
		{"before the commit", "COMMIT\x00", false, fault.Unknown, false},
		{"after the commit", "COMMIT\x00", true, fault.Unknown, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := dbtest.Postgres(t, own())
			node, proxy := through(t, h)
			proxy.cut(c.word, c.forward)
			got, err := db.Do(context.Background(), node.DB, 1, increment(1))
			if proxy.waits() {
				t.Fatalf("nobody said %q", c.word)
			}
			if c.kind == 0 && (err != nil || got != 1) {
				t.Errorf("= %d, %v; want 1", got, err)
			} else if c.kind != 0 {
				wantKind(t, err, c.kind)
			}
			want := int64(1)
			if c.stored {
				want = 2
			}
			if got := do(t, node, 1, increment(1)); got != want {
				t.Errorf("the next call counts to %d, want %d: one is stored at most once", got, want)
			}
		})
	}
}

// A server that answers COMMIT with ROLLBACK, as it does when the transaction had
// failed, has stored nothing: nobody hears that it is done.
func TestACommitThatWasARollback(t *testing.T) {
	h := dbtest.Postgres(t, own())
	node, proxy := through(t, h)
	proxy.alter("COMMIT\x00", "ABORT \x00")
	_, err := db.Do(context.Background(), node.DB, 1, increment(1))
	if proxy.waits() {
		t.Fatal("nothing was committed")
	}
	if stored := number(t, h, "SELECT value FROM counter WHERE shop_id = 1") == 1; stored != (err == nil) {
		t.Errorf("stored %t, answered %v", stored, err)
	}
}

// A commit of unknown outcome must not be run again, alone or not: all of its
// batch are told that they do not know.
func TestAnUnknownBatchIsNotRunAgain(t *testing.T) {
	h := dbtest.Postgres(t, own())
	node, proxy := through(t, h)
	idle := node.Another(t, dbtest.Idle(), dbtest.Writers(1))
	runs := 0
	counted := increment(1)
	decide := counted.decide
	counted.decide = func(s *db.State) (int64, error) { runs++; return decide(s) }
	first := enqueue(t, context.Background(), idle, 1, counted)
	second := enqueue(t, context.Background(), idle, 1, counted)
	proxy.cut("COMMIT\x00", true)
	step(t, idle)
	for _, w := range []*waiting{first, second} {
		_, err := w.answer()
		wantKind(t, err, fault.Unknown)
	}
	if got := number(t, h, "SELECT value FROM counter WHERE shop_id = 1"); runs != 2 || got != 2 {
		t.Errorf("%d decisions ran and the counter is at %d, want 2 and 2", runs, got)
	}
}

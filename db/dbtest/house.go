// Package dbtest gives a test a fresh, migrated database with running writers,
// on SQLite and on PostgreSQL. It is imported by tests only.
//
// The PostgreSQL server is the one that BRAMA_TEST_POSTGRES names (a postgres://
// URL of a superuser), or else one that is started for the test process and
// ends with it. BRAMA_TEST_POSTGRES=off skips the tests that need one.
package dbtest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/brama-pay/brama/db"
)

// House is an open database: its writers run and its node has joined. It is
// closed, and its rows are gone, when the test ends.
type House struct {
	DB     *db.DB
	Clock  *Clock
	Config db.Config // with which DB was opened; its Migrations are already done

	stop func()
}

// Option changes how a house is opened.
type Option func(*options)

type options struct {
	migrations fs.FS
	clock      *Clock
	writers    int
	idle       bool
}

// Migrations brings up other tables than the gateway's own. They must have the
// tables node and shop.
func Migrations(files fs.FS) Option { return func(o *options) { o.migrations = files } }

// Running makes the house's clock show the real time.
func Running() Option { return func(o *options) { o.clock = NewRunningClock() } }

// WithClock gives the house a clock that is shared with something else.
func WithClock(c *Clock) Option { return func(o *options) { o.clock = c } }

// Writers sets how many writers a PostgreSQL house has; it is 4 otherwise.
func Writers(n int) Option { return func(o *options) { o.writers = n } }

// Idle leaves the writers standing after the node has joined: the test runs
// their Step by itself.
func Idle() Option { return func(o *options) { o.idle = true } }

// Each runs a test on both databases, each time on a fresh one.
func Each(t *testing.T, run func(t *testing.T, h *House), list ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite(t, list...)) })
	t.Run("postgres", func(t *testing.T) { run(t, Postgres(t, list...)) })
}

// SQLite is a house on a file of its own.
func SQLite(t testing.TB, list ...Option) *House {
	t.Helper()
	o := choose(list)
	path := filepath.Join(t.TempDir(), "brama.db")
	if err := os.WriteFile(path, sqliteTemplate(t, o.migrations), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, db.Config{Path: path}, o)
}

// Postgres is a house on a database of its own on the test server.
func Postgres(t testing.TB, list ...Option) *House {
	t.Helper()
	o := choose(list)
	return open(t, db.Config{URL: fresh(t, postgresTemplate(t, o.migrations)), Writers: o.writers}, o)
}

// Another is a further node on the database of a PostgreSQL house, with the
// same clock unless an option says otherwise.
func (h *House) Another(t testing.TB, list ...Option) *House {
	t.Helper()
	o := choose(append([]Option{WithClock(h.Clock)}, list...))
	config := h.Config
	if o.writers > 0 {
		config.Writers = o.writers
	}
	return open(t, config, o)
}

// Restart ends the process's hold on the database, as a stopped gateway does,
// and opens it again.
func (h *House) Restart(t testing.TB) {
	t.Helper()
	h.stop()
	again := open(t, h.Config, options{clock: h.Clock})
	h.DB, h.stop = again.DB, again.stop
}

// Stop ends the writers and closes the database. A test's end does it too.
func (h *House) Stop() { h.stop() }

func choose(list []Option) options {
	o := options{migrations: db.Migrations()}
	for _, option := range list {
		option(&o)
	}
	if o.clock == nil {
		o.clock = NewClock()
	}
	return o
}

var holders atomic.Int64

func open(t testing.TB, config db.Config, o options) *House {
	t.Helper()
	config.Now = o.clock.Now
	opened, err := db.Open(context.Background(), config)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	halt := run(opened)
	holder := fmt.Sprintf("test-%d-%d", os.Getpid(), holders.Add(1))
	if err := opened.Join(context.Background(), holder); err != nil {
		halt()
		opened.Close()
		t.Fatalf("join the test's database: %v", err)
	}
	if o.idle {
		halt()
	}
	h := &House{DB: opened, Clock: o.clock, Config: config}
	h.stop = sync.OnceFunc(func() {
		if !o.idle {
			_ = opened.Leave(context.Background()) // fails when the test broke the database
		}
		opened.Shut()
		halt()
		opened.Close()
	})
	t.Cleanup(h.stop)
	return h
}

// run runs the writers until the function it gives is called.
func run(d *db.DB) (halt func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var writers sync.WaitGroup
	for _, w := range d.Writers() {
		writers.Go(func() { w.Run(ctx) })
	}
	return func() { cancel(); writers.Wait() }
}

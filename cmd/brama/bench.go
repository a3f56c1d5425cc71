package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/brama-pay/brama/db"
)

// benchCommand measures the gateway (quality, "Fast").
type benchCommand struct {
	JSON        bool          `name:"json" help:"Print one JSON object to the standard output instead of the table."`
	Database    string        `env:"-" help:"A PostgreSQL server to measure on, in a database made for it and dropped again. Without it SQLite is measured." placeholder:"URL"`
	Dir         string        `env:"-" help:"Where the temporary data is made; choose the disk that is to be measured. By default the system's temporary directory." type:"path"`
	Shops       int           `env:"-" help:"Shops over which the payouts are spread." default:"100"`
	Connections int           `env:"-" help:"Connections that send at a time." default:"64"`
	Duration    time.Duration `env:"-" help:"How long each phase measures." default:"3s"`
	Preload     int64         `env:"-" help:"Completed payouts that are in the books before anything is measured."`
	Rounds      int           `env:"-" help:"How often the phases are repeated, one after the other." default:"2"`
	Only        []string      `env:"-" hidden:"" help:"Run these phases and no others."`
	Profile     string        `env:"-" hidden:"" help:"Write profiles of the server of each phase to this directory." type:"path"`
}

// Help says what the command does to the machine.
func (benchCommand) Help() string {
	return "It starts the gateway as a process of its own on temporary data, drives it over HTTP with signed payouts to the sandbox, recomputes " +
		"the books, and removes everything. It ends by itself; nothing else should run on the machine meanwhile."
}

// bench is a run.
type bench struct {
	benchCommand
	house    *house
	receiver *receiver
	said     io.Writer // progress
	loads    int       // so far: no two have payments in common
	report
}

// Run measures and prints.
func (c *benchCommand) Run(ctx context.Context) (err error) {
	if c.Shops < 1 || c.Connections < 1 || c.Rounds < 1 || c.Duration <= 0 || c.Preload < 0 {
		return errors.New("--shops, --connections, --rounds and --duration must be at least 1, --preload at least 0")
	}
	if c.Profile != "" {
		if err := os.MkdirAll(c.Profile, 0o755); err != nil {
			return err
		}
	}
	b := &bench{benchCommand: *c, said: os.Stderr}
	if b.receiver, err = openReceiver(); err != nil {
		return err
	}
	defer b.receiver.close()
	if b.house, err = openHouse(ctx, c.Dir, c.Database, c.Shops); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.house.remove()) }()
	if err := b.measure(ctx); err != nil {
		return err
	}
	return b.print(os.Stdout, c.JSON)
}

// measure is the whole run, from the empty house to the verified books.
func (b *bench) measure(ctx context.Context) error {
	fmt.Fprintf(b.said, "making %d shops in %s\n", b.Shops, b.house.Data)
	if err := b.house.seed(ctx, b.receiver.url(), b.preload); err != nil {
		return fmt.Errorf("make the shops: %w", err)
	}
	if err := b.describe(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{b.commits, b.delivered, b.rounds, b.latencies, b.commits, b.books} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// phase is one thing that is measured, on a server of its own.
type phase struct {
	name        string
	flags       []string // of the server, besides those of every phase
	path        string
	shops       []int64
	connections int
	rate        float64 // requests per second; 0: as fast as they go
	delivers    bool    // callbacks are sent, and waited for
}

// The methods that are called.
const (
	payoutPath = "/gateway/v1/withdraw/create"
	echoPath   = echoPrefix + payoutPath
)

func (b *bench) spread(name string, flags ...string) phase {
	return phase{name: name, flags: append(flags, "--bench-silent"), path: payoutPath, shops: b.house.shops, connections: b.Connections}
}

// rounds are the phases whose ratios count, interleaved: what disturbs the
// machine for a while disturbs each of them.
func (b *bench) rounds(ctx context.Context) error {
	echo := b.spread("echo", "--bench-echo")
	echo.path = echoPath
	hot := b.spread("hot")
	hot.shops = hot.shops[:1]
	for range b.Rounds {
		for _, p := range []phase{echo, b.spread("payouts"), b.spread("single", "--bench-batch=1"), hot} {
			if err := b.run(ctx, p); err != nil {
				return err
			}
		}
		if err := b.plain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// delivered is what the gateway does when callbacks are sent besides. It comes
// first: later phases owe callbacks that nobody sends.
func (b *bench) delivered(ctx context.Context) error {
	p := b.spread("delivered")
	p.flags, p.delivers = nil, true
	return b.run(ctx, p)
}

// latencies are of one client alone, and of half the load that was accepted.
func (b *bench) latencies(ctx context.Context) error {
	alone := b.spread("alone")
	alone.connections = 1
	if err := b.run(ctx, alone); err != nil {
		return err
	}
	half := b.spread("half")
	half.rate = b.mean("payouts", perSecond) / 2
	return b.run(ctx, half)
}

// warmth is the beginning of a load that is not counted.
const warmth = 500 * time.Millisecond

// run measures one phase: a fresh server, a load, the wait until everything that
// was accepted is final, the end of the server.
func (b *bench) run(ctx context.Context, p phase) (err error) {
	if len(b.Only) > 0 && !slices.Contains(b.Only, p.name) {
		return nil
	}
	s, err := b.startServer(ctx, p.name, p.flags...)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if len(b.Results) == 0 {
		used := s.processor()
		sleep(ctx, time.Second)
		b.IdleRSS, b.IdleProcessor = s.memory("VmRSS")>>10, (s.processor()-used).Seconds()*100
	}
	b.loads++
	l := load{
		address: s.address, path: p.path, shops: p.shops, secret: b.house.secret, name: fmt.Sprintf("bench-%d", b.loads),
		connections: p.connections, rate: p.rate, warm: warmth, duration: b.Duration,
	}
	l.prepared = int(b.expected(p) * (warmth + b.Duration).Seconds() / float64(p.connections))
	before, processor, err := s.spent()
	if err != nil {
		return err
	}
	t, err := l.run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	r := result{Phase: p.name, PerSecond: t.perSecond(), P50: milliseconds(t.quantile(0.5)), P99: milliseconds(t.quantile(0.99)), Sent: t.Sent}
	if p.path == payoutPath {
		if err := b.drain(ctx, p, t, &r); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.StartMillis, r.MaxRSS = milliseconds(s.started), s.memory("VmHWM")>>10
	after, used, err := s.spent()
	if err != nil {
		return err
	}
	r.Processor = float64((used - processor).Microseconds()) / float64(max(1, t.Sent))
	r.UseCases = ratio(after.since(before).useCases, after.since(before).batches)
	r.Rows = ratio(after.since(before).rows, float64(t.Sent))
	b.add(r)
	return nil
}

// expected is a guess at a phase's requests per second, so that most are built
// and signed before its clock starts.
func (b *bench) expected(p phase) float64 {
	switch {
	case p.rate > 0:
		return p.rate * 1.1
	case p.connections == 1:
		return 2000
	}
	return 20_000
}

// drain waits until all payouts are final, and the callbacks taken if they are
// sent, and counts what that came to per second.
func (b *bench) drain(ctx context.Context, p phase, t tally, r *result) error {
	d, err := b.house.open(ctx, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := b.until(ctx, d, "SELECT COUNT(*) FROM payout WHERE due_at > 0"); err != nil {
		return err
	}
	r.Completed = float64(t.Sent) / time.Since(t.Began).Seconds()
	if !p.delivers {
		return nil
	}
	if err := b.until(ctx, d, "SELECT COUNT(*) FROM callback WHERE due_at > 0"); err != nil {
		return err
	}
	r.Delivered = float64(b.receiver.taken.Load()) / time.Since(t.Began).Seconds()
	return nil
}

// patience is how long the work that is left over may make no progress.
const patience = 30 * time.Second

func (b *bench) until(ctx context.Context, d *db.DB, left string) error {
	least, since := int64(1)<<62, time.Now()
	for {
		var n int64
		if err := db.Query(ctx, d.Reader(), func(scan func(...any) error) error { return scan(&n) }, left); err != nil {
			return err
		}
		if n < least {
			least, since = n, time.Now()
		}
		switch {
		case n == 0:
			return nil
		case time.Since(since) > patience:
			return fmt.Errorf("%d are left and nothing happens (%s)", n, left)
		}
		sleep(ctx, 20*time.Millisecond)
	}
}

func (b *bench) commits(ctx context.Context) error {
	took, err := b.house.commitTime(ctx)
	b.Commits = append(b.Commits, took)
	return err
}

// books recomputes the books, and is an error when anything differs.
func (b *bench) books(ctx context.Context) error {
	fmt.Fprintln(b.said, "recomputing the books")
	said, err := b.house.verify(ctx, b.said)
	if err != nil {
		return fmt.Errorf("the books do not agree: %w\n%s", err, said)
	}
	b.Books = said
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

package sim

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"
)

// Options say which world is run.
type Options struct {
	Seed     uint64
	Steps    int64
	Database string    // postgres://…; "" is SQLite on a file of its own
	Trace    io.Writer // gets every line; may be nil
	Without  Faults    // what does not go wrong; all does otherwise
	Skip     []Span    // client actions, by number, that are not begun
}

// Faults are kinds of things that go wrong.
type Faults struct {
	Crashes, Commits, Provider, Receivers, Leaving, SecondNode, Jumps, Retries, Clock, Operators bool
}

// Span is the numbers from From to before To.
type Span struct{ From, To int64 }

// Report is what a run came to.
type Report struct {
	Options Options
	Steps   int64
	Trace   string // SHA-256 of the trace, hex
	Counts  Counts
	Failure *Failure // nil: every promise was kept
	Actions int64    // client actions begun
}

// Failure is a promise that was not kept.
type Failure struct {
	Seed      uint64
	Step      int64
	Invariant string
	Detail    string
	Tail      []string // the last lines of the trace
}

// World is one simulated world.
type World struct {
	Options
	dice      *rand.Rand
	now, born int64 // Unix ms
	put       int64 // how far the machines' clock is off, in ms
	step      int64
	events    []event
	eventsNo  int64
	tasks     []*task
	tasksMade int64
	running   *task
	yielded   chan struct{}
	nodes     []*node
	bank      *bank
	mirror    *mirror
	receivers *receivers
	shops     []*merchant
	ops       []*operation
	action    int64
	calm      bool // nothing goes wrong any more
	trace     *trace
	counts    Counts
	failure   *Failure
	disk      *disk
	log       *slog.Logger
}

// event is something the world does at a time.
type event struct {
	at, no int64
	do     func()
}

// start of the worlds' clocks: 2026-06-01T00:00:00Z.
var birth = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// Run makes a world and lives it. The error is of the simulation itself; a broken
// promise is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	w := &World{
		Options: o, dice: rand.New(rand.NewPCG(o.Seed, 0)), now: birth, born: birth, yielded: make(chan struct{}),
		trace: newTrace(o.Trace), log: slog.New(slog.DiscardHandler),
	}
	if w.steady() {
		w.Without.Crashes, w.Without.Clock = true, true
	}
	w.mirror, w.receivers, w.bank = newMirror(w), newReceivers(w), newBank(w)
	defer w.end()
	if err := w.create(ctx); err != nil {
		return nil, err
	}
	for w.step = 1; w.step <= o.Steps && w.failure == nil && ctx.Err() == nil; w.step++ {
		w.live()
		if w.step%verifyEvery == 0 {
			w.verify(ctx)
		}
	}
	if w.failure == nil && ctx.Err() == nil {
		w.quiet(ctx)
	}
	return &Report{
		Options: o, Steps: w.step - 1, Trace: hex.EncodeToString(w.trace.sum.Sum(nil)), Counts: w.counts, Failure: w.failure, Actions: w.action,
	}, ctx.Err()
}

// hesitant reports whether this is one of the worlds, every fourth, whose network
// cuts twice as much, whose bank often says "not found" too early, and where threads
// often stand still with an answer in their hands, so that it is heard late.
func (w *World) hesitant() bool { return w.Seed%4 == 3 }

// steady reports whether no process dies and no clock is put, in every other of
// these: half a minute after either no "not found" is believed, and what else keeps
// an early one from being believed would hardly be met.
func (w *World) steady() bool { return w.Seed%8 == 3 }

// verifyEvery is how many steps pass between two recomputations of all books.
const verifyEvery = 2500

// fail notes the first promise that was broken.
func (w *World) fail(invariant, detail string) {
	if w.failure != nil {
		return
	}
	w.tracef("BROKEN %s: %s", invariant, detail)
	w.failure = &Failure{Seed: w.Seed, Step: w.step, Invariant: invariant, Detail: detail, Tail: w.trace.tail()}
}

// clock is what the machines' clock says.
func (w *World) clock() time.Time { return time.UnixMilli(w.wall()).UTC() }

// chance is true n times out of 10,000.
func (w *World) chance(n int) bool { return w.dice.IntN(10_000) < n }

// between draws from a to b, both included.
func (w *World) between(a, b int64) int64 { return a + w.dice.Int64N(b-a+1) }

// at plans an event.
func (w *World) at(when int64, do func()) {
	w.eventsNo++
	e := event{max(when, w.now), w.eventsNo, do}
	i, _ := slices.BinarySearchFunc(w.events, e, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.no, b.no)) })
	w.events = slices.Insert(w.events, i, e)
}

// pass moves the clock, through the events on the way.
func (w *World) pass(millis int64) {
	until := w.now + millis
	for len(w.events) > 0 && w.events[0].at <= until {
		e := w.events[0]
		w.events = w.events[1:]
		w.now = max(w.now, e.at)
		e.do()
	}
	w.now = until
}

// Read makes the world a source of randomness for the gateway.
func (w *World) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(w.dice.Uint32())
	}
	return len(b), nil
}

// Weights of what may happen next.
const (
	weighTask   = 40
	weighWriter = 40
	weighClient = 45
	weighWorker = 40
	weighTime   = 24
	weighLeave  = 1
	mostClients = 14
)

// live is one step: one of the things that could happen now happens.
func (w *World) live() {
	ready := make([]*task, 0, len(w.tasks))
	var waiting []*task
	clients := 0
	for _, t := range w.tasks {
		if t.node != nil && t.name == "client" {
			clients++
		}
		switch {
		case t.ready():
			ready = append(ready, t)
		case t.leave != nil:
			waiting = append(waiting, t)
		}
	}
	var writers []*node
	for _, n := range w.nodes {
		if n.db.Queued() > 0 {
			writers = append(writers, n)
		}
	}
	clientWeight := weighClient
	if clients >= mostClients {
		clientWeight = 0
	}
	left := w.dice.IntN(weighTask*len(ready) + weighWriter*len(writers) + clientWeight + weighWorker + weighTime + weighLeave)
	switch {
	case left < weighTask*len(ready):
		w.run(ready[left/weighTask])
		return
	default:
		left -= weighTask * len(ready)
	}
	if left < weighWriter*len(writers) {
		writers[left/weighWriter].write()
		return
	}
	left -= weighWriter * len(writers)
	if left < clientWeight {
		w.visit()
		return
	}
	left -= clientWeight
	switch {
	case left < weighWorker && w.dice.IntN(8) == 0:
		w.bank.post(w.nodes[w.dice.IntN(len(w.nodes))])
	case left < weighWorker:
		w.nodes[w.dice.IntN(len(w.nodes))].work()
	case left < weighWorker+weighTime:
		w.tick()
	case len(waiting) > 0 && !w.Without.Leaving:
		t := waiting[w.dice.IntN(len(waiting))]
		w.tracef("the caller of %s#%d leaves", t.name, t.id)
		t.leave()
		w.run(t)
	case !w.Without.Crashes:
		w.crash(w.nodes[w.dice.IntN(len(w.nodes))], "at once")
	}
}

// tick lets time pass: mostly little, now and then hours.
func (w *World) tick() {
	millis := int64(0)
	switch p := w.dice.IntN(10_000); {
	case p < 7300:
		millis = w.between(1, 20)
	case p < 9200:
		millis = w.between(20, 600)
	case p < 9650 || w.Without.Jumps:
		millis = w.between(600, 5_000)
	case p < 9920: // the processes stand still
		millis = w.between(5_000, 60_000)
	case p < 9990:
		millis = w.between(60_000, 1_200_000)
	default:
		millis = w.between(1_200_000, 30*3_600_000)
	}
	w.pass(millis)
	if !w.Without.Clock && w.chance(150) {
		w.putClock()
	}
	for _, n := range w.nodes {
		n.beat()
	}
}

package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/brama-pay/brama/fault"
)

// UseCase is one act on the rows of one shop.
//
// Reads names the rows it needs. Decide is pure: it looks at those rows and the
// time of the state, and either refuses with an error, having no effect, or
// leaves its effects in the state and gives its answer. It may run more than once.
type UseCase[A any] interface {
	Reads(*Reads)
	Decide(*State) (A, error)
}

// Follower is a use case with something to do when it has ended, once, whether
// or not its caller still waits: after its commit is durable to hand an attempt
// to the sender, after a refusal to give a reserved place back. It must not block.
type Follower[A any] interface{ Followed(A, error) }

// Limits of a writer.
const (
	queueLength = 4096 // members waiting; one more is fault.Overloaded
	batchLength = 256  // members in one transaction, unless Config.Batch says otherwise
	maxRounds   = 8    // rounds of Reads
	maxRetries  = 5    // of a batch that met a transient error

	transactionTimeout = 20 * time.Second
)

// Writer runs batches, one after the other, on one connection.
type Writer struct {
	engine engine
	queue  chan *member
	length int // members in one transaction
	now    func() int64
	newID  func() int64
	stats  *Stats

	remembers bool // the rows of the last transactions
	memory    memory
	hints     memory // where others write too: rows as they once were, to guess what will be read

	simulation *Simulation
}

// member is one use case waiting in a writer's queue.
type member struct {
	shop   int64
	reads  func(*Reads)
	decide func(*State) error
	follow func(error)
	state  atomic.Int32
	done   chan error
	alone  bool // it looked for a row that only a batch of its own can load
}

const (
	queued int32 = iota
	started
	dropped
)

// Do runs a use case for a shop and answers when its commit is durable.
//
// The context governs only the wait. A use case that has not begun when the
// caller leaves is dropped; one that has begun stands, and the caller gets
// fault.Unknown. A full queue is fault.Overloaded at once, nothing stored.
func Do[A any](ctx context.Context, d *DB, shop int64, u UseCase[A]) (A, error) {
	var answer, none A
	m := &member{shop: shop, reads: u.Reads, done: make(chan error, 1)}
	m.decide = func(s *State) (err error) {
		answer, err = u.Decide(s)
		return err
	}
	if f, ok := u.(Follower[A]); ok {
		m.follow = func(err error) { f.Followed(answer, err) }
	}
	if err := d.enqueue(m); err != nil {
		m.end(err)
		return none, err
	}
	if d.simulation != nil {
		d.simulation.Wait(ctx, func() bool { return len(m.done) > 0 })
	}
	select {
	case err := <-m.done:
		if err != nil {
			return none, err
		}
		return answer, nil
	case <-ctx.Done():
		if m.state.CompareAndSwap(queued, dropped) {
			err := fault.Wrap(fault.Unavailable, ctx.Err(), "nothing was stored; try again")
			m.end(err)
			return none, err
		}
		return none, fault.Wrap(fault.Unknown, ctx.Err(), "the outcome is not known; ask by your own id before you repeat")
	}
}

// Run works until the context ends, then finishes what was queued.
func (w *Writer) Run(ctx context.Context) {
	for {
		select {
		case m := <-w.queue:
			w.batch(w.collect(m))
		case <-ctx.Done():
			for w.step() {
			}
			return
		}
	}
}

// Step runs one batch of what is queued; false when there is nothing.
func (w *Writer) Step(context.Context) (worked bool, err error) { return w.step(), nil }

func (w *Writer) step() bool {
	select {
	case m := <-w.queue:
		w.batch(w.collect(m))
		return true
	default:
		return false
	}
}

// collect takes what is queued behind m. Nobody waits for a batch to fill.
func (w *Writer) collect(m *member) []*member {
	members := []*member{m}
	for len(members) < w.length {
		select {
		case next := <-w.queue:
			members = append(members, next)
		default:
			return members
		}
	}
	return members
}

// batch runs the members that still have a caller in one transaction. An error
// that is nobody's own undoes it and reruns each member alone.
func (w *Writer) batch(members []*member) {
	live := slices.DeleteFunc(members, func(m *member) bool { return !m.state.CompareAndSwap(queued, started) })
	if len(live) == 0 {
		return
	}
	failed := w.try(live)
	if failed != nil && len(live) > 1 && !fault.Is(failed, fault.Unknown) && (contested(failed) || !fault.Is(failed, fault.Unavailable)) {
		for _, m := range live {
			w.one(m)
		}
		return
	}
	if failed != nil {
		answerAll(live, failed)
		return
	}
	for _, m := range live {
		if m.alone {
			w.one(m)
		}
	}
}

func (w *Writer) one(m *member) {
	m.alone = false
	if err := w.try([]*member{m}); err != nil {
		m.end(err)
	} else if m.alone {
		m.end(fault.New(fault.Internal, "a decision looked for a row that its Reads did not name"))
	}
}

// contested reports whether the server refused what the transaction did, again and
// again, and not to work: each member by itself may still get through.
func contested(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	_, transient := postgresKind(pg)
	return transient
}

func answerAll(members []*member, err error) {
	for _, m := range members {
		m.end(err)
	}
}

// end gives a member its answer.
func (m *member) end(err error) {
	if m.follow != nil {
		m.follow(err)
	}
	m.done <- err
}

// try runs a transaction, again after a transient error. When it gives nil,
// every member has its answer but those marked alone.
func (w *Writer) try(members []*member) error {
	for again := 0; ; again++ {
		err := w.transact(members)
		if err == nil {
			return nil
		}
		w.stats.Failures.Add(1)
		if again == maxRetries || fault.Is(err, fault.Unknown) || !mayGoAgain(err, members) {
			return translate(err)
		}
	}
}

// mayGoAgain reports whether the same members may be run again: after a transient
// error, and one alone after it met a row or a version that it had not loaded. It
// loads anew then, draws new ids, and finds what it met.
func mayGoAgain(err error, members []*member) bool {
	var met unexpected
	_, transient := kindOf(err)
	return transient || len(members) == 1 && errors.As(err, &met)
}

// transact is one transaction: lock, load, decide, write, commit, answer.
func (w *Writer) transact(members []*member) error {
	// The writer's own: no caller can cut a transaction, and no silent database hold it.
	ctx, cancel := context.WithTimeout(context.Background(), transactionTimeout)
	defer cancel()
	remembered := w.memory
	w.memory = memory{} // until it is known that this came to its end
	loaded := &sheet{slots: make(map[lookup]*slot, 16*len(members))}
	defer w.engine.rollback()
	alone, err := w.engine.begin(ctx)
	if err != nil {
		return err
	}
	if !alone {
		remembered = memory{}
	}
	if err := w.load(ctx, members, loaded, &remembered); err != nil {
		return err
	}
	outcomes := w.decide(members, loaded)
	if len(loaded.order) > 0 {
		if err := w.engine.write(ctx, loaded.order); err != nil {
			return err
		}
	}
	if err := w.commit(ctx, loaded); err != nil {
		return commitFault(err)
	}
	if w.remembers {
		remembered.keep(loaded)
		w.memory = remembered
	} else {
		w.hints.keep(loaded)
	}
	w.stats.observe(len(members), len(loaded.order))
	for i, m := range members {
		if m.alone {
			continue
		}
		m.end(outcomes[i])
	}
	return nil
}

func (w *Writer) commit(ctx context.Context, written *sheet) error {
	if w.simulation == nil {
		return w.engine.commit(ctx)
	}
	rows := make([]any, len(written.order))
	for i, s := range written.order {
		rows[i] = s.row
	}
	return w.simulation.Commit(rows, func() error { return w.engine.commit(ctx) })
}

// load locks the shops and loads every row the members' Reads name, in rounds. A
// member takes part in the next one while it asks for what is still to be loaded.
func (w *Writer) load(ctx context.Context, members []*member, loaded *sheet, remembered *memory) error {
	shops := shopsOf(members)
	reads := newReads(loaded, remembered)
	if !w.remembers {
		reads.guess(members, &w.hints)
	}
	waiting := slices.Clone(members)
	for range maxRounds {
		waiting = slices.DeleteFunc(waiting, func(m *member) bool { return m.satisfied(reads) })
		wanted := reads.take()
		if len(wanted) == 0 && len(shops) == 0 {
			return nil
		}
		if err := w.engine.load(ctx, shops, wanted, loaded); err != nil {
			return err
		}
		loaded.settle(wanted)
		if len(wanted) == 0 {
			return nil
		}
		shops = nil
	}
	return errors.New("db: Reads did not come to an end")
}

// satisfied runs a member's Reads and reports whether all it asked for was there.
func (m *member) satisfied(r *Reads) bool {
	r.missed = false
	m.read(r)
	return !r.missed
}

// read runs a member's Reads. One that panics is found again by its Decide.
func (m *member) read(r *Reads) {
	defer func() { _ = recover() }()
	m.reads(r)
}

// settle notes, for what was asked and not found, that there is no such row.
func (sh *sheet) settle(wanted []lookup) {
	for _, l := range wanted {
		if _, ok := sh.slots[l]; !ok {
			sh.slots[l] = &slot{table: l.table}
		}
	}
}

func shopsOf(members []*member) []int64 {
	shops := make([]int64, len(members))
	for i, m := range members {
		shops[i] = m.shop
	}
	slices.Sort(shops)
	return slices.Compact(shops)
}

// decide runs the decisions one after the other and gives each one's error.
func (w *Writer) decide(members []*member, loaded *sheet) []error {
	now := w.now()
	outcomes := make([]error, len(members))
	s := &State{now: now, newID: w.newID, shared: loaded, own: sheet{slots: map[lookup]*slot{}}, strict: true}
	for i, m := range members {
		clear(s.own.slots)
		s.own.order = s.own.order[:0]
		m.alone = false
		outcomes[i] = m.guarded(s)
		if outcomes[i] == nil && !m.alone {
			loaded.merge(&s.own)
		}
	}
	return outcomes
}

// guarded runs a decision; a panic becomes its own caller's internal fault.
func (m *member) guarded(s *State) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case missing:
			m.alone = true
		default:
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "a decision failed")
		}
	}()
	return m.decide(s)
}

package shop

import (
	"context"
	"sync"
	"time"

	"github.com/brama-pay/brama/fault"
)

// Fresh is how long an entry may be believed: a revoked secret or a changed
// setting is effective everywhere within it (design, "Storage and scale").
const Fresh = time.Second

// generation bounds what a directory holds: two generations of each kind.
const generation = 4096

// lookups keeps what was looked up for Fresh, and that there was nothing as long.
// One look-up of a key serves all who ask meanwhile.
type lookups[K comparable, E any] struct {
	now     func() time.Time
	open    func(ctx context.Context, key K) (E, error)
	absent  fault.Kind // of the error that says there is none
	mu      sync.Mutex
	loading map[K]*lookup[E] // as many as there are requests under way
	known   shelf[K, E]
	unknown shelf[K, E] // apart, so that made-up keys do not push real ones out
}

func newLookups[K comparable, E any](now func() time.Time, absent fault.Kind, open func(context.Context, K) (E, error)) *lookups[K, E] {
	return &lookups[K, E]{now: now, open: open, absent: absent, loading: map[K]*lookup[E]{}, known: newShelf[K, E](), unknown: newShelf[K, E]()}
}

// lookup is one look-up. What it found is set before done closes.
type lookup[E any] struct {
	begun time.Time
	done  chan struct{}
	entry E
	err   error
	left  bool // its caller left: the error is his own
}

// find gives what is kept and young enough, or looks it up.
func (d *lookups[K, E]) find(ctx context.Context, key K) (none E, err error) {
	for {
		l, mine := d.take(key)
		if mine {
			d.load(ctx, key, l)
			return l.entry, l.err
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return none, fault.Wrap(fault.Unavailable, ctx.Err(), "nothing was stored; try again")
		}
		if !l.left {
			return l.entry, l.err
		}
	}
}

// take is the look-up to wait for, or a new one that the caller must load. Its
// age counts from before the row is read.
func (d *lookups[K, E]) take(key K) (l *lookup[E], mine bool) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range []*lookup[E]{d.known.find(key), d.unknown.find(key), d.loading[key]} {
		if l != nil && fresh(now, l.begun) {
			return l, false
		}
	}
	l = &lookup[E]{begun: now, done: make(chan struct{})}
	d.loading[key] = l
	return l, true
}

// load does a look-up, and lets the others go even if it panics.
func (d *lookups[K, E]) load(ctx context.Context, key K, l *lookup[E]) {
	l.err = fault.New(fault.Internal, "a look-up ended early")
	defer func() {
		l.left = l.err != nil && ctx.Err() != nil
		d.keep(key, l)
		close(l.done)
	}()
	l.entry, l.err = d.open(ctx, key)
}

// keep shelves what was found. A slow look-up does not replace a younger one.
func (d *lookups[K, E]) keep(key K, l *lookup[E]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loading[key] != l {
		return
	}
	delete(d.loading, key)
	if l.err == nil {
		d.known.put(key, l)
	} else if fault.Is(l.err, d.absent) {
		d.known.drop(key)
		d.unknown.put(key, l)
	}
}

// fresh also refuses what is from the future: the clock was set back.
func fresh(now, begun time.Time) bool {
	age := now.Sub(begun)
	return age >= 0 && age < Fresh
}

// shelf holds look-ups in two generations: when the young one is full it becomes
// the old one, and what was not asked for since is forgotten. So it is bounded
// and nothing is ever searched for something to evict.
type shelf[K comparable, E any] struct{ young, old map[K]*lookup[E] }

func newShelf[K comparable, E any]() shelf[K, E] { return shelf[K, E]{young: map[K]*lookup[E]{}} }

func (s *shelf[K, E]) find(key K) *lookup[E] {
	if l := s.young[key]; l != nil {
		return l
	}
	return s.old[key]
}

func (s *shelf[K, E]) put(key K, l *lookup[E]) {
	if len(s.young) >= generation {
		s.young, s.old = map[K]*lookup[E]{}, s.young
	}
	s.young[key] = l
}

func (s *shelf[K, E]) drop(key K) {
	delete(s.young, key)
	delete(s.old, key)
}

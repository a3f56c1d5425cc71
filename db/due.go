package db

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Key names a row of a shop.
type Key struct{ Shop, ID int64 }

// Due shares among the loops of one process what a lock-free scan found to be
// due, so that each row is looked at by one of them. Between processes the
// claim that each loop makes, a use case, decides.
type Due struct {
	// Scan lists rows that are due at a time in Unix milliseconds, oldest first.
	Scan func(ctx context.Context, now int64, limit int) ([]Key, error)
	Now  func() int64

	mu    sync.Mutex
	found []Key
	taken map[Key]bool
	ill   map[Key]illness // rows whose work failed, which rest a while
	idle  int64           // no scan before this time, after one that found nothing
}

const (
	dueLimit = 64
	dueIdle  = 20 * time.Millisecond
)

// Next is the next row that is due and that no loop works on; false when there
// is none. The caller calls Done when it is through with it.
func (q *Due) Next(ctx context.Context) (Key, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.found) == 0 {
		if err := q.scan(ctx); err != nil {
			return Key{}, false, err
		}
	}
	for len(q.found) > 0 {
		k := q.found[0]
		q.found = q.found[1:]
		if !q.taken[k] && !q.rests(k) {
			if q.taken == nil {
				q.taken = map[Key]bool{}
			}
			q.taken[k] = true
			return k, true, nil
		}
	}
	return Key{}, false, nil
}

// rests reports whether a row's work failed just now. A rest that is longer than any
// was given by a clock that has been put back since.
func (q *Due) rests(k Key) bool {
	left := q.ill[k].until - q.Now()
	return 0 < left && left <= longRest
}

func (q *Due) scan(ctx context.Context) error {
	now := q.Now()
	if now < q.idle && q.idle-now <= dueIdle.Milliseconds() {
		return nil
	}
	found, err := q.Scan(ctx, now, dueLimit+len(q.taken)+len(q.ill))
	if err != nil {
		return err
	}
	q.found, q.idle = found, 0
	if len(found) <= len(q.taken)+len(q.ill) {
		q.idle = now + dueIdle.Milliseconds()
	}
	return nil
}

// errUnfinished is how the work on a row ended that ended in a panic.
var errUnfinished = errors.New("db: the work on a row did not come to its end")

// Work takes the next row that is due and works on it; false when there is none.
func (q *Due) Work(ctx context.Context, work func(context.Context, Key) error) (worked bool, err error) {
	k, ok, err := q.Next(ctx)
	if err != nil || !ok {
		return false, err
	}
	err = errUnfinished
	defer func() { q.Done(k, err) }()
	err = work(ctx, k)
	return true, err
}

// illness is how often the work on a row failed in a row, and how long it rests.
type illness struct {
	times int
	until int64
}

// Bounds of a row's rest after a failure, in milliseconds, and of the rows that
// are remembered to rest.
const (
	shortRest int64 = 1_000
	longRest  int64 = 60_000
	mostIll         = 10_000
)

// Done gives a row back, with how the work on it ended. One whose work failed
// rests, longer each time, so that it does not keep the others from being found.
func (q *Due) Done(k Key, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.taken, k)
	if err == nil {
		delete(q.ill, k)
		return
	}
	if q.ill == nil || len(q.ill) >= mostIll {
		q.ill = map[Key]illness{}
	}
	sick := q.ill[k]
	sick.until = q.Now() + min(shortRest<<min(sick.times, 10), longRest)
	sick.times++
	q.ill[k] = sick
}

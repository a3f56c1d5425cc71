package db

import (
	"context"
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
	idle  int64 // no scan before this time, after one that found nothing
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
		if !q.taken[k] {
			if q.taken == nil {
				q.taken = map[Key]bool{}
			}
			q.taken[k] = true
			return k, true, nil
		}
	}
	return Key{}, false, nil
}

func (q *Due) scan(ctx context.Context) error {
	now := q.Now()
	if now < q.idle && q.idle-now <= dueIdle.Milliseconds() {
		return nil
	}
	found, err := q.Scan(ctx, now, dueLimit+len(q.taken))
	if err != nil {
		return err
	}
	q.found, q.idle = found, 0
	if len(found) == len(q.taken) {
		q.idle = now + dueIdle.Milliseconds()
	}
	return nil
}

// Done gives a row back.
func (q *Due) Done(k Key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.taken, k)
}

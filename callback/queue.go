package callback

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/brama-pay/brama/db"
)

// due is a message that a scan found.
type due struct {
	shop, id, object, seq, tries int64
	behind                       int64 // the last earlier message of the object that is waiting; 0: none
}

// queue shares one scan's finds among the loops of a process. Which of several
// processes sends a message is decided by its claim, not here. What db.Due does
// not do: one dead receiver must not take every loop, nor hide the others' messages.
type queue struct {
	mu      sync.Mutex
	found   []due
	running map[int64]due   // by id
	busy    map[int64]int64 // loops by shop
	crowd   int64           // no scan around busy shops before this time
}

const (
	scanLimit  = 128 // messages of one scan
	foundLimit = 512 // held in all, those of shops that are at their limit included
	crowdPause = 200 // ms between scans that find nothing but busy shops
)

// take gives the next message to work on, false when there is none. The caller
// calls release when it is through with it.
func (q *queue) take(ctx context.Context, from *sql.DB, now, perShop int64) (due, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d, ok := q.pop(perShop); ok {
		return d, true, nil
	}
	if err := q.scan(ctx, from, now, perShop); err != nil {
		return due{}, false, err
	}
	d, ok := q.pop(perShop)
	return d, ok, nil
}

func (q *queue) pop(perShop int64) (due, bool) {
	for i := 0; i < len(q.found); {
		d := q.found[i]
		if q.busy[d.shop] >= perShop {
			i++
			continue
		}
		q.found = slices.Delete(q.found, i, i+1)
		if _, mine := q.running[d.id]; mine || q.behindOwn(d) {
			continue
		}
		q.running[d.id] = d
		q.busy[d.shop]++
		return d, true
	}
	return due{}, false
}

// behindOwn reports whether the message waits for one that a loop of this
// process works on: it is woken in a moment and need not rest.
func (q *queue) behindOwn(d due) bool {
	if d.behind == 0 {
		return false
	}
	for _, r := range q.running {
		if r.object == d.object && r.shop == d.shop {
			return true
		}
	}
	return false
}

func (q *queue) release(d due) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, d.id)
	if q.busy[d.shop]--; q.busy[d.shop] <= 0 {
		delete(q.busy, d.shop)
	}
}

func (q *queue) scan(ctx context.Context, from *sql.DB, now, perShop int64) error {
	if q.running == nil {
		q.running, q.busy = map[int64]due{}, map[int64]int64{}
	}
	var full []int64
	for shop, loops := range q.busy {
		if loops >= perShop {
			full = append(full, shop)
		}
	}
	if len(full) > 0 && now < q.crowd && q.crowd <= now+crowdPause {
		return nil
	}
	if len(q.found) > foundLimit {
		q.found = q.found[:0]
	}
	slices.Sort(full)
	found, err := scan(ctx, from, now, full)
	q.found = append(q.found, found...)
	if len(found) == 0 {
		q.crowd = now + crowdPause
	}
	return err
}

// scan lists what is due, oldest first, without a lock, leaving out the messages
// of some shops.
func scan(ctx context.Context, from *sql.DB, now int64, without []int64) (found []due, err error) {
	args := []any{now, int64(scanLimit)}
	var names []string
	for _, shop := range without {
		args = append(args, shop)
		names = append(names, fmt.Sprintf("$%d", len(args)))
	}
	others := ""
	if len(names) > 0 {
		others = "AND c.shop_id NOT IN (" + strings.Join(names, ", ") + ")"
	}
	each := func(scan func(...any) error) error {
		var d due
		err := scan(&d.shop, &d.id, &d.object, &d.seq, &d.tries, &d.behind)
		found = append(found, d)
		return err
	}
	err = db.Query(ctx, from, each, `
		SELECT c.shop_id, c.id, c.object, c.seq, c.tries, COALESCE((SELECT MAX(e.seq) FROM callback e
			WHERE e.object = c.object AND e.shop_id = c.shop_id AND e.seq < c.seq AND e.status = 'waiting'), 0)
		FROM callback c WHERE c.due_at > 0 AND c.due_at <= $1 `+others+` ORDER BY c.due_at, c.id LIMIT $2`, args...)
	return found, err
}

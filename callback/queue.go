package callback

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/brama-pay/brama/db"
)

// due is a message that a scan found.
type due struct {
	shop, id, object, seq, tries int64
	behind                       int64 // the last earlier message of the object that is waiting; 0: none
	host                         string
}

// queue shares one scan's finds among the loops of a process. Which of several
// processes sends a message is decided by its claim, not here. What db.Due does
// not do: one dead receiver must not take every loop, nor hide the messages to
// others – be they of other shops or of its own.
type queue struct {
	mu      sync.Mutex
	found   []due
	running map[int64]due    // by id
	busy    map[int64]int64  // loops by shop
	lanes   map[string]*lane // by host, those with a loop at work
	served  int64            // the shop whose turn was last
	crowd   int64            // no scan around what is at its limit before this time
	wide    int64            // no second look behind a full page before this time
}

// limits bound the loops of one shop and, to begin with, of one host.
type limits struct{ shop, host int64 }

const (
	scanLimit  = 128 // messages of one look
	foundLimit = 512 // held in all, those that are at a limit included
	crowdPause = 200 // ms between scans that find nothing but what is at a limit
)

// take gives the next message to work on, false when there is none. The caller
// calls release when it is through with it.
func (q *queue) take(ctx context.Context, from *sql.DB, now int64, l limits) (due, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d, ok := q.pop(l); ok {
		return d, true, nil
	}
	if err := q.scan(ctx, from, now, l); err != nil {
		return due{}, false, err
	}
	d, ok := q.pop(l)
	return d, ok, nil
}

// pop gives the shops their turns one after the other, and within a shop what
// has been due for longest.
func (q *queue) pop(l limits) (due, bool) {
	q.found = slices.DeleteFunc(q.found, func(d due) bool {
		_, mine := q.running[d.id]
		return mine || q.behindOwn(d)
	})
	next := -1
	for i, d := range q.found {
		if q.full(d, l) {
			continue
		}
		if next < 0 || q.turn(d.shop, q.found[next].shop) < 0 {
			next = i
		}
	}
	if next < 0 {
		return due{}, false
	}
	d := q.found[next]
	q.found = slices.Delete(q.found, next, next+1)
	q.begin(d, l)
	return d, true
}

// full reports whether the message's shop or host has as many loops as it may.
func (q *queue) full(d due, l limits) bool {
	return q.busy[d.shop] >= l.shop || q.lanes[d.host].full()
}

// turn orders two shops by whose turn comes first.
func (q *queue) turn(a, b int64) int {
	if (a > q.served) != (b > q.served) {
		return cmp.Compare(b, a) // those behind the one served last come first
	}
	return cmp.Compare(a, b)
}

func (q *queue) begin(d due, l limits) {
	q.running[d.id] = d
	q.busy[d.shop]++
	q.served = d.shop
	if d.host == "" {
		return
	}
	if q.lanes[d.host] == nil {
		q.lanes[d.host] = &lane{least: l.host, most: l.host}
	}
	q.lanes[d.host].busy++
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
	if lane := q.lanes[d.host]; lane != nil {
		if lane.busy--; lane.busy <= 0 {
			delete(q.lanes, d.host)
		}
	}
}

// heard lets a host's limit follow how its tries end.
func (q *queue) heard(host string, try Try) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lanes[host].heard(try)
}

func (q *queue) scan(ctx context.Context, from *sql.DB, now int64, l limits) error {
	if q.running == nil {
		q.running, q.busy, q.lanes = map[int64]due{}, map[int64]int64{}, map[string]*lane{}
	}
	skip := q.crowded(l)
	if !skip.none() && now < q.crowd && q.crowd <= now+crowdPause {
		return nil
	}
	if len(q.found) > foundLimit {
		q.found = q.found[:0]
	}
	page, err := scan(ctx, from, now, skip)
	q.found = append(q.found, page...)
	if len(page) == 0 {
		q.crowd = now + crowdPause
	}
	if err != nil || len(page) < scanLimit || now < q.wide && q.wide <= now+crowdPause {
		return err
	}
	// The page is full: look past its shops too, for their backlog may be long.
	q.wide = now + crowdPause
	skip.pass(page)
	others, err := scan(ctx, from, now, skip)
	q.found = append(q.found, others...)
	return err
}

// crowded are the shops and hosts that have as many loops as they may.
func (q *queue) crowded(l limits) (s skipped) {
	for shop, loops := range q.busy {
		if loops >= l.shop {
			s.shops = append(s.shops, shop)
		}
	}
	for host, lane := range q.lanes {
		if lane.full() {
			s.hosts = append(s.hosts, host)
		}
	}
	slices.Sort(s.shops)
	slices.Sort(s.hosts)
	return s
}

// skipped are the shops and hosts that a scan passes over.
type skipped struct {
	shops []int64
	hosts []string
}

func (s skipped) none() bool { return len(s.shops)+len(s.hosts) == 0 }

// pass adds the shops of a page.
func (s *skipped) pass(page []due) {
	shops := map[int64]bool{}
	for _, d := range page {
		shops[d.shop] = true
	}
	s.shops = append(s.shops, slices.Sorted(maps.Keys(shops))...)
}

// condition is the SQL for what is not skipped, its parameters behind args.
func (s skipped) condition(args []any) (string, []any) {
	text := ""
	for _, one := range []struct {
		column string
		values []any
	}{{"c.shop_id", anys(s.shops)}, {"c.host", anys(s.hosts)}} {
		if len(one.values) == 0 {
			continue
		}
		names := make([]string, len(one.values))
		for i := range names {
			names[i] = fmt.Sprintf("$%d", len(args)+i+1)
		}
		args = append(args, one.values...)
		text += " AND " + one.column + " NOT IN (" + strings.Join(names, ", ") + ")"
	}
	return text, args
}

func anys[T any](list []T) (values []any) {
	for _, one := range list {
		values = append(values, one)
	}
	return values
}

// scan lists what is due, oldest first, without a lock.
func scan(ctx context.Context, from *sql.DB, now int64, skip skipped) (found []due, err error) {
	others, args := skip.condition([]any{now, int64(scanLimit)})
	each := func(scan func(...any) error) error {
		var d due
		err := scan(&d.shop, &d.id, &d.object, &d.seq, &d.tries, &d.host, &d.behind)
		found = append(found, d)
		return err
	}
	err = db.Query(ctx, from, each, `
		SELECT c.shop_id, c.id, c.object, c.seq, c.tries, c.host, COALESCE((SELECT MAX(e.seq) FROM callback e
			WHERE e.object = c.object AND e.shop_id = c.shop_id AND e.seq < c.seq AND e.status = 'waiting'), 0)
		FROM callback c WHERE c.due_at > 0 AND c.due_at <= $1`+others+` ORDER BY c.due_at, c.id LIMIT $2`, args...)
	return found, err
}

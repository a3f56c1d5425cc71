package callback

import (
	"context"
	"database/sql"
	"math"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Wanted says which messages Look lists; a zero field does not choose.
type Wanted struct {
	Shop        int64
	Status      Status
	Host        string // of the URL, without its port
	From, Until int64  // made at or after, and before: Unix milliseconds
}

// Cursor is where a list goes on: behind this message. The zero Cursor is a
// list's beginning, and its end.
type Cursor struct {
	Due int64 // of lists that go by it
	ID  int64
}

// String is the cursor as ParseCursor takes it.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return strconv.FormatInt(c.Due, 10) + "-" + strconv.FormatInt(c.ID, 10)
}

// ParseCursor reads what String gave; the zero Cursor for anything else.
func ParseCursor(text string) Cursor {
	due, id, _ := strings.Cut(text, "-")
	d, err := strconv.ParseInt(due, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if err != nil || err2 != nil || d < 0 || n < 0 {
		return Cursor{}
	}
	return Cursor{d, n}
}

// Page is a part of a list. It may be short, even empty, and go on all the same:
// one look goes over a bounded number of rows.
type Page struct {
	Messages []*Message
	Next     Cursor
	Through  int64 // the time back to which a short page looked; 0: it is not short, or the end
}

// window is how many rows one look goes over. Tests make it small.
var window = 20_000

// Look lists messages of all shops or one, newest first. Waiting ones go by their
// next try instead, what is due for longest first; of a shop or host they are
// sought among the 20,000 most urgent.
func Look(ctx context.Context, from *sql.DB, w Wanted, after Cursor, limit int) (Page, error) {
	switch w.Status {
	case Waiting:
		return w.waiting(ctx, from, after, limit)
	case Parked:
		return w.parked(ctx, from, after, limit)
	}
	return w.any(ctx, from, after, limit)
}

// ids are the bounds of the messages' ids: at least first, below end.
func (w Wanted) ids(after Cursor) (first, end int64) {
	end = math.MaxInt64
	if w.Until > 0 {
		end = db.FirstID(w.Until)
	}
	if after.ID > 0 {
		end = min(end, after.ID)
	}
	return db.FirstID(w.From), end
}

func (w Wanted) waiting(ctx context.Context, from *sql.DB, after Cursor, limit int) (Page, error) {
	first, end := w.ids(Cursor{})
	list, err := messages.Select(ctx, from, "id IN (SELECT id FROM callback WHERE due_at > 0 AND (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3) "+
		"AND due_at > 0 AND (shop_id = $4 OR $4 = 0) AND (host = $5 OR $5 = '') AND id >= $6 AND id < $7 ORDER BY due_at, id LIMIT $8",
		after.Due, after.ID, window, w.Shop, w.Host, first, end, limit)
	p := Page{Messages: list}
	if len(list) == limit {
		p.Next = Cursor{list[limit-1].DueAt, list[limit-1].ID}
	}
	return p, err
}

// parked sums the id with nothing, so that the partial index is gone by: what is
// parked is rare, and a walk down all messages is long.
func (w Wanted) parked(ctx context.Context, from *sql.DB, after Cursor, limit int) (Page, error) {
	first, end := w.ids(after)
	list, err := messages.Select(ctx, from, "status = 'parked' AND (shop_id = $1 OR $1 = 0) AND (host = $2 OR $2 = '') "+
		"AND id + 0 >= $3 AND id + 0 < $4 ORDER BY id + 0 DESC LIMIT $5", w.Shop, w.Host, first, end, limit)
	return paged(list, limit), err
}

func paged(list []*Message, limit int) Page {
	p := Page{Messages: list}
	if len(list) == limit {
		p.Next = Cursor{ID: list[limit-1].ID}
	}
	return p
}

func (w Wanted) any(ctx context.Context, from *sql.DB, after Cursor, limit int) (Page, error) {
	first, end := w.ids(after)
	floor, err := number(ctx, from, "SELECT COALESCE(MIN(id), 0) FROM (SELECT id FROM callback WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3) AS far", end, first, window-1)
	if err != nil {
		return Page{}, err
	}
	list, err := messages.Select(ctx, from, "id >= $1 AND id < $2 AND (shop_id = $3 OR $3 = 0) AND (host = $4 OR $4 = '') AND (status = $5 OR $5 = '') "+
		"ORDER BY id DESC LIMIT $6", max(first, floor), end, w.Shop, w.Host, string(w.Status), limit)
	p := paged(list, limit)
	if len(list) < limit && floor > 0 {
		p.Next, p.Through = Cursor{ID: floor}, db.TimeOf(floor)
	}
	return p, err
}

// About is every message that a number may mean, of whichever shop: the message
// itself, or all of the object, in their order.
func About(ctx context.Context, from *sql.DB, id int64) ([]*Message, error) {
	return messages.Select(ctx, from, "(id = $1 OR object = $1) AND (shop_id = $2 OR $2 = 0) ORDER BY object, seq LIMIT 1000", id, 0)
}

// Figures are how far delivery is behind.
type Figures struct {
	Waiting int64 // owed, due or not
	Due     int64 // of those, that should have been tried by now
	Lag     int64 // for how long the oldest of these has been due, in milliseconds
	Parked  int64 // given up
}

// Measure takes the figures of all shops.
func Measure(ctx context.Context, from *sql.DB, now int64) (f Figures, err error) {
	oldest := now
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&f.Waiting, &f.Due, &oldest) },
		"SELECT COUNT(*), COALESCE(SUM(CASE WHEN due_at <= $1 THEN 1 ELSE 0 END), 0), COALESCE(MIN(due_at), $1) FROM callback WHERE due_at > 0", now)
	if err != nil {
		return f, err
	}
	f.Lag = max(now-oldest, 0)
	f.Parked, err = CountParked(ctx, from)
	return f, err
}

// Backlog is what waits for one host after a try that failed.
type Backlog struct {
	Host    string
	Waiting int64
	Since   int64 // when the oldest of these messages was made, Unix milliseconds
}

// Backlogs are the hosts for which most waits, the most first.
func Backlogs(ctx context.Context, from *sql.DB, limit int) (list []Backlog, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error {
		var b Backlog
		err := scan(&b.Host, &b.Waiting, &b.Since)
		list = append(list, b)
		return err
	}, "SELECT host, COUNT(*), MIN(created_at) FROM callback WHERE due_at > 0 AND failure <> '' GROUP BY host ORDER BY COUNT(*) DESC, host LIMIT $1", limit)
	return list, err
}

// Given is how many messages of a shop were given up.
type Given struct {
	Shop  int64
	Count int64
	Since int64 // when the oldest was made, Unix milliseconds
}

// GivenUp lists the shops with messages that were given up, those with the most first.
func GivenUp(ctx context.Context, from *sql.DB, limit int) (list []Given, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error {
		var g Given
		err := scan(&g.Shop, &g.Count, &g.Since)
		g.Since = db.TimeOf(g.Since)
		list = append(list, g)
		return err
	}, "SELECT shop_id, COUNT(*), MIN(id) FROM callback WHERE status = 'parked' GROUP BY shop_id ORDER BY COUNT(*) DESC, shop_id LIMIT $1", limit)
	return list, err
}

// FindAny is one message of whichever shop; fault.NotFound when there is none.
func FindAny(ctx context.Context, from *sql.DB, id int64) (*Message, error) {
	list, err := About(ctx, from, id)
	for _, m := range list {
		if m.ID == id {
			return m, err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "callback %d is not found", id)
	}
	return nil, err
}

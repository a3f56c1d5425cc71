package turnover

import (
	"context"
	"database/sql"
	"slices"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// series is what is known of one flow. From floor to head every operation is in
// exactly one place: the sum of its hour, or a piece.
type series struct {
	flow  Flow
	begun bool
	// caught up: what is new was read once, up to now.
	caught bool
	hours  map[int64]sums // by the hour's beginning: what is final
	// pieces are ranges of ids, each within an hour, that may still change. The
	// first is the newest, which still grows.
	pieces []*piece
	head   int64 // ids from it on were never read, but for the growing piece
	due    int64 // when head is looked at again
	floor  int64 // time from which on everything was read
	filled int64 // within the hour before floor, ids below it were read
	empty  bool  // the hour read last, going back, had nothing
}

// piece is a range of ids, what they came to when they were last read, and when
// they are read again.
type piece struct {
	from, to int64 // ids, to not included
	sums     sums
	due      int64
}

// plan is a range of ids that is to be read, and what is done with the answer.
type plan struct {
	from, to int64
	limit    int64 // of operations; 0: all
	took     func(read sums, count, last, now int64)
	skip     func(newest, now int64) // instead: what the newest id below to is; 0: there is none
}

// plan says what is to be read of what is new or may have changed, false when there
// is nothing now.
func (s *series) plan(now, page int64) (plan, bool) {
	if !s.begun {
		s.begun, s.floor = true, now-now%hour
		s.head, s.filled = db.FirstID(s.floor), db.FirstID(s.floor-hour)
	}
	if now >= s.due {
		return s.forward(now, page), true
	}
	for _, p := range s.pieces {
		if now >= p.due {
			return plan{from: p.from, to: p.to, took: func(read sums, _, _, at int64) { s.again(p, read, at) }}, true
		}
	}
	return plan{}, false
}

// forward reads on from head. A full page is a piece of its own; one that is not
// full ends at its hour's end or is read again soon, with what came behind it.
func (s *series) forward(now, page int64) plan {
	end := db.FirstID(hourOf(s.head) + hour)
	return plan{from: s.head, to: end, limit: page, took: func(read sums, count, last, at int64) {
		s.pieces = slices.DeleteFunc(s.pieces, func(p *piece) bool { return p.from == s.head })
		switch {
		case count >= page:
			s.keep(&piece{from: s.head, to: last + 1, sums: read}, at)
			s.head = last + 1
		case at >= db.TimeOf(end):
			s.keep(&piece{from: s.head, to: end, sums: read}, at)
			s.head = end
		default:
			s.caught = true
			s.pieces = append(s.pieces, &piece{from: s.head, to: end, sums: read, due: never})
			s.due = at + fresh
		}
	}}
}

// never is the due time of what is read again by another rule.
const never = int64(1) << 62

// backward reads the hour before floor, a page at a time. Behind an empty hour it
// looks for the next one that is not.
func (s *series) backward(page int64) plan {
	end := db.FirstID(s.floor)
	if s.empty {
		return plan{to: end, skip: func(newest, at int64) {
			s.empty = false
			s.floor = at - kept
			if newest > 0 {
				s.floor = max(hourOf(newest)+hour, s.floor)
			}
			s.filled = db.FirstID(s.floor - hour)
		}}
	}
	from := s.filled
	return plan{from: from, to: end, limit: page, took: func(read sums, count, last, at int64) {
		to := end
		if count >= page {
			to = last + 1
		}
		s.keep(&piece{from: from, to: to, sums: read}, at)
		s.filled = to
		if to == end {
			s.empty = from == db.FirstID(s.floor-hour) && count == 0
			s.floor -= hour
			s.filled = db.FirstID(s.floor - hour)
		}
	}}
}

// again takes a piece as it is now.
func (s *series) again(p *piece, read sums, at int64) {
	s.pieces = slices.DeleteFunc(s.pieces, func(o *piece) bool { return o == p })
	p.sums = read
	s.keep(p, at)
}

// keep adds a piece that is final to its hour. Another one is read again: the
// older it is the later, since what has waited for long waits on.
func (s *series) keep(p *piece, at int64) {
	ended := at - db.TimeOf(p.to)
	if p.sums.open() == 0 && ended >= late {
		start := hourOf(p.from)
		if s.hours[start] == nil && len(p.sums) > 0 {
			s.hours[start] = sums{}
		}
		for currency, sum := range p.sums {
			s.hours[start][currency] = s.hours[start][currency].add(sum)
		}
		return
	}
	p.due = at + max(fresh, (at-db.TimeOf(p.from))/8)
	s.pieces = append(s.pieces, p)
}

// forget drops what is too old to be shown.
func (s *series) forget(before int64) {
	for at := range s.hours {
		if at+hour <= before {
			delete(s.hours, at)
		}
	}
	s.pieces = slices.DeleteFunc(s.pieces, func(p *piece) bool { return hourOf(p.from)+hour <= before })
	s.floor = max(s.floor, before-before%hour)
}

// The statements answer, for a range of ids: currency, class, how many, their
// volume, the last id. Classes: 0 open, 1 done, 2 failed, 3 left.
const (
	payoutSums = `SELECT r.currency, r.class, COUNT(*), CAST(SUM(r.amount) AS BIGINT), MAX(r.id) FROM (
		SELECT p.id, p.currency, p.write_off AS amount, CASE p.status WHEN 5 THEN 1 WHEN 6 THEN (CASE WHEN p.attempts = 0 THEN 3 ELSE 2 END) ELSE 0 END AS class
		FROM payout p WHERE p.id >= $1 AND p.id < $2 ORDER BY p.id LIMIT $3) r GROUP BY r.currency, r.class`
	invoiceSums = `SELECT r.currency, r.class, COUNT(*), CAST(SUM(r.amount) AS BIGINT), MAX(r.id) FROM (
		SELECT i.id, i.currency, i.amount, CASE i.status WHEN 4 THEN 1 WHEN 6 THEN (CASE WHEN i.attempts = 0 OR i.hold_transfer <> 0 THEN 3 ELSE 2 END) ELSE 0 END AS class
		FROM invoice i WHERE i.id >= $1 AND i.id < $2 ORDER BY i.id LIMIT $3) r GROUP BY r.currency, r.class`
	refundSums = `SELECT r.currency, r.class, COUNT(*), CAST(SUM(r.amount) AS BIGINT), MAX(r.id) FROM (
		SELECT f.id, f.currency, f.amount, CASE f.status WHEN 'SUCCESS' THEN 1 WHEN 'FAILED' THEN 2 ELSE 0 END AS class
		FROM refund f WHERE f.id >= $1 AND f.id < $2 ORDER BY f.id LIMIT $3) r GROUP BY r.currency, r.class`
)

// newest are the statements for the newest id below one.
var newest = map[Flow]string{
	In:   "SELECT COALESCE(MAX(id), 0) FROM invoice WHERE id < $1",
	Out:  "SELECT COALESCE(MAX(id), 0) FROM payout WHERE id < $1",
	Back: "SELECT COALESCE(MAX(id), 0) FROM refund WHERE id < $1",
}

// below is the newest id below one, 0 when there is none.
func (s *series) below(ctx context.Context, from *sql.DB, to int64) (id int64, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&id) }, newest[s.flow], to)
	return id, err
}

// everything is a limit that is none.
const everything = int64(1) << 40

// read adds up a range of ids, the first limit of them.
func (s *series) read(ctx context.Context, from *sql.DB, low, high, limit int64) (read sums, count, last int64, err error) {
	if limit == 0 {
		limit = everything
	}
	read = sums{}
	each := func(scan func(...any) error) error {
		var currency money.Currency
		var class, n, volume, id int64
		if err := scan(&currency, &class, &n, &volume, &id); err != nil {
			return err
		}
		count, last = count+n, max(last, id)
		read[currency] = read[currency].add(classed(class, n, volume))
		return nil
	}
	switch s.flow {
	case In:
		err = db.Query(ctx, from, each, invoiceSums, low, high, limit)
	case Out:
		err = db.Query(ctx, from, each, payoutSums, low, high, limit)
	default:
		err = db.Query(ctx, from, each, refundSums, low, high, limit)
	}
	return read, count, last, err
}

func classed(class, n, volume int64) Sum {
	switch class {
	case 1:
		return Sum{Done: n, Volume: volume}
	case 2:
		return Sum{Failed: n}
	case 3:
		return Sum{Left: n}
	}
	return Sum{Open: n}
}

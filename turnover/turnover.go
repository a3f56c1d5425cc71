// Package turnover is the room of the figures over time: how many invoices, payouts
// and refunds were made in each hour, what became of them, and what they came to.
//
// It reads the rows of the other rooms and writes nothing. It must not decide
// anything: its figures are for people, a little late by nature. An operation
// counts in the hour in which it was made, so that its id says where it belongs.
package turnover

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// Flow is a way of money.
type Flow string

// The flows.
const (
	In   Flow = "in"   // invoices; the volume is what was paid, before fees, in the shops' currencies
	Out  Flow = "out"  // payouts; the volume is what was written off
	Back Flow = "back" // refunds; the volume is what the shops gave back
)

// Flows lists the flows.
func Flows() []Flow { return []Flow{In, Out, Back} }

// Sum is what operations come to.
type Sum struct {
	Done   int64 // succeeded
	Failed int64 // tried, and finally did not
	Left   int64 // finally nothing: never tried, or a hold that was released
	Open   int64 // not final yet
	Volume int64 // of those that are done, minor units
}

// Made is how many operations there are.
func (s Sum) Made() int64 { return s.Done + s.Failed + s.Left + s.Open }

func (s Sum) add(o Sum) Sum {
	return Sum{s.Done + o.Done, s.Failed + o.Failed, s.Left + o.Left, s.Open + o.Open, s.Volume + o.Volume}
}

// Key is a flow in a currency.
type Key struct {
	Flow     Flow
	Currency money.Currency
}

// Span is a length of time and what was made in it.
type Span struct {
	From, Until int64 // Unix milliseconds, Until not included
	Sums        map[Key]Sum
}

// Lengths of time, in milliseconds.
const (
	hour = int64(time.Hour / time.Millisecond)

	kept  = 31 * 24 * hour // how far back the figures go
	fresh = 10_000         // how old the newest figures are
	late  = 60_000         // nodes with other clocks may store an id this much later
)

// Board keeps the figures of the last 31 days in memory: a sum for each hour,
// currency and flow. It reads each operation once when it is new, and again, at
// growing pauses, while operations made beside it are not final: a row is read
// some ten times in its life, whoever looks however often.
//
// Pieces of at most 1,000 operations that wait for an end are kept one by one,
// the rest only as sums, so that memory does not grow with the tables.
type Board struct {
	from *sql.DB
	now  func() time.Time
	page int64

	mu     sync.Mutex
	series []*series
}

// New is a board that knows nothing yet: Step fills it.
func New(from *sql.DB, now func() time.Time) *Board {
	b := &Board{from: from, now: now, page: 1000}
	for _, flow := range Flows() {
		b.series = append(b.series, &series{flow: flow, hours: map[int64]sums{}})
	}
	return b
}

// sums are those of a piece of time, by currency.
type sums map[money.Currency]Sum

func (s sums) open() (n int64) {
	for _, sum := range s {
		n += sum.Open
	}
	return n
}

// Step reads one piece: what is new, what may have changed, or what is older than
// what was read so far. worked is false when there was nothing to read. One caller
// at a time.
func (b *Board) Step(ctx context.Context) (worked bool, err error) {
	now := b.now().UnixMilli()
	s, p := b.plan(now)
	if s == nil {
		return false, nil
	}
	if p.skip != nil {
		id, err := s.below(ctx, b.from, p.to)
		if err == nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			p.skip(id, now)
		}
		return true, err
	}
	read, count, last, err := s.read(ctx, b.from, p.from, p.to, p.limit)
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p.took(read, count, last, now)
	return true, nil
}

// plan says what to read next: of all flows what is new or may have changed, then
// what is older. No series when there is nothing.
func (b *Board) plan(now int64) (*series, plan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.series {
		if p, ok := s.plan(now, b.page); ok {
			return s, p
		}
	}
	for _, s := range b.series {
		if s.floor > now-kept && s.floor > db.Epoch {
			return s, s.backward(b.page)
		}
		s.forget(now - kept)
	}
	return nil, plan{}
}

// Since is the time from which on the figures are complete; they grow into the
// past after the start, an hour at a time.
func (b *Board) Since() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	var since int64
	for _, s := range b.series {
		if s.caught {
			since = max(since, s.floor)
		} else {
			since = max(since, b.now().UnixMilli())
		}
	}
	return since
}

// Spans are the figures from a time to another, cut into spans of whole hours.
func (b *Board) Spans(from, until int64, hours int64) []Span {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Span
	for at := from - from%hour; at < until; at += hours * hour {
		list = append(list, Span{at, at + hours*hour, map[Key]Sum{}})
	}
	put := func(flow Flow, at int64, of sums) {
		i := (at - (from - from%hour)) / (hours * hour)
		if at < from-from%hour || i >= int64(len(list)) {
			return
		}
		for currency, sum := range of {
			k := Key{flow, currency}
			list[i].Sums[k] = list[i].Sums[k].add(sum)
		}
	}
	for _, s := range b.series {
		for at, of := range s.hours {
			put(s.flow, at, of)
		}
		for _, p := range s.pieces {
			put(s.flow, hourOf(p.from), p.sums)
		}
	}
	return list
}

// Total adds up spans.
func Total(spans []Span) map[Key]Sum {
	total := map[Key]Sum{}
	for _, span := range spans {
		for k, sum := range span.Sums {
			total[k] = total[k].add(sum)
		}
	}
	return total
}

// hourOf is the beginning of the hour in which an id was drawn.
func hourOf(id int64) int64 {
	at := db.TimeOf(id)
	return at - at%hour
}

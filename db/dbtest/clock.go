package dbtest

import (
	"sync"
	"time"
)

// Start is the instant at which a clock that stands begins: 2026-06-01T00:00:00Z.
var Start = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// Clock is the time of a test. It stands until it is told to move, unless the
// house was opened with Running. It may be used by several goroutines.
type Clock struct {
	mu      sync.Mutex
	at      time.Time
	running bool
	since   time.Time // real time at which a running clock showed at
}

// NewClock is a clock that stands at Start.
func NewClock() *Clock { return &Clock{at: Start} }

// NewRunningClock is a clock that shows the real time, moved by what is added.
func NewRunningClock() *Clock {
	now := time.Now()
	return &Clock{at: now, since: now, running: true}
}

// Now is the clock's time in Unix milliseconds.
func (c *Clock) Now() int64 { return c.Time().UnixMilli() }

// Time is the clock's time, in UTC.
func (c *Clock) Time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return c.at.Add(time.Since(c.since)).UTC()
	}
	return c.at.UTC()
}

// Add moves the clock; back when d is negative.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Set puts the clock to an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since = at, time.Now()
}

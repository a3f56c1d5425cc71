package operator

import (
	"sync"
	"time"
)

// pause is how long nothing is tried after so many failures in a row: the first
// few cost nothing, then it doubles, and never exceeds longestPause – nobody is
// locked out for good by a stranger who mistypes on purpose.
func pause(failures int64) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(time.Second<<min(failures-freeFailures, 20), longestPause)
}

const (
	freeFailures = 4
	longestPause = 5 * time.Minute
	mostGuests   = 10_000
)

// noted reports whether a failure is written into the audit: the 1st, 2nd, 4th,
// 8th … in a row, so that a stranger cannot make it grow without limit.
func noted(failures int64) bool { return failures&(failures-1) == 0 }

// throttle counts failures of keys that have no row of their own, in memory that
// is bounded: when it is full, the oldest are forgotten.
type throttle struct {
	mu    sync.Mutex
	known map[string]*guest
	order []string
}

type guest struct {
	failures int64
	until    int64
}

// wait is how long a key must wait.
func (t *throttle) wait(key string, now int64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.known[key]; g != nil && g.until > now {
		return time.Duration(g.until-now) * time.Millisecond
	}
	return 0
}

// fail counts a failure. free is how many more a key may have than an account:
// behind one address are many people.
func (t *throttle) fail(key string, now, free int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]*guest{}
	}
	g := t.known[key]
	if g == nil {
		if len(t.order) >= mostGuests {
			delete(t.known, t.order[0])
			t.order = t.order[1:]
		}
		g = &guest{}
		t.known[key] = g
		t.order = append(t.order, key)
	}
	g.failures++
	g.until = now + pause(g.failures-free).Milliseconds()
}

// forgive forgets a key's failures: somebody from there knew a password.
func (t *throttle) forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.known[key]; g != nil {
		g.failures, g.until = 0, 0
	}
}

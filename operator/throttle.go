package operator

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
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

// attempt counts an attempt as failed until forgive says that it was not, or
// answers how long the key must wait: of many that come at once, those behind the
// last free one are not heard. free is how many more a key may have than an
// account: behind one address are many people.
func (t *throttle) attempt(key string, now, free int64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.guest(key)
	if g.until > now {
		return time.Duration(g.until-now) * time.Millisecond
	}
	g.failures++
	g.until = now + pause(g.failures-free).Milliseconds()
	return 0
}

// guest is a key's count; when there are too many, the oldest is forgotten.
func (t *throttle) guest(key string) *guest {
	if g := t.known[key]; g != nil {
		return g
	}
	if t.known == nil {
		t.known = map[string]*guest{}
	}
	if len(t.order) >= mostGuests {
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	g := &guest{}
	t.known[key] = g
	t.order = append(t.order, key)
	return g
}

// forgive forgets a key's failures: somebody from there knew a password.
func (t *throttle) forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.known[key]; g != nil {
		g.failures, g.until = 0, 0
	}
}

// place is what of an address counts: of IPv6 the network, in which everybody has
// addresses without end.
func place(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil || at.Unmap().Is4() {
		return address
	}
	network, _ := at.Prefix(64)
	return network.String()
}

// familiar is how long a place is remembered from which somebody has signed in.
const familiar = 30 * 24 * time.Hour

// knows reports whether an operator was all the way in from that place lately: then
// the failures of strangers elsewhere do not make the operator wait.
func (p *Operators) knows(ctx context.Context, o *Operator, from From) (bool, error) {
	if o.ID == 0 {
		return false, nil
	}
	since := p.Now().Add(-familiar).UnixMilli()
	list, err := sessions.Select(ctx, p.DB.Reader(), "operator_id = $1 AND passed = $2 AND created_at > $3 ORDER BY id DESC LIMIT 200", o.ID, o.Enrolled(), since)
	return slices.ContainsFunc(list, func(s *Session) bool { return place(s.Address) == place(from.Address) }), err
}

// entrance is where an attempt to sign in is counted.
type entrance struct {
	guests *throttle
	keys   []string
	free   []int64
	known  bool // the account's own pause does not matter
}

// entrance is that of an operator at a place, or how long to wait there. An account
// that strangers have made wait is open for its own places, each with its own count.
func (p *Operators) entrance(ctx context.Context, o *Operator, from From, now int64) (*entrance, time.Duration, error) {
	at := place(from.Address)
	e := &entrance{guests: &p.guests, keys: []string{"address " + at}, free: []int64{addressFree}}
	if o.ID == 0 {
		e.keys, e.free = append(e.keys, "email "+hashToken(o.Email)), append(e.free, 0)
	}
	wait := max(e.wait(now), time.Duration(o.WaitUntil-now)*time.Millisecond)
	if wait <= 0 {
		return e, 0, nil
	}
	known, err := p.knows(ctx, o, from)
	if err != nil || !known {
		return nil, wait, err
	}
	e = &entrance{guests: &p.guests, keys: []string{fmt.Sprintf("operator %d at %s", o.ID, at)}, free: []int64{0}, known: true}
	return e, e.wait(now), nil
}

func (e *entrance) wait(now int64) (wait time.Duration) {
	for _, key := range e.keys {
		wait = max(wait, e.guests.wait(key, now))
	}
	return wait
}

// attempt counts one, or answers how long to wait.
func (e *entrance) attempt(now int64) time.Duration {
	for i, key := range e.keys {
		if wait := e.guests.attempt(key, now, e.free[i]); wait > 0 {
			return wait
		}
	}
	return 0
}

// forgive forgets what was counted.
func (e *entrance) forgive() {
	for _, key := range e.keys {
		e.guests.forgive(key)
	}
}

// proven reports whether a password is the visitor's own. A browser that was left
// open is not for trying passwords without end.
func (p *Operators) proven(ctx context.Context, o *Operator, password string) (bool, error) {
	key := fmt.Sprintf("operator %d inside", o.ID)
	if wait := p.guests.attempt(key, p.Now().UnixMilli(), 0); wait > 0 {
		return false, tooMany(wait)
	}
	right, err := p.verify(ctx, o.Password, password)
	if right {
		p.guests.forgive(key)
	}
	return right, err
}

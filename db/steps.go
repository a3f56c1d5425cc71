package db

import (
	"sync"
	"time"
)

// Steps notices that the machine's clock was put forward or back: it compares it
// with one that only goes on. A nil one notices nothing.
type Steps struct {
	Now    func() int64         // Unix milliseconds, by the clock that may be put
	Steady func() time.Duration // since whenever, by one that may not

	mu     sync.Mutex
	apart  int64 // of the two, at the last look
	looked bool
	at     time.Duration // when the last step was noticed, or the first look, by the steady clock
}

// stepAtLeast is the least that counts as a step, in milliseconds.
const stepAtLeast = 1000

// Look tells how far the clock was put since the last look, in milliseconds:
// above zero forward, below it back, zero not at all.
func (s *Steps) Look() int64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	steady := s.Steady()
	apart := s.Now() - steady.Milliseconds()
	moved := apart - s.apart
	if s.looked && -stepAtLeast < moved && moved < stepAtLeast {
		return 0 // apart stays: many small steps add up to one that counts
	}
	if !s.looked {
		moved = 0
	}
	s.apart, s.looked, s.at = apart, true, steady
	return moved
}

// Within looks, and reports whether a step may have been less than so long ago: one
// was noticed, or nobody looked before – the clock may have been put until then.
func (s *Steps) Within(d time.Duration) bool {
	if s == nil {
		return false
	}
	s.Look()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Steady()-s.at < d
}

// Elapsed is what the clock says that only goes on; of a nil one always nothing.
func (s *Steps) Elapsed() time.Duration {
	if s == nil {
		return 0
	}
	return s.Steady()
}

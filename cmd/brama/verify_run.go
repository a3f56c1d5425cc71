package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/brama-pay/brama/console"
)

// maxFindings is how many findings of a run are kept to be shown.
const maxFindings = 1000

// verifier runs verify for the console: beside the gateway at work, one run at a
// time, the last one kept.
type verifier struct {
	verify  func(*verification) error
	working sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc

	mu   sync.Mutex
	last console.Verification
}

func newVerifier(at storage) *verifier {
	r := &verifier{verify: func(v *verification) error { return v.run(at, 0) }}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

// Start begins a run; false when one is running.
func (r *verifier) Start(by string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.Running() || r.ctx.Err() != nil {
		return false
	}
	r.last = console.Verification{By: by, Started: unixNow()}
	r.working.Go(r.run)
	return true
}

// Last is the run that is running, or the last one.
func (r *verifier) Last() console.Verification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// end stops a run that goes on, and waits for it.
func (r *verifier) end() {
	r.stop()
	r.working.Wait()
}

func (r *verifier) run() {
	v := &verification{ctx: r.ctx, out: io.Discard, progress: io.Discard, found: r.found, looked: r.looked}
	err := r.whole(v)
	var summary strings.Builder
	v.out = &summary
	v.summary()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Ended, r.last.Rows, r.last.Summary = unixNow(), v.rows, strings.TrimSpace(summary.String())
	r.last.Differences, r.last.Notes = v.differences, v.notes
	if err != nil {
		r.last.Failure = fmt.Sprintf("the books could not be read to their end: %v", err)
	}
}

// whole goes through the books. A panic is this run's failure: the gateway works on.
func (r *verifier) whole(v *verification) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the look at them broke off: %v", p)
		}
	}()
	return r.verify(v)
}

func (r *verifier) found(f console.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last.Findings) < maxFindings {
		r.last.Findings = append(r.last.Findings[:len(r.last.Findings):len(r.last.Findings)], f) // Last's reader keeps its own
	}
}

func (r *verifier) looked(at string, rows int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.At, r.last.Rows = at, rows
}

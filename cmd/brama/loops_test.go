package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/provider"
)

// A panic of a worker, of what is done now and then, or of a call costs that piece of
// work: the next goes on, and a call's place is free again.
func TestAPanicCostsItsWorkOnly(t *testing.T) {
	var log bytes.Buffer
	l := &loops{log: slog.New(slog.NewTextHandler(&log, nil))}
	ctx, stop := context.WithCancel(context.Background())
	var steps, rounds, calls atomic.Int64
	l.every(ctx, "now-and-then", time.Millisecond, func(context.Context) error {
		if rounds.Add(1) == 1 {
			panic("a round")
		}
		return nil
	})
	d := provider.NewDispatcher(2)
	(&gateway{dispatch: d}).send(ctx, l)
	for _, job := range []func(context.Context){func(context.Context) { panic("a call") }, func(context.Context) { calls.Add(1) }} {
		if !d.Reserve() {
			t.Fatal("no place")
		}
		d.Go(job)
	}
	if l.once(ctx, "steps", func(context.Context) (bool, error) { panic("a step") }, 0) != errorPause {
		t.Error("no pause after a panic")
	}
	l.once(ctx, "steps", func(context.Context) (bool, error) { steps.Add(1); return true, nil }, 0)
	for end := time.Now().Add(10 * time.Second); rounds.Load() < 2 || calls.Load() < 1 || d.Busy() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d rounds, %d calls, %d places taken", rounds.Load(), calls.Load(), d.Busy())
		}
	}
	stop()
	l.running.Wait()
	for _, what := range []string{"a round", "a call", "a step"} {
		if strings.Count(log.String(), what) != 1 {
			t.Errorf("%q is not logged once: %s", what, &log)
		}
	}
	if steps.Load() != 1 {
		t.Error("no step after a panic")
	}
}

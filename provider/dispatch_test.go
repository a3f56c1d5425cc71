package provider_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/brama-pay/brama/provider"
)

func TestDispatcherIsBounded(t *testing.T) {
	d := provider.NewDispatcher(2)
	first, second, third := d.Reserve(), d.Reserve(), d.Reserve()
	if !first || !second || third {
		t.Fatal("a third place of two")
	}
	d.Free()
	if d.Busy() != 1 || !d.Reserve() {
		t.Fatal("a place that was given back is not free")
	}
	ran := 0
	d.Go(func(context.Context) { ran++ })
	d.Go(func(context.Context) { ran++ })
	for want := 1; want <= 2; want++ {
		if worked, err := d.Step(t.Context()); !worked || err != nil || ran != want || d.Busy() != 2-want {
			t.Fatalf("after step %d: worked %v, %d ran, %d places taken", want, worked, ran, d.Busy())
		}
	}
	if worked, _ := d.Step(t.Context()); worked {
		t.Error("it ran what was not there")
	}
}

// A job that panics gives its place back, and the others are still run.
func TestDispatcherSurvivesAPanic(t *testing.T) {
	d := provider.NewDispatcher(1)
	d.Reserve()
	d.Go(func(context.Context) { panic("a defect") })
	func() {
		defer func() { _ = recover() }()
		_, _ = d.Step(t.Context())
	}()
	if !d.Reserve() {
		t.Error("the place of a job that panicked is lost")
	}
}

// A call that has begun is not cut by the end of the process's work: half a call
// would leave an outcome that nobody knows.
func TestDispatcherLetsAJobEnd(t *testing.T) {
	d := provider.NewDispatcher(4)
	ctx, stop := context.WithCancel(t.Context())
	var finished atomic.Int64
	var workers sync.WaitGroup
	began := make(chan struct{})
	d.Reserve()
	d.Go(func(job context.Context) {
		close(began)
		stop()
		if job.Err() == nil {
			finished.Add(1)
		}
	})
	workers.Go(func() { d.Run(ctx) })
	<-began
	workers.Wait()
	if finished.Load() != 1 || d.Busy() != 0 {
		t.Errorf("%d finished, %d places taken", finished.Load(), d.Busy())
	}
}

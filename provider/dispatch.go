package provider

import "context"

// Dispatcher holds the calls that were announced and are to be sent now. It is
// bounded: who wants to announce a call reserves a place first.
type Dispatcher struct {
	places chan struct{}
	jobs   chan func(context.Context)
}

// NewDispatcher has places for so many calls at a time, waiting or being sent.
func NewDispatcher(places int) *Dispatcher {
	return &Dispatcher{places: make(chan struct{}, places), jobs: make(chan func(context.Context), places)}
}

// Reserve takes a place; false when there is none. A place that is not used by
// Go must be given back with Free.
func (d *Dispatcher) Reserve() bool {
	select {
	case d.places <- struct{}{}:
		return true
	default:
		return false
	}
}

// Free gives back a place that was reserved and not used.
func (d *Dispatcher) Free() { <-d.places }

// Go uses a reserved place. It does not block.
func (d *Dispatcher) Go(job func(context.Context)) { d.jobs <- job }

// Busy is how many places are taken.
func (d *Dispatcher) Busy() int { return len(d.places) }

// Step runs one waiting job; false when there is none.
func (d *Dispatcher) Step(ctx context.Context) (worked bool, err error) {
	select {
	case job := <-d.jobs:
		d.run(ctx, job)
		return true, nil
	default:
		return false, nil
	}
}

// Run works until the context ends. Several may run at a time. Jobs not begun
// by then stay announced in the database; the next process asks about them.
func (d *Dispatcher) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-d.jobs:
			d.run(context.WithoutCancel(ctx), job)
		}
	}
}

func (d *Dispatcher) run(ctx context.Context, job func(context.Context)) {
	defer d.Free()
	job(ctx)
}

package sim

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// task is one thread of the world: a client's request, a worker's step, a call.
// It runs until it waits, and goes on when the world resumes it.
type task struct {
	id     int64
	name   string
	node   *node         // whose process it runs in; nil: nobody's
	resume chan struct{} // the world's turn to give
	ready  func() bool   // what it waits for
	leave  func()        // its caller may leave while it waits; nil: it stays
	killed bool
	ended  bool
}

// start makes a task and runs it until it waits for the first time.
func (w *World) start(name string, n *node, run func()) *task {
	w.tasksMade++
	t := &task{id: w.tasksMade, name: name, node: n, resume: make(chan struct{})}
	w.tasks = append(w.tasks, t)
	go func() {
		<-t.resume
		defer func() {
			if p := recover(); p != nil {
				w.fail("nothing panics", fmt.Sprintf("%s: %v\n%s", name, p, debug.Stack()))
			}
			t.ended = true
			w.yielded <- struct{}{}
		}()
		run()
	}()
	w.run(t)
	return t
}

// run lets a task go on until it waits again or ends.
func (w *World) run(t *task) {
	before := w.running
	w.running = t
	t.resume <- struct{}{}
	w.awaitYield(t)
	w.running = before
	if t.ended {
		w.tasks = slices.DeleteFunc(w.tasks, func(o *task) bool { return o == t })
	}
}

// stuck is how long a task may run before it waits, in real time.
const stuck = 3 * time.Minute

// awaitYield waits until the running task waits. One that waits for what the world
// does not give would stop the world for good, and say nothing.
func (w *World) awaitYield(t *task) {
	late := time.NewTimer(stuck)
	defer late.Stop()
	select {
	case <-w.yielded:
	case <-late.C:
		stacks := make([]byte, 1<<20)
		panic(fmt.Sprintf("seed %d, step %d: %s#%d waits for what the world does not know of\n%s",
			w.Seed, w.step, t.name, t.id, stacks[:runtime.Stack(stacks, true)]))
	}
}

// park makes the running task wait. A killed one ends here: its process is no more.
func (w *World) park(ready func() bool) {
	t := w.running
	if t.killed {
		runtime.Goexit()
	}
	t.ready = ready
	w.yielded <- struct{}{}
	<-t.resume
	if t.killed {
		runtime.Goexit()
	}
}

// sleep makes the running task wait for a time of the world's clock.
func (w *World) sleep(millis int64) {
	until := w.now + max(millis, 0)
	w.at(until, func() {}) // the clock stops there
	w.park(func() bool { return w.now >= until })
}

// wait is what the gateway calls before it waits for an answer. Outside of any
// task – while the world is made or at its end – the writers work meanwhile.
func (n *node) wait(ctx context.Context, ready func() bool) {
	w := n.world
	if w.running == nil {
		for !ready() && n.stepWriters() {
		}
		return
	}
	if ctx.Err() != nil {
		return
	}
	w.park(func() bool { return ready() || ctx.Err() != nil })
}

// kill ends the tasks of a process where they stand, in the order they began.
func (w *World) kill(n *node) {
	for _, t := range slices.Clone(w.tasks) {
		if t.node == n && !t.ended {
			t.killed = true
			w.run(t)
		}
	}
}

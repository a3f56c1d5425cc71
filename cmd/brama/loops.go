package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/brama-pay/brama/db"
)

// step is one piece of a worker's work; false when there was none.
type step func(context.Context) (worked bool, err error)

// loops runs workers until they are told to stop.
type loops struct {
	running sync.WaitGroup
	log     *slog.Logger
}

// Pauses of a loop that found nothing, and of one that met an error.
const (
	idlePause  = 25 * time.Millisecond
	errorPause = time.Second
)

// run calls a worker's step again and again, n loops at a time. Together they look
// for work every idlePause; each rests n times as long.
func (l *loops) run(ctx context.Context, name string, n int, work step) {
	for i := range n {
		l.running.Add(1)
		go func() {
			defer l.running.Done()
			sleep(ctx, time.Duration(i)*idlePause) // one after the other, or they would all look at once and then none
			for ctx.Err() == nil {
				sleep(ctx, l.once(ctx, name, work, idlePause*time.Duration(n)))
			}
		}()
	}
}

// once does one step and gives the pause after it, idle when there was nothing to do. A panic costs its step only.
func (l *loops) once(ctx context.Context, name string, work step, idle time.Duration) (pause time.Duration) {
	var worked bool
	var err error
	panicked := l.guarded(name, func() { worked, err = work(context.WithoutCancel(ctx)) }) // a step that began is finished
	switch {
	case panicked:
		return errorPause
	case err != nil:
		l.log.Warn("a worker met an error", "worker", name, "error", err)
		return errorPause
	case worked:
		return 0
	}
	return idle
}

// guarded does a piece of work whose panic is logged and goes no further: what it had
// begun is found again by its row.
func (l *loops) guarded(name string, work func()) (panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("a worker panicked", "worker", name, "panic", p)
			panicked = true
		}
	}()
	work()
	return false
}

// start runs every worker of the gateway. Senders are many: a slow receiver or
// provider holds one of them.
func (g *gateway) start(ctx context.Context, l *loops) {
	l.run(ctx, "invoices", 16, g.invoices.Step)
	l.run(ctx, "refunds", 4, g.invoices.StepRefunds)
	l.run(ctx, "payouts", 64, g.payouts.Step)
	if !g.silent {
		l.run(ctx, "callbacks", 32, g.sender.Step)
	}
	if g.sandbox != nil {
		l.run(ctx, "sandbox", 1, g.sandbox.Step)
	}
	l.every(ctx, "recall", time.Second, g.recall)
	l.every(ctx, "figures", figuresPause, g.countFigures)
	if g.keepSessions > 0 {
		l.every(ctx, "housekeeping", time.Minute, g.tidy)
	}
	l.every(ctx, "node", time.Duration(db.Lease)*time.Millisecond/4, g.db.Beat)
}

// figuresPause is between the moments, a fiftieth as long, in which the figures are
// counted: payments come first.
const figuresPause = 500 * time.Millisecond

// countFigures goes on counting for a moment.
func (g *gateway) countFigures(ctx context.Context) error {
	for until := time.Now().Add(figuresPause / 50); ; {
		worked, err := g.figures.Step(ctx)
		if err != nil || !worked || time.Now().After(until) {
			return err
		}
	}
}

// every calls work now and then, an error being only logged.
func (l *loops) every(ctx context.Context, name string, pause time.Duration, work func(context.Context) error) {
	l.running.Add(1)
	go func() {
		defer l.running.Done()
		for sleep(ctx, pause); ctx.Err() == nil; sleep(ctx, pause) {
			l.guarded(name, func() {
				if err := work(ctx); err != nil && ctx.Err() == nil { // cut by the stop it is no error
					l.log.Warn("a worker met an error", "worker", name, "error", err)
				}
			})
		}
	}()
}

// send runs the senders of announced calls, until the context ends.
func (g *gateway) send(ctx context.Context, l *loops) {
	for range senders {
		l.again(ctx, "calls", g.dispatch.Run)
	}
}

// again runs work that lasts until the context ends, and anew after a panic.
func (l *loops) again(ctx context.Context, name string, work func(context.Context)) {
	l.running.Add(1)
	go func() {
		defer l.running.Done()
		for l.guarded(name, func() { work(ctx) }) && ctx.Err() == nil {
		}
	}()
}

// senders is how many calls to providers are made at a time.
const senders = 256

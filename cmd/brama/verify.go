package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

type verifyCommand struct {
	storage
	Shop int64 `help:"Only this shop." env:"-" placeholder:"NUMBER"`
}

// Help says what is looked at.
func (verifyCommand) Help() string {
	return "It reads only, and may run beside the gateway, and goes through each table once, two at a time. For each shop: every transfer sums to zero, balances equal their entries, " +
		"frozen money equals open payouts and refunds, held money equals holds, every operation has the transfers, calls and callbacks " +
		"that its status says, the audit chain holds. In a demo the sandbox's own books are compared with ours. " +
		"Exit status 1 when anything differs."
}

// Run verifies and prints.
func (c *verifyCommand) Run(ctx context.Context, line *kong.Context) error {
	v := &verification{ctx: ctx, out: line.Stdout, progress: line.Stderr}
	if err := v.run(c.storage, c.Shop); err != nil {
		return err
	}
	v.summary()
	if v.differences > 0 {
		return exitWith(1)
	}
	return nil
}

// verification goes through the books: once for all shops, or for one.
type verification struct {
	ctx      context.Context
	db       *db.DB
	out      io.Writer
	progress io.Writer

	// Who else hears of it, if anybody.
	found  func(console.Finding)
	looked func(at string, rows int64)

	mu   sync.Mutex // of the next two: looks report side by side
	told time.Time
	rows int64 // looked at

	shops, transfers, operations, callbacks, acts int64
	differences, notes                            int64
}

func (v *verification) run(at storage, only int64) (err error) {
	if v.db, err = at.open(v.ctx, true); err != nil {
		return err
	}
	defer v.db.Close()
	if only != 0 {
		if _, err := shop.Load(v.ctx, v.db.Reader(), only); err != nil {
			return (&desk{db: v.db}).explain(v.ctx, err)
		}
		return v.together(v.looksAtOne(at, only))
	}
	return v.together(v.looks(at))
}

// sideBySide is how many looks are under way at a time: each keeps a processor busy,
// and a gateway at work beside them needs one too.
const sideBySide = 2

// together takes the looks side by side, begun in their order. What they find is
// shown in that order too: the findings of a later one wait in its channel, and it
// waits itself when that is full. The first error ends the others.
func (v *verification) together(looks []*look) error {
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	queue := make(chan *look, len(looks))
	for _, l := range looks {
		l.ctx, l.of, l.findings = ctx, v, make(chan console.Finding, 1024)
		queue <- l
	}
	close(queue)
	var working sync.WaitGroup
	for range sideBySide {
		working.Go(func() {
			for l := range queue {
				if err := v.taken(l); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, l := range looks {
		for f := range l.findings {
			v.show(f)
		}
	}
	working.Wait()
	return context.Cause(ctx)
}

// taken takes a look. A panic is an error of it: nobody further up could catch it,
// and in the console's case the gateway goes on.
func (v *verification) taken(l *look) (err error) {
	defer close(l.findings)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a look at the books broke off: %v", p)
			v.mu.Lock()
			defer v.mu.Unlock()
			fmt.Fprintf(v.progress, "%s\n", debug.Stack())
		}
	}()
	return l.take(l)
}

// show prints a finding.
func (v *verification) show(f console.Finding) {
	if v.found != nil {
		v.found(f)
	}
	if f.Note {
		v.notes++
		fmt.Fprintf(v.out, "note  %s: %s\n", houseOr(f.Shop), f.Detail)
		return
	}
	v.differences++
	fmt.Fprintf(v.out, "DIFFERENCE  %s: %s %s: %s\n", houseOr(f.Shop), f.Subject, f.What, f.Detail)
}

func houseOr(shop int64) string {
	if shop == 0 {
		return "the house"
	}
	return fmt.Sprintf("shop %d", shop)
}

// progressed shows now and then that work goes on.
func (v *verification) progressed(at string, rows int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rows += rows
	if v.looked != nil {
		v.looked(at, v.rows)
	}
	if now := time.Now(); now.Sub(v.told) > 2*time.Second {
		if !v.told.IsZero() {
			fmt.Fprintf(v.progress, "… %d rows, now %s\n", v.rows, at)
		}
		v.told = now
	}
}

func (v *verification) summary() {
	fmt.Fprintf(v.out, "verified %d shops, %d transfers, %d operations, %d callbacks, %d audited acts: ",
		v.shops, v.transfers, v.operations, v.callbacks, v.acts)
	if v.differences == 0 {
		fmt.Fprintln(v.out, "no difference")
		return
	}
	fmt.Fprintf(v.out, "%d differences\n", v.differences)
}

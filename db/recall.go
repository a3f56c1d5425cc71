package db

import (
	"context"
	"database/sql"
	"time"
)

// Recalls looks after what a clock that was wrong has put off too far.
type Recalls struct {
	Steps *Steps
	Of    []Recall

	next time.Duration // when all is looked through again, by the steady clock
}

// Recall makes rows due now that are due after a moment.
type Recall struct {
	Rows     func(ctx context.Context, after int64) (int, error)
	Farthest time.Duration // the most that one is ever put off
}

// recallPause is between two looks through all.
const recallPause = 5 * time.Minute

// Look makes due now what was put off too far: at once, and all that is still to
// come, when the clock is noticed to have been put back; now and then what is due
// further ahead than anything is ever put off – the clock may have been put while
// nothing ran. It tells how far the clock was put, in milliseconds, and how many
// rows are due now. It is to be called every second or so.
func (r *Recalls) Look(ctx context.Context) (moved int64, rows int, err error) {
	moved = r.Steps.Look()
	now, steady := r.Steps.Now(), r.Steps.Steady()
	if moved >= 0 && steady < r.next {
		return moved, 0, nil
	}
	r.next = steady + recallPause
	for _, of := range r.Of {
		after := now
		if moved >= 0 {
			after += of.Farthest.Milliseconds()
		}
		n, err := of.Rows(ctx, after)
		if rows += n; err != nil {
			r.next = 0 // again with the next look
			return moved, rows, err
		}
	}
	return moved, rows, nil
}

// recallPage is how many rows are listed at a time.
const recallPage = 500

// RecallRows lists the rows that a statement finds due after a moment – $1 – and
// calls back each once, in pages by id – $2 – of so many – $3. A row that is due
// further ahead than anything is ever put off was put off by a clock that was wrong.
func RecallRows(ctx context.Context, from *sql.DB, text string, after int64, back func(Key) error) (n int, err error) {
	for last := int64(0); ; {
		keys, err := Keys(ctx, from, text, after, last, recallPage)
		if err != nil {
			return n, err
		}
		for _, k := range keys {
			if err := back(k); err != nil {
				return n, err
			}
			n, last = n+1, k.ID
		}
		if len(keys) < recallPage {
			return n, nil
		}
	}
}

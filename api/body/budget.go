package body

import (
	"errors"
	"io"
	"sync/atomic"
)

// ErrBusy says that too many long bodies are being read at the moment.
var ErrBusy = errors.New("body: too many long bodies at a time")

// Every body may be this long for nothing; what is beyond is drawn from the budget
// in pieces of this size. Requests that mean something are far shorter.
const piece = 64 << 10

// Budget bounds the memory that the bodies being read take together: a sender need
// not have signed anything to make us read.
type Budget struct{ left atomic.Int64 }

// NewBudget is a budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	b := &Budget{}
	b.left.Store(bytes)
	return b
}

// Draw reads r at the budget's expense. Close gives back what was drawn, and
// closes nothing. A read that the budget does not allow is ErrBusy.
func (b *Budget) Draw(r io.Reader) io.ReadCloser { return &drawn{budget: b, from: r, free: piece} }

type drawn struct {
	budget *Budget
	from   io.Reader
	free   int64 // bytes that may still be read for what was drawn
	taken  int64
}

func (d *drawn) Read(p []byte) (int, error) {
	if d.free <= 0 {
		if d.budget.left.Add(-piece) < 0 {
			d.budget.left.Add(piece)
			return 0, ErrBusy
		}
		d.taken += piece
		d.free += piece
	}
	n, err := d.from.Read(p[:min(int64(len(p)), d.free)])
	d.free -= int64(n)
	return n, err
}

func (d *drawn) Close() error {
	d.budget.left.Add(d.taken)
	d.taken = 0
	return nil
}

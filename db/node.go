package db

import (
	"context"

	"github.com/brama-pay/brama/fault"
)

// Lease is how long a node's number stays its own after its last beat, in
// milliseconds. Only id generation and the spreading of work look at it.
const Lease int64 = 10_000

// node is the row that a serving process holds.
type node struct {
	ID      int64
	Holder  string // random per process
	Until   int64  // Unix ms; ids of this node may lie up to here
	Version int64
}

var nodes = NewTable("node", "id, holder, until, version", "id", func(r *node) []any {
	return []any{&r.ID, &r.Holder, &r.Until, &r.Version}
})

// claim takes a free node number, or renews the one its holder has. Of the free
// ones it takes that which was free longest: should the clock have been put
// forward, the numbers of those who live look free too, for a beat. last is the
// time of the last id that the holder drew: ids may run ahead of the clock, and
// nobody else may draw below them.
type claim struct {
	holder string
	last   int64
}

type claimed struct{ node, floor int64 }

func (c claim) Reads(r *Reads) {
	for id := range int64(Nodes) {
		nodes.Read(r, id)
	}
}

func (c claim) Decide(s *State) (claimed, error) {
	var free *node
	for id := range int64(Nodes) {
		row, ok := nodes.Find(s, id)
		if !ok {
			row = &node{ID: id}
		}
		if row.Holder == c.holder {
			free = row
			break
		}
		if row.Until <= s.Now() && (free == nil || row.Until < free.Until) {
			free = row
		}
	}
	if free == nil {
		return claimed{}, fault.New(fault.Unavailable, "all %d node numbers are held; stop a node or wait %d s", Nodes, Lease/1000)
	}
	got := claimed{node: free.ID, floor: free.Until}
	if free.Holder == c.holder {
		got.floor = 0
	}
	free.Holder, free.Until = c.holder, max(s.Now(), c.last)+Lease
	if free.Version == 0 {
		nodes.Insert(s, free)
	} else {
		nodes.Update(s, free)
	}
	return got, nil
}

// leave frees the number at once, so that the next process need not wait.
type leave struct {
	holder string
	node   int64
	last   int64 // time of the last id drawn
}

func (l leave) Reads(r *Reads) { nodes.Read(r, l.node) }

func (l leave) Decide(s *State) (struct{}, error) {
	if row, ok := nodes.Find(s, l.node); ok && row.Holder == l.holder {
		row.Until = max(s.Now(), l.last+1)
		row.Holder = ""
		nodes.Update(s, row)
	}
	return struct{}{}, nil
}

// Join takes a node number for this process; ids are drawn with it from then
// on. The writers must be running. holder is random text, one per process.
func (d *DB) Join(ctx context.Context, holder string) error {
	_, last := d.ids.last()
	got, err := Do(ctx, d, House, claim{holder, last})
	if err != nil {
		return err
	}
	d.holder = holder
	d.ids.use(got.node, got.floor)
	return nil
}

// Beat renews the number. It is to be called well within Lease.
func (d *DB) Beat(ctx context.Context) error { return d.Join(ctx, d.holder) }

// Leave gives the number back.
func (d *DB) Leave(ctx context.Context) error {
	if d.holder == "" {
		return nil
	}
	node, last := d.ids.last()
	_, err := Do(ctx, d, House, leave{d.holder, node, last})
	return err
}

package db

import "sync"

// Epoch is the start of the ids' clock: 2026-01-01T00:00:00Z in Unix milliseconds.
const Epoch int64 = 1767225600000

// Nodes is how many nodes may serve one database at the same time.
const Nodes = 64

// IDs draws ids below 2^53: 41 bits of milliseconds since Epoch, 6 bits of node,
// 6 bits of counter. They never go backwards in a process; when a millisecond's
// 64 are used up, or the clock steps back, they run ahead of the clock.
type IDs struct {
	mu   sync.Mutex
	now  func() int64
	node int64
	tick int64 // milliseconds and counter of the last id
}

// NewIDs draws ids for a node, 0 ≤ node < Nodes.
func NewIDs(node int64, now func() int64) *IDs { return &IDs{now: now, node: node} }

// Next is a new id.
func (g *IDs) Next() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tick = max(g.tick+1, (g.now()-Epoch)<<6)
	return g.tick>>6<<12 | g.node<<6 | g.tick&63
}

// use makes the generator draw for a node whose earlier ids lie before the time floor.
func (g *IDs) use(node, floor int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.node = node
	g.tick = max(g.tick, (floor-Epoch)<<6)
}

// last is the node for which ids are drawn and the time of the last one, which
// may lie ahead of the clock.
func (g *IDs) last() (node, at int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.node, g.tick>>6 + Epoch
}

// TimeOf is when an id was drawn, in Unix milliseconds.
func TimeOf(id int64) int64 { return id>>12 + Epoch }

// FirstID is the least id that may have been drawn at a time in Unix milliseconds,
// the inverse of TimeOf: what was made between two times has the ids between theirs.
func FirstID(at int64) int64 { return max(at-Epoch, 0) << 12 }

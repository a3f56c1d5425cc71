package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// connections bounds how many connections a server has. At the bound the one that
// has been idle longest is closed for a new one: whoever only holds connections
// open cannot keep others out. With none idle the new one is closed.
type connections struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*list.Element // nil: not idle
	idle *list.List                 // of net.Conn, idle longest first
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*list.Element{}, idle: list.New()}
}

// state is the server's ConnState.
func (c *connections) state(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.open[conn]; at != nil {
		c.idle.Remove(at)
	}
	switch state {
	case http.StateNew:
		c.open[conn] = nil
		c.room(conn)
	case http.StateIdle:
		c.open[conn] = c.idle.PushBack(conn)
	case http.StateActive:
		c.open[conn] = nil
	default:
		delete(c.open, conn)
	}
}

// room closes a connection when there is one too many. The server's own goroutine
// of it notices and reports it closed.
func (c *connections) room(newest net.Conn) {
	if len(c.open) <= c.most {
		return
	}
	victim := newest
	if oldest := c.idle.Front(); oldest != nil {
		victim = oldest.Value.(net.Conn)
		c.idle.Remove(oldest)
		c.open[victim] = nil
	}
	_ = victim.Close()
}

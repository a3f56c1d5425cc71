package console

import (
	"net/http"
	"sync"
)

// Exports at a time: each keeps one of the database's readers for as long as its
// file takes, and the pages need the others.
const (
	exportsEach = 2 // of one operator
	exportsAll  = 4 // of all of them
)

var (
	errExportsEach = &trouble{http.StatusTooManyRequests, "Two of your exports are under way", "Nothing was exported. Wait until one of them is done, then take this one."}
	errExportsAll  = &trouble{http.StatusTooManyRequests, "Four exports are under way, more than that would keep everybody waiting", "Nothing was exported. Try again in a moment."}
)

// exportRoom counts the exports that are under way.
type exportRoom struct {
	mu  sync.Mutex
	of  map[int64]int // by operator; one without is not there
	all int
}

// enter takes a place, which is given back by leave, or says why there is none.
func (e *exportRoom) enter(operator int64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.of[operator] >= exportsEach:
		return errExportsEach
	case e.all >= exportsAll:
		return errExportsAll
	}
	if e.of == nil {
		e.of = map[int64]int{}
	}
	e.of[operator]++
	e.all++
	return nil
}

func (e *exportRoom) leave(operator int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all--
	if e.of[operator]--; e.of[operator] == 0 {
		delete(e.of, operator)
	}
}

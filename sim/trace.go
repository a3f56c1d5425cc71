package sim

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// trace is the record of a run. Two runs of one seed have the same bytes in it.
type trace struct {
	sum   hash.Hash
	out   io.Writer // nil: only the sum is kept, and the last lines
	last  []string  // a ring
	next  int
	lines int64
}

// kept is how many lines a failure shows.
const kept = 60

func newTrace(out io.Writer) *trace {
	return &trace{sum: sha256.New(), out: out, last: make([]string, kept)}
}

func (t *trace) add(line string) {
	_, _ = io.WriteString(t.sum, line)
	if t.out != nil {
		_, _ = io.WriteString(t.out, line)
	}
	t.last[t.next] = line
	t.next = (t.next + 1) % kept
	t.lines++
}

// tail are the last lines, oldest first.
func (t *trace) tail() []string {
	var lines []string
	for i := range kept {
		if line := t.last[(t.next+i)%kept]; line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (w *World) tracef(format string, args ...any) {
	who := "world"
	if w.running != nil {
		who = fmt.Sprintf("%s#%d", w.running.name, w.running.id)
	}
	w.trace.add(fmt.Sprintf("%d %d %s: ", w.step, w.now-w.born, who) + fmt.Sprintf(format, args...) + "\n")
}

package body

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBudget(t *testing.T) {
	b := NewBudget(3 * piece)
	long := func() io.ReadCloser { return b.Draw(strings.NewReader(strings.Repeat("x", 3*piece))) }
	first := long()
	if got, err := io.ReadAll(first); err != nil || len(got) != 3*piece {
		t.Fatalf("the first long body: %d bytes, %v", len(got), err)
	}
	if _, err := io.ReadAll(long()); !errors.Is(err, ErrBusy) {
		t.Errorf("a second long body beside it: %v", err)
	}
	short := b.Draw(strings.NewReader("{}"))
	if got, err := io.ReadAll(short); err != nil || string(got) != "{}" {
		t.Errorf("a short body beside it: %q, %v", got, err)
	}
	_ = first.Close()
	_ = first.Close() // gives back once
	second := long()
	if _, err := io.ReadAll(second); err != nil {
		t.Errorf("after the first is through: %v", err)
	}
	_ = second.Close()
	if b.left.Load() > 3*piece {
		t.Errorf("the budget has grown to %d", b.left.Load())
	}
}

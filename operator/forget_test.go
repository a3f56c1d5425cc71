package operator_test

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// Old sessions go; no living one does, nor one that makes a place familiar, whatever
// is asked for. The writer's memory does not bring back what is gone.
func TestForgetSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		w.add(t, "ann@example.com", operator.Admin)
		old, gone := w.signIn(t, "ann@example.com")
		count := func() (n int) {
			if err := h.DB.Reader().QueryRowContext(ctx, "SELECT COUNT(*) FROM operator_session").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		forget := func(kept time.Duration) int64 {
			n, err := w.ForgetSessions(ctx, kept)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		h.Clock.Add(operator.LeastKept - time.Minute)
		if n := forget(0); n != 0 {
			t.Errorf("%d sessions gone that make a place familiar", n)
		}
		h.Clock.Add(time.Hour)
		living, _ := w.signIn(t, "ann@example.com")
		if n := forget(90 * 24 * time.Hour); n != 0 || count() != 2 {
			t.Errorf("%d sessions gone before their time", n)
		}
		if n := forget(time.Hour); n != 1 || count() != 1 {
			t.Errorf("%d sessions gone, %d left", n, count())
		}
		if w.visitor(t, old) != nil || w.visitor(t, living) == nil {
			t.Error("the wrong one is gone")
		}
		end := operator.EndSession{Operator: gone.Operator.ID, Session: gone.Session.ID, Actor: "test"}
		if _, err := db.Do(ctx, h.DB, db.House, end); !fault.Is(err, fault.NotFound) {
			t.Errorf("what the writer remembers of it: %v", err)
		}
		h.Clock.Add(2 * time.Minute) // a use that is written
		if w.visitor(t, living) == nil || forget(0) != 0 {
			t.Error("the living one is gone")
		}
		if err := w.End(ctx, w.visitor(t, living)); err != nil || w.visitor(t, living) != nil {
			t.Errorf("it cannot be ended: %v", err)
		}
	})
}

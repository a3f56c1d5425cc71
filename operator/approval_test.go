package operator_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

// act is what is proposed in these tests: it counts in the audit of its shop.
type act struct {
	shop int64
	fail error
}

func (a act) Reads(r *db.Reads) { audit.Read(r, a.shop) }

func (a act) Decide(s *db.State) (string, error) {
	if a.fail == nil {
		audit.Append(s, a.shop, "test", "test.act", "", "")
	}
	return "done", a.fail
}

// acted is how often the act was done for a shop.
func (w *world) acted(t testing.TB, shop int64) (n int) {
	t.Helper()
	links, err := audit.List(ctx, w.DB.Reader(), shop, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Act == "test.act" {
			n++
		}
	}
	return n
}

// proposal is one by ann, who is finance, about the house.
func (w *world) proposal(t testing.TB, ann *operator.Operator, form string) *operator.Approval {
	t.Helper()
	done := do(t, w, db.House, proposing(ann, form))
	if done.Executed || done.Approval.Status != operator.Open {
		t.Fatalf("%+v", done)
	}
	return done.Approval
}

func proposing(ann *operator.Operator, form string) operator.Propose[string] {
	return operator.Propose[string]{
		Form: form, Kind: "test", Subject: "a thing", Arguments: `{"n":1}`, Reason: "because", Permission: operator.DecidePayout,
		Proposer: ann.ID, Act: act{},
	}
}

func approving(seen *operator.Approval, by *operator.Operator) operator.Approve[string] {
	return operator.Approve[string]{Seen: *seen, Approver: by.ID, Permission: operator.DecidePayout, Act: act{}}
}

func TestTwoApproversAtOnceExecuteOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		ann := w.add(t, "ann@example.com", operator.Finance)
		others := []*operator.Operator{w.add(t, "bob@example.com", operator.Finance), w.add(t, "eve@example.com", operator.Admin)}
		for _, form := range []string{"1", "2", "3", "4", "5"} {
			a := w.proposal(t, ann, form)
			before := w.acted(t, 0)
			var executed atomic.Int64
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					done, err := db.Do(ctx, w.DB, db.House, approving(a, others[i%2]))
					if err == nil && done.Executed {
						executed.Add(1)
					} else if !fault.Is(err, fault.Busy) {
						t.Errorf("%+v, %v", done, err)
					}
				})
			}
			all.Wait()
			if n := w.acted(t, 0) - before; executed.Load() != 1 || n != 1 {
				t.Errorf("executed %d times by %d answers", n, executed.Load())
			}
		}
	})
}

func TestWhoMayApprove(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ann := w.add(t, "ann@example.com", operator.Finance)
	bob := w.add(t, "bob@example.com", operator.Finance)
	tom := w.add(t, "tom@example.com", operator.Support)
	a := w.proposal(t, ann, "1")
	changed := *a
	changed.Arguments = `{"n":2}`
	failing := approving(a, bob)
	failing.Act = act{fail: fault.New(fault.Busy, "the thing has changed")}
	for what, one := range map[string]struct {
		u    operator.Approve[string]
		kind fault.Kind
	}{
		"the proposer":          {approving(a, ann), fault.Declined},
		"a role that may not":   {approving(a, tom), fault.Declined},
		"somebody who saw else": {approving(&changed, bob), fault.Busy},
		"an act that fails":     {failing, fault.Busy},
		"nobody":                {approving(a, &operator.Operator{ID: 7}), fault.NotFound},
	} {
		if _, err := db.Do(ctx, w.DB, db.House, one.u); !fault.Is(err, one.kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
	do(t, w, db.House, operator.SetActive{Operator: ann.ID, Actor: "test"})
	if _, err := db.Do(ctx, w.DB, db.House, approving(a, bob)); !fault.Is(err, fault.Declined) {
		t.Errorf("a proposer who was switched off: %v", err)
	}
	do(t, w, db.House, operator.SetActive{Operator: ann.ID, Active: true, Actor: "test"})
	do(t, w, db.House, operator.SetRole{Operator: bob.ID, Role: operator.Viewer, Actor: "test"})
	if _, err := db.Do(ctx, w.DB, db.House, approving(a, bob)); !fault.Is(err, fault.Declined) {
		t.Errorf("an approver who lost the role meanwhile: %v", err)
	}
	do(t, w, db.House, operator.SetRole{Operator: bob.ID, Role: operator.Finance, Actor: "test"})
	if n := w.acted(t, 0); n != 0 {
		t.Fatalf("acted %d times", n)
	}
	done := do(t, w, db.House, approving(a, bob))
	if !done.Executed || done.Approval.DeciderEmail != bob.Email || w.acted(t, 0) != 1 {
		t.Errorf("%+v", done)
	}
	last, err := audit.Newest(ctx, w.DB.Reader(), db.House, 0, 1)
	if err != nil || last[0].Actor != bob.Actor() || last[0].Detail != "test, a thing: because; proposed by ann@example.com" {
		t.Errorf("%+v, %v", last[0], err)
	}
}

func TestWhatIsNotOpenIsNotDecided(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ann := w.add(t, "ann@example.com", operator.Finance)
	bob := w.add(t, "bob@example.com", operator.Finance)
	refused, withdrawn, late := w.proposal(t, ann, "1"), w.proposal(t, ann, "2"), w.proposal(t, ann, "3")
	dismiss := func(a *operator.Approval, by *operator.Operator, note string) (*operator.Approval, error) {
		return db.Do(ctx, w.DB, db.House, operator.Dismiss{Seen: *a, By: by.ID, Permission: operator.DecidePayout, Note: note})
	}
	if _, err := dismiss(refused, bob, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("refused without a word: %v", err)
	}
	if a, err := dismiss(refused, bob, "no"); err != nil || a.Status != operator.Refused {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := dismiss(withdrawn, ann, ""); err != nil || a.Status != operator.Withdrawn {
		t.Errorf("%+v, %v", a, err)
	}
	if open, err := w.OpenApprovals(ctx, 10); err != nil || len(open) != 1 || open[0].ID != late.ID {
		t.Errorf("%v, %v", open, err)
	}
	w.house.Clock.Add(24 * time.Hour)
	for _, a := range []*operator.Approval{refused, withdrawn, late} {
		if _, err := db.Do(ctx, w.DB, db.House, approving(a, bob)); !fault.Is(err, fault.Busy) {
			t.Errorf("%s: %v", a.Form, err)
		}
	}
	if past, err := w.PastApprovals(ctx, 0, 10); err != nil || len(past) != 3 || w.acted(t, 0) != 0 {
		t.Errorf("%v, %v", past, err)
	}
}

// A form that is sent twice is one proposal; without four eyes, one act.
func TestAFormSentTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		ann := w.add(t, "ann@example.com", operator.Finance)
		first := w.proposal(t, ann, "1")
		again := do(t, w, db.House, proposing(ann, "1"))
		other := proposing(ann, "1")
		other.Arguments = `{"n":2}`
		if _, err := db.Do(ctx, w.DB, db.House, other); again.Approval.ID != first.ID || !fault.Is(err, fault.NotUnique) {
			t.Errorf("%+v, %v", again, err)
		}
		do(t, w, db.House, operator.SetFourEyes{On: false, Actor: "test"})
		if on, err := w.FourEyes(ctx); on || err != nil {
			t.Fatalf("%v, %v", on, err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { _, _ = db.Do(ctx, w.DB, db.House, proposing(ann, "2")) })
		}
		all.Wait()
		if n := w.acted(t, 0); n != 1 {
			t.Errorf("acted %d times", n)
		}
		do(t, w, db.House, operator.SetFourEyes{On: true, Actor: "test"})
		w.proposal(t, ann, "3")
	})
}

func TestProposingNeedsARoleAndAReason(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	tom := w.add(t, "tom@example.com", operator.Support)
	ann := w.add(t, "ann@example.com", operator.Finance)
	if _, err := db.Do(ctx, w.DB, db.House, proposing(tom, "1")); !fault.Is(err, fault.Declined) {
		t.Errorf("%v", err)
	}
	silent := proposing(ann, "1")
	silent.Reason = ""
	if _, err := db.Do(ctx, w.DB, db.House, silent); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

// What people write is one line in the audit and on a terminal, and a form's name
// is as short as those that the console draws: it stands in an index.
func TestWordsOfAProposal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h)
		ann, bob := w.add(t, "ann@example.com", operator.Finance), w.add(t, "bob@example.com", operator.Finance)
		for _, bad := range []string{"two\nlines", "\x1b[2Jgone", "zero\x00", "\xff", strings.Repeat("x", 501)} {
			u := proposing(ann, "reason")
			u.Reason = bad
			if _, err := db.Do(ctx, w.DB, db.House, u); !fault.Is(err, fault.Invalid) {
				t.Errorf("the reason %q: %v", bad, err)
			}
			a := w.proposal(t, ann, "note")
			if _, err := db.Do(ctx, w.DB, db.House, operator.Dismiss{Seen: *a, By: bob.ID, Permission: operator.DecidePayout, Note: bad}); !fault.Is(err, fault.Invalid) {
				t.Errorf("the note %q: %v", bad, err)
			}
		}
		if _, err := db.Do(ctx, w.DB, db.House, proposing(ann, strings.Repeat("z", 60_000))); !fault.Is(err, fault.Invalid) {
			t.Errorf("a long name of a form: %v", err)
		}
	})
}

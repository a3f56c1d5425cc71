package invoice

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
)

// resolution is what an operator says of a call, and what must follow.
type resolution struct {
	name    string
	given   *Invoice
	last    *provider.Attempt
	done    bool
	silence bool // no reason is given

	want    Status
	failure Failure
	books   string
	owed    string
	fault   error
}

// quiet is a call of unknown outcome that has not come back, sent so long ago.
func quiet(verb provider.Verb, age int64) *provider.Attempt {
	a := attempt(2, verb, provider.Unknown)
	a.SentAt, a.AnsweredAt = now-age, 0
	return a
}

func notUnknown(s Status) error {
	return fault.New(fault.Busy, "invoice 500 is %s; only one whose last call has an unknown outcome can be resolved", s)
}

var resolutions = []resolution{
	{name: "it is paid", given: invoice(Unknown), last: doubted[0], done: true, want: Succeeded, books: paid, owed: toldPaid},
	{name: "it is paid, after its time", given: invoice(Unknown, expired), last: doubted[0], done: true, want: Succeeded, books: paid, owed: toldPaid},
	{name: "it is not paid", given: invoice(Unknown), last: doubted[0], want: Rejected, failure: Declined, owed: toldReject},
	{name: "it is held", given: invoice(Unknown, held), last: doubted[0], done: true, want: Held, books: onHold, owed: toldHeld},
	{name: "it is not held", given: invoice(Unknown, held), last: doubted[0], want: Rejected, failure: Declined, owed: toldReject},
	{name: "it is captured", given: invoice(Charging, held), last: attempt(2, provider.Capture, provider.Unknown), done: true, want: Succeeded, books: charged, owed: toldPaid},
	{name: "it is not captured", given: invoice(Charging, held), last: attempt(2, provider.Capture, provider.Unknown), want: Held},
	{name: "it is voided", given: invoice(Unholding, held), last: attempt(2, provider.Void, provider.Unknown), done: true, want: Rejected, failure: Unheld, books: offHold, owed: toldReject},
	{name: "it is not voided", given: invoice(Unholding, held), last: attempt(2, provider.Void, provider.Unknown), want: Held},
	{name: "its process died long ago", given: invoice(Charging, held), last: quiet(provider.Capture, provider.LongestCall), want: Held},

	{name: "it may still arrive", given: invoice(Charging, held), last: quiet(provider.Capture, provider.LongestCall-1), want: Charging,
		fault: is(fault.Busy, "invoice 500 may still be on its way to the provider; try again in 300 s")},
	{name: "nobody says how it is known", given: invoice(Unknown), last: doubted[0], done: true, silence: true, want: Unknown,
		fault: fault.Param("reason", "say how the outcome is known")},
	{name: "nobody was asked yet", given: invoice(Awaiting), last: authorizing[0], want: Awaiting, fault: notUnknown(Awaiting)},
	{name: "the provider has it", given: invoice(Charging, held), last: attempt(2, provider.Capture, provider.Pending), want: Charging, fault: notUnknown(Charging)},
	{name: "it will be sent again", given: invoice(Unholding, held), last: attempt(2, provider.Void, provider.Lost), done: true, want: Unholding, fault: notUnknown(Unholding)},
	{name: "it was never sent", given: invoice(Created), want: Created, fault: notUnknown(Created)},
	{name: "it is held and nothing is under way", given: invoice(Held, held), last: attempt(2, provider.Capture, provider.Declined), want: Held, fault: notUnknown(Held)},
	{name: "it is final", given: invoice(Succeeded), last: attempt(1, provider.Authorize, provider.Succeeded), want: Succeeded, fault: notUnknown(Succeeded)},
}

func TestResolveDecides(t *testing.T) {
	for _, r := range resolutions {
		t.Run(r.name, r.run)
	}
	_, err := Resolve{Shop: shopID + 1, ID: invoiceID}.Decide(state(""))
	wantFault(t, err, notFound(invoiceID))
	_, err = ResolveRefund{Shop: shopID + 1, ID: refundID}.Decide(state(""))
	wantFault(t, err, refundNotFound(refundID))
}

func (r resolution) run(t *testing.T) {
	s, v := state(""), *r.given
	var calls attempts
	if r.last != nil && r.last.N > 1 {
		calls = append(calls, capturing[0])
	}
	if r.last != nil {
		calls = append(calls, r.last)
	}
	put(t, s, &v, calls...)
	before := books(s)
	act := Resolve{Shop: shopID, ID: invoiceID, Done: r.done, Actor: actor, Reason: "by phone"}
	if r.silence {
		act.Reason = ""
	}
	got, err := act.Decide(s)
	wantFault(t, err, r.fault)
	after := stored(t, s)
	if after.Status != r.want || after.Failure != r.failure || err == nil && got.Status != r.want {
		t.Errorf("%s %q, want %s %q", after.Status, after.Failure, r.want, r.failure)
	}
	if changes := moved(before, books(s)); changes != r.books {
		t.Errorf("posted %q\nwant   %q", changes, r.books)
	}
	if told := owed(s); told != r.owed {
		t.Errorf("owes %q, want %q", told, r.owed)
	}
	if r.fault != nil {
		return
	}
	if a, _ := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop); a.Open() || a.Reason != provider.ByOperator || a.AnsweredAt != now {
		t.Errorf("the attempt is left %+v", a)
	}
}

func TestResolveRefundDecides(t *testing.T) {
	for _, row := range []struct {
		name   string
		given  provider.Result
		done   bool
		reason string

		want  RefundStatus
		books string
		owed  string
		fault error
	}{
		{name: "it is done", given: provider.Unknown, done: true, reason: "by phone", want: Refunded, books: settled, owed: toldBack},
		{name: "it is not done", given: provider.Unknown, reason: "by phone", want: Failed, books: unfrozen, owed: toldFails},
		{name: "nobody says how it is known", given: provider.Unknown, want: Waiting, fault: fault.Param("reason", "say how the outcome is known")},
		{name: "the provider has it", given: provider.Pending, reason: "by phone", want: Waiting,
			fault: is(fault.Busy, "refund 10002 is WAITING; only one whose call has an unknown outcome can be resolved")},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := state("")
			f := refunding(t, s, nil, row.given)
			before := books(s)
			_, err := ResolveRefund{Shop: shopID, ID: f.ID, Done: row.done, Actor: actor, Reason: row.reason}.Decide(s)
			wantFault(t, err, row.fault)
			if got, _ := refunds.Find(s, f.ID, f.Shop); got.Status != row.want || moved(before, books(s)) != row.books || owed(s) != row.owed {
				t.Errorf("%s, posted %q, owes %q", got.Status, moved(before, books(s)), owed(s))
			}
		})
	}
}

// errand is a call of which the bank never says what became, and how it is asked for.
type errand struct {
	name  string
	verb  provider.Verb
	hold  bool
	begin func(w *world, v *Invoice) (operation int64)
	moves int64 // what the bank moves when it does it; nothing for a hold or its release

	failed, done finish
}

// finish is how an errand ends, and what is in suspense when the bank says the
// opposite afterwards.
type finish struct {
	status   string
	books    [4]int64 // available, frozen, held and what came in
	suspense int64
}

func paying(_ *world, v *Invoice) int64 { return v.ID }

func charging(w *world, v *Invoice) int64 {
	_, _ = w.Charge(w.ctx, shopID, v.ID)
	return v.ID
}

func unholding(w *world, v *Invoice) int64 {
	_, _ = w.Unhold(w.ctx, shopID, v.ID)
	return v.ID
}

func givingBack(w *world, v *Invoice) int64 {
	f, err := w.CreateRefund(w.ctx, CreateRefund{Shop: shopID, InvoiceID: v.ID, RefundID: "one", Amount: "60.00"})
	if err != nil {
		w.t.Fatal(err)
	}
	return f.ID
}

var errands = []errand{
	{name: "authorize", verb: provider.Authorize, begin: paying, moves: 100_00,
		failed: finish{"rejected", [4]int64{1000_00, 0, 0, 0}, 100_00}, done: finish{"succeeded", [4]int64{1095_00, 0, 0, 100_00}, -100_00}},
	{name: "hold", verb: provider.Authorize, hold: true, begin: paying,
		failed: finish{"rejected", [4]int64{1000_00, 0, 0, 0}, 0}, done: finish{"held", [4]int64{1000_00, 0, 95_00, 0}, 0}},
	{name: "capture", verb: provider.Capture, hold: true, begin: charging, moves: 100_00,
		failed: finish{"held", [4]int64{1000_00, 0, 95_00, 0}, 100_00}, done: finish{"succeeded", [4]int64{1095_00, 0, 0, 100_00}, -100_00}},
	{name: "void", verb: provider.Void, hold: true, begin: unholding,
		failed: finish{"held", [4]int64{1000_00, 0, 95_00, 0}, 0}, done: finish{"rejected", [4]int64{1000_00, 0, 0, 0}, 0}},
	{name: "refund", verb: provider.Refund, begin: givingBack, moves: 60_00,
		failed: finish{"FAILED", [4]int64{1095_00, 0, 0, 100_00}, -60_00}, done: finish{"SUCCESS", [4]int64{1035_00, 0, 0, 40_00}, 60_00}},
}

// An operator ends what the bank cannot tell, once, however many say it at the same
// time; what the bank says against it afterwards is in suspense, once.
func TestResolve(t *testing.T) {
	for _, e := range errands {
		for _, done := range []bool{false, true} {
			t.Run(e.name+" "+said(done), func(t *testing.T) {
				dbtest.Each(t, func(t *testing.T, h *dbtest.House) { e.run(newWorld(t, h, 1000_00), done) })
			})
		}
	}
}

func (e errand) run(w *world, done bool) {
	w.bank.script[e.verb] = script{acts: never, answer: always(provider.Unknown), status: provider.Unknown}
	w.sending()
	v := w.invoiced(func(c *Create) { c.Hold = e.hold })
	w.pay(v)
	w.idle()
	operation := e.begin(w, v)
	w.idle()
	w.work(time.Minute) // it is asked, and asked
	e.tell(w, operation, done)
	ends := crowd(8, func(int) string { return kind(e.resolve(w, operation, done)) })
	if diff := cmp.Diff(map[string]int{"done": 1, "busy": 7}, ends); diff != "" {
		w.t.Error(diff)
	}
	want := map[bool]finish{false: e.failed, true: e.done}[done]
	e.check(w, operation, want)
	e.audited(w, said(done))
	e.tell(w, operation, !done)
	for range 3 {
		if err := e.notice(w, operation); err != nil {
			w.t.Fatal(err)
		}
	}
	w.contradicted(operation, want.suspense)
	w.clean()
}

// idle waits until nothing is being sent.
func (w *world) idle() {
	for w.Dispatch.Busy() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// tell lets the bank have done it, or not; and, if asked, say so.
func (e errand) tell(w *world, operation int64, done bool) {
	n := int64(1)
	if e.verb == provider.Capture || e.verb == provider.Void {
		n = 2
	}
	reference := provider.Reference(e.verb, shopID, operation, n)
	if w.bank.sends[reference] != 1 {
		w.t.Fatalf("%s was sent %d times", reference, w.bank.sends[reference])
	}
	w.bank.mu.Lock()
	defer w.bank.mu.Unlock()
	w.bank.script[e.verb] = script{status: provider.Declined}
	delete(w.bank.done, reference)
	if done {
		w.bank.script[e.verb] = script{status: provider.Succeeded}
		w.bank.done[reference] = e.moves
	}
}

func (e errand) resolve(w *world, operation int64, done bool) (err error) {
	if e.verb == provider.Refund {
		_, err = w.ResolveRefund(w.ctx, ResolveRefund{Shop: shopID, ID: operation, Done: done, Actor: actor, Reason: "by phone"})
	} else {
		_, err = w.Resolve(w.ctx, Resolve{Shop: shopID, ID: operation, Done: done, Actor: actor, Reason: "by phone"})
	}
	return err
}

func (e errand) notice(w *world, operation int64) error {
	if e.verb == provider.Refund {
		return w.NoticeRefund(w.ctx, provider.Notice{Shop: shopID, Operation: operation, N: 1})
	}
	return w.Notice(w.ctx, provider.Notice{Shop: shopID, Operation: operation, N: w.find(operation).Attempts})
}

// check compares how it ended, and that the books and the bank agree.
func (e errand) check(w *world, operation int64, want finish) {
	w.t.Helper()
	status := ""
	if e.verb == provider.Refund {
		f, err := w.FindRefund(w.ctx, shopID, operation)
		if err != nil {
			w.t.Fatal(err)
		}
		status = string(f.Status)
	} else {
		status = w.find(operation).Status.String()
	}
	books := [4]int64{w.balance(ledger.Available), w.balance(ledger.Frozen), w.balance(ledger.Held), -w.balance(ledger.Clearing)}
	if status != want.status || books != want.books {
		w.t.Errorf("%s, available, frozen, held and come in %v; want %s, %v", status, books, want.status, want.books)
	}
	w.clean()
}

func (e errand) audited(w *world, how string) {
	w.t.Helper()
	act := "invoice.resolve." + how
	if e.verb == provider.Refund {
		act = "refund.resolve." + how
	}
	links, err := audit.Newest(w.ctx, w.h.DB.Reader(), shopID, 0, 1)
	if err != nil || links[0].Act != act || links[0].Actor != actor {
		w.t.Errorf("audited %+v, %v", links[0], err)
	}
}

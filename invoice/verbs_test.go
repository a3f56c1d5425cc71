package invoice

import (
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

var (
	isHeld     = attempts{attempt(1, provider.Authorize, provider.Succeeded)}
	busy       = is(fault.Busy, "Invoice (id=500) is being processed")
	notHeld    = fault.Param("invoice_id", "the invoice is not held")
	unknownYet = is(fault.Unknown, "the provider's answer is not known yet; ask by your own id")
	notThere   = is(fault.NotFound, "Invoice (id=500) wasn't found")
)

func chargeIt(s *db.State) (Intent, error) { return Charge{Shop: shopID, ID: invoiceID}.Decide(s) }

func unholdIt(s *db.State) (Intent, error) { return Unhold{Shop: shopID, ID: invoiceID}.Decide(s) }

// asked is a charge or unhold that a shop asks for.
type asked struct {
	name     string
	verb     func(*db.State) (Intent, error)
	given    *Invoice
	attempts attempts

	want  Status
	sends provider.Verb // "": nothing is announced
	ref   string
	fault error
}

var intents = []asked{
	{name: "charge", verb: chargeIt, given: invoice(Held, held), attempts: isHeld, want: Charging, sends: provider.Capture, ref: "c-17-500-2"},
	{name: "charge to the last millisecond", verb: chargeIt, given: invoice(Held, held, func(v *Invoice) { v.HoldUntil = now + 1 }), attempts: isHeld,
		want: Charging, sends: provider.Capture, ref: "c-17-500-2"},
	{name: "charge past the hold", verb: chargeIt, given: invoice(Held, held, func(v *Invoice) { v.HoldUntil = now }), attempts: isHeld,
		want: Held, fault: fault.Param("invoice_id", "the hold is over, it can only be released")},
	{name: "charge after a declined capture: another act", verb: chargeIt, given: invoice(Held, held),
		attempts: attempts{isHeld[0], attempt(2, provider.Capture, provider.Declined)}, want: Charging, sends: provider.Capture, ref: "c-17-500-3"},
	{name: "charge what is charged", verb: chargeIt, given: invoice(Succeeded, held), attempts: isHeld, want: Succeeded},
	{name: "charge what was paid at once", verb: chargeIt, given: invoice(Succeeded), attempts: isHeld, want: Succeeded, fault: notHeld},
	{name: "charge what was released", verb: chargeIt, given: invoice(Rejected, held, func(v *Invoice) { v.Failure = Unheld }), attempts: isHeld, want: Rejected, fault: notHeld},
	{name: "charge before anybody paid", verb: chargeIt, given: invoice(Created), want: Created, fault: notHeld},
	{name: "charge in doubt about the payment", verb: chargeIt, given: invoice(Unknown, held), attempts: doubted, want: Unknown, fault: notHeld},
	{name: "charge while charging", verb: chargeIt, given: invoice(Charging, held), attempts: capturing, want: Charging, fault: busy},
	{name: "charge while its outcome is unknown", verb: chargeIt, given: invoice(Charging, held),
		attempts: attempts{isHeld[0], attempt(2, provider.Capture, provider.Unknown)}, want: Charging, fault: unknownYet},
	{name: "charge while releasing", verb: chargeIt, given: invoice(Unholding, held), attempts: voiding, want: Unholding, fault: busy},
	{name: "charge while a release is in doubt", verb: chargeIt, given: invoice(Unholding, held),
		attempts: attempts{isHeld[0], attempt(2, provider.Void, provider.Unknown)}, want: Unholding, fault: busy},

	{name: "unhold", verb: unholdIt, given: invoice(Held, held), attempts: isHeld, want: Unholding, sends: provider.Void, ref: "v-17-500-2"},
	{name: "unhold past the hold", verb: unholdIt, given: invoice(Held, held, func(v *Invoice) { v.HoldUntil = now - 1 }), attempts: isHeld,
		want: Unholding, sends: provider.Void, ref: "v-17-500-2"},
	{name: "unhold what was released", verb: unholdIt, given: invoice(Rejected, held, func(v *Invoice) { v.Failure, v.HoldTransfer = Unheld, 9 }), attempts: isHeld, want: Rejected},
	{name: "unhold what was released because its time was over", verb: unholdIt, given: invoice(Rejected, held, func(v *Invoice) { v.Failure, v.HoldTransfer = Expired, 9 }),
		attempts: isHeld, want: Rejected},
	{name: "unhold what expired before it was held", verb: unholdIt, given: invoice(Rejected, func(v *Invoice) { v.Failure = Expired }), want: Rejected, fault: notHeld},
	{name: "unhold what was declined", verb: unholdIt, given: invoice(Rejected, held, func(v *Invoice) { v.Failure = Declined }), attempts: isHeld, want: Rejected, fault: notHeld},
	{name: "unhold what is charged", verb: unholdIt, given: invoice(Succeeded, held), attempts: isHeld, want: Succeeded, fault: notHeld},
	{name: "unhold while charging", verb: unholdIt, given: invoice(Charging, held), attempts: capturing, want: Charging, fault: busy},
	{name: "unhold while releasing", verb: unholdIt, given: invoice(Unholding, held), attempts: voiding, want: Unholding, fault: busy},
	{name: "unhold while its outcome is unknown", verb: unholdIt, given: invoice(Unholding, held),
		attempts: attempts{isHeld[0], attempt(2, provider.Void, provider.Unknown)}, want: Unholding, fault: unknownYet},
}

func (a asked) run(t *testing.T) [2]Status {
	s, v := state(""), *a.given
	put(t, s, &v, a.attempts...)
	before, made := books(s), v.Attempts
	got, err := a.verb(s)
	wantFault(t, err, a.fault)
	after := stored(t, s)
	if after.Status != a.want {
		t.Errorf("%s, want %s", after.Status, a.want)
	}
	if changes := moved(before, books(s)) + owed(s); changes != "" {
		t.Errorf("an intent posted or owes %q", changes)
	}
	switch {
	case a.sends == "":
		if got.Attempt != nil || after.Attempts != made {
			t.Errorf("announced %+v", got.Attempt)
		}
		if err == nil && got.Invoice.Status != a.want {
			t.Errorf("answers %s", got.Invoice.Status)
		}
	case got.Attempt == nil || got.Attempt.Verb != a.sends || got.Attempt.Reference != a.ref || got.Attempt.N != made+1 || got.Attempt.Outcome != "":
		t.Errorf("announced %+v, want %s %s", got.Attempt, a.sends, a.ref)
	case got.Original == nil || got.Original.N != 1:
		t.Errorf("acts upon %+v", got.Original)
	case after.DueAt != now+provider.Lease:
		t.Errorf("due in %d ms", after.DueAt-now)
	}
	return [2]Status{a.given.Status, after.Status}
}

// at is what a payer does at the page.
type at struct {
	name     string
	does     actKind
	given    *Invoice
	attempts attempts

	want  Status
	shows PageState
	sends bool
}

var visits = []at{
	{name: "opens", does: opens, given: invoice(Created), want: Awaiting, shows: AskCard},
	{name: "opens again", does: opens, given: invoice(Awaiting), want: Awaiting, shows: AskCard},
	{name: "opens too late", does: opens, given: invoice(Created, expired), want: Created, shows: ShowExpired},
	{name: "opens what is paid", does: opens, given: invoice(Succeeded), attempts: isHeld, want: Succeeded, shows: ShowPaid},
	{name: "pays", does: pays, given: invoice(Awaiting), want: Awaiting, shows: ShowWaiting, sends: true},
	{name: "pays without having opened", does: pays, given: invoice(Created), want: Awaiting, shows: ShowWaiting, sends: true},
	{name: "pays too late", does: pays, given: invoice(Awaiting, expired), want: Awaiting, shows: ShowExpired},
	{name: "clicks twice", does: pays, given: invoice(Awaiting), attempts: authorizing, want: Awaiting, shows: ShowWaiting},
	{name: "pays while a question is open", does: pays, given: invoice(Awaiting), attempts: attempts{attempt(1, provider.Authorize, provider.Challenge)}, want: Awaiting, shows: AskCode},
	{name: "pays in doubt", does: pays, given: invoice(Unknown), attempts: doubted, want: Unknown, shows: ShowWaiting},
	{name: "pays what is held", does: pays, given: invoice(Held, held), attempts: isHeld, want: Held, shows: ShowHeld},
	{name: "pays what is being charged", does: pays, given: invoice(Charging, held), attempts: capturing, want: Charging, shows: ShowHeld},
	{name: "pays what is paid", does: pays, given: invoice(Succeeded), attempts: isHeld, want: Succeeded, shows: ShowPaid},
	{name: "pays after a decline", does: pays, given: invoice(Rejected), attempts: attempts{attempt(1, provider.Authorize, provider.Declined)}, want: Rejected, shows: ShowRejected},
	{name: "pays after the end", does: pays, given: invoice(Rejected, func(v *Invoice) { v.Failure = Expired }), want: Rejected, shows: ShowExpired},
	{name: "answers", does: answers, given: invoice(Awaiting), attempts: attempts{attempt(1, provider.Authorize, provider.Challenge)}, want: Awaiting, shows: ShowWaiting, sends: true},
	{name: "answers too late", does: answers, given: invoice(Awaiting, expired), attempts: attempts{attempt(1, provider.Authorize, provider.Challenge)}, want: Awaiting, shows: ShowExpired},
	{name: "answers twice", does: answers, given: invoice(Awaiting), attempts: attempts{attempt(1, provider.Authorize, provider.Pending)}, want: Awaiting, shows: ShowWaiting},
	{name: "leaves unopened", does: leaves, given: invoice(Created), want: Rejected, shows: ShowLeft},
	{name: "leaves", does: leaves, given: invoice(Awaiting), want: Rejected, shows: ShowLeft},
	{name: "leaves a question", does: leaves, given: invoice(Awaiting), attempts: attempts{attempt(1, provider.Authorize, provider.Challenge)}, want: Rejected, shows: ShowLeft},
	{name: "leaves while the payment is under way", does: leaves, given: invoice(Awaiting), attempts: authorizing, want: Awaiting, shows: ShowWaiting},
	{name: "leaves in doubt", does: leaves, given: invoice(Unknown), attempts: doubted, want: Unknown, shows: ShowWaiting},
	{name: "leaves what is held", does: leaves, given: invoice(Held, held), attempts: isHeld, want: Held, shows: ShowHeld},
	{name: "leaves too late", does: leaves, given: invoice(Awaiting, expired), want: Awaiting, shows: ShowExpired},
	{name: "answers what nobody asked", does: answers, given: invoice(Awaiting), want: Awaiting, shows: AskCard},
}

func (a at) run(t *testing.T) [2]Status {
	s, v := state(""), *a.given
	put(t, s, &v, a.attempts...)
	got, err := act{shop: shopID, session: session, kind: a.does}.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	after := stored(t, s)
	if after.Status != a.want || got.page.State != a.shows || (got.attempt != nil) != a.sends || got.page.ShopName != "Shop" {
		t.Errorf("%s, shows %s, sends %+v; want %s, %s, %t", after.Status, got.page.State, got.attempt, a.want, a.shows, a.sends)
	}
	if a.sends {
		if got.attempt.Verb != provider.Authorize || got.attempt.N != 1 || got.attempt.SentAt != now || got.attempt.AnsweredAt != 0 || !got.attempt.Open() {
			t.Errorf("announced %+v", got.attempt)
		}
		if after.DueAt != now+provider.Lease || after.Authorization != 1 {
			t.Errorf("due in %d ms, authorised by %d", after.DueAt-now, after.Authorization)
		}
		if again, _ := (act{shop: shopID, session: session, kind: a.does}).Decide(s); again.attempt != nil {
			t.Error("the second click sends too")
		}
	}
	return [2]Status{a.given.Status, after.Status}
}

// A payment that waits for the payer's answer was accepted: no "not found" after
// the answer makes it lost.
func TestAnAnsweredPaymentIsNotLost(t *testing.T) {
	s := state("")
	put(t, s, invoice(Awaiting), missed(attempt(1, provider.Authorize, "")))
	a, _ := provider.Attempts.Find(s, int64(invoiceID), int64(1), int64(shopID))
	a.Outcome, a.Missing = provider.Challenge, 5
	provider.Attempts.Update(s, a)
	if _, err := (act{shop: shopID, session: session, kind: answers}).Decide(s); err != nil {
		t.Fatal(err)
	}
	a, _ = provider.Attempts.Find(s, int64(invoiceID), int64(1), int64(shopID))
	v := stored(t, s)
	provider.Learn(a, &v.Work, provider.Outcome{Result: provider.Missing}, true, timing, now+10*lifetime)
	if !a.Open() {
		t.Errorf("the attempt is %s", a.Outcome)
	}
}

// claimed is an invoice that a worker takes.
type claimed struct {
	name     string
	given    *Invoice
	attempts attempts

	want    Status
	failure Failure
	asks    int64 // the attempt it asks about
	sends   int64 // the attempt it announces
	verb    provider.Verb
	ref     string
	owed    string
	due     int64 // after now; 0: never
}

func due(v *Invoice) { v.DueAt = now }

var claims = []claimed{
	{name: "not due", given: invoice(Created), want: Created, due: lifetime},
	{name: "never due", given: invoice(Held, held, func(v *Invoice) { v.DueAt = 0 }), attempts: isHeld, want: Held},
	{name: "nobody came", given: invoice(Created, expired), want: Rejected, failure: Expired, owed: toldReject},
	{name: "nobody paid", given: invoice(Awaiting, expired), want: Rejected, failure: Expired, owed: toldReject},
	{name: "too early", given: invoice(Awaiting, due), want: Awaiting, due: lifetime},
	{name: "a payment without an outcome", given: invoice(Awaiting, due), attempts: authorizing, want: Awaiting, asks: 1, due: provider.Lease},
	{name: "expired with a payment without an outcome", given: invoice(Awaiting, expired), attempts: authorizing, want: Awaiting, asks: 1, due: provider.Lease},
	{name: "expired with an open question", given: invoice(Awaiting, expired), attempts: attempts{attempt(1, provider.Authorize, provider.Challenge)}, want: Awaiting, asks: 1, due: provider.Lease},
	{name: "a payment in doubt", given: invoice(Unknown, due), attempts: doubted, want: Unknown, asks: 1, due: provider.Lease},
	{name: "a capture without an outcome", given: invoice(Charging, held, due), attempts: capturing, want: Charging, asks: 2, due: provider.Lease},
	{name: "a capture that was not accepted", given: invoice(Charging, held, due, refused(1)),
		attempts: attempts{isHeld[0], attempt(2, provider.Capture, provider.Refused)}, want: Charging, sends: 3, verb: provider.Capture, ref: "c-17-500-2", due: provider.Lease},
	{name: "a void that never arrived", given: invoice(Unholding, held, due, lost(1)),
		attempts: attempts{isHeld[0], attempt(2, provider.Void, provider.Lost)}, want: Unholding, sends: 3, verb: provider.Void, ref: "v-17-500-2", due: provider.Lease},
	{name: "a hold whose time is over", given: invoice(Held, released, due), attempts: isHeld,
		want: Unholding, sends: 2, verb: provider.Void, ref: "v-17-500-2", due: provider.Lease},
	{name: "a hold that is kept", given: invoice(Held, held, due, func(v *Invoice) { v.HoldUntil = now }), attempts: isHeld, want: Held},
	{name: "a final one", given: invoice(Succeeded, due), attempts: isHeld, want: Succeeded},
}

func (c claimed) run(t *testing.T) [2]Status {
	s, v := state(""), *c.given
	put(t, s, &v, c.attempts...)
	before := books(s)
	got, err := Take{shopID, invoiceID}.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	after := stored(t, s)
	if after.Status != c.want || after.Failure != c.failure || owed(s) != c.owed || moved(before, books(s)) != "" {
		t.Errorf("%s %q, owes %q, posted %q", after.Status, after.Failure, owed(s), moved(before, books(s)))
	}
	if (got.Open != nil) != (c.asks > 0) || got.Open != nil && got.Open.N != c.asks {
		t.Errorf("asks about %+v, want %d", got.Open, c.asks)
	}
	if (got.Announced != nil) != (c.sends > 0) || got.Announced != nil && (got.Announced.N != c.sends || got.Announced.Verb != c.verb || got.Announced.Reference != c.ref) {
		t.Errorf("announces %+v, want %d: %s %s", got.Announced, c.sends, c.verb, c.ref)
	}
	if c.sends > 0 && (got.Original == nil || got.Original.N != 1) {
		t.Errorf("acts upon %+v", got.Original)
	}
	if want := now + c.due; after.DueAt != want && !(c.due == 0 && after.DueAt == 0) {
		t.Errorf("due in %d ms, want %d", after.DueAt-now, c.due)
	}
	if taken, _ := (Take{shopID, invoiceID}).Decide(s); taken.Invoice != nil {
		t.Error("a second worker takes it too")
	}
	return [2]Status{c.given.Status, after.Status}
}

package invoice

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/provider"
)

var timing = provider.Timing{
	CallTimeout: 5 * time.Second, SettleAfter: 2 * time.Second, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second,
}

// heard is an outcome that comes in, and what must follow from it.
type heard struct {
	name     string
	given    *Invoice
	attempts []*provider.Attempt // the last one is heard about, unless n says otherwise
	n        int64
	hears    provider.Result
	asked    bool
	outcome  provider.Outcome // further fields

	want    Status
	failure Failure
	left    provider.Result // the attempt's outcome
	books   string
	owed    string
	due     int64 // after now; 0: never
}

type attempts []*provider.Attempt

const (
	paid       = "available USD +95.00, clearing USD -100.00, fee USD +5.00"
	onHold     = "authorised USD -95.00, held USD +95.00"
	offHold    = "authorised USD +95.00, held USD -95.00"
	charged    = "authorised USD +95.00, available USD +95.00, clearing USD -100.00, fee USD +5.00, held USD -95.00"
	came       = "clearing USD -100.00, suspense USD +100.00"
	went       = "clearing USD +100.00, suspense USD -100.00"
	toldPaid   = "success https://asked.example/cb"
	toldHeld   = "hold https://asked.example/cb"
	toldReject = "rejected https://asked.example/cb"
)

var (
	authorizing = attempts{attempt(1, provider.Authorize, "")}
	doubted     = attempts{attempt(1, provider.Authorize, provider.Unknown)}
	capturing   = attempts{attempt(1, provider.Authorize, provider.Succeeded), attempt(2, provider.Capture, "")}
	voiding     = attempts{attempt(1, provider.Authorize, provider.Succeeded), attempt(2, provider.Void, "")}
)

// missed is an attempt about which a final "not found" is the second one.
func missed(a *provider.Attempt) *provider.Attempt {
	a.Outcome, a.Missing, a.Asked = provider.Unknown, 1, 1
	return a
}

var payments = []heard{
	{name: "paid", given: invoice(Awaiting), attempts: authorizing, hears: provider.Succeeded,
		want: Succeeded, left: provider.Succeeded, books: paid, owed: toldPaid},
	{name: "paid in another currency", given: invoice(Awaiting, converted), attempts: authorizing, hears: provider.Succeeded,
		want: Succeeded, left: provider.Succeeded, owed: toldPaid,
		books: "available USD +95.00, clearing UAH -4125.00, exchange UAH +4125.00, exchange USD -100.00, fee USD +5.00"},
	{name: "paid with a surcharge", given: invoice(Awaiting, surcharged), attempts: authorizing, hears: provider.Succeeded,
		want: Succeeded, left: provider.Succeeded, books: "available USD +97.50, clearing USD -102.50, fee USD +5.00", owed: toldPaid},
	{name: "held", given: invoice(Awaiting, held), attempts: authorizing, hears: provider.Succeeded,
		want: Held, left: provider.Succeeded, books: onHold, owed: toldHeld},
	{name: "declined", given: invoice(Awaiting), attempts: authorizing, hears: provider.Declined,
		want: Rejected, failure: Declined, left: provider.Declined, owed: toldReject},
	{name: "never accepted: a card is not sent again", given: invoice(Awaiting), attempts: authorizing, hears: provider.Refused,
		want: Rejected, failure: Unavailable, left: provider.Refused, owed: toldReject},
	{name: "accepted", given: invoice(Awaiting), attempts: authorizing, hears: provider.Pending, want: Awaiting, left: provider.Pending, due: 1000},
	{name: "no answer", given: invoice(Awaiting), attempts: authorizing, hears: provider.Unknown, want: Unknown, left: provider.Unknown, due: 1000},
	{name: "another amount is no answer", given: invoice(Awaiting), attempts: authorizing, hears: provider.Succeeded,
		outcome: provider.Outcome{Amount: invoice(Awaiting, surcharged).PriceAmount()}, want: Unknown, left: provider.Unknown, due: 1000},
	{name: "the payer is asked", given: invoice(Awaiting), attempts: authorizing, hears: provider.Challenge,
		want: Awaiting, left: provider.Challenge, due: lifetime},
	{name: "the payer is asked too late", given: invoice(Awaiting, expired), attempts: authorizing, hears: provider.Challenge,
		want: Rejected, failure: Expired, left: provider.Lost, owed: toldReject},
	{name: "an open payment past its time is asked, not expired", given: invoice(Awaiting, expired), attempts: authorizing, hears: provider.Pending,
		want: Awaiting, left: provider.Pending, due: 1000},

	{name: "doubt: it is with the provider", given: invoice(Unknown), attempts: doubted, hears: provider.Pending, asked: true,
		want: Awaiting, left: provider.Pending, due: 2000},
	{name: "doubt: it is paid", given: invoice(Unknown), attempts: doubted, hears: provider.Succeeded, asked: true,
		want: Succeeded, left: provider.Succeeded, books: paid, owed: toldPaid},
	{name: "doubt: it is held", given: invoice(Unknown, held), attempts: doubted, hears: provider.Succeeded, asked: true,
		want: Held, left: provider.Succeeded, books: onHold, owed: toldHeld},
	{name: "doubt: it was declined", given: invoice(Unknown), attempts: doubted, hears: provider.Declined, asked: true,
		want: Rejected, failure: Declined, left: provider.Declined, owed: toldReject},
	{name: "doubt: the payer is to be asked", given: invoice(Unknown), attempts: doubted, hears: provider.Challenge, asked: true,
		want: Awaiting, left: provider.Challenge, due: lifetime},
	{name: "doubt: missing once is doubt", given: invoice(Unknown), attempts: doubted, hears: provider.Missing, asked: true,
		want: Unknown, left: provider.Unknown, due: 2000},
	{name: "doubt: finally missing", given: invoice(Unknown), attempts: attempts{missed(attempt(1, provider.Authorize, ""))}, hears: provider.Missing, asked: true,
		want: Rejected, failure: Unavailable, left: provider.Lost, owed: toldReject},
}

var holds = []heard{
	{name: "captured", given: invoice(Charging, held), attempts: capturing, hears: provider.Succeeded,
		want: Succeeded, left: provider.Succeeded, books: charged, owed: toldPaid},
	{name: "captured in another currency", given: invoice(Charging, held, converted), attempts: capturing, hears: provider.Succeeded,
		want: Succeeded, left: provider.Succeeded, owed: toldPaid,
		books: "authorised USD +95.00, available USD +95.00, clearing UAH -4125.00, exchange UAH +4125.00, exchange USD -100.00, fee USD +5.00, held USD -95.00"},
	{name: "capture declined", given: invoice(Charging, held), attempts: capturing, hears: provider.Declined, want: Held, left: provider.Declined},
	{name: "capture not accepted: again", given: invoice(Charging, held), attempts: capturing, hears: provider.Refused,
		want: Charging, left: provider.Refused, due: 3000},
	{name: "capture not accepted ten times", given: invoice(Charging, held, refused(9)), attempts: capturing, hears: provider.Refused,
		want: Held, left: provider.Refused},
	{name: "capture accepted", given: invoice(Charging, held), attempts: capturing, hears: provider.Pending, want: Charging, left: provider.Pending, due: 1000},
	{name: "capture in doubt", given: invoice(Charging, held), attempts: capturing, hears: provider.Unknown, want: Charging, left: provider.Unknown, due: 1000},
	{name: "nobody answers a question to a capture", given: invoice(Charging, held), attempts: capturing, hears: provider.Challenge,
		want: Charging, left: provider.Unknown, due: 1000},
	{name: "capture never arrived: again", given: invoice(Charging, held), attempts: attempts{capturing[0], missed(attempt(2, provider.Capture, ""))},
		hears: provider.Missing, asked: true, want: Charging, left: provider.Lost, due: -1},
	{name: "capture never arrived three times", given: invoice(Charging, held, lost(2)), attempts: attempts{capturing[0], missed(attempt(2, provider.Capture, ""))},
		hears: provider.Missing, asked: true, want: Held, left: provider.Lost},
	{name: "voided", given: invoice(Unholding, held), attempts: voiding, hears: provider.Succeeded,
		want: Rejected, failure: Unheld, left: provider.Succeeded, books: offHold, owed: toldReject},
	{name: "void declined", given: invoice(Unholding, held), attempts: voiding, hears: provider.Declined, want: Held, left: provider.Declined},
	{name: "void of a hold whose time is over declined: tried again", given: invoice(Unholding, released), attempts: voiding, hears: provider.Declined,
		want: Held, left: provider.Declined, due: 60_000},
	{name: "void in doubt", given: invoice(Unholding, held), attempts: voiding, hears: provider.Unknown, want: Unholding, left: provider.Unknown, due: 1000},
}

// What a provider says about an act that is over for us.
var contradictions = []heard{
	{name: "paid after it had expired", given: invoice(Rejected), attempts: attempts{attempt(1, provider.Authorize, provider.Lost)},
		hears: provider.Succeeded, asked: true, want: Rejected, left: provider.Lost, books: came},
	{name: "paid after it was declined", given: invoice(Rejected), attempts: attempts{attempt(1, provider.Authorize, provider.Declined)},
		hears: provider.Succeeded, asked: true, want: Rejected, left: provider.Declined, books: came},
	{name: "paid late in another currency", given: invoice(Rejected, converted), attempts: attempts{attempt(1, provider.Authorize, provider.Lost)},
		hears: provider.Succeeded, asked: true, want: Rejected, left: provider.Lost, books: "clearing UAH -4125.00, suspense UAH +4125.00"},
	{name: "taken back after it was paid", given: invoice(Succeeded), attempts: attempts{attempt(1, provider.Authorize, provider.Succeeded)},
		hears: provider.Declined, asked: true, want: Succeeded, left: provider.Succeeded, books: went},
	{name: "paid, as we know", given: invoice(Succeeded), attempts: attempts{attempt(1, provider.Authorize, provider.Succeeded)},
		hears: provider.Succeeded, asked: true, want: Succeeded, left: provider.Succeeded},
	{name: "declined, as we know", given: invoice(Rejected), attempts: attempts{attempt(1, provider.Authorize, provider.Declined)},
		hears: provider.Declined, asked: true, want: Rejected, left: provider.Declined},
	{name: "another amount against a final status is not believed", given: invoice(Rejected), attempts: attempts{attempt(1, provider.Authorize, provider.Lost)},
		hears: provider.Succeeded, outcome: provider.Outcome{Amount: invoice(Awaiting, surcharged).PriceAmount()}, asked: true, want: Rejected, left: provider.Lost},
	{name: "doubt about what is final", given: invoice(Succeeded), attempts: attempts{attempt(1, provider.Authorize, provider.Succeeded)},
		hears: provider.Missing, asked: true, want: Succeeded, left: provider.Succeeded},
	{name: "a hold that is released moved no money", given: invoice(Rejected, held), attempts: attempts{attempt(1, provider.Authorize, provider.Succeeded), attempt(2, provider.Void, provider.Succeeded)},
		n: 1, hears: provider.Declined, asked: true, want: Rejected, left: provider.Succeeded},
	{name: "the send before the one that succeeded: the same reference", given: invoice(Succeeded, held),
		attempts: attempts{capturing[0], attempt(2, provider.Capture, provider.Lost), again(3, 2, provider.Capture, provider.Succeeded)},
		n:        2, hears: provider.Succeeded, want: Succeeded, left: provider.Lost},
	{name: "the send before one that is still open", given: invoice(Charging, held),
		attempts: attempts{capturing[0], attempt(2, provider.Capture, provider.Lost), again(3, 2, provider.Capture, "")},
		n:        2, hears: provider.Succeeded, want: Charging, left: provider.Lost, due: lifetime},
	{name: "a send that will be repeated", given: invoice(Charging, held), attempts: attempts{capturing[0], attempt(2, provider.Capture, provider.Refused)},
		hears: provider.Succeeded, asked: true, want: Charging, left: provider.Refused, due: lifetime},
	{name: "captured after it was declined, the hold being back", given: invoice(Held, held), attempts: attempts{capturing[0], attempt(2, provider.Capture, provider.Declined)},
		hears: provider.Succeeded, asked: true, want: Held, left: provider.Declined, books: came, due: lifetime},
	{name: "captured after it was declined, another charge under way", given: invoice(Charging, held),
		attempts: attempts{capturing[0], attempt(2, provider.Capture, provider.Declined), attempt(3, provider.Capture, "")},
		n:        2, hears: provider.Succeeded, asked: true, want: Charging, left: provider.Declined, books: came, due: lifetime},
}

// run lets the outcome in and compares; it gives the move that was made.
func (h heard) run(t *testing.T) [2]Status {
	s, v := state(""), *h.given
	put(t, s, &v, h.attempts...)
	before := books(s)
	n := h.n
	if n == 0 {
		n = v.Attempts
	}
	h.outcome.Result = h.hears
	got, err := Apply{Shop: shopID, ID: invoiceID, N: n, Outcome: h.outcome, Asked: h.asked, Timing: timing}.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	after := stored(t, s)
	if got.Invoice.Status != after.Status || after.Status != h.want || after.Failure != h.failure {
		t.Errorf("%s %q, want %s %q", after.Status, after.Failure, h.want, h.failure)
	}
	if a, _ := provider.Attempts.Find(s, v.ID, n, v.Shop); a.Outcome != h.left {
		t.Errorf("the attempt is left %q, want %q", a.Outcome, h.left)
	}
	if changes := moved(before, books(s)); changes != h.books {
		t.Errorf("posted %q\nwant   %q", changes, h.books)
	}
	if calls := owed(s); calls != h.owed {
		t.Errorf("owes %q, want %q", calls, h.owed)
	}
	h.checkDue(t, v.Status, after)
	return [2]Status{v.Status, after.Status}
}

func (h heard) checkDue(t *testing.T, from Status, v *Invoice) {
	t.Helper()
	want := now + h.due
	switch h.due {
	case 0:
		want = 0
	case -1:
		want = now
	}
	if from.Final() { // as it was put
		want = v.DueAt
	}
	if v.DueAt != want {
		t.Errorf("due in %d ms, want %d", v.DueAt-now, want-now)
	}
	if v.Status.Final() && !from.Final() && v.ProcessedAt != now {
		t.Errorf("processed at %d", v.ProcessedAt)
	}
}

// A contradiction is booked once, however often and under whichever send it is heard.
func TestAContradictionCountsOnce(t *testing.T) {
	s := state("")
	v := invoice(Held, held, func(v *Invoice) { v.Failure = "" })
	put(t, s, v, capturing[0], attempt(2, provider.Capture, provider.Lost), again(3, 2, provider.Capture, provider.Declined))
	before := books(s)
	for _, n := range []int64{2, 3, 2, 3} {
		if _, err := (Apply{Shop: shopID, ID: invoiceID, N: n, Outcome: provider.Outcome{Result: provider.Succeeded}, Asked: true, Timing: timing}).Decide(s); err != nil {
			t.Fatal(err)
		}
	}
	if got := moved(before, books(s)); got != came {
		t.Errorf("posted %q, want %q", got, came)
	}
}

package invoice

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// Apply takes the outcome of an authorisation, a capture or a void in: the
// attempt, the invoice's status, the ledger and the callback move in one commit.
type Apply struct {
	Shop, ID, N int64
	Outcome     provider.Outcome
	Asked       bool // it answers a question, not the call itself
	Timing      provider.Timing
}

// Applied is the invoice as it is now, and what followed from the outcome.
type Applied struct {
	Invoice *Invoice
	Lesson  provider.Lesson
}

// Reads names the invoice, its attempt, the latest one, and the accounts it may post to.
func (a Apply) Reads(r *db.Reads) {
	v := invoices.Read(r, a.ID, a.Shop)
	readAttempt(r, a.Shop, a.ID, a.N, a.Outcome)
	if v != nil && v.Attempts != a.N {
		readAttempt(r, a.Shop, a.ID, v.Attempts, a.Outcome)
	}
	readBooks(r, a.Shop, v)
}

func readAttempt(r *db.Reads, shopID, operation, n int64, o provider.Outcome) {
	provider.Attempts.Read(r, operation, n, shopID)
	provider.ReadContradiction(r, shopID, operation, n, o.Result)
}

// readBooks names the shop and the accounts that a payment of the invoice touches.
func readBooks(r *db.Reads, shopID int64, v *Invoice) {
	shop.Read(r, shopID)
	if v == nil {
		return
	}
	for _, purpose := range []ledger.Purpose{ledger.Available, ledger.Frozen, ledger.Held, ledger.Authorised, ledger.Fee, ledger.Exchange} {
		ledger.Read(r, v.Shop, v.Currency, purpose, "")
	}
	for _, purpose := range []ledger.Purpose{ledger.Fee, ledger.Exchange, ledger.Suspense} {
		ledger.Read(r, v.Shop, v.PriceCurrency, purpose, "")
	}
	ledger.Read(r, v.Shop, v.PriceCurrency, ledger.Clearing, v.Provider)
}

// Decide learns from the outcome and moves the invoice accordingly. An outcome
// of an attempt that is closed changes nothing, unless it contradicts.
func (a Apply) Decide(s *db.State) (Applied, error) {
	v, ok := invoices.Find(s, a.ID, a.Shop)
	attempt, known := provider.Attempts.Find(s, a.ID, a.N, a.Shop)
	if !ok || !known {
		return Applied{}, notFound(a.ID)
	}
	outcome := a.Outcome.Believed(v.PriceAmount())
	if !attempt.Open() || v.Status.Final() {
		return Applied{Invoice: v}, contradict(s, v, v.last(s, attempt), outcome)
	}
	lesson := provider.Learn(attempt, &v.Work, outcome, a.Asked, a.Timing, s.Now())
	if outcome.PayerAccount != "" {
		v.PayerAccount = outcome.PayerAccount
	}
	if err := a.follow(s, v, attempt, lesson, outcome); err != nil {
		return Applied{}, err
	}
	provider.Attempts.Update(s, attempt)
	invoices.Update(s, v)
	return Applied{Invoice: v, Lesson: lesson}, nil
}

// last is the last attempt of the act that an attempt is one of: what a provider
// says about a reference it says about all that were sent under it.
func (v *Invoice) last(s *db.State, attempt *provider.Attempt) *provider.Attempt {
	latest, ok := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	if ok && latest.Reference == attempt.Reference {
		return latest
	}
	return attempt
}

func (a Apply) follow(s *db.State, v *Invoice, attempt *provider.Attempt, lesson provider.Lesson, o provider.Outcome) error {
	switch attempt.Verb {
	case provider.Capture:
		return captured(s, v, lesson)
	case provider.Void:
		return voided(s, v, lesson)
	}
	return authorized(s, v, attempt, lesson, o)
}

// authorized follows the payer's payment.
func authorized(s *db.State, v *Invoice, attempt *provider.Attempt, lesson provider.Lesson, o provider.Outcome) error {
	switch lesson {
	case provider.Done:
		if v.Hold {
			return hold(s, v, o)
		}
		return pay(s, v)
	case provider.Failed:
		return reject(s, v, failureOf(o))
	case provider.Doubt:
		return v.move(s, Unknown)
	case provider.Answer:
		if s.Now() >= v.ExpiresAt { // only the payer's answer could have moved money, and the page takes none now
			attempt.Outcome = provider.Lost
			return reject(s, v, Expired)
		}
		v.DueAt = v.ExpiresAt
	}
	return v.move(s, Awaiting)
}

// captured follows a charge: a definite no brings the hold back.
func captured(s *db.State, v *Invoice, lesson provider.Lesson) error {
	switch lesson {
	case provider.Done:
		return charge(s, v)
	case provider.Failed:
		return v.backToHold(s)
	}
	return nil
}

// voided follows an unhold: a definite no brings the hold back.
func voided(s *db.State, v *Invoice, lesson provider.Lesson) error {
	switch lesson {
	case provider.Done:
		return release(s, v)
	case provider.Failed:
		return v.backToHold(s)
	}
	return nil
}

// backToHold sets when the hold is to be looked at again.
func (v *Invoice) backToHold(s *db.State) error {
	v.DueAt = 0
	if v.AfterHold == ReleaseHold {
		v.DueAt = max(v.HoldUntil, s.Now()+holdRetry<<min(v.Attempts, 8))
	}
	return v.move(s, Held)
}

// holdRetry is the pause, in milliseconds, before a hold whose time is over is
// released again after the provider had refused; it doubles with every attempt,
// the authorisation's included: 1 minute, 2, 4, up to an hour.
const holdRetry = 15_000

func failureOf(o provider.Outcome) Failure {
	if o.Result == provider.Declined && o.Abandoned {
		return Canceled
	}
	if o.Result == provider.Declined {
		return Declined
	}
	return Unavailable
}

// reject ends an invoice for which no money came.
func reject(s *db.State, v *Invoice, failure Failure) error {
	v.Failure = failure
	if err := v.move(s, Rejected); err != nil {
		return err
	}
	return owe(s, v)
}

// contradict books money that the provider says it moved, or did not, against
// what we hold for final: an act that is over. last is its last attempt.
func contradict(s *db.State, v *Invoice, last *provider.Attempt, o provider.Outcome) error {
	came := o.Result == provider.Succeeded
	going := (v.Status == Charging || v.Status == Unholding) && last.N == v.Attempts
	moves := last.Verb == provider.Capture || last.Verb == provider.Authorize && !v.Hold
	switch {
	case !came && o.Result != provider.Declined:
		return nil
	case going: // to be sent again under the same reference: that will tell
		return nil
	case came == (last.Outcome == provider.Succeeded): // it says what we know
		return nil
	}
	posting := ledger.Posting{Kind: "invoice.contradiction", Operation: v.ID}
	if !moves { // a hold or its release: nothing to book
		return provider.Contradict(s, last, o, posting)
	}
	amount := v.Price
	if !came {
		amount = -amount
	}
	return provider.Contradict(s, last, o, posting,
		ledger.Leg{Currency: v.PriceCurrency, Purpose: ledger.Clearing, Provider: v.Provider, Amount: -amount},
		ledger.Leg{Currency: v.PriceCurrency, Purpose: ledger.Suspense, Amount: amount})
}

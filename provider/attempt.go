package provider

import (
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Attempt is one call that moves money, committed before it is sent. Only the
// process that inserted it sends it, once.
type Attempt struct {
	Shop       int64
	Operation  int64
	N          int64 // from 1, over all verbs of the operation
	Verb       Verb
	Provider   string // the provider account's name
	Reference  string
	Outcome    Result // "" until anything is known; "lost" when it never arrived
	ProviderID string
	Continue   string // where the payer goes on, while pending
	Reason     string
	SentAt     int64 // Unix ms
	AnsweredAt int64 // when the send returned; 0: it has not, or its process died
	Asked      int64 // questions since it was sent
	Missing    int64 // of those, answered Missing
	Version    int64
}

// Lost is the outcome of an attempt that finally never arrived.
const Lost Result = "lost"

// Attempts is the table of attempts.
var Attempts = db.NewTable("attempt",
	"shop_id, operation, n, verb, provider, reference, outcome, provider_id, continue_url, reason, sent_at, answered_at, asked, missing, version",
	"operation, n, shop_id",
	func(a *Attempt) []any {
		return []any{&a.Shop, &a.Operation, &a.N, &a.Verb, &a.Provider, &a.Reference, &a.Outcome, &a.ProviderID, &a.Continue, &a.Reason,
			&a.SentAt, &a.AnsweredAt, &a.Asked, &a.Missing, &a.Version}
	})

// Work is the part of an operation's row that the sending of its calls needs.
type Work struct {
	Attempts  int64 // made so far; the last one may be open
	Refusals  int64 // sends that were definitely not accepted, of the present verb
	RefusedAt int64 // the first of them, Unix ms
	Losses    int64 // sends that finally never arrived, of the present verb
	DueAt     int64 // when a worker must look; 0: never
}

// Lease is how long an announced call is left to the process that announced
// it, in milliseconds. After it a worker asks; asking early does no harm.
const Lease int64 = 5_000

// Farthest is the most that a question or the next send is ever put off.
const Farthest = time.Hour

// Announce inserts the first attempt of an act, under the act's reference. The
// caller's process sends it after the commit.
func Announce(s *db.State, w *Work, shop, operation int64, verb Verb, account, reference string) *Attempt {
	w.Refusals, w.RefusedAt, w.Losses = 0, 0, 0
	return w.next(s, Attempt{Shop: shop, Operation: operation, Verb: verb, Provider: account, Reference: reference})
}

// AnnounceAgain inserts the next attempt of an act that was definitely not
// accepted, or never arrived: the same call under the same reference.
func AnnounceAgain(s *db.State, w *Work, last *Attempt) *Attempt {
	return w.next(s, Attempt{Shop: last.Shop, Operation: last.Operation, Verb: last.Verb, Provider: last.Provider, Reference: last.Reference})
}

func (w *Work) next(s *db.State, a Attempt) *Attempt {
	w.Attempts++
	w.DueAt = s.Now() + Lease
	a.N, a.SentAt = w.Attempts, s.Now()
	Attempts.Insert(s, &a)
	return &a
}

// Open reports whether the attempt's outcome is still to be learned.
func (a *Attempt) Open() bool {
	switch a.Outcome {
	case Succeeded, Declined, Refused, Lost:
		return false
	}
	return true
}

// Unheard is fault.Unavailable when a question about an attempt that was closed got
// no answer: no worker asks about it again, so whoever made us ask must come again.
func (a *Attempt) Unheard(o Outcome) error {
	if a.Open() || o.Result != Unknown && o.Result != "" {
		return nil
	}
	return fault.New(fault.Unavailable, "the provider did not say what became of %s; tell it again", a.Reference)
}

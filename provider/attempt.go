package provider

import (
	"fmt"

	"github.com/brama-pay/brama/db"
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
	"shop_id, operation, n, verb, provider, reference, outcome, provider_id, reason, sent_at, answered_at, asked, missing, version",
	"operation, n, shop_id",
	func(a *Attempt) []any {
		return []any{&a.Shop, &a.Operation, &a.N, &a.Verb, &a.Provider, &a.Reference, &a.Outcome, &a.ProviderID, &a.Reason,
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

// Announce inserts the next attempt of an operation. The caller's process
// sends it after the commit.
func Announce(s *db.State, w *Work, shop, operation int64, verb Verb, account string) *Attempt {
	w.Attempts++
	w.DueAt = s.Now() + Lease
	a := &Attempt{
		Shop: shop, Operation: operation, N: w.Attempts, Verb: verb, Provider: account,
		Reference: Reference(verb, shop, operation), SentAt: s.Now(),
	}
	// The payer's next card is another act: an earlier one was definitely refused,
	// and under its reference a provider would only repeat that.
	if verb == Authorize && w.Attempts > 1 {
		a.Reference += fmt.Sprintf("-%d", w.Attempts)
	}
	Attempts.Insert(s, a)
	return a
}

// Begin resets what is counted per verb.
func (w *Work) Begin() { w.Refusals, w.RefusedAt, w.Losses = 0, 0, 0 }

// Open reports whether the attempt's outcome is still to be learned.
func (a *Attempt) Open() bool {
	switch a.Outcome {
	case Succeeded, Declined, Refused, Lost:
		return false
	}
	return true
}

// Package providertest is the suite that every connector must pass. A subject
// names values, each with the behaviour its provider shows for it; the suite
// plays the gateway with them – sends, asks, sends again by provider.Learn – and
// holds the connector to the promises of the contract.
//
// It knows the contract and no connector. It is imported by tests only.
package providertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Subject is a connector under test. Its provider may be real, a sandbox or a
// scripted server.
type Subject struct {
	Connector provider.Connector
	Account   provider.Account // Active; its secrets are looked for in what comes out
	Shop      int64
	Values    []Value

	Now  func() time.Time
	Wait func(d time.Duration) // lets time pass, for the connector and its provider

	// Books are the provider's own, nil when they cannot be seen. They list what
	// was done; what was not may be left out.
	Books func(ctx context.Context) ([]Act, error)
	// Notices are those that the provider sent since the last call, nil when it
	// sends none.
	Notices func(ctx context.Context) ([]Delivery, error)
	// Broken are connectors to the same provider whose way there is cut: before
	// the request arrives, within the answer, by a page of HTML. Every outcome
	// through them must be Unknown, and the truth found out later.
	Broken map[string]provider.Connector
}

// Act is a line of the provider's books.
type Act struct {
	Reference string
	Shop      int64
	Verb      provider.Verb
	Amount    money.Amount
	Done      bool
}

// Delivery is a notice as it reached us.
type Delivery struct {
	Header http.Header
	Body   []byte
}

// Value is something that makes the provider behave in one way.
type Value struct {
	Name string
	// Call says the verb, the amount and what decides the outcome. Shop, account,
	// reference and originals are the suite's.
	Call provider.Call
	// On is the payment that Call acts on, made first. It must succeed.
	On   *Value
	Code string // the payer's answer when there is a question

	First provider.Result // of the call itself
	End   provider.Lesson // provider.Done or provider.Failed
	Sends int             // until the end; 0 is one
	// Told says that the provider sends at least one notice about it.
	Told bool
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	t.Helper()
	h := &house{Subject: s, gate: gateTo(s, s.Connector)}
	for _, v := range s.Values {
		t.Run(v.Name, func(t *testing.T) {
			t.Run("ends as documented", func(t *testing.T) { h.endsAsDocumented(t, v) })
			t.Run("ends the same when the answer is lost", func(t *testing.T) { h.answerLost(t, v) })
			t.Run("is done once however often it is sent", func(t *testing.T) { h.once(t, v) })
			t.Run("is unknown to a caller that left", func(t *testing.T) { h.callerLeft(t, v) })
			for name, broken := range s.Broken {
				t.Run("is unknown when "+name, func(t *testing.T) { h.broken(t, v, broken) })
			}
		})
	}
	t.Run("timing", h.timing)
	t.Run("a reference nobody sent", h.neverSent)
	t.Run("garbage", h.garbage)
	t.Run("notices", h.notices)
}

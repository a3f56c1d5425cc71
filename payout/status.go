package payout

import (
	"slices"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Status is where a payout stands. The numbers are the Avanor wire's.
type Status int64

// The statuses.
const (
	Created       Status = 1 // accepted; waits for a place at the dispatcher
	Confirming    Status = 2 // waits for an operator
	Sent          Status = 3 // a call is announced, sent, or accepted by the provider
	ProviderError Status = 4 // the provider definitely did not accept; sent again
	Completed     Status = 5 // final
	Rejected      Status = 6 // final; the money went back
	NetworkError  Status = 9 // nobody knows; asked until somebody does
)

// Move is an allowed move from one status to another and what causes it.
type Move struct {
	From, To Status
	Cause    string
}

// Moves is the whole state machine. The schema's CHECK names the statuses;
// docs/states.md is generated from this table.
var Moves = []Move{
	{0, Created, "created while the dispatcher is saturated"},
	{0, Confirming, "created above the shop's limit"},
	{0, Sent, "created"},
	{Created, Sent, "the worker announces the first attempt"},
	{Confirming, Created, "an operator confirms"},
	{Confirming, Rejected, "an operator rejects"},
	{Sent, Completed, "the provider paid"},
	{Sent, Rejected, "the provider declined, or finally never got it three times"},
	{Sent, ProviderError, "the provider definitely did not accept"},
	{Sent, NetworkError, "the outcome is not known"},
	{ProviderError, Sent, "the next attempt is announced"},
	{NetworkError, Sent, "the provider has it, or the next attempt is announced"},
	{NetworkError, ProviderError, "the provider definitely did not accept"},
	{NetworkError, Completed, "the provider paid, or an operator found that it did"},
	{NetworkError, Rejected, "the provider declined, finally never got it, or an operator found so"},
}

// Final reports whether the status never moves again.
func (s Status) Final() bool { return s == Completed || s == Rejected }

func (s Status) String() string {
	names := map[Status]string{Created: "created", Confirming: "confirming", Sent: "sent", ProviderError: "provider error",
		Completed: "completed", Rejected: "rejected", NetworkError: "network error"}
	return names[s]
}

// move changes the status, or is a defect when the table does not allow it.
// Staying where one is is no move.
func (p *Payout) move(s *db.State, to Status) error {
	p.UpdatedAt = s.Now()
	if p.Status == to {
		return nil
	}
	if !slices.ContainsFunc(Moves, func(m Move) bool { return m.From == p.Status && m.To == to }) {
		return fault.New(fault.Internal, "payout %d: no move from %s to %s", p.ID, p.Status, to)
	}
	p.Status = to
	if to.Final() {
		p.ProcessedAt = s.Now()
		p.DueAt = 0
	}
	return nil
}

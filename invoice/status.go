package invoice

import (
	"slices"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Status is where an invoice stands. Below 80 the numbers are the Avanor wire's.
type Status int64

// The statuses.
const (
	Created   Status = 1 // nobody has opened the page
	Awaiting  Status = 2 // the payer is at it, or the provider
	Succeeded Status = 4 // paid; final
	Unknown   Status = 5 // nobody knows whether it is paid; asked until somebody does
	Rejected  Status = 6 // final
	Held      Status = 8
	Charging  Status = 81 // a capture is announced; outwardly held
	Unholding Status = 82 // a void is announced; outwardly held
)

// Move is an allowed move from one status to another and what causes it.
type Move struct {
	From, To Status
	Cause    string
}

// Moves is the whole state machine. The schema's CHECK names the statuses;
// docs/states.md is generated from this table.
var Moves = []Move{
	{0, Created, "created"},
	{Created, Awaiting, "the payer opens the page, or a card is sent"},
	{Created, Rejected, "expired, or the payer leaves"},
	{Awaiting, Succeeded, "the provider took the money"},
	{Awaiting, Held, "the provider holds the money"},
	{Awaiting, Rejected, "declined, never accepted, expired, or the payer leaves"},
	{Awaiting, Unknown, "the outcome is not known"},
	{Unknown, Awaiting, "the provider has it"},
	{Unknown, Succeeded, "the provider took the money"},
	{Unknown, Held, "the provider holds the money"},
	{Unknown, Rejected, "declined, or finally never arrived"},
	{Held, Charging, "the shop charges: the capture is announced"},
	{Held, Unholding, "the shop releases, or the hold's time is over: the void is announced"},
	{Charging, Succeeded, "captured"},
	{Charging, Held, "the capture was definitely not done"},
	{Unholding, Rejected, "voided"},
	{Unholding, Held, "the void was definitely not done"},
}

// Final reports whether the status never moves again.
func (s Status) Final() bool { return s == Succeeded || s == Rejected }

// Outward is the status that a shop sees.
func (s Status) Outward() Status {
	if s == Charging || s == Unholding {
		return Held
	}
	return s
}

func (s Status) String() string {
	names := map[Status]string{Created: "created", Awaiting: "awaiting", Succeeded: "succeeded", Unknown: "unknown",
		Rejected: "rejected", Held: "held", Charging: "charging", Unholding: "unholding"}
	return names[s]
}

// move changes the status, or is a defect when the table does not allow it.
// Staying where one is is no move.
func (v *Invoice) move(s *db.State, to Status) error {
	v.UpdatedAt = s.Now()
	if v.Status == to {
		return nil
	}
	if !slices.ContainsFunc(Moves, func(m Move) bool { return m.From == v.Status && m.To == to }) {
		return fault.New(fault.Internal, "invoice %d: no move from %s to %s", v.ID, v.Status, to)
	}
	v.Status = to
	if to.Final() {
		v.ProcessedAt, v.DueAt = s.Now(), 0
	}
	return nil
}

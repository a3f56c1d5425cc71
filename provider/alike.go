package provider

// Alike counts refunds of one amount and one payment by what became of them. It is
// for providers where a refund has no reference and only its amount can be asked
// about: two of one amount cannot be told apart there, but they can be counted.
type Alike struct{ Succeeded, Pending, Declined int64 }

// Ours is what is known for sure of one refund: listed are the provider's of its
// amount, others are the rest of our own of that amount, counted after the provider
// answered – later ones cannot be among the listed. What may be another's proves
// nothing. A failed one of ours may be listed or never have arrived.
func (listed Alike) Ours(others Alike) Result {
	open := others.Pending
	switch {
	case listed.Succeeded > others.Succeeded+open:
		return Succeeded
	case listed.Pending > open:
		return Pending
	case listed.Declined > others.Declined+open:
		return Declined
	case open > 0 && (listed.Succeeded > others.Succeeded || listed.Pending > 0 || listed.Declined > others.Declined):
		return Unknown // ours or one that is open too
	}
	return Missing
}

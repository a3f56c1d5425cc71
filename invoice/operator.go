package invoice

import (
	"context"
	"fmt"
	"slices"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

// Resolve ends the last call of an invoice – its payment, a charge or an unhold –
// whose outcome the provider cannot tell, by what an operator found out there.
type Resolve struct {
	Shop, ID int64
	Done     bool // what was asked for was done; else it was not, and never will be
	Actor    string
	Reason   string // how it is known
}

// Reads names what the outcome itself would touch, and the audit chain.
func (o Resolve) Reads(r *db.Reads) {
	audit.Read(r, o.Shop)
	if v := invoices.Read(r, o.ID, o.Shop); v != nil {
		o.learn(v).Reads(r)
	}
}

// learn is the outcome as if the provider had told it: what follows is decided in
// one place.
func (o Resolve) learn(v *Invoice) Apply {
	return Apply{Shop: o.Shop, ID: o.ID, N: v.Attempts, Outcome: provider.Resolved(o.Done)}
}

// doubtful are the statuses in which the outcome of a call may be unknown.
var doubtful = []Status{Unknown, Charging, Unholding}

// Decide ends the call. Only one of unknown outcome can be resolved, and a reason
// must be given.
func (o Resolve) Decide(s *db.State) (*Invoice, error) {
	v, err := find(s, o.Shop, o.ID)
	if err != nil {
		return nil, err
	}
	a, sent := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	if !sent || a.Outcome != provider.Unknown || !slices.Contains(doubtful, v.Status) {
		return nil, fault.New(fault.Busy, "invoice %d is %s; only one whose last call has an unknown outcome can be resolved", v.ID, v.Status)
	}
	subject := fmt.Sprintf("invoice %d", v.ID)
	if err := a.Resolvable(subject, o.Reason, s.Now()); err != nil {
		return nil, err
	}
	audit.Append(s, o.Shop, o.Actor, "invoice.resolve."+said(o.Done), subject, fmt.Sprintf("%s %s: %s", a.Verb, a.Reference, o.Reason))
	applied, err := o.learn(v).Decide(s)
	return applied.Invoice, err
}

// said is an outcome in the audit's words.
func said(done bool) string {
	if done {
		return "done"
	}
	return "failed"
}

// ResolveRefund ends a refund whose outcome the provider cannot tell, by what an
// operator found out there.
type ResolveRefund struct {
	Shop, ID int64
	Done     bool // the payer got the money; else not, and never will
	Actor    string
	Reason   string // how it is known
}

// Reads names what the outcome itself would touch, and the audit chain.
func (o ResolveRefund) Reads(r *db.Reads) {
	audit.Read(r, o.Shop)
	if f := refunds.Read(r, o.ID, o.Shop); f != nil {
		o.learn(f).Reads(r)
	}
}

func (o ResolveRefund) learn(f *Refund) ApplyRefund {
	return ApplyRefund{Shop: o.Shop, ID: o.ID, N: f.Attempts, Outcome: provider.Resolved(o.Done)}
}

// Decide ends the refund. Only one of unknown outcome can be resolved, and a
// reason must be given.
func (o ResolveRefund) Decide(s *db.State) (*Refund, error) {
	f, ok := refunds.Find(s, o.ID, o.Shop)
	if !ok {
		return nil, refundNotFound(o.ID)
	}
	a, sent := provider.Attempts.Find(s, f.ID, f.Attempts, f.Shop)
	if !sent || a.Outcome != provider.Unknown || f.Status != Waiting {
		return nil, fault.New(fault.Busy, "refund %d is %s; only one whose call has an unknown outcome can be resolved", f.ID, f.Status)
	}
	subject := fmt.Sprintf("refund %d", f.ID)
	if err := a.Resolvable(subject, o.Reason, s.Now()); err != nil {
		return nil, err
	}
	audit.Append(s, o.Shop, o.Actor, "refund.resolve."+said(o.Done), subject, o.Reason)
	return o.learn(f).Decide(s)
}

// Resolve runs the use case.
func (v *Invoices) Resolve(ctx context.Context, o Resolve) (*Invoice, error) {
	return db.Do(ctx, v.DB, o.Shop, o)
}

// ResolveRefund runs the use case.
func (v *Invoices) ResolveRefund(ctx context.Context, o ResolveRefund) (*Refund, error) {
	return db.Do(ctx, v.DB, o.Shop, o)
}

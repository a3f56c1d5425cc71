package payout

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

// Confirm lets a payout that waits for an operator go on.
type Confirm struct {
	Shop, ID int64
	Actor    string
}

// Reads names the payout and the audit chain.
func (c Confirm) Reads(r *db.Reads) {
	payouts.Read(r, c.ID, c.Shop)
	audit.Read(r, c.Shop)
}

// Decide makes it due; the worker announces the first attempt.
func (c Confirm) Decide(s *db.State) (*Payout, error) {
	p, err := waiting(s, c.Shop, c.ID)
	if err != nil {
		return nil, err
	}
	p.DueAt = s.Now()
	if err := p.move(s, Created); err != nil {
		return nil, err
	}
	audit.Append(s, c.Shop, c.Actor, "payout.confirm", subject(p), p.WriteOffAmount().String())
	payouts.Update(s, p)
	return p, nil
}

// Reject refuses a payout that waits for an operator; the money goes back.
type Reject struct {
	Shop, ID int64
	Actor    string
	Reason   string
}

// Reads names the payout, what its end touches, and the audit chain.
func (j Reject) Reads(r *db.Reads) {
	readEnding(r, j.Shop, payouts.Read(r, j.ID, j.Shop))
	audit.Read(r, j.Shop)
}

// Decide releases the reservation.
func (j Reject) Decide(s *db.State) (*Payout, error) {
	p, err := waiting(s, j.Shop, j.ID)
	if err != nil {
		return nil, err
	}
	if err := reject(s, p, Declined); err != nil {
		return nil, err
	}
	audit.Append(s, j.Shop, j.Actor, "payout.reject", subject(p), j.Reason)
	payouts.Update(s, p)
	return p, nil
}

func waiting(s *db.State, shop, id int64) (*Payout, error) {
	p, ok := payouts.Find(s, id, shop)
	if !ok {
		return nil, notFound(id)
	}
	if p.Status != Confirming {
		return nil, fault.New(fault.Busy, "payout %d is %s; only one that waits for confirmation can be confirmed or rejected", id, p.Status)
	}
	return p, nil
}

// Resolve ends a payout whose outcome the provider cannot tell, by what an
// operator found out at the provider.
type Resolve struct {
	Shop, ID int64
	Paid     bool
	Actor    string
	Reason   string // how it is known
}

// Reads names the payout, its latest attempt, what its end touches, and the audit chain.
func (o Resolve) Reads(r *db.Reads) {
	p := payouts.Read(r, o.ID, o.Shop)
	if p != nil && p.Attempts > 0 {
		provider.Attempts.Read(r, o.ID, p.Attempts, o.Shop)
	}
	readEnding(r, o.Shop, p)
	audit.Read(r, o.Shop)
}

// Decide completes or rejects it. Only a payout whose outcome is not known can
// be resolved, and a reason must be given.
func (o Resolve) Decide(s *db.State) (*Payout, error) {
	p, ok := payouts.Find(s, o.ID, o.Shop)
	if !ok {
		return nil, notFound(o.ID)
	}
	if p.Status != NetworkError || p.Attempts == 0 {
		return nil, fault.New(fault.Busy, "payout %d is %s; only one with an unknown outcome (status 9) can be resolved", o.ID, p.Status)
	}
	a, known := provider.Attempts.Find(s, o.ID, p.Attempts, o.Shop)
	if !known {
		return nil, notFound(o.ID)
	}
	if err := a.Resolvable(subject(p), o.Reason, s.Now()); err != nil {
		return nil, err
	}
	found := provider.Resolved(o.Paid)
	a.Outcome, a.AnsweredAt, a.Reason = found.Result, s.Now(), found.Reason
	provider.Attempts.Update(s, a)
	end, err := "paid", error(nil)
	if o.Paid {
		err = complete(s, p)
	} else {
		end, err = "rejected", reject(s, p, Declined)
	}
	if err != nil {
		return nil, err
	}
	audit.Append(s, o.Shop, o.Actor, "payout.resolve."+end, subject(p), o.Reason)
	payouts.Update(s, p)
	return p, nil
}

// Confirm runs the use case.
func (p *Payouts) Confirm(ctx context.Context, c Confirm) (*Payout, error) {
	return db.Do(ctx, p.DB, c.Shop, c)
}

// Reject runs the use case.
func (p *Payouts) Reject(ctx context.Context, c Reject) (*Payout, error) {
	return db.Do(ctx, p.DB, c.Shop, c)
}

// Resolve runs the use case.
func (p *Payouts) Resolve(ctx context.Context, c Resolve) (*Payout, error) {
	return db.Do(ctx, p.DB, c.Shop, c)
}

func subject(p *Payout) string { return fmt.Sprintf("payout %d", p.ID) }

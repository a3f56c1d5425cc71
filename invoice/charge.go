package invoice

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
)

// Charge takes a held invoice (seed 000): it commits the intent and announces
// the capture. The whole amount only.
type Charge struct {
	Shop, ID int64
	follow   func(Intent, error)
}

// Intent is a capture or void that was announced; without an Attempt the act
// had been done before.
type Intent struct {
	Invoice  *Invoice
	Attempt  *provider.Attempt
	Original *provider.Attempt // the authorisation it acts upon
}

// Reads names the invoice, its authorisation and its latest attempt.
func (c Charge) Reads(r *db.Reads) { readIntent(r, c.Shop, c.ID) }

// Decide refuses what is not held, and a hold whose time is over. Repeating a
// charge that succeeded moves nothing.
func (c Charge) Decide(s *db.State) (Intent, error) {
	v, err := find(s, c.Shop, c.ID)
	if err != nil {
		return Intent{}, err
	}
	switch {
	case v.Status == Succeeded && v.Hold:
		return Intent{Invoice: v}, nil
	case v.Status == Held && s.Now() >= v.HoldUntil:
		return Intent{}, fault.Param("invoice_id", "the hold is over, it can only be released")
	}
	return v.announce(s, Charging, provider.Capture)
}

// Followed hands the attempt to the sender.
func (c Charge) Followed(i Intent, err error) {
	if c.follow != nil {
		c.follow(i, err)
	}
}

// Unhold releases a held invoice, also one whose time is over.
type Unhold struct {
	Shop, ID int64
	follow   func(Intent, error)
}

// Reads names the invoice, its authorisation and its latest attempt.
func (u Unhold) Reads(r *db.Reads) { readIntent(r, u.Shop, u.ID) }

// Decide refuses what is not held. A hold that is released already – for the shop,
// or because its time was over – moves nothing.
func (u Unhold) Decide(s *db.State) (Intent, error) {
	v, err := find(s, u.Shop, u.ID)
	if err != nil {
		return Intent{}, err
	}
	if v.Status == Rejected && v.HoldTransfer != 0 {
		return Intent{Invoice: v}, nil
	}
	return v.announce(s, Unholding, provider.Void)
}

// Followed hands the attempt to the sender.
func (u Unhold) Followed(i Intent, err error) {
	if u.follow != nil {
		u.follow(i, err)
	}
}

func readIntent(r *db.Reads, shopID, id int64) {
	v := invoices.Read(r, id, shopID)
	if v == nil {
		return
	}
	// There is none of number 0: a decision may look for it and find nothing.
	provider.Attempts.Read(r, id, v.Attempts, shopID)
	provider.Attempts.Read(r, id, v.Authorization, shopID)
}

func find(s *db.State, shopID, id int64) (*Invoice, error) {
	v, ok := invoices.Find(s, id, shopID)
	if !ok {
		return nil, notFound(id)
	}
	return v, nil
}

// announce commits an intent: from here every other verb is "being processed".
func (v *Invoice) announce(s *db.State, to Status, verb provider.Verb) (Intent, error) {
	switch v.Status {
	case Charging, Unholding:
		return Intent{}, v.busy(s, to)
	case Held:
	default:
		return Intent{}, fault.Param("invoice_id", "the invoice is not held")
	}
	i := Intent{Invoice: v, Attempt: v.attempt(s, verb)}
	i.Original, _ = provider.Attempts.Find(s, v.ID, v.Authorization, v.Shop)
	if err := v.move(s, to); err != nil {
		return Intent{}, err
	}
	invoices.Update(s, v)
	return i, nil
}

// attempt announces the first attempt of an act.
func (v *Invoice) attempt(s *db.State, verb provider.Verb) *provider.Attempt {
	return provider.Announce(s, &v.Work, v.Shop, v.ID, verb, v.Provider, provider.Reference(verb, v.Shop, v.ID, v.Attempts+1))
}

// busy is what another verb hears while one is on its way; the same verb hears
// when its outcome is not known.
func (v *Invoice) busy(s *db.State, to Status) error {
	latest, ok := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	if v.Status == to && ok && latest.Outcome == provider.Unknown {
		return unknown()
	}
	return processing(v.ID)
}

func processing(id int64) error {
	return fault.New(fault.Busy, "Invoice (id=%d) is being processed", id)
}

func unknown() error {
	return fault.New(fault.Unknown, "the provider's answer is not known yet; ask by your own id")
}

func notFound(id any) error { return fault.New(fault.NotFound, "Invoice (id=%v) wasn't found", id) }

// Charge charges a held invoice and waits for the provider.
//
// Faults: NotFound, Invalid (not held, or the hold is over), Busy, Declined (back
// to held), Unavailable, Unknown (asked until known), Overloaded.
func (v *Invoices) Charge(ctx context.Context, shop, id int64) (*Invoice, error) {
	return v.intend(ctx, func(follow func(Intent, error)) (Intent, error) {
		return db.Do(ctx, v.DB, shop, Charge{Shop: shop, ID: id, follow: follow})
	}, Succeeded)
}

// Unhold releases a held invoice and waits for the provider. Faults as Charge.
func (v *Invoices) Unhold(ctx context.Context, shop, id int64) (*Invoice, error) {
	return v.intend(ctx, func(follow func(Intent, error)) (Intent, error) {
		return db.Do(ctx, v.DB, shop, Unhold{Shop: shop, ID: id, follow: follow})
	}, Rejected)
}

// intend commits an intent, sends it, and says what came of it.
func (v *Invoices) intend(ctx context.Context, commit func(func(Intent, error)) (Intent, error), want Status) (*Invoice, error) {
	if !v.Dispatch.Reserve() {
		return nil, fault.New(fault.Overloaded, "too many requests; nothing was stored, try again")
	}
	type result struct {
		applied Applied
		err     error
	}
	came := make(chan result, 1)
	intent, err := commit(func(i Intent, err error) {
		if err != nil || i.Attempt == nil {
			v.Dispatch.Free()
			return
		}
		row, attempt, original := *i.Invoice, *i.Attempt, i.Original
		v.Dispatch.Go(func(ctx context.Context) {
			applied, err := v.perform(ctx, v.follow(&row, &attempt, original))
			came <- result{applied, err}
		})
	})
	if err != nil {
		return nil, err
	}
	if intent.Attempt == nil {
		return intent.Invoice, nil
	}
	if v.Await != nil {
		v.Await(ctx, func() bool { return len(came) > 0 })
	}
	select {
	case r := <-came:
		return verdict(r.applied, r.err, want)
	case <-ctx.Done():
		return nil, unknown()
	}
}

// verdict is what the shop hears once the provider has answered.
func verdict(a Applied, err error, want Status) (*Invoice, error) {
	switch {
	case err != nil:
		return nil, unknown()
	case a.Invoice.Status == want:
		return a.Invoice, nil
	case a.Invoice.Status == Held:
		return nil, fault.New(fault.Declined, "the provider declined; the invoice is still held")
	}
	return nil, unknown()
}

// follow is the task of a capture or void.
func (v *Invoices) follow(row *Invoice, a, original *provider.Attempt) provider.Task {
	call := &provider.Call{
		Verb: a.Verb, Reference: a.Reference, Shop: row.Shop, Operation: row.ID, N: a.N,
		Amount: row.PriceAmount(), Whole: row.PriceAmount(), Description: row.Description, Plan: row.extra().Plan,
	}
	if original != nil {
		call.Original, call.OriginalID = original.Reference, original.ProviderID
	}
	return provider.Task{Attempt: *a, Call: call}
}

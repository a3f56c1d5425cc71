package invoice

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// Invoices runs the use cases of this room and the calls that follow them.
type Invoices struct {
	DB       *db.DB
	Gate     *provider.Gate
	Dispatch *provider.Dispatcher
	Random   io.Reader
	Now      func() time.Time
	Patience time.Duration // how long the payer's page waits for the provider
	Fallback string        // callback URL of invoices that have none; a demo's receiver
	Log      *slog.Logger

	due, dueRefunds db.Due
}

// Wire completes the workers; to be called once.
func (v *Invoices) Wire() {
	scan := func(table string) func(context.Context, int64, int) ([]db.Key, error) {
		text := "SELECT shop_id, id FROM " + table + " WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2"
		return func(ctx context.Context, now int64, limit int) ([]db.Key, error) {
			return db.Keys(ctx, v.DB.Reader(), text, now, limit)
		}
	}
	now := func() int64 { return v.Now().UnixMilli() }
	v.due = db.Due{Now: now, Scan: scan("invoice")}
	v.dueRefunds = db.Due{Now: now, Scan: scan("refund")}
}

// perform makes the call or asks the question, and applies what came of it.
func (v *Invoices) perform(ctx context.Context, t provider.Task) (Applied, error) {
	outcome, asked := v.Gate.Perform(ctx, t)
	applied, err := db.Do(ctx, v.DB, t.Attempt.Shop, Apply{
		Shop: t.Attempt.Shop, ID: t.Attempt.Operation, N: t.Attempt.N, Outcome: outcome, Asked: asked, Timing: v.Gate.Timing(ctx, t.Attempt.Provider),
	})
	if err != nil { // the attempt is still open: a worker will ask
		v.Log.Error("an invoice's outcome was not stored", "shop", t.Attempt.Shop, "invoice", t.Attempt.Operation, "error", err)
	}
	return applied, err
}

func (v *Invoices) performRefund(ctx context.Context, t provider.Task) {
	outcome, asked := v.Gate.Perform(ctx, t)
	_, err := db.Do(ctx, v.DB, t.Attempt.Shop, ApplyRefund{
		Shop: t.Attempt.Shop, ID: t.Attempt.Operation, N: t.Attempt.N, Outcome: outcome, Asked: asked, Timing: v.Gate.Timing(ctx, t.Attempt.Provider),
	})
	if err != nil {
		v.Log.Error("a refund's outcome was not stored", "shop", t.Attempt.Shop, "refund", t.Attempt.Operation, "error", err)
	}
}

// Take claims an invoice that is due and says what is to be done about it: ask
// about its open attempt, or send the next one, which it announces. An invoice
// that nobody paid in time it ends by itself.
type Take struct{ Shop, ID int64 }

// Taken is what a claim found. Neither Announced nor Open: nothing is to be done.
type Taken struct {
	Invoice   *Invoice
	Announced *provider.Attempt
	Open      *provider.Attempt
	Original  *provider.Attempt
}

// Reads names the invoice, its attempts, and the shop for a callback.
func (t Take) Reads(r *db.Reads) {
	shop.Read(r, t.Shop)
	readIntent(r, t.Shop, t.ID)
}

// Decide moves the due time on, so that no other worker takes it meanwhile.
func (t Take) Decide(s *db.State) (taken Taken, err error) {
	v, ok := invoices.Find(s, t.ID, t.Shop)
	if !ok || v.DueAt == 0 || v.DueAt > s.Now() {
		return taken, nil
	}
	taken.Invoice = v
	taken.Original, _ = provider.Attempts.Find(s, v.ID, v.Authorization, v.Shop)
	last, sent := provider.Attempts.Find(s, v.ID, v.Attempts, v.Shop)
	switch {
	case v.Status.Final():
		v.DueAt = 0
	case sent && last.Open():
		taken.Open = last
		v.DueAt = s.Now() + provider.Lease
	case v.Status == Charging || v.Status == Unholding:
		taken.Announced = provider.AnnounceAgain(s, &v.Work, last)
	case v.Status == Held && v.AfterHold == ReleaseHold && s.Now() >= v.HoldUntil:
		taken.Announced = v.attempt(s, provider.Void)
		err = v.move(s, Unholding)
	case v.Status == Held:
		v.DueAt = 0
	case s.Now() >= v.ExpiresAt:
		err = reject(s, v, Expired)
	default:
		v.DueAt = v.ExpiresAt
	}
	invoices.Update(s, v)
	return taken, err
}

// Step looks after one invoice that is due.
func (v *Invoices) Step(ctx context.Context) (worked bool, err error) {
	key, ok, err := v.due.Next(ctx)
	if err != nil || !ok {
		return false, err
	}
	defer v.due.Done(key)
	taken, err := db.Do(ctx, v.DB, key.Shop, Take{key.Shop, key.ID})
	switch {
	case err != nil:
	case taken.Announced != nil:
		_, err = v.perform(ctx, v.follow(taken.Invoice, taken.Announced, taken.Original))
	case taken.Open != nil:
		_, err = v.perform(ctx, v.question(taken.Invoice, taken.Open))
	}
	return true, err
}

func (v *Invoices) question(row *Invoice, a *provider.Attempt) provider.Task {
	return provider.Task{Attempt: *a, Query: &provider.Query{
		Verb: a.Verb, Reference: a.Reference, ProviderID: a.ProviderID, Shop: row.Shop, Operation: row.ID, N: a.N, Amount: row.PriceAmount(),
	}}
}

// TakeRefund claims a refund that is due, as Take does an invoice.
type TakeRefund struct{ Shop, ID int64 }

// TakenRefund is what a claim found.
type TakenRefund struct {
	Refunding
	Open *provider.Attempt
}

// Reads names the refund, its latest attempt, its invoice and the authorisation.
func (t TakeRefund) Reads(r *db.Reads) {
	f := refunds.Read(r, t.ID, t.Shop)
	if f == nil {
		return
	}
	provider.Attempts.Read(r, f.ID, f.Attempts, f.Shop)
	readIntent(r, f.Shop, f.InvoiceID)
}

// Decide moves the due time on, so that no other worker takes it meanwhile.
func (t TakeRefund) Decide(s *db.State) (taken TakenRefund, err error) {
	f, ok := refunds.Find(s, t.ID, t.Shop)
	if !ok || f.DueAt == 0 || f.DueAt > s.Now() || f.Status != Waiting {
		return taken, nil
	}
	v, ok := invoices.Find(s, f.InvoiceID, f.Shop)
	if !ok {
		return taken, notFound(f.InvoiceID)
	}
	taken.Refund, taken.Invoice = f, v
	taken.Original, _ = provider.Attempts.Find(s, v.ID, v.Authorization, v.Shop)
	last, sent := provider.Attempts.Find(s, f.ID, f.Attempts, f.Shop)
	switch {
	case sent && last.Open():
		taken.Open = last
		f.DueAt = s.Now() + provider.Lease
	case sent:
		taken.Attempt = provider.AnnounceAgain(s, &f.Work, last)
	default:
		taken.Attempt = f.announce(s)
	}
	refunds.Update(s, f)
	return taken, nil
}

// StepRefunds looks after one refund that is due.
func (v *Invoices) StepRefunds(ctx context.Context) (worked bool, err error) {
	key, ok, err := v.dueRefunds.Next(ctx)
	if err != nil || !ok {
		return false, err
	}
	defer v.dueRefunds.Done(key)
	taken, err := db.Do(ctx, v.DB, key.Shop, TakeRefund{key.Shop, key.ID})
	switch {
	case err != nil:
	case taken.Attempt != nil:
		v.performRefund(ctx, provider.Task{Attempt: *taken.Attempt, Call: refundCall(taken.Refund, taken.Invoice, taken.Attempt, taken.Original)})
	case taken.Open != nil:
		v.performRefund(ctx, refundQuestion(taken.Refund, taken.Open, taken.Original))
	}
	return true, err
}

func refundQuestion(f *Refund, a, original *provider.Attempt) provider.Task {
	q := &provider.Query{
		Verb: a.Verb, Reference: a.Reference, ProviderID: a.ProviderID, Shop: f.Shop, Operation: f.ID, N: a.N, Amount: f.PriceAmount(),
	}
	if original != nil {
		q.Original = original.Reference
	}
	return provider.Task{Attempt: *a, Query: q}
}

// Notice is told by the inbox that something happened to an invoice: it asks.
// A final invoice is asked about too: the answer may contradict.
func (v *Invoices) Notice(ctx context.Context, n provider.Notice) error {
	row, err := v.Find(ctx, n.Shop, n.Operation)
	if err != nil {
		return err
	}
	attempt, err := provider.Attempts.First(ctx, v.DB.Reader(), "operation = $1 AND n = $2 AND shop_id = $3", row.ID, n.N, row.Shop)
	if err != nil || attempt == nil || attempt.AnsweredAt == 0 {
		return err // the call itself has not come back: its answer is on the way
	}
	_, err = v.perform(ctx, v.question(row, attempt))
	return err
}

// NoticeRefund is told by the inbox that something happened to a refund: it asks.
func (v *Invoices) NoticeRefund(ctx context.Context, n provider.Notice) error {
	f, err := refunds.First(ctx, v.DB.Reader(), "id = $1 AND shop_id = $2", n.Operation, n.Shop)
	if err != nil || f == nil {
		return err
	}
	attempt, err := provider.Attempts.First(ctx, v.DB.Reader(), "operation = $1 AND n = $2 AND shop_id = $3", f.ID, n.N, f.Shop)
	if err != nil || attempt == nil || attempt.AnsweredAt == 0 {
		return err
	}
	v.performRefund(ctx, refundQuestion(f, attempt, nil))
	return nil
}

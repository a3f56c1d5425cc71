package invoice

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// Invoices runs the use cases of this room and the calls that follow them.
type Invoices struct {
	DB        *db.DB
	Gate      *provider.Gate
	Dispatch  *provider.Dispatcher
	Random    io.Reader
	Now       func() time.Time
	Patience  time.Duration // how long the payer's page waits for the provider
	PublicURL string        // where payers reach the gateway, without a slash at its end
	Fallback  string        // callback URL of invoices that have none; a demo's receiver
	Log       *slog.Logger
	// Await is called before a caller waits for its provider, and returns when ready
	// reports true or the caller has left: a simulation orders there what would run
	// at the same time. It is nil in production.
	Await func(ctx context.Context, ready func() bool)

	due, dueRefunds db.Due
}

// Wire completes the workers; to be called once.
func (v *Invoices) Wire() {
	scan := func(table string) func(context.Context, int64, int) ([]db.Key, error) {
		text := "SELECT shop_id, id FROM " + table + " WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2"
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
	timing := v.Gate.Timing(ctx, t.Attempt.Provider)
	outcome, asked := v.Gate.Perform(ctx, t)
	applied, err := db.Do(ctx, v.DB, t.Attempt.Shop, Apply{
		Shop: t.Attempt.Shop, ID: t.Attempt.Operation, N: t.Attempt.N, Outcome: outcome, Asked: asked, Timing: timing,
	})
	if err != nil { // the attempt is still open: a worker will ask
		v.Log.Error("an invoice's outcome was not stored", "shop", t.Attempt.Shop, "invoice", t.Attempt.Operation, "error", err)
		return applied, err
	}
	return applied, t.Attempt.Unheard(outcome)
}

func (v *Invoices) performRefund(ctx context.Context, t provider.Task) error {
	timing := v.Gate.Timing(ctx, t.Attempt.Provider)
	outcome, asked := v.Gate.Perform(ctx, t)
	if outcome.Alike != (provider.Alike{}) {
		outcome = v.among(ctx, t.Attempt, outcome)
	}
	_, err := db.Do(ctx, v.DB, t.Attempt.Shop, ApplyRefund{
		Shop: t.Attempt.Shop, ID: t.Attempt.Operation, N: t.Attempt.N, Outcome: outcome, Asked: asked, Timing: timing,
	})
	if err != nil {
		v.Log.Error("a refund's outcome was not stored", "shop", t.Attempt.Shop, "refund", t.Attempt.Operation, "error", err)
		return err
	}
	return t.Attempt.Unheard(outcome)
}

// among decides what a provider's list says of a refund that it knows by its amount
// alone. Our own others are read after the answer: one that could be in it had been
// committed before it was sent.
func (v *Invoices) among(ctx context.Context, a provider.Attempt, o provider.Outcome) provider.Outcome {
	others, err := v.others(ctx, a)
	if err != nil {
		return provider.Outcome{Result: provider.Unknown, Reason: "the other refunds of the payment could not be read"}
	}
	o.Result = o.Alike.Ours(others)
	return o
}

// others counts the other refunds of the same payment that give back the same.
func (v *Invoices) others(ctx context.Context, a provider.Attempt) (n provider.Alike, err error) {
	f, err := refunds.First(ctx, v.DB.Reader(), "id = $1 AND shop_id = $2", a.Operation, a.Shop)
	if err != nil || f == nil {
		return n, err
	}
	list, err := refunds.Select(ctx, v.DB.Reader(), "invoice_id = $1 AND shop_id = $2 AND price = $3 AND id <> $4", f.InvoiceID, f.Shop, f.Price, f.ID)
	for _, other := range list {
		switch other.Status {
		case Refunded:
			n.Succeeded++
		case Failed:
			n.Declined++
		default:
			n.Pending++
		}
	}
	return n, err
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
	return v.due.Work(ctx, v.lookAfter)
}

func (v *Invoices) lookAfter(ctx context.Context, key db.Key) error {
	taken, err := db.Do(ctx, v.DB, key.Shop, Take{key.Shop, key.ID})
	switch {
	case err != nil:
	case taken.Announced != nil:
		_, err = v.perform(ctx, v.follow(taken.Invoice, taken.Announced, taken.Original))
	case taken.Open != nil:
		_, err = v.perform(ctx, question(taken.Open, taken.Original, taken.Invoice.PriceAmount(), taken.Invoice.Hold))
	}
	return err
}

// question asks about an attempt; original is the authorisation it acts upon, or itself.
func question(a, original *provider.Attempt, amount money.Amount, hold bool) provider.Task {
	q := &provider.Query{
		Verb: a.Verb, Reference: a.Reference, ProviderID: a.ProviderID, Shop: a.Shop, Operation: a.Operation, N: a.N, Amount: amount,
		Hold: hold,
	}
	if original != nil && a.Verb != provider.Authorize {
		q.Original = original.Reference
	}
	return provider.Task{Attempt: *a, Query: q}
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
	return v.dueRefunds.Work(ctx, v.lookAfterRefund)
}

func (v *Invoices) lookAfterRefund(ctx context.Context, key db.Key) error {
	taken, err := db.Do(ctx, v.DB, key.Shop, TakeRefund{key.Shop, key.ID})
	switch {
	case err != nil:
	case taken.Attempt != nil:
		err = v.performRefund(ctx, provider.Task{Attempt: *taken.Attempt, Call: refundCall(taken.Refund, taken.Invoice, taken.Attempt, taken.Original)})
	case taken.Open != nil:
		err = v.performRefund(ctx, question(taken.Open, taken.Original, taken.Refund.PriceAmount(), false))
	}
	return err
}

// Notice is told by the inbox that something happened to an invoice: it asks.
// A final invoice is asked about too: the answer may contradict.
func (v *Invoices) Notice(ctx context.Context, n provider.Notice) error {
	row, err := v.Find(ctx, n.Shop, n.Operation)
	if err != nil {
		return err
	}
	attempt, err := v.answered(ctx, row.Shop, row.ID, n.N, row.Attempts)
	if err != nil || attempt == nil {
		return err
	}
	original, err := v.attempt(ctx, row.Shop, row.ID, row.Authorization)
	if err == nil {
		_, err = v.perform(ctx, question(attempt, original, row.PriceAmount(), row.Hold))
	}
	return err
}

// answered is an attempt, or the latest where that is of the same act: a provider
// speaks of the reference. nil when its call's answer is still on the way, or was
// lost with its process and is not yet asked for.
func (v *Invoices) answered(ctx context.Context, shop, operation, n, latest int64) (*provider.Attempt, error) {
	attempt, err := v.attempt(ctx, shop, operation, n)
	if err != nil || attempt == nil {
		return nil, err
	}
	last, err := v.attempt(ctx, shop, operation, latest)
	if err == nil && last != nil && last.Reference == attempt.Reference {
		attempt = last
	}
	if err != nil || attempt.AnsweredAt == 0 && attempt.Open() {
		return nil, err
	}
	return attempt, nil
}

func (v *Invoices) attempt(ctx context.Context, shop, operation, n int64) (*provider.Attempt, error) {
	return provider.Attempts.First(ctx, v.DB.Reader(), "operation = $1 AND n = $2 AND shop_id = $3", operation, n, shop)
}

// NoticeRefund is told by the inbox that something happened to a refund: it asks.
func (v *Invoices) NoticeRefund(ctx context.Context, n provider.Notice) error {
	f, err := refunds.First(ctx, v.DB.Reader(), "id = $1 AND shop_id = $2", n.Operation, n.Shop)
	if err != nil {
		return err
	}
	if f == nil {
		return refundNotFound(n.Operation)
	}
	attempt, err := v.answered(ctx, f.Shop, f.ID, n.N, f.Attempts)
	if err != nil || attempt == nil {
		return err
	}
	row, err := v.Find(ctx, f.Shop, f.InvoiceID)
	if err != nil {
		return err
	}
	original, err := v.attempt(ctx, row.Shop, row.ID, row.Authorization)
	if err == nil {
		err = v.performRefund(ctx, question(attempt, original, f.PriceAmount(), false))
	}
	return err
}

package payout

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/signature"
)

// Ways looks a payway up before a decision; payway.Directory does.
type Ways interface {
	Find(ctx context.Context, alias string) (*payway.Payway, error)
}

// Payouts runs the use cases of this room and the calls that follow them.
type Payouts struct {
	DB       *db.DB
	Gate     *provider.Gate
	Dispatch *provider.Dispatcher
	Box      *seal.Box
	Ways     Ways
	Due      db.Due
	Log      *slog.Logger
}

// Wire completes the worker; to be called once.
func (p *Payouts) Wire(now func() int64) {
	p.Due.Now = now
	p.Due.Scan = func(ctx context.Context, now int64, limit int) ([]db.Key, error) {
		return db.Keys(ctx, p.DB.Reader(), "SELECT shop_id, id FROM payout WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2", now, limit)
	}
}

// seal makes the beneficiary what may be stored of it.
func (p *Payouts) seal(shop int64, b provider.Beneficiary) (sealed Sealed, err error) {
	if sealed.Account, err = p.Box.Seal("payout", shop, "account", []byte(b.Account)); err != nil {
		return sealed, err
	}
	sealed.Mask = signature.MaskAccount(b.Account)
	sealed.Print = p.Box.Fingerprint(shop, "account", b.Account)
	if len(b.Details) == 0 {
		return sealed, nil
	}
	details, err := json.Marshal(b.Details)
	if err == nil {
		sealed.Details, err = p.Box.Seal("payout", shop, "details", details)
	}
	return sealed, err
}

// unseal is the beneficiary of a stored payout.
func (p *Payouts) unseal(row *Payout) (b provider.Beneficiary, err error) {
	account, err := p.Box.Open("payout", row.Shop, "account", row.Account)
	if err != nil {
		return b, err
	}
	b.Account = string(account)
	if row.Details == "" {
		return b, nil
	}
	details, err := p.Box.Open("payout", row.Shop, "details", row.Details)
	if err == nil {
		err = json.Unmarshal(details, &b.Details)
	}
	return b, err
}

// task is what to do about an attempt: the call of one just announced.
func (p *Payouts) task(row *Payout, a *provider.Attempt, b provider.Beneficiary) provider.Task {
	return provider.Task{Attempt: *a, Call: &provider.Call{
		Verb: provider.Payout, Reference: a.Reference, Shop: row.Shop, Operation: row.ID, N: a.N,
		Amount: row.ReceiveAmount(), Beneficiary: b, Description: row.Description,
	}}
}

// perform makes the call or asks the question, and applies what came of it.
func (p *Payouts) perform(ctx context.Context, t provider.Task) error {
	timing := p.Gate.Timing(ctx, t.Attempt.Provider)
	outcome, asked := p.Gate.Perform(ctx, t)
	_, err := db.Do(ctx, p.DB, t.Attempt.Shop, Apply{
		Shop: t.Attempt.Shop, ID: t.Attempt.Operation, N: t.Attempt.N, Outcome: outcome, Asked: asked, Timing: timing,
	})
	if err != nil { // the attempt is still open: a worker will ask
		p.Log.Error("a payout's outcome was not stored", "shop", t.Attempt.Shop, "payout", t.Attempt.Operation, "error", err)
		return err
	}
	return t.Attempt.Unheard(outcome)
}

// Take claims a payout that is due and says what is to be done about it: to
// send the next attempt, which it announces, or to ask about the open one.
type Take struct{ Shop, ID int64 }

// Taken is what a claim found. Neither Announced nor Open: somebody else was faster.
type Taken struct {
	Payout    *Payout
	Announced *provider.Attempt
	Open      *provider.Attempt
}

// Reads names the payout and its latest attempt.
func (t Take) Reads(r *db.Reads) {
	if p := payouts.Read(r, t.ID, t.Shop); p != nil {
		provider.Attempts.Read(r, t.ID, p.Attempts, t.Shop)
	}
}

// Decide moves the due time on, so that no other worker takes it meanwhile.
func (t Take) Decide(s *db.State) (taken Taken, err error) {
	p, ok := payouts.Find(s, t.ID, t.Shop)
	if !ok || p.DueAt == 0 || p.DueAt > s.Now() || p.Status.Final() || p.Status == Confirming {
		return taken, nil
	}
	taken.Payout = p
	last, sent := provider.Attempts.Find(s, t.ID, p.Attempts, t.Shop)
	switch {
	case sent && last.Open():
		taken.Open = last
		p.DueAt = s.Now() + provider.Lease
	case sent:
		taken.Announced = provider.AnnounceAgain(s, &p.Work, last)
		err = p.move(s, Sent)
	default:
		taken.Announced = p.announce(s)
		err = p.move(s, Sent)
	}
	payouts.Update(s, p)
	return taken, err
}

// Step looks after one payout that is due.
func (p *Payouts) Step(ctx context.Context) (worked bool, err error) { return p.Due.Work(ctx, p.look) }

func (p *Payouts) look(ctx context.Context, key db.Key) error {
	taken, err := db.Do(ctx, p.DB, key.Shop, Take{key.Shop, key.ID})
	if err != nil {
		return err
	}
	switch {
	case taken.Announced != nil:
		b, err := p.unseal(taken.Payout)
		if err != nil { // it stays announced; nothing was sent, and asking will say so
			return err
		}
		return p.perform(ctx, p.task(taken.Payout, taken.Announced, b))
	case taken.Open != nil:
		return p.perform(ctx, provider.Task{Attempt: *taken.Open, Query: question(taken.Payout, taken.Open)})
	}
	return nil
}

func question(row *Payout, a *provider.Attempt) *provider.Query {
	return &provider.Query{
		Verb: a.Verb, Reference: a.Reference, ProviderID: a.ProviderID,
		Shop: row.Shop, Operation: row.ID, N: a.N, Amount: row.ReceiveAmount(),
	}
}

// Notice is told by the inbox that something happened to a payout: it asks. A
// final payout is asked about too: the answer may contradict.
func (p *Payouts) Notice(ctx context.Context, n provider.Notice) error {
	row, err := p.Find(ctx, n.Shop, n.Operation)
	if err != nil {
		return err
	}
	attempt, err := provider.Attempts.First(ctx, p.DB.Reader(), "operation = $1 AND n = $2 AND shop_id = $3", row.ID, row.Attempts, row.Shop)
	if err != nil || attempt == nil {
		return err
	}
	if attempt.AnsweredAt == 0 && attempt.Open() {
		return nil // the call itself has not come back: its answer is on the way
	}
	return p.perform(ctx, provider.Task{Attempt: *attempt, Query: question(row, attempt)})
}

// Check asks the provider whether an account can receive, for a shop that may
// use the payway. Faults as those of Create, before the balance.
func (p *Payouts) Check(ctx context.Context, c CheckAccount) (provider.Verdict, error) {
	way, err := db.Do(ctx, p.DB, c.Shop, c)
	if fault.Is(err, fault.AccountNotFound) {
		return provider.Verdict{Malformed: true}, nil
	}
	if err != nil {
		return provider.Verdict{}, err
	}
	return p.Gate.Check(ctx, way.Provider, provider.Call{Shop: c.Shop, Beneficiary: c.Beneficiary}), nil
}

// Try runs the use case. Faults: Invalid, ShopNotFound, ShopOff, Payway*, NoRate,
// TooSmall, TooLarge.
func (p *Payouts) Try(ctx context.Context, t Try) (fee.PayoutQuote, error) {
	return db.Do(ctx, p.DB, t.Shop, t)
}

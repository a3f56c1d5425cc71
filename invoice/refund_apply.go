package invoice

import (
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// ApplyRefund takes the outcome of a refund in: the attempt, the refund, the
// invoice's sum, the ledger and the callback move in one commit.
type ApplyRefund struct {
	Shop, ID, N int64
	Outcome     provider.Outcome
	Asked       bool
	Timing      provider.Timing
}

// Reads names the refund, its invoice and attempt, and the accounts.
func (a ApplyRefund) Reads(r *db.Reads) {
	readAttempt(r, a.Shop, a.ID, a.N, a.Outcome)
	shop.Read(r, a.Shop)
	if f := refunds.Read(r, a.ID, a.Shop); f != nil {
		readAttempt(r, a.Shop, a.ID, f.Attempts, a.Outcome)
		readBooks(r, a.Shop, invoices.Read(r, f.InvoiceID, a.Shop))
	}
}

// Decide learns from the outcome. An outcome of an attempt that is closed changes
// nothing, unless it contradicts.
func (a ApplyRefund) Decide(s *db.State) (*Refund, error) {
	f, ok := refunds.Find(s, a.ID, a.Shop)
	attempt, known := provider.Attempts.Find(s, a.ID, a.N, a.Shop)
	if !ok || !known {
		return nil, refundNotFound(a.ID)
	}
	outcome := a.Outcome.Believed(f.PriceAmount())
	if !attempt.Open() || f.Status != Waiting {
		return f, contradictRefund(s, f, outcome)
	}
	lesson := provider.Learn(attempt, &f.Work, outcome, a.Asked, a.Timing, s.Now())
	provider.Attempts.Update(s, attempt)
	f.UpdatedAt = s.Now()
	var err error
	switch lesson {
	case provider.Done:
		err = f.end(s, Refunded, "")
	case provider.Failed:
		err = f.end(s, Failed, failureOf(outcome))
	}
	if err != nil {
		return nil, err
	}
	refunds.Update(s, f)
	return f, nil
}

func refundNotFound(id int64) error {
	return fault.New(fault.NotFound, "Refund (id=%d) wasn't found", id)
}

// end settles or releases the reservation, and owes the callback.
func (f *Refund) end(s *db.State, to RefundStatus, failure Failure) error {
	v, ok := invoices.Find(s, f.InvoiceID, f.Shop)
	if !ok {
		return notFound(f.InvoiceID)
	}
	f.Status, f.Failure, f.ProcessedAt, f.DueAt = to, failure, s.Now(), 0
	if err := f.book(s, v); err != nil {
		return err
	}
	if err := f.owe(s, v); err != nil {
		return err
	}
	invoices.Update(s, v)
	return nil
}

func (f *Refund) book(s *db.State, v *Invoice) error {
	if f.Status == Failed {
		v.Refunded -= f.Amount
		v.PriceRefunded -= f.Price
		v.FeeReturned -= f.FeeBack
		_, err := ledger.Release(s, f.Shop, f.Reserve, f.ID, f.GrossAmount())
		return err
	}
	legs := []ledger.Leg{
		{Currency: f.Currency, Purpose: ledger.Frozen, Amount: -f.Amount},
		{Currency: f.PriceCurrency, Purpose: ledger.Clearing, Provider: f.Provider, Amount: f.Price},
		{Currency: f.Currency, Purpose: ledger.Fee, Amount: -f.FeeBack},
		{Currency: f.Currency, Purpose: ledger.Available, Amount: f.FeeBack},
	}
	if f.Currency != f.PriceCurrency {
		legs = append(legs,
			ledger.Leg{Currency: f.Currency, Purpose: ledger.Exchange, Amount: f.Amount},
			ledger.Leg{Currency: f.PriceCurrency, Purpose: ledger.Exchange, Amount: -f.Price})
	}
	_, err := ledger.Settle(s, f.Shop, f.Reserve, ledger.Posting{Kind: "refund.complete", Operation: f.ID}, legs...)
	return err
}

// contradictRefund books what the provider says against what is final. All of a
// refund's attempts are one act: it is kept under the last, so that it counts once.
func contradictRefund(s *db.State, f *Refund, o provider.Outcome) error {
	moved := f.Price
	switch {
	case o.Result == provider.Succeeded && f.Status == Failed:
	case o.Result == provider.Declined && f.Status == Refunded:
		moved = -moved
	default:
		return nil
	}
	last, _ := provider.Attempts.Find(s, f.ID, f.Attempts, f.Shop)
	return provider.Contradict(s, last, o, ledger.Posting{Kind: "refund.contradiction", Operation: f.ID},
		ledger.Leg{Currency: f.PriceCurrency, Purpose: ledger.Clearing, Provider: f.Provider, Amount: moved},
		ledger.Leg{Currency: f.PriceCurrency, Purpose: ledger.Suspense, Amount: -moved})
}

// RefundView is a refund as it is shown to its shop, and frozen in a callback.
type RefundView struct {
	Shop, ID      int64
	InvoiceID     int64
	RefundID      string
	Currency      int64
	Amount        int64
	PriceCurrency int64
	Price         int64
	Status        RefundStatus
	Failure       Failure
	CreatedAt     int64
	ProcessedAt   int64
}

// View is what the shop may see of the refund.
func (f *Refund) View() RefundView {
	return RefundView{
		Shop: f.Shop, ID: f.ID, InvoiceID: f.InvoiceID, RefundID: f.RefundID, Currency: f.Currency.Number(), Amount: f.Amount,
		PriceCurrency: f.PriceCurrency.Number(), Price: f.Price, Status: f.Status, Failure: f.Failure, CreatedAt: f.CreatedAt, ProcessedAt: f.ProcessedAt,
	}
}

// owe owes the shop a callback, in order with its invoice's: the shop's own
// address, else the request's, else the invoice's.
func (f *Refund) owe(s *db.State, v *Invoice) error {
	owner, err := shop.Find(s, f.Shop)
	if err != nil {
		return err
	}
	settings, err := owner.Settings()
	if err != nil {
		return err
	}
	url := or(settings.CallbackURL, f.CallbackURL)
	if v.Source != "" || !settings.Enabled(url) { // PayParts has no callback of a refund
		return nil
	}
	return v.enqueue(s, callback.Owed{Kind: "refund", Subject: f.ID, Event: string(f.Status), URL: url, Snapshot: f.View()})
}

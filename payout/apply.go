package payout

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// Apply takes an outcome in: the attempt, the payout's status, the ledger and
// the callback move in one commit.
type Apply struct {
	Shop, ID, N int64
	Outcome     provider.Outcome
	Asked       bool // it answers a question, not the call itself
	Timing      provider.Timing
}

// Reads names the payout, its attempt, the latest one, and the accounts it may post to.
func (a Apply) Reads(r *db.Reads) {
	p := payouts.Read(r, a.ID, a.Shop)
	provider.Attempts.Read(r, a.ID, a.N, a.Shop)
	if p != nil {
		provider.Attempts.Read(r, a.ID, p.Attempts, a.Shop)
		provider.ReadContradiction(r, a.Shop, a.ID, p.Attempts, a.Outcome.Result)
	}
	readEnding(r, a.Shop, p)
}

// readEnding names what the end of a payout touches.
func readEnding(r *db.Reads, shopID int64, p *Payout) {
	shop.Read(r, shopID)
	if p == nil {
		return
	}
	for _, purpose := range []ledger.Purpose{ledger.Available, ledger.Frozen, ledger.Fee, ledger.Exchange, ledger.Rounding} {
		ledger.Read(r, p.Shop, p.Currency, purpose, "")
	}
	for _, purpose := range []ledger.Purpose{ledger.Fee, ledger.Exchange, ledger.Suspense} {
		ledger.Read(r, p.Shop, p.ReceiveCurrency, purpose, "")
	}
	ledger.Read(r, p.Shop, p.ReceiveCurrency, ledger.Clearing, p.Provider)
}

// Decide learns from the outcome and moves the payout accordingly. An outcome of
// an attempt that is closed changes nothing, unless it contradicts.
func (a Apply) Decide(s *db.State) (*Payout, error) {
	p, ok := payouts.Find(s, a.ID, a.Shop)
	attempt, known := provider.Attempts.Find(s, a.ID, a.N, a.Shop)
	if !ok || !known {
		return nil, notFound(a.ID)
	}
	outcome := a.Outcome.Believed(p.ReceiveAmount())
	if !attempt.Open() || p.Status.Final() {
		return p, contradict(s, p, outcome)
	}
	lesson := provider.Learn(attempt, &p.Work, outcome, a.Asked, a.Timing, s.Now())
	provider.Attempts.Update(s, attempt)
	if err := a.follow(s, p, lesson, outcome); err != nil {
		return nil, err
	}
	payouts.Update(s, p)
	return p, nil
}

func (a Apply) follow(s *db.State, p *Payout, lesson provider.Lesson, o provider.Outcome) error {
	switch lesson {
	case provider.Done:
		p.RRN, p.BankTransaction = o.RRN, o.BankTransaction
		return complete(s, p)
	case provider.Failed:
		return reject(s, p, failureOf(o))
	case provider.Resend:
		if o.Result == provider.Refused {
			return p.move(s, ProviderError)
		}
		return nil // lost: the worker announces the next attempt
	case provider.Doubt:
		return p.move(s, NetworkError)
	}
	return p.move(s, Sent)
}

func failureOf(o provider.Outcome) Failure {
	if o.Result == provider.Declined {
		return Declined
	}
	return Unavailable
}

// complete settles the reservation: what the beneficiary got is the provider's,
// the fee is ours.
func complete(s *db.State, p *Payout) error {
	legs := []ledger.Leg{
		{Currency: p.Currency, Purpose: ledger.Frozen, Amount: -p.WriteOff},
		{Currency: p.Currency, Purpose: ledger.Rounding, Amount: p.Rounding},
		{Currency: p.ReceiveCurrency, Purpose: ledger.Clearing, Provider: p.Provider, Amount: p.Receive},
		{Currency: p.ReceiveCurrency, Purpose: ledger.Fee, Amount: p.Fee},
	}
	if p.Currency != p.ReceiveCurrency {
		legs = append(legs,
			ledger.Leg{Currency: p.Currency, Purpose: ledger.Exchange, Amount: p.WriteOff - p.Rounding},
			ledger.Leg{Currency: p.ReceiveCurrency, Purpose: ledger.Exchange, Amount: -p.Receive - p.Fee})
	}
	if _, err := ledger.Settle(s, p.Shop, p.Reserve, ledger.Posting{Kind: "payout.complete", Operation: p.ID}, legs...); err != nil {
		return err
	}
	if err := p.move(s, Completed); err != nil {
		return err
	}
	return owe(s, p)
}

// reject gives the reserved money back.
func reject(s *db.State, p *Payout, failure Failure) error {
	if _, err := ledger.Release(s, p.Shop, p.Reserve, p.ID, p.WriteOffAmount()); err != nil {
		return err
	}
	p.Failure = failure
	if err := p.move(s, Rejected); err != nil {
		return err
	}
	return owe(s, p)
}

// contradict books what the provider says against what is final: money that went
// out although the payout was rejected, or came back although it was completed.
// All attempts are one act: it is kept under the last, so that it counts once.
func contradict(s *db.State, p *Payout, o provider.Outcome) error {
	moved := int64(0)
	switch {
	case !p.Status.Final():
		return nil // an earlier attempt: the reference is the same, the open one will tell
	case o.Result == provider.Succeeded && p.Status == Rejected:
		moved = p.Receive
	case o.Result == provider.Declined && p.Status == Completed:
		moved = -p.Receive
	default:
		return nil
	}
	last, _ := provider.Attempts.Find(s, p.ID, p.Attempts, p.Shop)
	return provider.Contradict(s, last, o, ledger.Posting{Kind: "payout.contradiction", Operation: p.ID},
		ledger.Leg{Currency: p.ReceiveCurrency, Purpose: ledger.Clearing, Provider: p.Provider, Amount: moved},
		ledger.Leg{Currency: p.ReceiveCurrency, Purpose: ledger.Suspense, Amount: -moved})
}

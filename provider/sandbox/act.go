package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// State is how far an act has come in the sandbox's books.
type State string

// The states. The sandbox answers nothing about an unheard act: for whoever
// asks, it never arrived.
const (
	Unheard   State = "unheard"
	Challenge State = "challenge"
	Pending   State = "pending"
	Succeeded State = "succeeded"
	Declined  State = "declined"
)

// act is one reference in the books: what was asked and what became of it.
type act struct {
	Shop        int64
	Reference   string
	Account     string // the provider account's name
	Operation   int64
	N           int64 // the latest attempt that brought it
	Verb        provider.Verb
	Original    string
	Currency    money.Currency
	Amount      int64
	Hold        bool
	State       State
	Later       State // what a pending or challenged act becomes by itself
	RipeAt      int64 // and when, Unix ms
	Hidden      int64 // questions still to be answered "not found" although it is done
	Sends       int64
	Question    string
	Mask        string
	Fingerprint string
	Resolved    string // of a hold: captured or voided
	Refunded    int64  // of a payment
	Reason      string
	CreatedAt   int64
	Version     int64
}

var acts = db.NewTable("act",
	"shop_id, reference, account, operation, n, verb, original, currency, amount, hold, state, later, ripe_at, hidden, sends, "+
		"question, mask, fingerprint, resolved, refunded, reason, created_at, version",
	"reference, shop_id",
	func(a *act) []any {
		return []any{&a.Shop, &a.Reference, &a.Account, &a.Operation, &a.N, &a.Verb, &a.Original, &a.Currency, &a.Amount, &a.Hold,
			&a.State, &a.Later, &a.RipeAt, &a.Hidden, &a.Sends, &a.Question, &a.Mask, &a.Fingerprint, &a.Resolved, &a.Refunded,
			&a.Reason, &a.CreatedAt, &a.Version}
	})

// shop is a shop's lock. Without the row nothing would be locked on PostgreSQL,
// so every use case insists on it (see do).
type shop struct{ ID, OpenedAt int64 }

var shops = db.NewTable("shop", "id, opened_at", "id", func(s *shop) []any { return []any{&s.ID, &s.OpenedAt} })

// errClosed asks for the shop's row to be made first. Nothing was written.
var errClosed = errors.New("the shop has no row yet")

// open makes the row of a shop that the sandbox meets for the first time.
type open struct{ shop int64 }

func (o open) Reads(r *db.Reads) { shops.Read(r, o.shop) }

func (o open) Decide(s *db.State) (struct{}, error) {
	if _, ok := shops.Find(s, o.shop); !ok {
		shops.Insert(s, &shop{ID: o.shop, OpenedAt: s.Now()})
	}
	return struct{}{}, nil
}

// opened is part of every decision.
func opened(s *db.State, id int64) error {
	if _, ok := shops.Find(s, id); !ok {
		return errClosed
	}
	return nil
}

// do runs a use case in the books, opening the shop when it is new. Two nodes
// may open it at the same time: one of them fails, and finds the row afterwards.
func do[A any](ctx context.Context, d *db.DB, shopID int64, u db.UseCase[A]) (A, error) {
	for range 3 {
		a, err := db.Do(ctx, d, shopID, u)
		if !errors.Is(err, errClosed) {
			return a, err
		}
		if _, err := db.Do(ctx, d, shopID, open{shopID}); err != nil && !fault.Is(err, fault.Internal) {
			return a, err
		}
	}
	var none A
	return none, fmt.Errorf("sandbox: shop %d cannot be opened: %w", shopID, errClosed)
}

// readAct asks for a reference, the act it refers to, and the shop's lock.
func readAct(r *db.Reads, shopID int64, reference string) {
	shops.Read(r, shopID)
	if a := acts.Read(r, reference, shopID); a != nil && a.Original != "" {
		acts.Read(r, a.Original, shopID)
	}
}

// ripe is the state of the act at a time: what waits becomes what it must
// without anyone's help.
func (a *act) ripe(now int64) State {
	if (a.State == Pending || a.State == Challenge) && a.RipeAt <= now {
		return a.Later
	}
	return a.State
}

// ripen writes down what the time has decided.
func ripen(s *db.State, a *act) {
	if state := a.ripe(s.Now()); state != a.State {
		finish(s, a, state)
	}
}

// finish gives a waiting act its final state. A refund that fails frees its part
// of the payment.
func finish(s *db.State, a *act, state State) {
	if a.State = state; state == Declined && a.Verb == provider.Refund {
		if paid, ok := acts.Find(s, a.Original, a.Shop); ok {
			paid.Refunded -= a.Amount
			acts.Update(s, paid)
		}
	}
	acts.Update(s, a)
}

func (a *act) money() money.Amount { return money.New(a.Amount, a.Currency) }

// outcome says what the books know, in the words of the contract.
func (a *act) outcome() provider.Outcome {
	o := provider.Outcome{Amount: a.money(), ProviderID: a.mark("SB", 16), PayerAccount: a.Mask, Reason: a.Reason}
	switch a.State {
	case Succeeded:
		o.Result, o.RRN, o.BankTransaction = provider.Succeeded, a.mark("R", 11), a.mark("B", 11)
	case Declined:
		o.Result = provider.Declined
	case Pending:
		o.Result = provider.Pending
	case Challenge:
		o.Result = provider.Challenge
	default:
		return unsure
	}
	return o
}

// mark is a number of the act's own: the same at each run.
func (a *act) mark(prefix string, length int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%s", prefix, a.Shop, a.Reference))
	return prefix + hex.EncodeToString(sum[:])[:length]
}

// Package payout is money out: the quote, the check of an account, the payout
// itself from its reservation to its final status, and what operators decide.
//
// It knows shops, payways, the ledger and the provider contract. It must not
// know a wire protocol: doors translate.
package payout

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Payout is one payout of a shop. Its quote and rate are frozen when it is created.
type Payout struct {
	Shop            int64
	ID              int64
	Source          string // '' for Avanor
	PaymentID       string // the shop's own id: unique per shop and source
	Payway          string
	Provider        string // the provider account's name
	Currency        money.Currency
	WriteOff        int64 // leaves the shop's balance, minor units of Currency
	ReceiveCurrency money.Currency
	Receive         int64 // what the beneficiary gets, minor units of ReceiveCurrency
	Fee             int64 // minor units of ReceiveCurrency
	Rounding        int64 // minor units of Currency
	Rate            money.Rate
	RateInverse     bool
	Status          Status
	Failure         Failure
	Account         string // sealed
	AccountMask     string
	AccountPrint    string // keyed fingerprint
	Details         string // sealed JSON object, or empty
	Description     string
	RRN             string
	BankTransaction string
	provider.Work
	Reserve     int64 // the transfer that froze the write-off
	Callbacks   int64 // owed so far
	CreatedAt   int64 // Unix ms
	UpdatedAt   int64
	ProcessedAt int64 // when the status became final
	Version     int64
}

var payouts = db.NewTable("payout",
	"shop_id, id, source, shop_payment_id, payway, provider, currency, write_off, receive_currency, receive, fee, rounding, rate, rate_inverse, "+
		"status, failure, account, account_mask, account_print, details, description, rrn, bank_transaction, "+
		"attempts, refusals, refused_at, losses, reserve, callbacks, due_at, created_at, updated_at, processed_at, version",
	"id, shop_id",
	func(p *Payout) []any {
		return []any{&p.Shop, &p.ID, &p.Source, &p.PaymentID, &p.Payway, &p.Provider, &p.Currency, &p.WriteOff, &p.ReceiveCurrency, &p.Receive,
			&p.Fee, &p.Rounding, &p.Rate, &p.RateInverse, &p.Status, &p.Failure, &p.Account, &p.AccountMask, &p.AccountPrint, &p.Details,
			&p.Description, &p.RRN, &p.BankTransaction, &p.Attempts, &p.Refusals, &p.RefusedAt, &p.Losses, &p.Reserve, &p.Callbacks, &p.DueAt,
			&p.CreatedAt, &p.UpdatedAt, &p.ProcessedAt, &p.Version}
	})

// byPayment is the idempotency key: the shop's own id of a payout.
var byPayment = payouts.Unique("shop_payment_id, shop_id, source")

// Failure says why a payout was rejected.
type Failure string

// The failures; the empty one is none.
const (
	Declined    Failure = "declined"    // by the provider, or by an operator
	Unavailable Failure = "unavailable" // the provider never accepted it
)

// WriteOffAmount is what leaves the shop's balance.
func (p *Payout) WriteOffAmount() money.Amount { return money.New(p.WriteOff, p.Currency) }

// ReceiveAmount is what the beneficiary gets.
func (p *Payout) ReceiveAmount() money.Amount { return money.New(p.Receive, p.ReceiveCurrency) }

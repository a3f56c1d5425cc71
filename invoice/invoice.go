// Package invoice is money in: the price, the invoice from its creation to its
// final status, holds with charge and unhold, and refunds.
//
// It knows shops, payways, the ledger and the provider contract. It must not
// know a wire protocol: doors translate. A PayParts payment is an invoice too.
package invoice

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// Invoice is one payment that a shop asks for. Its price and rate are frozen
// when it is created. Times are Unix milliseconds, 0 is "not yet".
type Invoice struct {
	Shop          int64
	ID            int64
	Source        string // '' for Avanor
	OrderID       string // the shop's own id: unique per shop and source
	Session       string // the capability of the payer's page: 32 hex
	Payway        string
	Provider      string // the provider account's name
	Currency      money.Currency
	Amount        int64 // gross, minor units of Currency
	Net           int64 // what the shop gets of it
	PriceCurrency money.Currency
	Price         int64 // what the payer pays, minor units of PriceCurrency
	Surcharge     int64 // of that, the payer's part of the fee
	Rate          money.Rate
	RateInverse   bool
	Hold          bool
	Status        Status
	Failure       Failure
	Description   string
	CallbackURL   string // of the request; the shop's own wins when it has one
	RejectedURL   string
	SuccessURL    string
	FailedURL     string
	Extra         string // JSON of Extra
	PayerAccount  string // masked
	Refunded      int64  // gross of the refunds that have not failed
	PriceRefunded int64  // the payer's share of it
	FeeReturned   int64  // the fee given back with it
	provider.Work
	Authorization int64 // the attempt that authorised
	HoldTransfer  int64 // the transfer that booked the hold
	Callbacks     int64 // owed so far, refunds' included
	HoldUntil     int64
	AfterHold     AfterHold
	ExpiresAt     int64
	CreatedAt     int64
	UpdatedAt     int64
	ProcessedAt   int64
	Version       int64
}

var invoices = db.NewTable("invoice",
	"shop_id, id, source, shop_order_id, session, payway, provider, currency, amount, net, price_currency, price, surcharge, rate, rate_inverse, "+
		"hold, status, failure, description, callback_url, rejected_url, success_url, failed_url, extra, payer_account, "+
		"refunded, price_refunded, fee_returned, attempts, refusals, refused_at, losses, due_at, authorization_n, hold_transfer, callbacks, "+
		"hold_until, after_hold, expires_at, created_at, updated_at, processed_at, version",
	"id, shop_id",
	func(v *Invoice) []any {
		return []any{&v.Shop, &v.ID, &v.Source, &v.OrderID, &v.Session, &v.Payway, &v.Provider, &v.Currency, &v.Amount, &v.Net,
			&v.PriceCurrency, &v.Price, &v.Surcharge, &v.Rate, &v.RateInverse, &v.Hold, &v.Status, &v.Failure, &v.Description,
			&v.CallbackURL, &v.RejectedURL, &v.SuccessURL, &v.FailedURL, &v.Extra, &v.PayerAccount, &v.Refunded, &v.PriceRefunded,
			&v.FeeReturned, &v.Attempts, &v.Refusals, &v.RefusedAt, &v.Losses, &v.DueAt, &v.Authorization, &v.HoldTransfer, &v.Callbacks,
			&v.HoldUntil, &v.AfterHold, &v.ExpiresAt, &v.CreatedAt, &v.UpdatedAt, &v.ProcessedAt, &v.Version}
	})

var (
	byOrder   = invoices.Unique("shop_order_id, shop_id, source") // the idempotency key
	bySession = invoices.Unique("session, shop_id")
)

// Failure says why an invoice was rejected, or a refund failed.
type Failure string

// The failures; the empty one is none.
const (
	Declined    Failure = "declined"    // by the provider
	Unavailable Failure = "unavailable" // the provider never accepted it
	Expired     Failure = "expired"     // nobody paid in time
	Unheld      Failure = "unheld"      // the shop released the hold
	Canceled    Failure = "canceled"    // the payer left
)

// AfterHold is what happens when a hold's time is over.
type AfterHold string

// What happens: nobody acts and charge is refused, or the hold is released.
const (
	KeepHold    AfterHold = "keep"
	ReleaseHold AfterHold = "release"
)

// Extra is what the request carried beside the money.
type Extra struct {
	AddOns   map[string]string `json:"add_ons,omitempty"`
	ClientIP string            `json:"client_ip,omitempty"`
	Plan     *instalment.Plan  `json:"plan,omitempty"`     // of a payment in parts
	HoldFor  int64             `json:"hold_for,omitempty"` // milliseconds; 0: as the shop's settings say
}

// GrossAmount is the invoice's amount in the shop's currency.
func (v *Invoice) GrossAmount() money.Amount { return money.New(v.Amount, v.Currency) }

// NetAmount is what the shop gets of it.
func (v *Invoice) NetAmount() money.Amount { return money.New(v.Net, v.Currency) }

// PriceAmount is what the payer pays.
func (v *Invoice) PriceAmount() money.Amount { return money.New(v.Price, v.PriceCurrency) }

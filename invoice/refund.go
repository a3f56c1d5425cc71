package invoice

import (
	"context"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// RefundStatus is where a refund stands, in the wire's words.
type RefundStatus string

// The statuses of a refund; the last two are final.
const (
	Waiting  RefundStatus = "WAITING"
	Refunded RefundStatus = "SUCCESS"
	Failed   RefundStatus = "FAILED"
)

// RefundMove is an allowed move of a refund and what causes it.
type RefundMove struct {
	From, To RefundStatus
	Cause    string
}

// RefundMoves is the whole state machine of refunds; docs/states.md is generated from it.
var RefundMoves = []RefundMove{
	{"", Waiting, "created: the gross is frozen and the first attempt announced"},
	{Waiting, Refunded, "the provider gave the money back"},
	{Waiting, Failed, "declined, or finally never arrived: the gross goes back to the shop"},
}

// Refund is money of a paid invoice that goes back to the payer.
type Refund struct {
	Shop          int64
	ID            int64
	InvoiceID     int64
	Source        string
	RefundID      string // the shop's own id: unique per shop and source
	Provider      string
	Currency      money.Currency
	Amount        int64 // gross, of the invoice's amount
	PriceCurrency money.Currency
	Price         int64 // what the payer gets back
	FeeBack       int64 // what the shop gets back of the fee
	Status        RefundStatus
	Failure       Failure
	CallbackURL   string
	provider.Work
	Reserve     int64 // the transfer that froze the gross
	CreatedAt   int64
	UpdatedAt   int64
	ProcessedAt int64
	Version     int64
}

var refunds = db.NewTable("refund",
	"shop_id, id, invoice_id, source, shop_refund_id, provider, currency, amount, price_currency, price, fee_back, status, failure, callback_url, "+
		"attempts, refusals, refused_at, losses, due_at, reserve, created_at, updated_at, processed_at, version",
	"id, shop_id",
	func(f *Refund) []any {
		return []any{&f.Shop, &f.ID, &f.InvoiceID, &f.Source, &f.RefundID, &f.Provider, &f.Currency, &f.Amount, &f.PriceCurrency, &f.Price,
			&f.FeeBack, &f.Status, &f.Failure, &f.CallbackURL, &f.Attempts, &f.Refusals, &f.RefusedAt, &f.Losses, &f.DueAt, &f.Reserve,
			&f.CreatedAt, &f.UpdatedAt, &f.ProcessedAt, &f.Version}
	})

var byRefund = refunds.Unique("shop_refund_id, shop_id, source")

// GrossAmount is what is taken back from the shop.
func (f *Refund) GrossAmount() money.Amount { return money.New(f.Amount, f.Currency) }

// PriceAmount is what the payer gets back.
func (f *Refund) PriceAmount() money.Amount { return money.New(f.Price, f.PriceCurrency) }

// CreateRefund gives a part of a paid invoice back, or all of it. The refund, its
// reservation, its first attempt and the invoice's sum commit together: two
// refunds at the same time cannot both take the last money.
type CreateRefund struct {
	Shop        int64
	Source      string
	InvoiceID   int64
	RefundID    string
	Amount      string // in the invoice's currency, as the shop wrote it
	CallbackURL string
	Place       bool // the dispatcher has a place for the first attempt

	follow func(Refunding, error)
}

// Refunding is a refund that was created; Attempt is nil when it must wait.
type Refunding struct {
	Refund   *Refund
	Invoice  *Invoice
	Attempt  *provider.Attempt
	Original *provider.Attempt
}

// Reads names the invoice, its authorisation, the shop's own id and the accounts.
func (c CreateRefund) Reads(r *db.Reads) {
	byRefund.Read(r, c.RefundID, c.Shop, c.Source)
	v := invoices.Read(r, c.InvoiceID, c.Shop)
	readBooks(r, c.Shop, v)
	if v != nil && v.Authorization > 0 {
		provider.Attempts.Read(r, v.ID, v.Authorization, v.Shop)
	}
}

// Decide looks at the refund's id before the invoice, so that a shop that repeats
// a refund of everything hears that it was made, not that nothing is left.
func (c CreateRefund) Decide(s *db.State) (Refunding, error) {
	owner, err := shop.Find(s, c.Shop)
	if err != nil {
		return Refunding{}, err
	}
	if err := owner.Open(); err != nil {
		return Refunding{}, err
	}
	if err := callback.CheckID("shop_refund_id", c.RefundID); err != nil {
		return Refunding{}, err
	}
	if _, taken := byRefund.Find(s, c.RefundID, c.Shop, c.Source); taken {
		return Refunding{}, fault.New(fault.NotUnique, "Shop_refund_id '%s' is not unique for shop(id=%d)", c.RefundID, c.Shop)
	}
	v, amount, err := c.refundable(s)
	if err != nil {
		return Refunding{}, err
	}
	f, err := c.row(s, owner, v, amount)
	if err != nil {
		return Refunding{}, err
	}
	return c.accept(s, v, f)
}

// refundable is the invoice and the amount, when there is so much left of it.
func (c CreateRefund) refundable(s *db.State) (*Invoice, money.Amount, error) {
	v, ok := invoices.Find(s, c.InvoiceID, c.Shop)
	if !ok {
		return nil, money.Amount{}, notFound(c.InvoiceID)
	}
	amount, err := parseAmount(c.Amount, v.Currency)
	if err != nil {
		return nil, amount, err
	}
	switch v.Status {
	case Succeeded:
	case Charging, Unholding:
		return nil, amount, processing(v.ID)
	default:
		return nil, amount, fault.Param("invoice_id", "the invoice is not paid")
	}
	if left := v.Amount - v.Refunded; amount.Minor > left {
		return nil, amount, fault.New(fault.TooLarge, "Refund amount is too large, max: %s", money.New(left, v.Currency).Number())
	}
	return v, amount, nil
}

// row prices the refund: the payer's share and the fee's are cumulative at the
// invoice's stored rate, so that parts never exceed the whole.
func (c CreateRefund) row(s *db.State, owner *shop.Shop, v *Invoice, amount money.Amount) (*Refund, error) {
	sum := money.New(v.Refunded+amount.Minor, v.Currency)
	price := amount
	if v.Currency != v.PriceCurrency {
		var err error
		whole := money.New(v.Price-v.Surcharge, v.PriceCurrency)
		if price, err = fee.Share(whole, money.New(v.PriceRefunded, v.PriceCurrency), sum, v.GrossAmount()); err != nil {
			return nil, err
		}
		if !price.IsPositive() {
			return nil, fault.New(fault.TooSmall, "Refund amount is too small: the payer would get nothing")
		}
	}
	feeBack, err := c.feeBack(owner, v, sum)
	if err != nil {
		return nil, err
	}
	return &Refund{
		Shop: c.Shop, ID: s.NewID(), InvoiceID: v.ID, Source: c.Source, RefundID: c.RefundID, Provider: v.Provider,
		Currency: v.Currency, Amount: amount.Minor, PriceCurrency: v.PriceCurrency, Price: price.Minor, FeeBack: feeBack,
		Status: Waiting, CallbackURL: or(c.CallbackURL, v.CallbackURL), CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}, nil
}

// feeBack is the part of the fee that the shop gets back, when it is set to.
func (c CreateRefund) feeBack(owner *shop.Shop, v *Invoice, sum money.Amount) (int64, error) {
	settings, err := owner.Settings()
	if err != nil || settings.RefundFee != shop.Return {
		return 0, err
	}
	share, err := fee.Share(money.New(v.Amount-v.Net, v.Currency), money.New(v.FeeReturned, v.Currency), sum, v.GrossAmount())
	return share.Minor, err
}

func (c CreateRefund) accept(s *db.State, v *Invoice, f *Refund) (Refunding, error) {
	balance := ledger.Balance(s, c.Shop, f.Currency, ledger.Available, "")
	if balance < f.Amount {
		return Refunding{}, fault.New(fault.Balance, "Insufficient balance(currency=%d): amount=%s, balance=%s",
			f.Currency.Number(), f.GrossAmount().Number(), money.New(balance, f.Currency).Number())
	}
	var err error
	if f.Reserve, err = ledger.Reserve(s, c.Shop, f.ID, "refund.reserve", f.GrossAmount()); err != nil {
		return Refunding{}, err
	}
	v.Refunded += f.Amount
	v.PriceRefunded += f.Price
	v.FeeReturned += f.FeeBack
	made := Refunding{Refund: f, Invoice: v}
	if c.Place {
		made.Attempt = f.announce(s)
		made.Original, _ = provider.Attempts.Find(s, v.ID, v.Authorization, v.Shop)
	} else {
		f.DueAt = s.Now()
	}
	refunds.Insert(s, f)
	invoices.Update(s, v)
	return made, nil
}

// announce is the first attempt of the refund's one act.
func (f *Refund) announce(s *db.State) *provider.Attempt {
	return provider.Announce(s, &f.Work, f.Shop, f.ID, provider.Refund, f.Provider, provider.Reference(provider.Refund, f.Shop, f.ID, 1))
}

// Followed sends the first attempt, or gives the place at the dispatcher back.
func (c CreateRefund) Followed(made Refunding, err error) {
	if c.follow != nil {
		c.follow(made, err)
	}
}

// CreateRefund creates a refund and answers while it is on its way.
//
// Faults: NotUnique, NotFound, Invalid (the invoice is not paid), TooLarge (more
// than is left), Balance.
func (v *Invoices) CreateRefund(ctx context.Context, c CreateRefund) (*Refund, error) {
	c.Place = v.Dispatch.Reserve()
	c.follow = func(made Refunding, err error) {
		switch {
		case err == nil && made.Attempt != nil:
			v.Dispatch.Go(func(ctx context.Context) {
				_ = v.performRefund(ctx, provider.Task{Attempt: *made.Attempt, Call: refundCall(made.Refund, made.Invoice, made.Attempt, made.Original)})
			})
		case c.Place:
			v.Dispatch.Free()
		}
	}
	made, err := db.Do(ctx, v.DB, c.Shop, c)
	return made.Refund, err
}

func refundCall(f *Refund, v *Invoice, a, original *provider.Attempt) *provider.Call {
	call := &provider.Call{
		Verb: provider.Refund, Reference: a.Reference, Shop: f.Shop, Operation: f.ID, N: a.N,
		Amount: f.PriceAmount(), Whole: v.PriceAmount(), Description: v.Description, Plan: v.extra().Plan,
	}
	if original != nil {
		call.Original, call.OriginalID = original.Reference, original.ProviderID
	}
	return call
}

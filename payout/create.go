package payout

import (
	"context"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// Create is the acceptance of a payout: it, its reservation and its first
// attempt in one commit.
type Create struct {
	Order
	Source         string
	PaymentID      string
	Beneficiary    provider.Beneficiary
	Account        Sealed // the beneficiary as it is stored
	Description    string
	AccountRefused bool // the provider said so just now
	Place          bool // the dispatcher has a place for the first attempt

	follow func(Accepted, error)
}

// Sealed is a beneficiary as it may be stored.
type Sealed struct{ Account, Mask, Print, Details string }

// Accepted is a payout that was created, and the balance it left.
type Accepted struct {
	Payout  *Payout
	Balance money.Amount
	Attempt *provider.Attempt // to be sent now; nil when it must wait
}

// Reads names the shop, the payway, the rates, the shop's own id and the accounts.
func (c Create) Reads(r *db.Reads) {
	c.Order.reads(r)
	byPayment.Read(r, c.PaymentID, c.Shop, c.Source)
	ledger.Read(r, c.Shop, c.Currency, ledger.Available, "")
	ledger.Read(r, c.Shop, c.Currency, ledger.Frozen, "")
}

// Decide checks in the order of api/avanor.md §2: payway, limits, uniqueness,
// account, balance.
func (c Create) Decide(s *db.State) (Accepted, error) {
	sh, way, quote, err := c.price(s)
	if err != nil {
		return Accepted{}, err
	}
	if err := callback.CheckID("shop_payment_id", c.PaymentID); err != nil {
		return Accepted{}, err
	}
	if _, taken := byPayment.Find(s, c.PaymentID, c.Shop, c.Source); taken {
		return Accepted{}, fault.New(fault.NotUnique, "Shop_payment_id '%s' is not unique for shop(id=%d)", c.PaymentID, c.Shop)
	}
	if err := checkAccount(way, c.Beneficiary); err != nil {
		return Accepted{}, err
	}
	if c.AccountRefused {
		return Accepted{}, fault.New(fault.AccountNotFound, "Account is not found: the provider refused it")
	}
	balance := ledger.Balance(s, c.Shop, c.Currency, ledger.Available, "")
	if balance < quote.WriteOff.Minor {
		return Accepted{}, fault.New(fault.Balance, "Insufficient balance(currency=%d): shop_write_off=%s, balance=%s",
			c.Currency.Number(), quote.WriteOff.Number(), money.New(balance, c.Currency).Number())
	}
	return c.accept(s, sh, way, quote)
}

func (c Create) accept(s *db.State, sh *shop.Shop, way *payway.Payway, quote fee.PayoutQuote) (Accepted, error) {
	settings, err := sh.Settings()
	if err != nil {
		return Accepted{}, err
	}
	p := c.row(s, way, quote)
	if p.Reserve, err = ledger.Reserve(s, c.Shop, p.ID, "payout.reserve", quote.WriteOff); err != nil {
		return Accepted{}, err
	}
	accepted := Accepted{Payout: p, Balance: money.New(ledger.Balance(s, c.Shop, c.Currency, ledger.Available, ""), c.Currency)}
	switch {
	case settings.NeedsConfirmation(quote.WriteOff):
		err = p.move(s, Confirming)
	case !c.Place:
		p.DueAt = s.Now()
		err = p.move(s, Created)
	default:
		accepted.Attempt = p.announce(s)
		err = p.move(s, Sent)
	}
	payouts.Insert(s, p)
	return accepted, err
}

func (c Create) row(s *db.State, way *payway.Payway, quote fee.PayoutQuote) *Payout {
	return &Payout{
		Shop: c.Shop, ID: s.NewID(), Source: c.Source, PaymentID: c.PaymentID, Payway: way.Alias, Provider: way.Provider,
		Currency: quote.WriteOff.Currency, WriteOff: quote.WriteOff.Minor, ReceiveCurrency: quote.Receive.Currency, Receive: quote.Receive.Minor,
		Fee: quote.Fee.Minor, Rounding: quote.Rounding.Minor, Rate: quote.Rate, RateInverse: quote.Inverse,
		Account: c.Account.Account, AccountMask: c.Account.Mask, AccountPrint: c.Account.Print, Details: c.Account.Details,
		Description: c.Description, CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
}

// announce is the first attempt of the payout's one act.
func (p *Payout) announce(s *db.State) *provider.Attempt {
	return provider.Announce(s, &p.Work, p.Shop, p.ID, provider.Payout, p.Provider, provider.Reference(provider.Payout, p.Shop, p.ID, 1))
}

// Followed sends the first attempt, or gives the place at the dispatcher back.
func (c Create) Followed(a Accepted, err error) {
	if c.follow != nil {
		c.follow(a, err)
	}
}

// Create accepts a payout. It asks the provider about the account first, outside
// of any transaction; a provider that does not answer refuses nothing.
//
// Faults: those of Try, NotUnique, AccountNotFound, Invalid, Balance.
func (p *Payouts) Create(ctx context.Context, c Create) (_ Accepted, err error) {
	c.AccountRefused, err = p.refused(ctx, c)
	if err != nil {
		return Accepted{}, err
	}
	if c.Account, err = p.seal(c.Shop, c.Beneficiary); err != nil {
		return Accepted{}, err
	}
	c.Place = p.Dispatch.Reserve()
	c.follow = func(a Accepted, err error) {
		switch {
		case err == nil && a.Attempt != nil:
			p.Dispatch.Go(func(ctx context.Context) { _ = p.perform(ctx, p.task(a.Payout, a.Attempt, c.Beneficiary)) })
		case c.Place:
			p.Dispatch.Free()
		}
	}
	return db.Do(ctx, p.DB, c.Shop, c)
}

// refused asks the provider whether the account can receive. What is refused
// without asking is left to the decision, which says why in the right order.
func (p *Payouts) refused(ctx context.Context, c Create) (bool, error) {
	way, err := p.Ways.Find(ctx, c.Payway)
	if fault.Is(err, fault.PaywayNotFound) || err == nil && checkAccount(way, c.Beneficiary) != nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	verdict := p.Gate.Check(ctx, way.Provider, provider.Call{Shop: c.Shop, Beneficiary: c.Beneficiary})
	return verdict.Known && !verdict.Good, nil
}

package invoice

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// paid are the legs of a payment: the provider owes us the price, the shop gets
// the net, the fee is ours (docs/ledger.md).
func (v *Invoice) paid() []ledger.Leg {
	legs := []ledger.Leg{
		{Currency: v.PriceCurrency, Purpose: ledger.Clearing, Provider: v.Provider, Amount: -v.Price},
		{Currency: v.PriceCurrency, Purpose: ledger.Fee, Amount: v.Surcharge},
		{Currency: v.Currency, Purpose: ledger.Available, Amount: v.Net},
		{Currency: v.Currency, Purpose: ledger.Fee, Amount: v.Amount - v.Net},
	}
	if v.Currency != v.PriceCurrency {
		legs = append(legs,
			ledger.Leg{Currency: v.PriceCurrency, Purpose: ledger.Exchange, Amount: v.Price - v.Surcharge},
			ledger.Leg{Currency: v.Currency, Purpose: ledger.Exchange, Amount: -v.Amount})
	}
	return legs
}

// unheld are the legs that take an authorised hold off the books.
func (v *Invoice) unheld() []ledger.Leg {
	return []ledger.Leg{
		{Currency: v.Currency, Purpose: ledger.Held, Amount: -v.Net},
		{Currency: v.Currency, Purpose: ledger.Authorised, Amount: v.Net},
	}
}

// pay books a one-stage payment.
func pay(s *db.State, v *Invoice) error {
	if _, err := ledger.Post(s, v.Shop, ledger.Posting{Kind: "invoice.paid", Operation: v.ID}, v.paid()...); err != nil {
		return err
	}
	if err := v.move(s, Succeeded); err != nil {
		return err
	}
	return owe(s, v)
}

// hold books an authorised hold. It lasts as long as the shop allows, or the
// provider, whichever is shorter.
func hold(s *db.State, v *Invoice, o provider.Outcome) (err error) {
	owner, err := shop.Find(s, v.Shop)
	if err != nil {
		return err
	}
	settings, err := owner.Settings()
	if err != nil {
		return err
	}
	v.HoldUntil = s.Now() + settings.HoldLife().Milliseconds()
	if life := v.extra().HoldFor; life > 0 {
		v.HoldUntil = s.Now() + life
	}
	if !o.HoldUntil.IsZero() {
		v.HoldUntil = min(v.HoldUntil, o.HoldUntil.UnixMilli())
	}
	if v.AfterHold == "" {
		v.AfterHold = KeepHold
	}
	v.HoldTransfer, err = ledger.Post(s, v.Shop, ledger.Posting{Kind: "invoice.hold", Operation: v.ID},
		ledger.Leg{Currency: v.Currency, Purpose: ledger.Held, Amount: v.Net},
		ledger.Leg{Currency: v.Currency, Purpose: ledger.Authorised, Amount: -v.Net})
	if err != nil {
		return err
	}
	if v.AfterHold == ReleaseHold {
		v.DueAt = v.HoldUntil
	}
	if err := v.move(s, Held); err != nil {
		return err
	}
	return owe(s, v)
}

// charge books a capture: the hold resolves into a payment.
func charge(s *db.State, v *Invoice) error {
	legs := append(v.unheld(), v.paid()...)
	if _, err := ledger.Settle(s, v.Shop, v.HoldTransfer, ledger.Posting{Kind: "invoice.paid", Operation: v.ID}, legs...); err != nil {
		return err
	}
	if err := v.move(s, Succeeded); err != nil {
		return err
	}
	return owe(s, v)
}

// release books a void: the hold resolves into nothing.
func release(s *db.State, v *Invoice) error {
	if _, err := ledger.Settle(s, v.Shop, v.HoldTransfer, ledger.Posting{Kind: "invoice.unhold", Operation: v.ID}, v.unheld()...); err != nil {
		return err
	}
	if v.AfterHold == ReleaseHold && s.Now() >= v.HoldUntil {
		return reject(s, v, Expired) // nobody asked for it: the hold's time was over
	}
	return reject(s, v, Unheld)
}

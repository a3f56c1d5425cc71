package invoice

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// Order is what a shop asks to be paid. Amount is the text the shop wrote, in
// its currency.
type Order struct {
	Shop     int64
	Payway   string
	Amount   string
	Currency money.Currency
}

// Try prices an order without creating anything.
type Try struct{ Order }

// Priced is an order's price, and the payway that made it.
type Priced struct {
	Quote fee.PayinQuote
	Way   *payway.Payway
	shop  *shop.Shop
}

// Reads names the shop, the payway and the rates.
func (t Try) Reads(r *db.Reads) { t.reads(r) }

// Decide refuses what create would refuse before it looks at the order's id.
func (t Try) Decide(s *db.State) (Priced, error) { return t.price(s) }

// Try runs the use case. Faults: Invalid, ShopNotFound, ShopOff, Payway*, NoRate,
// TooSmall, TooLarge.
func (v *Invoices) Try(ctx context.Context, t Try) (Priced, error) {
	return db.Do(ctx, v.DB, t.Shop, t)
}

func (o Order) reads(r *db.Reads) {
	shop.Read(r, o.Shop)
	if way := payway.Read(r, o.Payway); way != nil {
		payway.ReadRates(r, o.Currency, way.Currency)
	}
}

func (o Order) price(s *db.State) (p Priced, err error) {
	if p.shop, err = shop.Find(s, o.Shop); err != nil {
		return p, err
	}
	if err = p.shop.Open(); err != nil {
		return p, err
	}
	if p.Way, err = payway.Usable(s, o.Payway, payway.In, o.Shop); err != nil {
		return p, err
	}
	amount, err := parseAmount(o.Amount, o.Currency)
	if err != nil {
		return p, err
	}
	if p.Quote, err = fee.Payin(p.Way.Tariff(), amount, p.Way.Currency, payway.RatesOf(s, o.Currency, p.Way.Currency)); err != nil {
		return p, err
	}
	return p, p.Way.Within("Payer price", p.Quote.PayerPrice)
}

func parseAmount(text string, currency money.Currency) (money.Amount, error) {
	amount, err := money.Parse(text, currency)
	if err != nil {
		return amount, fault.Param("amount", err.Error())
	}
	if !amount.IsPositive() {
		return amount, fault.Param("amount", "must be greater than 0")
	}
	return amount, nil
}

package payout

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/shop"
)

// Order is what a shop asks for. Amount is the text the shop wrote: how many
// digits it may have is known only when its currency is.
type Order struct {
	Shop       int64
	Payway     string
	Amount     string
	ShopAmount bool           // Amount leaves the shop's balance; else it is what the beneficiary gets
	Currency   money.Currency // of the shop's balance
}

// Try prices an order without creating anything.
type Try struct{ Order }

// Reads names the shop, the payway and the rates.
func (t Try) Reads(r *db.Reads) { t.reads(r) }

// Decide refuses what create would refuse before it looks at ids and balances.
func (t Try) Decide(s *db.State) (fee.PayoutQuote, error) {
	_, _, quote, err := t.price(s)
	return quote, err
}

func (o Order) reads(r *db.Reads) {
	shop.Read(r, o.Shop)
	if way := payway.Read(r, o.Payway); way != nil {
		payway.ReadRates(r, o.Currency, way.Currency)
	}
}

// price is the first half of every payout's decision: the shop, the payway, the
// amount, the quote, the limits.
func (o Order) price(s *db.State) (sh *shop.Shop, way *payway.Payway, quote fee.PayoutQuote, err error) {
	if sh, way, err = open(s, o.Shop, o.Payway); err != nil {
		return nil, nil, quote, err
	}
	currency := way.Currency
	if o.ShopAmount {
		currency = o.Currency
	}
	amount, err := parseAmount(o.Amount, currency)
	if err != nil {
		return nil, nil, quote, err
	}
	quote, err = fee.Payout(way.Tariff(), amount, o.ShopAmount, o.Currency, way.Currency, payway.RatesOf(s, o.Currency, way.Currency))
	if err != nil {
		return nil, nil, quote, err
	}
	return sh, way, quote, way.Within("Payee receive", quote.Receive)
}

// open finds a shop that is active and a payout payway that it may use.
func open(s *db.State, shopID int64, alias string) (*shop.Shop, *payway.Payway, error) {
	sh, err := shop.Find(s, shopID)
	if err != nil {
		return nil, nil, err
	}
	if err := sh.Open(); err != nil {
		return nil, nil, err
	}
	way, err := payway.Usable(s, alias, payway.Out, shopID)
	return sh, way, err
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

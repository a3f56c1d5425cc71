package console

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

// calculation is what an amount costs on a payway now, spelled out.
type calculation struct {
	lines []fact
	over  string // why it would be refused all the same; "" when it would not
}

// calculate prices the amount of the form as a quote of now would: in the shop's
// currency for an invoice; for a payout in the payway's, what the beneficiary gets,
// or, of type shop, in the shop's, what is written off.
func (v *visit) calculate(p *payway.Payway) (*calculation, error) {
	shopCurrency := p.Currency
	if code := strings.ToUpper(v.value("currency")); code != "" {
		var ok bool
		if shopCurrency, ok = money.CurrencyByCode(code); !ok {
			return nil, fault.Param("currency", "must be a currency's code, such as USD")
		}
	}
	of := shopCurrency
	fromShop := v.value("type") == "shop"
	if p.Direction == payway.Out && !fromShop {
		of = p.Currency
	}
	amount, err := amountOf(v.value("amount"), of)
	if err != nil {
		return nil, fault.Param("amount", err.Error())
	}
	rates, err := payway.LoadRates(v.ctx(), v.DB.Reader(), shopCurrency, p.Currency)
	if err != nil {
		return nil, err
	}
	if p.Direction == payway.In {
		return payinLines(p, amount, rates)
	}
	return payoutLines(p, amount, fromShop, shopCurrency, rates)
}

// named puts an error of a quote beside the amount.
func named(err error) error {
	if fault.Is(err, fault.Internal) {
		return err
	}
	return fault.Param("amount", err.Error())
}

func payinLines(p *payway.Payway, amount money.Amount, rates fee.Lookup) (*calculation, error) {
	t := p.Tariff()
	q, err := fee.Payin(t, amount, p.Currency, rates)
	if err != nil {
		return nil, named(err)
	}
	c := &calculation{}
	c.say("Invoice", grouped(amount))
	c.say("Percent", percentText(t, amount))
	c.say("Fixed", convertedText(q.Exchange, t.Fix))
	c.bounds(p, t, q.Exchange)
	c.say("Shop's part", fmt.Sprintf("%s of the percentage, %s of the fixed fee; the payer bears the rest", p.PercentPart, p.FixPart))
	c.say("Shop gets", fmt.Sprintf("%s − fee %s = %s, rounded once, half away from zero", grouped(amount), grouped(q.Fee), grouped(q.Net)))
	c.rate(q.Exchange)
	c.say("Payer pays", fmt.Sprintf("%s, of which %s are the payer's part of the fee; rounded up", grouped(q.PayerPrice), grouped(q.Surcharge)))
	if err := p.Within("Payer price", q.PayerPrice); err != nil {
		c.over = err.Error()
	}
	return c, nil
}

func payoutLines(p *payway.Payway, amount money.Amount, fromShop bool, shopCurrency money.Currency, rates fee.Lookup) (*calculation, error) {
	t := p.Tariff()
	q, err := fee.Payout(t, amount, fromShop, shopCurrency, p.Currency, rates)
	if err != nil {
		return nil, named(err)
	}
	c := &calculation{}
	if fromShop {
		c.say("Amount", grouped(amount)+" is written off; the beneficiary gets the most that it pays for")
	}
	c.say("Beneficiary gets", grouped(q.Receive))
	c.say("Percent", percentText(t, q.Receive))
	c.say("Fixed", grouped(money.New(t.Fix, p.Currency)))
	c.bounds(p, t, fee.Exchange{Shop: p.Currency, Payway: p.Currency, Rate: money.One})
	c.say("Fee", grouped(q.Fee)+", rounded half away from zero")
	cost, err := q.Receive.Add(q.Fee)
	if err != nil {
		return nil, named(err)
	}
	c.say("Costs", fmt.Sprintf("%s + %s = %s", grouped(q.Receive), grouped(q.Fee), grouped(cost)))
	c.rate(q.Exchange)
	if !q.Rounding.IsZero() {
		c.say("Rounding", grouped(q.Rounding)+": what no greater amount could use up")
	}
	c.say("Written off", grouped(q.WriteOff))
	if err := p.Within("Payee receive", q.Receive); err != nil {
		c.over = err.Error()
	}
	return c, nil
}

func (c *calculation) say(name, text string) { c.lines = append(c.lines, fact{name: name, text: text}) }

// bounds tells the least and the greatest fee, if there are any.
func (c *calculation) bounds(p *payway.Payway, t fee.Tariff, x fee.Exchange) {
	if t.Min > 0 {
		c.say("At least", convertedText(x, t.Min))
	}
	if t.Max > 0 {
		c.say("At most", convertedText(x, t.Max))
	}
}

// rate tells how the two currencies are exchanged, if they differ.
func (c *calculation) rate(x fee.Exchange) {
	switch {
	case !x.Converts():
	case x.Inverse:
		c.say("Rate", fmt.Sprintf("1 %s = %s %s, so %s is divided by it", x.Payway, x.Rate, x.Shop, x.Shop))
	default:
		c.say("Rate", fmt.Sprintf("1 %s = %s %s", x.Shop, x.Rate, x.Payway))
	}
}

// percentText is a percentage of an amount, exact.
func percentText(t fee.Tariff, amount money.Amount) string {
	exact := new(big.Rat).SetFrac64(amount.Minor, 100*money.Scale)
	exact.Mul(exact, new(big.Rat).SetInt64(int64(t.Percent)))
	for range amount.Currency.Digits() {
		exact.Quo(exact, big.NewRat(10, 1))
	}
	text := exact.FloatString(20)
	whole, rest, _ := strings.Cut(text, ".")
	rest = strings.TrimRight(rest, "0")
	for len(rest) < amount.Currency.Digits() {
		rest += "0"
	}
	if rest != "" {
		whole += "." + rest
	}
	return fmt.Sprintf("%s %% of %s = %s", t.Percent, grouped(amount), parted(whole))
}

// convertedText is an amount of the payway's currency, and in the shop's when that
// is another.
func convertedText(x fee.Exchange, minor int64) string {
	own := money.New(minor, x.Payway)
	if !x.Converts() || minor == 0 {
		return grouped(own)
	}
	there, err := x.ToShop(own, money.HalfAway)
	if err != nil {
		return grouped(own)
	}
	return fmt.Sprintf("%s = %s, half away from zero", grouped(own), grouped(there))
}

package console

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
)

// sum is a line of a calculation. Every amount is of the stored row, or the exact
// difference of two of them.
type sum struct {
	label  string
	sign   string // −, +, =
	amount money.Amount
	rate   string // instead of an amount
	note   string
	total  bool
}

// rateWords is a stored rate in words: what one unit costs, as it was stored.
func rateWords(x fee.Exchange) string {
	if x.Inverse {
		return fmt.Sprintf("1 %s = %s %s", x.Payway, x.Rate, x.Shop)
	}
	return fmt.Sprintf("1 %s = %s %s", x.Shop, x.Rate, x.Payway)
}

// exact is an amount converted at a stored rate before it is rounded, as text; to
// is the currency that comes out.
func exact(a money.Amount, x fee.Exchange, to money.Currency) string {
	value := decimal(a)
	rate := new(big.Rat).SetFrac64(int64(x.Rate), money.Scale)
	sign := "×"
	if (to == x.Payway) == x.Inverse {
		sign = "÷"
		value.Quo(value, rate)
	} else {
		value.Mul(value, rate)
	}
	text := value.FloatString(12)
	equals := "="
	if back, ok := new(big.Rat).SetString(text); !ok || back.Cmp(value) != 0 {
		equals = "≈"
	}
	return fmt.Sprintf("%s %s %s %s %s %s", grouped(a), sign, x.Rate, equals, parted(trimmed(text)), to)
}

func decimal(a money.Amount) *big.Rat {
	value, _ := new(big.Rat).SetString(a.Text())
	return value
}

func trimmed(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// tariffWords is a tariff in words, in its payway's currency.
func tariffWords(t fee.Tariff, c money.Currency) string {
	parts := []string{t.Percent.String() + " %"}
	if t.Fix > 0 {
		parts = append(parts, "+ "+grouped(money.New(t.Fix, c)))
	}
	if t.Min > 0 {
		parts = append(parts, "at least "+grouped(money.New(t.Min, c)))
	}
	if t.Max > 0 {
		parts = append(parts, "at most "+grouped(money.New(t.Max, c)))
	}
	return strings.Join(parts, ", ")
}

// bears says who of shop and payer bears which part of a pay-in's fee.
func bears(t fee.Tariff) string {
	if t.PayerPercent == 0 && t.PayerFix == 0 {
		return "the shop bears all of it"
	}
	return fmt.Sprintf("the payer bears %s of the percentage and %s of the fixed part, the shop the rest", t.PayerPercent, t.PayerFix)
}

// percentOf spells a plain percentage out; "" when a tariff is more than that.
func percentOf(t fee.Tariff, a money.Amount) string {
	if t.Fix != 0 || t.Min != 0 || t.Max != 0 {
		return ""
	}
	value := decimal(a)
	value.Mul(value, new(big.Rat).SetFrac64(int64(t.Percent), 100*money.Scale))
	return fmt.Sprintf("%s %% of %s = %s, rounded half away from zero", t.Percent, parted(a.Text()), parted(trimmed(value.FloatString(14))))
}

// then says by which tariff a fee came about: today's when the payway was not
// changed since and gives the same; else that this is not known from the row.
func then(way *payway.Payway, made int64, same bool, spelled string) string {
	switch {
	case way == nil:
		return "the payway is not there any more; its tariff of then is in the house's audit"
	case way.UpdatedAt <= made && same:
		return strings.TrimPrefix(spelled+"; tariff of "+way.Alias+": "+tariffWords(way.Tariff(), way.Currency), "; ")
	case way.UpdatedAt <= made:
		return "tariff of " + way.Alias + ": " + tariffWords(way.Tariff(), way.Currency)
	}
	return fmt.Sprintf("payway %s was changed at %s; the tariff of then is in the house's audit", way.Alias, clock(way.UpdatedAt))
}

// invoiceSums is from what the payer pays to what the shop gets.
func invoiceSums(v *invoice.Invoice, way *payway.Payway) []sum {
	x := fee.Exchange{Shop: v.Currency, Payway: v.PriceCurrency, Rate: v.Rate, Inverse: v.RateInverse}
	list := []sum{{label: "The payer pays", amount: v.PriceAmount(), total: true}}
	bare := money.New(v.Price-v.Surcharge, v.PriceCurrency)
	if v.Surcharge > 0 {
		list = append(list, sum{label: "of it the payer's part of the fee", sign: "−", amount: money.New(v.Surcharge, v.PriceCurrency)})
	}
	if x.Converts() {
		list = append(list, sum{label: "for the invoice, in the payway's currency", sign: "=", amount: bare, note: exact(v.GrossAmount(), x, x.Payway) + ", rounded up"},
			sum{label: "at the rate of that moment", rate: rateWords(x)})
	}
	if v.Surcharge > 0 || x.Converts() {
		list = append(list, sum{label: "The invoice's amount", sign: "=", amount: v.GrossAmount(), total: true})
	}
	note := then(way, v.CreatedAt, false, "")
	if way != nil {
		quote, err := fee.Payin(way.Tariff(), v.GrossAmount(), v.PriceCurrency, stored(x))
		same := err == nil && quote.Net == v.NetAmount() && quote.PayerPrice == v.PriceAmount()
		spelled := ""
		if t := way.Tariff(); t.PayerPercent == 0 && t.PayerFix == 0 {
			spelled = percentOf(t, v.GrossAmount())
		}
		if note = then(way, v.CreatedAt, same, spelled); way.UpdatedAt <= v.CreatedAt {
			note += "; " + bears(way.Tariff())
		}
	}
	return append(list, sum{label: "the shop's part of the fee", sign: "−", amount: money.New(v.Amount-v.Net, v.Currency), note: note},
		sum{label: "The shop gets", sign: "=", amount: v.NetAmount(), total: true})
}

// stored finds the rate that a row keeps, and no other.
func stored(x fee.Exchange) fee.Lookup {
	return func(base, quote money.Currency) (money.Rate, bool) {
		ours := base == x.Shop && quote == x.Payway && !x.Inverse || base == x.Payway && quote == x.Shop && x.Inverse
		return x.Rate, ours
	}
}

// payoutSums is from what the beneficiary gets to what leaves the shop's balance.
func payoutSums(p *payout.Payout, way *payway.Payway) []sum {
	x := fee.Exchange{Shop: p.Currency, Payway: p.ReceiveCurrency, Rate: p.Rate, Inverse: p.RateInverse}
	cost := money.New(p.Receive+p.Fee, p.ReceiveCurrency)
	note := then(way, p.CreatedAt, false, "")
	if way != nil {
		quote, err := fee.Payout(way.Tariff(), p.ReceiveAmount(), false, p.Currency, p.ReceiveCurrency, stored(x))
		note = then(way, p.CreatedAt, err == nil && quote.Fee.Minor == p.Fee, percentOf(way.Tariff(), p.ReceiveAmount()))
	}
	list := []sum{
		{label: "The beneficiary gets", amount: p.ReceiveAmount(), total: true},
		{label: "the fee", sign: "+", amount: money.New(p.Fee, p.ReceiveCurrency), note: note},
		{label: "it costs", sign: "=", amount: cost},
	}
	if x.Converts() {
		list = append(list, sum{label: "at the rate of that moment", rate: rateWords(x)},
			sum{label: "in the shop's currency", sign: "=", amount: money.New(p.WriteOff-p.Rounding, p.Currency), note: exact(cost, x, x.Shop) + ", rounded up"})
	}
	if p.Rounding != 0 {
		list = append(list, sum{label: "left over by rounding", sign: "+", amount: money.New(p.Rounding, p.Currency),
			note: "the shop said what is written off; the beneficiary gets the most that it pays for"})
	}
	return append(list, sum{label: "Written off the shop's balance", sign: "=", amount: p.WriteOffAmount(), total: true})
}

// refundSums is what a refund takes from the shop and gives to the payer.
func refundSums(f *invoice.Refund, v *invoice.Invoice) []sum {
	list := []sum{{label: "Taken back from the shop", amount: f.GrossAmount(), total: true}}
	if f.Currency != f.PriceCurrency {
		x := fee.Exchange{Shop: v.Currency, Payway: v.PriceCurrency, Rate: v.Rate, Inverse: v.RateInverse}
		list = append(list, sum{label: "at the invoice's own rate", rate: rateWords(x), note: fmt.Sprintf(
			"the payer's share is cumulative: all refunds together are %s × refunded ÷ %s, rounded down", grouped(money.New(v.Price-v.Surcharge, v.PriceCurrency)), grouped(v.GrossAmount()))})
	}
	list = append(list, sum{label: "The payer gets back", sign: "=", amount: f.PriceAmount(), total: true})
	back := "the shop is set to keep the fee with us"
	if f.FeeBack > 0 {
		back = "the shop is set to get its part of the fee back: cumulative, rounded down"
	}
	return append(list, sum{label: "The shop gets back of the fee", amount: money.New(f.FeeBack, f.Currency), note: back})
}

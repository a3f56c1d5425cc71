package console

import (
	"encoding/json"
	"math/big"
	"net/url"
	"slices"
	"strconv"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
)

// kindRate is the kind of exchange rates.
const kindRate = "rate.set"

// rateKind sets a rate. One person alone could make a payout of any size write off a
// cent, which waits for nobody either: limits are in the shop's currency.
func rateKind() kind {
	return kind{
		name: kindRate, title: "Set an exchange rate", needs: operator.SetRate, tone: toneBad,
		fields: rateFields, read: readRate, plan: planRate,
		detail: detailOf(rateDetail),
	}
}

// rateArguments are a rate to be set, and what it was when that was proposed.
type rateArguments struct {
	Pair string `json:"pair"`
	From string `json:"from"` // "": there was none
	To   string `json:"to"`
	Seen int64  `json:"seen"` // 0: there was none
}

// rateField is the field of a pair's new rate. It names the pair and the version of
// its rate: what was typed for another one, or before it changed, is not taken.
func rateField(pair string, was *payway.Rate) string {
	seen := int64(0)
	if was != nil {
		seen = was.Version
	}
	return pair + "." + strconv.FormatInt(seen, 10) + ".rate"
}

func rateFields(v *visit, wrong problems) []input {
	pair := v.value("pair")
	list := []input{{name: "pair", label: "Pair", value: pair, help: "as USD/UAH", problem: wrong["pair"], required: true}}
	if _, err := payway.ParseRate(pair, "1", ""); err != nil {
		return list
	}
	was, err := v.rateOf(pair)
	if err != nil {
		return list
	}
	in := input{
		name: rateField(pair, was), label: "New rate", value: v.value("rate"), mode: "decimal", problem: wrong["rate"], required: true,
		help: "units of the second currency for one of the first, at most ten decimals; until now " + rateSaid(was),
	}
	if v.r.PostForm.Has(in.name) {
		in.value = v.value(in.name)
	}
	return append(list, in)
}

func rateSaid(was *payway.Rate) string {
	if was == nil {
		return "none"
	}
	return was.Rate.String()
}

// rateOf is the stored rate of a pair, nil when there is none.
func (v *visit) rateOf(pair string) (*payway.Rate, error) {
	list, err := payway.ListRates(v.ctx(), v.DB.Reader())
	at := slices.IndexFunc(list, func(r *payway.Rate) bool { return pairOf(r) == pair })
	if err != nil || at < 0 {
		return nil, err
	}
	return list[at], nil
}

func readRate(v *visit) (order, error) {
	a := rateArguments{Pair: v.value("pair")}
	if _, err := payway.ParseRate(a.Pair, "1", ""); err != nil {
		return order{}, err
	}
	was, err := v.rateOf(a.Pair)
	if err != nil {
		return order{}, err
	}
	field := rateField(a.Pair, was)
	if !v.r.PostForm.Has(field) {
		return order{}, fault.Param("rate", "must be said for this pair as it is now: "+rateSaid(was))
	}
	number, _ := typed(v.value(field))
	u, err := payway.ParseRate(a.Pair, number, "")
	if err != nil {
		return order{}, err
	}
	if a.To = u.Rate.String(); was != nil {
		a.From, a.Seen = was.Rate.String(), was.Version
	}
	if a.From == a.To {
		return order{}, fault.Param("rate", "is that already")
	}
	subject := "rate " + a.Pair + ": " + a.From + " to " + a.To
	if was == nil {
		subject = "rate " + a.Pair + ": new, " + a.To
	}
	return ordered(order{shop: db.House, subject: subject}, a)
}

func planRate(_ *visit, o order, actor string) (plan, error) {
	var a rateArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u, err := payway.ParseRate(a.Pair, a.To, actor)
	u.Seen, u.New = a.Seen, a.Seen == 0
	return plan{act: telling(u, func(r *payway.Rate) string {
		return pairOf(r) + " is " + r.Rate.String() + ", for quotes from now on"
	})}, err
}

// rateDetail tells what a rate is until now and then, and by how much that differs. A
// new pair takes the place of its inverse, by which was divided until now.
func rateDetail(v *visit, _ *operator.Approval, a rateArguments) ([]fact, error) {
	u, err := payway.ParseRate(a.Pair, a.To, "")
	if err != nil {
		return nil, err
	}
	one := "1 " + u.Base.Code() + " = "
	list := []fact{{name: "Rate then", text: one + parted(a.To) + " " + u.Quote.Code()}}
	if a.Seen != 0 {
		from, err := money.ParseRate(a.From)
		return append([]fact{{name: "Rate now", text: one + parted(a.From) + " " + u.Quote.Code()}},
			append(list, fact{name: "Change", text: changeSaid(ratio(u.Rate, from))})...), err
	}
	inverse, err := v.rateOf(u.Quote.Code() + "/" + u.Base.Code())
	if inverse == nil || err != nil {
		return append([]fact{{name: "Rate now", text: "none"}}, list...), err
	}
	now := "none of its own: by division, 1 " + u.Quote.Code() + " = " + parted(inverse.Rate.String()) + " " + u.Base.Code()
	product := new(big.Rat).Mul(ratio(u.Rate, money.One), ratio(inverse.Rate, money.One))
	return append([]fact{{name: "Rate now", text: now}}, append(list, fact{name: "Change", text: changeSaid(product)})...), nil
}

func ratio(to, from money.Rate) *big.Rat {
	if from <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(int64(to), int64(from))
}

// changeSaid is what a factor does to a rate, in percent.
func changeSaid(factor *big.Rat) string {
	percent := new(big.Rat).Mul(new(big.Rat).Sub(factor, big.NewRat(1, 1)), big.NewRat(100, 1))
	word := map[int]string{-1: "falls", 0: "stays", 1: "rises"}[percent.Sign()]
	size := percent.Abs(percent)
	switch {
	case size.Sign() == 0:
		return "it stays the same"
	case size.Cmp(big.NewRat(1, 100)) < 0:
		return "it " + word + " by less than 0.01 %"
	}
	return "it " + word + " by " + parted(size.FloatString(2)) + " %"
}

// proposeRate is where a pair's rate is proposed.
func proposeRate(pair string) string { return rateKind().with(url.Values{"pair": {pair}}) }

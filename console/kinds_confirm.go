package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

// kindConfirm is the kind of changes of what payouts wait for an operator.
const kindConfirm = "shop.confirm"

// confirmKind raises or removes the limits above which a shop's payouts wait: else
// one person could undo, for every payout to come, what takes two for each. Whoever
// may decide on such a payout may decide on this.
func confirmKind() kind {
	return kind{
		name: kindConfirm, title: "Change which payouts wait for confirmation", needs: operator.DecidePayout, tone: toneBad,
		fields: confirmFields, read: readConfirm, plan: planLimits,
		detail: detailOf(confirmDetail),
	}
}

// confirmValues fill in the form with the limits of a shop.
func (w shopView) confirmValues() url.Values {
	values := url.Values{"shop": {strconv.FormatInt(w.row.ID, 10)}}
	for _, one := range w.sheet.settings {
		if one.name == "confirm_above" {
			values.Set(one.name, one.value)
		}
	}
	return values
}

type confirmArguments struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func confirmFields(v *visit, wrong problems) []input {
	return []input{
		shopField(v, wrong),
		{
			name: "confirm_above", label: "Payouts above this wait", value: v.value("confirm_above"), problem: wrong["confirm_above"],
			help: "all limits, as USD:1000.00,EUR:900; empty: none waits",
		},
	}
}

func readConfirm(v *visit) (order, error) {
	shopID, err := v.id("shop")
	if err != nil {
		return order{}, err
	}
	row, err := shop.Load(v.ctx(), v.DB.Reader(), shopID)
	if err != nil {
		return order{}, err
	}
	settings, err := row.Settings()
	if err != nil {
		return order{}, err
	}
	a := confirmArguments{From: settings.Text("confirm_above")}
	if err := settings.Set("confirm_above=" + limitsTyped(v.value("confirm_above"))); err != nil {
		return order{}, err
	}
	a.To = settings.Text("confirm_above")
	return ordered(order{shop: shopID, subject: fmt.Sprintf("shop %d: %s waits, until now %s", shopID, limitWords(a.To), limitWords(a.From))}, a)
}

// limitWords says which payouts wait.
func limitWords(limits string) string {
	if limits == "" {
		return "no payout"
	}
	return "what is above " + limits
}

func confirmDetail(v *visit, a *operator.Approval, arguments confirmArguments) ([]fact, error) {
	said := func(limits string) string {
		if limits == "" {
			return "none waits"
		}
		return "those above " + limitsSaid(limits)
	}
	named, err := v.shopFact(a.Shop)
	return []fact{{name: "Payouts that wait now", text: said(arguments.From)}, {name: "Payouts that will wait", text: said(arguments.To)}, named}, err
}

func planLimits(_ *visit, o order, actor string) (plan, error) {
	var a confirmArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := shop.SetConfirm{Shop: o.shop, From: a.From, To: a.To, Actor: actor}
	return plan{act: telling(u, func(limits string) string { return amountsIn(limitWords(limits)) + " waits from now on" })}, nil
}

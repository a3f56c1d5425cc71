package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
)

// routeKind changes which account does a payway's work, and what it is told.
func routeKind() kind {
	return kind{
		name: "payway.route", title: "Change a payway's provider account", needs: operator.SetPayway, tone: toneBad,
		fields: routeFields, read: readRoute, plan: planRoute,
		detail: detailOf(routeDetail),
	}
}

func routeFields(v *visit, wrong problems) []input {
	list := []input{{name: "payway", label: "Payway", value: v.value("payway"), problem: wrong["payway"], required: true}}
	s, err := v.paywaySheet(v.value("payway"))
	if err != nil {
		return list
	}
	for _, in := range s.leadInputs(v, wrong) {
		if in.name == s.leadField("provider") {
			in.options = accountField(v, in.value, nil).options[1:]
		}
		list = append(list, in)
	}
	return list
}

func readRoute(v *visit) (order, error) {
	s, err := v.paywaySheet(v.value("payway"))
	if fault.Is(err, fault.PaywayNotFound) {
		err = fault.Param("payway", "must be the alias of one that there is")
	}
	if err != nil {
		return order{}, err
	}
	a, err := s.lead(v, "payway")
	if err != nil {
		return order{}, err
	}
	for _, c := range a.Changes {
		if c.Key != "provider" {
			continue
		}
		if err := v.checkRoute(s.title, c.To); err != nil {
			return order{}, err
		}
	}
	return a.ordered("payway")
}

// checkRoute refuses an account that cannot do a payway's work. Neither its connector
// nor the payway's currency changes later.
func (v *visit) checkRoute(alias, account string) error {
	a, err := v.accountOf(account)
	if err != nil {
		return fault.Param("provider", "must be an account that there is")
	}
	row, err := payway.Load(v.ctx(), v.DB.Reader(), alias)
	if err != nil {
		return err
	}
	if reason := v.Settings.Unserved(a.Connector, row.Direction, row.Currency); reason != "" {
		return fault.Param("provider", "this account cannot do its work: "+reason)
	}
	return nil
}

func planRoute(_ *visit, o order, actor string) (plan, error) {
	var a leadArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := payway.Set{Alias: a.Name, Seen: a.Seen, Actor: actor}
	for _, c := range a.Changes {
		u.Values = append(u.Values, c.Key+"="+c.To)
	}
	return plan{act: telling(u, func(list []payway.Change) string {
		return fmt.Sprintf("payway %s is changed, in %d settings", a.Name, len(list))
	})}, nil
}

func routeDetail(v *visit, _ *operator.Approval, a leadArguments) ([]fact, error) {
	row, err := payway.Load(v.ctx(), v.DB.Reader(), a.Name)
	if err != nil {
		return nil, err
	}
	return append([]fact{
		{name: "Payway", is: idText(row.Alias, paywayPath(row.Alias))},
		{name: "Name", text: row.Name},
		{name: "Direction", text: directions[row.Direction]},
	}, a.facts()...), nil
}

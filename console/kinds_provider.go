package console

import (
	"encoding/json"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

// accountKind changes where an account's calls go, as whom, and whether they go: one
// person alone could lead all of a provider's money elsewhere. Switching an account
// off takes one, at once: it leads nothing anywhere.
func accountKind() kind {
	return kind{
		name: "provider.set", title: "Change a provider account", needs: operator.SetPayway, tone: toneBad,
		fields: accountFields, read: readAccount, plan: planAccount,
		detail: detailOf(accountDetail),
	}
}

func accountFields(v *visit, wrong problems) []input {
	list := []input{accountField(v, v.value("provider"), wrong)}
	if s, err := v.accountSheet(v.value("provider")); err == nil {
		list = append(list, s.leadInputs(v, wrong)...)
	}
	return list
}

// accountField is the choice of a provider account.
func accountField(v *visit, value string, wrong problems) input {
	in := input{name: "provider", label: "Provider account", value: value, problem: wrong["provider"], required: true, options: []option{{"", "choose"}}}
	accounts, _ := provider.ListAccounts(v.ctx(), v.DB.Reader()) // none to choose from: what is sent is refused
	for _, a := range accounts {
		in.options = append(in.options, option{a.Name, a.Name})
	}
	return in
}

func readAccount(v *visit) (order, error) {
	s, err := v.accountSheet(v.value("provider"))
	if fault.Is(err, fault.NotFound) {
		err = fault.Param("provider", "must be chosen")
	}
	if err != nil {
		return order{}, err
	}
	a, err := s.lead(v, "provider")
	if err != nil {
		return order{}, err
	}
	return a.ordered("provider account")
}

func planAccount(v *visit, o order, actor string) (plan, error) {
	var a leadArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := provider.SetAccount{Name: a.Name, Values: map[string]string{}, Seen: a.Seen, Known: v.Settings, Actor: actor}
	for _, c := range a.Changes {
		if c.Key == active {
			on := c.To == "true"
			u.Active = &on
		} else {
			u.Values[c.Key] = c.To
		}
	}
	return plan{act: telling(u, func(bool) string { return "provider account " + a.Name + " is changed" })}, nil
}

func accountDetail(v *visit, _ *operator.Approval, a leadArguments) ([]fact, error) {
	account, err := v.accountOf(a.Name)
	if err != nil {
		return nil, err
	}
	users, err := v.paywaysOf(a.Name)
	return append([]fact{
		{name: "Provider account", is: idText(a.Name, providerPath(a.Name))},
		{name: "Connector", text: account.Connector},
		{name: "Payways that use it", text: strings.Join(users, ", ")},
	}, a.facts()...), err
}

// paywaysOf are the payways whose work a provider account does.
func (v *visit) paywaysOf(account string) ([]string, error) {
	var users []string
	for _, direction := range []payway.Direction{payway.In, payway.Out} {
		list, err := payway.List(v.ctx(), v.DB.Reader(), direction, 0)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.Provider == account {
				users = append(users, p.Alias)
			}
		}
	}
	return users, nil
}

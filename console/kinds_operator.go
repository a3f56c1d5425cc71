package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

type roleArguments struct {
	Operator int64         `json:"operator"`
	Role     operator.Role `json:"role"`
}

func roleFields(v *visit, wrong problems) []input {
	roles := make([]option, 0, len(operator.Roles()))
	for _, role := range operator.Roles() {
		roles = append(roles, option{string(role), string(role)})
	}
	return []input{
		{name: "email", label: "Operator", value: v.value("email"), as: "email", problem: wrong["email"], required: true},
		{name: "role", label: "Role", value: v.value("role"), problem: wrong["role"], options: roles},
	}
}

func readRole(v *visit) (order, error) {
	o, err := v.Operators.Find(v.ctx(), v.value("email"))
	if err != nil {
		return order{}, err
	}
	role := operator.Role(v.value("role"))
	if !role.Valid() || role == o.Role {
		return order{}, fault.Param("role", "must be another of viewer, support, finance and admin")
	}
	subject := fmt.Sprintf("operator %s: %s to %s", o.Email, o.Role, role)
	return ordered(order{shop: db.House, subject: subject}, roleArguments{o.ID, role})
}

func planRole(_ *visit, o order, actor string) (plan, error) {
	var a roleArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := operator.SetRole{Operator: a.Operator, Role: a.Role, Actor: actor}
	return plan{act: telling(u, func(o *operator.Operator) string { return o.Email + " is " + string(o.Role) + " now" })}, nil
}

// enableKind switches an operator on who was switched off.
func enableKind() kind {
	return kind{
		name: "operator.enable", title: "Switch an operator on", needs: operator.ManageOperators, tone: toneBad,
		fields: enableFields, read: readEnable, plan: planEnable,
		detail: detailOf(enableDetail),
	}
}

// enableArguments are who is switched on, as what, and as of which change.
type enableArguments struct {
	Operator int64         `json:"operator"`
	Role     operator.Role `json:"role"`
	Seen     int64         `json:"seen"`
}

func enableFields(v *visit, wrong problems) []input {
	return []input{{name: "email", label: "Operator", value: v.value("email"), as: "email", problem: wrong["email"], required: true}}
}

func readEnable(v *visit) (order, error) {
	o, err := v.Operators.Find(v.ctx(), v.value("email"))
	if err != nil {
		return order{}, err
	}
	if o.Active {
		return order{}, fault.Param("email", "is of one who is not switched off")
	}
	subject := fmt.Sprintf("operator %s, %s: switched on", o.Email, o.Role)
	return ordered(order{shop: db.House, subject: subject}, enableArguments{o.ID, o.Role, o.Epoch})
}

func planEnable(_ *visit, o order, actor string) (plan, error) {
	var a enableArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := operator.SetActive{Operator: a.Operator, Active: true, Epoch: a.Seen, Actor: actor}
	return plan{act: telling(u, func(o *operator.Operator) string { return o.Email + " is switched on" })}, nil
}

func enableDetail(v *visit, _ *operator.Approval, a enableArguments) ([]fact, error) {
	o, err := v.Operators.Load(v.ctx(), a.Operator)
	if err != nil {
		return nil, err
	}
	return []fact{
		{name: "Does", text: "the operator may sign in again, with the password and second factor that were there"},
		{name: "Operator", text: o.Email},
		{name: "Role when it was proposed", text: string(a.Role)},
		{name: "Role now", text: string(o.Role)},
		{name: "Stands now", is: activity(o)},
	}, nil
}

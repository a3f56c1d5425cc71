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

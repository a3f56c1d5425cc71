package console

import (
	"fmt"
	"net/http"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

const operatorsPath = root + "operators"

// operatorPages are for admins. Accounts and passwords are made on the command
// line: who could give somebody else a password could decide in that one's name.
func operatorPages() []route {
	one := operatorsPath + "/{id}"
	return []route{
		{pattern: "GET " + operatorsPath, title: "Operators", group: groupHouse, needs: operator.ManageOperators, serve: operatorList},
		{pattern: "GET " + one, title: "Operator", needs: operator.ManageOperators, serve: operatorPage},
		{pattern: "POST " + one + "/active", title: "Switch an operator off", needs: operator.ManageOperators, serve: switchOperator},
		{pattern: "POST " + one + "/sessions/end", title: "End all sessions", needs: operator.ManageOperators, serve: endSessions},
		{pattern: "POST " + one + "/sessions/{session}/end", title: "End a session", needs: operator.ManageOperators, serve: endSession},
	}
}

var crumbOperators = crumb{"Operators", operatorsPath}

// operatorsShown is how many a page shows.
const operatorsShown = 100

func operatorList(v *visit) error {
	list, err := v.Operators.List(v.ctx(), v.after(), operatorsShown)
	if err != nil {
		return err
	}
	first, more := "", ""
	if v.after() > 0 {
		first = operatorsPath
	}
	if len(list) == operatorsShown {
		more = fmt.Sprintf("%s?after=%d", operatorsPath, list[len(list)-1].ID)
	}
	return v.page(page{title: "Operators", body: operatorListBody(list, first, more)})
}

func operatorPath(o *operator.Operator) string { return fmt.Sprintf("%s/%d", operatorsPath, o.ID) }

// named is the operator that the address names.
func (v *visit) named() (*operator.Operator, error) {
	id, err := v.number("id")
	if err != nil {
		return nil, err
	}
	return v.Operators.Load(v.ctx(), id)
}

func operatorPage(v *visit) error {
	o, err := v.named()
	if err != nil {
		return err
	}
	sessions, err := v.Operators.Sessions(v.ctx(), o)
	if err != nil {
		return err
	}
	return v.page(page{title: o.Email, crumbs: []crumb{crumbOperators}, body: operatorBody(v, o, sessions)})
}

// errSelf keeps an admin from being the last one, and out.
var errSelf = &trouble{http.StatusConflict, "You cannot switch yourself off", "Ask another admin, or use the command line."}

// errTwo refuses what one alone may not do.
var errTwo = &trouble{http.StatusUnprocessableEntity, "It takes two to switch an operator on", "Nothing was done. Propose it on the operator's page."}

// switchOperator switches one off, at once. To switch one on takes two, as another
// role does: else one admin could make the second pair of eyes of whoever has left.
func switchOperator(v *visit) error {
	o, err := v.named()
	if err != nil {
		return err
	}
	on, err := v.switched()
	if err != nil {
		return err
	}
	if on {
		return errTwo
	}
	if o.ID == v.operator.ID {
		return errSelf
	}
	if _, err := db.Do(v.ctx(), v.DB, db.House, operator.SetActive{Operator: o.ID, Actor: v.actor()}); err != nil {
		return err
	}
	return v.see(operatorPath(o), "Switched off. All sessions have ended.")
}

// switched is what a switch's form says: on or off, and nothing else.
func (v *visit) switched() (on bool, err error) {
	switch v.value(active) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fault.Param(active, "must be true or false")
}

func endSessions(v *visit) error {
	o, err := v.named()
	if err != nil {
		return err
	}
	if _, err := db.Do(v.ctx(), v.DB, db.House, operator.EndAll{Operator: o.ID, Actor: v.actor()}); err != nil {
		return err
	}
	return v.see(operatorPath(o), "All sessions have ended.")
}

func endSession(v *visit) error {
	o, err := v.named()
	if err != nil {
		return err
	}
	session, err := v.number("session")
	if err != nil {
		return err
	}
	if _, err := db.Do(v.ctx(), v.DB, db.House, operator.EndSession{Operator: o.ID, Session: session, Actor: v.actor()}); err != nil {
		return err
	}
	return v.see(operatorPath(o), "That session has ended.")
}

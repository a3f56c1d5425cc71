package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/operator"
)

type operatorCommands struct {
	storage
	Add          operatorAdd      `cmd:"" help:"Make an operator. The password is shown once and changed at the first sign-in."`
	List         operatorList     `cmd:"" help:"List the operators."`
	Show         operatorShow     `cmd:"" help:"Show an operator."`
	Role         operatorRole     `cmd:"" help:"Give an operator another role; the sessions end."`
	Disable      operatorDisable  `cmd:"" help:"Switch an operator off; the sessions end."`
	Enable       operatorEnable   `cmd:"" help:"Switch an operator on, and end the pause of failed sign-ins."`
	Password     operatorPassword `cmd:"" help:"Give an operator a new password, shown once; the sessions end."`
	SecondFactor struct {
		Reset operatorReset `cmd:"" help:"Take an operator's second factor away, for one who has lost it; the sessions end."`
	} `cmd:"" help:"An operator's second factor."`
	Sessions operatorSessions `cmd:"" help:"List an operator's sessions."`
	Revoke   operatorRevoke   `cmd:"" help:"End one session of an operator, or all."`
	Roles    operatorRoles    `cmd:"" help:"Print who may do what."`
	FourEyes operatorFourEyes `cmd:"" help:"Whether what one operator proposes waits for another."`
}

// operators is the room, for a command.
func (o *desk) operators() *operator.Operators {
	return &operator.Operators{DB: o.db, Box: o.box, Random: rand.Reader, Now: time.Now}
}

// operatorEmail is the argument of the commands about one operator.
type operatorEmail struct {
	Email string `arg:"" help:"Email of the operator."`
}

func (c operatorEmail) find(ctx context.Context, o *desk) (*operator.Operator, error) {
	return o.operators().Find(ctx, c.Email)
}

type operatorAdd struct {
	deed
	operatorEmail
	Role operator.Role `help:"What the operator may do; brama operator roles explains." enum:"viewer,support,finance,admin" required:"" env:"-"`
}

func (c *operatorAdd) operate(ctx context.Context, o *desk) error {
	u, password, err := o.operators().NewAdd(ctx, c.Email, c.Role, o.actor)
	if err != nil {
		return err
	}
	made, err := do(ctx, o, c.deed, db.House, u)
	if err != nil {
		return err
	}
	if !c.Commit {
		o.printf("a new operator %s, %s\n", made.Email, made.Role)
		o.end(c.deed, "")
		return nil
	}
	o.printf("operator %s, %s, was made\n  password  %s\nIt is never shown again, and must be changed at the first sign-in.\n", made.Email, made.Role, password)
	return nil
}

type operatorList struct{}

func (c *operatorList) operate(ctx context.Context, o *desk) error {
	t := newTable(o.out)
	t.row("EMAIL", "ROLE", "STATE", "SECOND FACTOR", "MADE")
	const page = 200
	for after := int64(0); ; {
		rows, err := o.operators().List(ctx, after, page)
		if err != nil {
			return err
		}
		for _, one := range rows {
			after = one.ID
			t.row(one.Email, one.Role, operatorState(one), operatorFactor(one), moment(one.CreatedAt))
		}
		if len(rows) < page {
			t.flush()
			return nil
		}
	}
}

func operatorState(one *operator.Operator) string {
	state := "active"
	if !one.Active {
		state = "off"
	}
	if one.MustChange {
		state += ", must change the password"
	}
	return state
}

func operatorFactor(one *operator.Operator) string {
	if !one.Enrolled() {
		return "none"
	}
	return fmt.Sprintf("%d recovery codes left", one.RecoveryLeft())
}

type operatorShow struct{ operatorEmail }

func (c *operatorShow) operate(ctx context.Context, o *desk) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	for _, line := range [][2]any{
		{"operator", one.Email}, {"role", one.Role}, {"state", operatorState(one)}, {"second factor", operatorFactor(one)},
		{"failed sign-ins in a row", one.Failures}, {"made", moment(one.CreatedAt)}, {"changed", moment(one.UpdatedAt)},
	} {
		t.row(line[0], line[1])
	}
	t.flush()
	return nil
}

type operatorRole struct {
	deed
	operatorEmail
	Role operator.Role `arg:"" help:"The new role." enum:"viewer,support,finance,admin"`
}

func (c *operatorRole) operate(ctx context.Context, o *desk) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, c.deed, db.House, operator.SetRole{Operator: one.ID, Role: c.Role, Actor: o.actor})
	if err != nil {
		return err
	}
	var list []change
	if one.Role != after.Role {
		list = []change{{"role", string(one.Role), string(after.Role)}}
	}
	o.changes(c.deed, "operator "+one.Email, list)
	return nil
}

type operatorDisable struct {
	deed
	operatorEmail
}

func (c *operatorDisable) operate(ctx context.Context, o *desk) error {
	return c.operatorEmail.activate(ctx, o, c.deed, false)
}

type operatorEnable struct {
	deed
	operatorEmail
}

func (c *operatorEnable) operate(ctx context.Context, o *desk) error {
	return c.operatorEmail.activate(ctx, o, c.deed, true)
}

func (c operatorEmail) activate(ctx context.Context, o *desk, d deed, active bool) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, d, db.House, operator.SetActive{Operator: one.ID, Active: active, Actor: o.actor})
	if err != nil {
		return err
	}
	var list []change
	if one.Active != after.Active {
		list = append(list, change{"active", fmt.Sprint(one.Active), fmt.Sprint(after.Active)})
	}
	if one.Failures != after.Failures {
		list = append(list, change{"failed sign-ins in a row", fmt.Sprint(one.Failures), fmt.Sprint(after.Failures)})
	}
	o.changes(d, "operator "+one.Email, list)
	return nil
}

type operatorPassword struct {
	deed
	operatorEmail
}

func (c *operatorPassword) operate(ctx context.Context, o *desk) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	u, password, err := o.operators().NewPassword(ctx, one.ID, o.actor)
	if err != nil {
		return err
	}
	if _, err := do(ctx, o, c.deed, db.House, u); err != nil {
		return err
	}
	if !c.Commit {
		o.printf("operator %s gets a new password; the sessions end\n", one.Email)
		o.end(c.deed, "")
		return nil
	}
	o.printf("operator %s has a new password; the sessions have ended\n  password  %s\nIt is never shown again, and must be changed at the next sign-in.\n", one.Email, password)
	return nil
}

type operatorReset struct {
	deed
	operatorEmail
}

func (c *operatorReset) operate(ctx context.Context, o *desk) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, c.deed, db.House, operator.ResetFactor{Operator: one.ID, Actor: o.actor})
	if err != nil {
		return err
	}
	var list []change
	if one.Epoch != after.Epoch {
		list = []change{{"second factor", operatorFactor(one), operatorFactor(after)}}
	}
	o.changes(c.deed, "operator "+one.Email, list)
	return nil
}

type operatorSessions struct{ operatorEmail }

func (c *operatorSessions) operate(ctx context.Context, o *desk) error {
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	list, err := o.operators().Sessions(ctx, one)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("SESSION", "BEGAN", "LAST SEEN", "FROM", "BROWSER")
	for _, s := range list {
		t.row(s.ID, moment(s.CreatedAt), moment(s.LastSeen), s.Address, s.Agent)
	}
	t.flush()
	return nil
}

type operatorRevoke struct {
	deed
	operatorEmail
	Session int64 `arg:"" optional:"" help:"The session; without it --all."`
	All     bool  `help:"All sessions." env:"-"`
}

func (c *operatorRevoke) operate(ctx context.Context, o *desk) error {
	if (c.Session == 0) != c.All {
		return errors.New("name one session, or --all")
	}
	one, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	if c.All {
		if _, err := do(ctx, o, c.deed, db.House, operator.EndAll{Operator: one.ID, Actor: o.actor}); err != nil {
			return err
		}
		o.printf("all sessions of %s end\n", one.Email)
		o.end(c.deed, "done")
		return nil
	}
	ended, err := do(ctx, o, c.deed, db.House, operator.EndSession{Operator: one.ID, Session: c.Session, Actor: o.actor})
	if err != nil {
		return err
	}
	var list []change
	if ended {
		list = []change{{fmt.Sprint("session ", c.Session), "open", "ended"}}
	}
	o.changes(c.deed, "operator "+one.Email, list)
	return nil
}

type operatorRoles struct{}

// Run prints the table; it needs no database.
func (operatorRoles) Run() error {
	t := newTable(os.Stdout)
	for _, line := range roleTable() {
		cells := make([]any, len(line))
		for i, cell := range line {
			cells[i] = cell
		}
		t.row(cells...)
	}
	t.flush()
	return nil
}

// roleTable is who may do what: a line for each permission, a column for each role.
func roleTable() [][]string {
	head := []string{"MAY"}
	for _, role := range operator.Roles() {
		head = append(head, strings.ToUpper(string(role)))
	}
	lines := [][]string{head}
	for _, rule := range operator.Rules() {
		line := []string{rule.Words}
		for _, role := range operator.Roles() {
			line = append(line, map[bool]string{true: "yes", false: "–"}[role.May(rule.Permission)])
		}
		lines = append(lines, line)
	}
	return lines
}

type operatorFourEyes struct {
	deed
	Set string `arg:"" optional:"" help:"on: another operator must approve; off: whoever proposes does it at once, for a company of one. Without it: what it is." enum:"on,off," default:""`
}

func (c *operatorFourEyes) operate(ctx context.Context, o *desk) error {
	is, err := o.operators().FourEyes(ctx)
	if err != nil {
		return err
	}
	words := map[bool]string{true: "on", false: "off"}
	if c.Set == "" {
		o.printf("four eyes are %s\n", words[is])
		return nil
	}
	changed, err := do(ctx, o, c.deed, db.House, operator.SetFourEyes{On: c.Set == "on", Actor: o.actor})
	if err != nil {
		return err
	}
	var list []change
	if changed {
		list = []change{{"four eyes", words[is], c.Set}}
	}
	o.changes(c.deed, "the house", list)
	return nil
}

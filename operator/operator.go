// Package operator is the room of the people who run the gateway: their accounts,
// passwords, second factors, sessions and roles, and the approvals by which one
// of them proposes what another decides (four-eyes). The console and the command
// line use it alike.
//
// It must not know what the acts are that it lets through – payouts, secrets,
// transfers – nor HTTP: a door brings the use case to an approval, and keeps the
// token of a session in a cookie.
package operator

import (
	"context"
	"io"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Operator is a person's account.
type Operator struct {
	ID            int64
	Email         string // in lower case; never changes
	Role          Role
	Active        bool
	Password      string // argon2id with its parameters
	MustChange    bool   // the password was given by somebody else
	Epoch         int64  // sessions of an earlier one are over
	Factor        string // sealed TOTP secret, "" without a second factor
	PendingFactor string // sealed, drawn but not confirmed by a code
	PendingFor    int64  // the session that drew it
	PendingUntil  int64  // Unix milliseconds from which it is nobody's
	FactorStep    int64  // 30-second step of the last code that was accepted
	Recovery      string // hashes of the recovery codes that are left, separated by spaces
	Failures      int64  // failed sign-ins since the last good one
	WaitUntil     int64  // Unix milliseconds before which no password is looked at
	CreatedAt     int64
	UpdatedAt     int64
	Version       int64
}

// Enrolled reports whether there is a second factor.
func (o *Operator) Enrolled() bool { return o.Factor != "" }

// Actor is the operator's name in the audit.
func (o *Operator) Actor() string { return "operator:" + o.Email }

func (o *Operator) subject() string { return "operator " + o.Email }

var operators = db.NewTable("operator",
	"id, email, role, active, password, must_change, epoch, factor, pending_factor, pending_session, pending_until, factor_step, recovery, failures, wait_until, created_at, updated_at, version",
	"id", func(o *Operator) []any {
		return []any{
			&o.ID, &o.Email, &o.Role, &o.Active, &o.Password, &o.MustChange, &o.Epoch, &o.Factor, &o.PendingFactor, &o.PendingFor,
			&o.PendingUntil, &o.FactorStep, &o.Recovery, &o.Failures, &o.WaitUntil, &o.CreatedAt, &o.UpdatedAt, &o.Version,
		}
	})

var byEmail = operators.Unique("email")

// Operators is the room. Its fields are set once, before it is used.
type Operators struct {
	DB     *db.DB
	Box    *seal.Box
	Random io.Reader
	Now    func() time.Time
	// Factor makes a second factor a must: without one a person who has given the
	// password can do nothing but enrol.
	Factor bool
	Cost   Cost // of new password hashes; zero is what production uses

	gate   gate
	guests throttle // failures of addresses, and of emails that are nobody's
}

// find is the operator that a decision is about.
func find(s *db.State, id int64) (*Operator, error) {
	o, ok := operators.Find(s, id)
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no such operator")
	}
	return o, nil
}

// Find is an operator by email; fault.NotFound when there is none.
func (p *Operators) Find(ctx context.Context, email string) (*Operator, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return nil, err
	}
	o, err := operators.First(ctx, p.DB.Reader(), "email = $1", email)
	if err == nil && o == nil {
		err = fault.New(fault.NotFound, "there is no operator %s", email)
	}
	return o, err
}

// Load is an operator by id; fault.NotFound when there is none.
func (p *Operators) Load(ctx context.Context, id int64) (*Operator, error) {
	o, err := operators.First(ctx, p.DB.Reader(), "id = $1", id)
	if err == nil && o == nil {
		err = fault.New(fault.NotFound, "there is no such operator")
	}
	return o, err
}

// List lists up to limit operators behind an id, in the order they were made.
func (p *Operators) List(ctx context.Context, after int64, limit int) ([]*Operator, error) {
	return operators.Select(ctx, p.DB.Reader(), "id > $1 ORDER BY id LIMIT $2", after, limit)
}

// cleanEmail is an address as it is kept: lower case, without a name.
func cleanEmail(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	parsed, err := mail.ParseAddress(text)
	odd := func(c rune) bool { return c > unicode.MaxASCII || c <= ' ' || c == '"' || c == '<' }
	if err != nil || parsed.Address != text || len(text) > 200 || strings.ContainsFunc(text, odd) {
		return "", fault.Param("email", "must be an email address such as ann@example.com")
	}
	return text, nil
}

// save writes a changed operator and its link in the house's audit.
func save(s *db.State, o *Operator, actor, act, detail string) {
	o.UpdatedAt = s.Now()
	operators.Update(s, o)
	audit.Append(s, db.House, actor, act, o.subject(), detail)
}

func readForChange(r *db.Reads, id int64) {
	operators.Read(r, id)
	audit.Read(r, db.House)
}

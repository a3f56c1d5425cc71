package operator

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Add makes an operator. Make it with NewAdd.
type Add struct {
	Email string
	Role  Role
	Hash  string // of a password that is to be changed at the first sign-in, unless Keep
	Keep  bool
	Actor string
}

// NewAdd draws a password for a new operator, to be shown once, and hashes it.
func (p *Operators) NewAdd(ctx context.Context, email string, role Role, actor string) (Add, string, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return Add{}, "", err
	}
	password, err := drawPassword(p.Random)
	if err != nil {
		return Add{}, "", err
	}
	hash, err := p.hash(ctx, password)
	return Add{Email: email, Role: role, Hash: hash, Actor: actor}, password, err
}

// drawPassword is 100 random bits in letters and digits that nobody confuses.
func drawPassword(random io.Reader) (string, error) {
	var b [13]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a password: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:20]
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:], nil
}

// Reads names the operator of that email and the house's audit.
func (a Add) Reads(r *db.Reads) {
	byEmail.Read(r, a.Email)
	audit.Read(r, db.House)
}

// Decide inserts the operator; fault.NotUnique when the email is known.
func (a Add) Decide(s *db.State) (*Operator, error) {
	if !a.Role.Valid() {
		return nil, fault.Param("role", "must be viewer, support, finance or admin")
	}
	if _, known := byEmail.Find(s, a.Email); known {
		return nil, fault.New(fault.NotUnique, "there is an operator %s already", a.Email)
	}
	o := &Operator{
		ID: s.NewID(), Email: a.Email, Role: a.Role, Active: true, Password: a.Hash, MustChange: !a.Keep, Epoch: 1,
		CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	operators.Insert(s, o)
	audit.Append(s, db.House, a.Actor, "operator.add", o.subject(), "role "+string(o.Role))
	return o, nil
}

// SetRole gives an operator another role; the sessions end.
type SetRole struct {
	Operator int64
	Role     Role
	Actor    string
}

// Reads names the operator and the house's audit.
func (u SetRole) Reads(r *db.Reads) { readForChange(r, u.Operator) }

// Decide answers the operator as it is then.
func (u SetRole) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, u.Operator)
	if err != nil || o.Role == u.Role {
		return o, err
	}
	if !u.Role.Valid() {
		return nil, fault.Param("role", "must be viewer, support, finance or admin")
	}
	detail := fmt.Sprintf("%s to %s", o.Role, u.Role)
	o.Role = u.Role
	o.Epoch++
	save(s, o, u.Actor, "operator.role", detail)
	return o, nil
}

// SetActive switches an operator on or off; off, the sessions end.
type SetActive struct {
	Operator int64
	Active   bool
	Epoch    int64 // of the operator who was looked at; 0: whatever it is
	Actor    string
}

// Reads names the operator and the house's audit.
func (u SetActive) Reads(r *db.Reads) { readForChange(r, u.Operator) }

// Decide answers the operator as it is then. Switched on, the pause of failed
// sign-ins is over too.
func (u SetActive) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, u.Operator)
	if err == nil && u.Epoch != 0 && u.Epoch != o.Epoch {
		return nil, fault.New(fault.Busy, "%s was changed meanwhile; look at it again", o.Email)
	}
	if err != nil || o.Active == u.Active && (!u.Active || o.Failures == 0) {
		return o, err
	}
	act := "operator.disable"
	if u.Active {
		act = "operator.enable"
		o.Failures, o.WaitUntil = 0, 0
	}
	o.Active = u.Active
	o.Epoch++
	save(s, o, u.Actor, act, "")
	return o, nil
}

// SetPassword gives an operator another password; the sessions end. Make it with
// NewPassword or Change.
type SetPassword struct {
	Operator   int64
	Hash       string
	MustChange bool // somebody else knows it
	Actor      string
}

// NewPassword draws a password for an operator who has lost the own, to be shown once.
func (p *Operators) NewPassword(ctx context.Context, id int64, actor string) (SetPassword, string, error) {
	password, err := drawPassword(p.Random)
	if err != nil {
		return SetPassword{}, "", err
	}
	hash, err := p.hash(ctx, password)
	return SetPassword{Operator: id, Hash: hash, MustChange: true, Actor: actor}, password, err
}

// Reads names the operator and the house's audit.
func (u SetPassword) Reads(r *db.Reads) { readForChange(r, u.Operator) }

// Decide keeps the hash, and ends the pause of failed sign-ins.
func (u SetPassword) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, u.Operator)
	if err != nil {
		return nil, err
	}
	o.Password, o.MustChange = u.Hash, u.MustChange
	o.Failures, o.WaitUntil = 0, 0
	o.Epoch++
	save(s, o, u.Actor, "operator.password", "")
	return o, nil
}

// Change changes the own password: the visitor's sessions end, and a new one
// begins, whose token it answers.
func (p *Operators) Change(ctx context.Context, v *Visitor, old, password string, from From) (token string, err error) {
	o := v.Operator
	right, err := p.proven(ctx, o, old)
	if err != nil {
		return "", err
	}
	if !right {
		return "", fault.Param("old", "is not your present password")
	}
	if err := checkPassword(o.Email, password); err != nil {
		return "", err
	}
	if password == old {
		return "", fault.Param("password", "must be another one than before")
	}
	hash, err := p.hash(ctx, password)
	if err != nil {
		return "", err
	}
	if token, err = p.draw(); err != nil {
		return "", err
	}
	_, err = db.Do(ctx, p.DB, db.House, change{SetPassword{Operator: o.ID, Hash: hash, Actor: o.Actor()}, v.Session.ID, from.begin(token)})
	return token, err
}

// change is a new password and the session in which it was set, under a new token.
type change struct {
	SetPassword
	session int64
	next    Session
}

func (u change) Reads(r *db.Reads) {
	u.SetPassword.Reads(r)
	sessions.Read(r, u.session)
}

func (u change) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, u.Operator)
	if err != nil {
		return nil, err
	}
	session, ok := sessions.Find(s, u.session)
	if !ok || !session.lives(o, s.Now()) {
		return nil, fault.New(fault.NotFound, "you are signed out")
	}
	if o, err = u.SetPassword.Decide(s); err == nil {
		u.next.open(s, o, session.Passed)
	}
	return o, err
}

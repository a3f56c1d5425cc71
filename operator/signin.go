package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// addressFree is how many failures more an address has than an account.
const addressFree = 12

// SignIn takes an email and a password, and answers the token of a new session;
// Resume tells what it may do. Whoever is not let in hears the same, as late,
// whether the account is not there, is off, or has another password:
// fault.Declined; fault.Overloaded says how long to wait.
func (p *Operators) SignIn(ctx context.Context, email, password string, from From) (token string, err error) {
	now := p.Now().UnixMilli()
	kept, err := cleanEmail(email)
	if err != nil {
		kept = "" // nobody's, which takes its time like any other
	}
	o, err := operators.First(ctx, p.DB.Reader(), "email = $1", kept)
	if err != nil {
		return "", err
	}
	if o == nil {
		o = &Operator{Email: kept}
	}
	at, wait, err := p.entrance(ctx, o, from, now)
	if err != nil {
		return "", err
	}
	if wait > 0 {
		return "", tooMany(wait)
	}
	right, err := p.verify(ctx, o.Password, password)
	if err != nil {
		return "", err
	}
	if wait := at.attempt(p.Now().UnixMilli()); wait > 0 { // many came at once
		return "", tooMany(wait)
	}
	if o.ID == 0 {
		return "", notLetIn()
	}
	if token, err = p.draw(); err != nil {
		return "", err
	}
	in, err := db.Do(ctx, p.DB, db.House, signIn{o.ID, o.Password, right, at.known, from.begin(token)})
	if err != nil {
		return "", err
	}
	if !in {
		return "", notLetIn()
	}
	if !o.Enrolled() || !at.known { // else knowing the password would make codes free
		at.forgive()
	}
	return token, nil
}

func notLetIn() error { return fault.New(fault.Declined, "email or password is not right") }

func tooMany(wait time.Duration) error {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return fault.New(fault.Overloaded, "too many failed attempts; try again in %d s", seconds)
}

// signIn is what becomes of a password that was looked at.
type signIn struct {
	id      int64
	looked  string // the hash that the password was compared with
	right   bool
	known   bool // from a place of the operator's own: the account's pause does not matter
	session Session
}

func (u signIn) Reads(r *db.Reads) { readForChange(r, u.id) }

// Decide opens a session, or counts the failure and answers false: an error
// would write nothing. The count ends with the last factor, not with the password,
// or knowing that one would let a stranger try codes without end.
func (u signIn) Decide(s *db.State) (bool, error) {
	o, err := find(s, u.id)
	if err != nil {
		return false, err
	}
	if !u.known && o.WaitUntil > s.Now() { // others failed while the password was looked at
		return false, tooMany(time.Duration(o.WaitUntil-s.Now()) * time.Millisecond)
	}
	if !u.right || !o.Active || o.Password != u.looked {
		failed(s, o, "password", u.session.Address)
		return false, nil
	}
	if !o.Enrolled() {
		entered(s, o, u.session.Address)
	}
	u.session.open(s, o, false)
	return true, nil
}

// entered notes a sign-in that is complete.
func entered(s *db.State, o *Operator, address string) {
	detail := "from " + address
	if o.Failures > 0 {
		detail += fmt.Sprintf(", after %d failures", o.Failures)
	}
	o.Failures, o.WaitUntil = 0, 0
	operators.Update(s, o)
	audit.Append(s, db.House, o.Actor(), "operator.sign-in", o.subject(), detail)
}

// failed counts a failure, and notes it now and then.
func failed(s *db.State, o *Operator, what, address string) {
	o.Failures++
	o.WaitUntil = 0
	if rest := pause(o.Failures); rest > 0 {
		o.WaitUntil = s.Now() + rest.Milliseconds()
	}
	operators.Update(s, o)
	if noted(o.Failures) {
		audit.Append(s, db.House, o.Actor(), "operator.sign-in.failed", o.subject(), fmt.Sprintf("%s, failure %d in a row, from %s", what, o.Failures, address))
	}
}

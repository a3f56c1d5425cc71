package operator

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

const (
	secretBytes   = 20
	recoveryCodes = 10
	recoveryBytes = 10

	enrolTime = 15 * time.Minute // for the first code of a second factor that was drawn
)

// isEnrolling reports whether a session has drawn a second factor that waits for
// its first code. Another session's, and an old one, are nobody's: whoever finds a
// browser open would be shown the secret, without the password.
func (o *Operator) isEnrolling(session, now int64) bool {
	return o.PendingFactor != "" && o.PendingFor == session && now < o.PendingUntil
}

// dropPending forgets what was drawn.
func (o *Operator) dropPending() { o.PendingFactor, o.PendingFor, o.PendingUntil = "", 0, 0 }

// openFactor is a TOTP secret in clear.
func (p *Operators) openFactor(o *Operator, sealed string) ([]byte, error) {
	secret, err := p.Box.Open("operator", o.ID, "factor", sealed)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the second factor of operator %d does not open", o.ID)
	}
	return secret, nil
}

// Enrolling is a second factor that was drawn and waits for its first code.
type Enrolling struct {
	Secret string // base32, to be typed
	URL    string // otpauth://…, to be read as a QR code
}

// Format prints no secret, whatever the verb.
func (Enrolling) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("enrolling")) }

// Pending is the second factor that a visitor is about to enrol; nil when none was begun.
func (p *Operators) Pending(v *Visitor) (*Enrolling, error) {
	if !v.Operator.isEnrolling(v.Session.ID, p.Now().UnixMilli()) {
		return nil, nil
	}
	secret, err := p.openFactor(v.Operator, v.Operator.PendingFactor)
	if err != nil {
		return nil, err
	}
	return &Enrolling{base32Plain.EncodeToString(secret), otpauth(v.Operator.Email, secret)}, nil
}

// StartEnrol draws a second factor for a visitor. One that replaces another needs
// the password: a browser left open is not enough.
func (p *Operators) StartEnrol(ctx context.Context, v *Visitor, password string) error {
	if v.Operator.Enrolled() {
		right, err := p.proven(ctx, v.Operator, password)
		if err != nil {
			return err
		}
		if !right {
			return fault.Param("password", "is not your password")
		}
	}
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(p.Random, secret); err != nil {
		return fmt.Errorf("draw a second factor: %w", err)
	}
	sealed, err := p.Box.Seal("operator", v.Operator.ID, "factor", secret)
	if err != nil {
		return err
	}
	_, err = db.Do(ctx, p.DB, db.House, startEnrol{v.Operator.ID, v.Session.ID, sealed})
	return err
}

// startEnrol keeps what was drawn; it changes nothing until a code confirms it.
type startEnrol struct {
	id, session int64
	sealed      string
}

func (u startEnrol) Reads(r *db.Reads) { operators.Read(r, u.id) }

func (u startEnrol) Decide(s *db.State) (struct{}, error) {
	o, err := find(s, u.id)
	if err != nil {
		return struct{}{}, err
	}
	o.PendingFactor, o.PendingFor, o.PendingUntil = u.sealed, u.session, s.Now()+enrolTime.Milliseconds()
	operators.Update(s, o)
	return struct{}{}, nil
}

// Enrol makes the drawn factor the visitor's by its first code. Other sessions
// end, this one goes on under a new token; the recovery codes are shown once.
func (p *Operators) Enrol(ctx context.Context, v *Visitor, code string, from From) (token string, recovery []string, err error) {
	if !v.Operator.isEnrolling(v.Session.ID, p.Now().UnixMilli()) {
		return "", nil, fault.Param("code", "is of no second factor that was begun here in the last 15 minutes: begin again")
	}
	secret, err := p.openFactor(v.Operator, v.Operator.PendingFactor)
	if err != nil {
		return "", nil, err
	}
	step := matchTOTP(secret, cleanCode(code), p.Now().UnixMilli(), 0)
	if step == 0 {
		return "", nil, fault.Param("code", "is not the present code; is the clock of your device right?")
	}
	recovery, hashes, err := p.drawRecovery()
	if err != nil {
		return "", nil, err
	}
	if token, err = p.draw(); err != nil {
		return "", nil, err
	}
	_, err = db.Do(ctx, p.DB, db.House, enrol{v.Operator.ID, v.Session.ID, v.Operator.PendingFactor, step, hashes, from.begin(token)})
	return token, recovery, err
}

func (p *Operators) drawRecovery() (codes []string, hashes string, err error) {
	var hashed []string
	for range recoveryCodes {
		b := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(p.Random, b); err != nil {
			return nil, "", fmt.Errorf("draw a recovery code: %w", err)
		}
		text := base32Plain.EncodeToString(b)
		codes = append(codes, strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-"))
		hashed = append(hashed, hashToken(text))
	}
	return codes, strings.Join(hashed, " "), nil
}

// enrol puts the pending factor in force.
type enrol struct {
	id, session int64
	pending     string
	step        int64
	recovery    string
	next        Session
}

func (u enrol) Reads(r *db.Reads) {
	readForChange(r, u.id)
	sessions.Read(r, u.session)
}

func (u enrol) Decide(s *db.State) (struct{}, error) {
	o, err := find(s, u.id)
	if err != nil {
		return struct{}{}, err
	}
	if session, ok := sessions.Find(s, u.session); !ok || !session.lives(o, s.Now()) {
		return struct{}{}, fault.New(fault.NotFound, "you are signed out")
	}
	if o.PendingFactor != u.pending || !o.isEnrolling(u.session, s.Now()) {
		return struct{}{}, fault.New(fault.Busy, "the second factor was begun again meanwhile, or too long ago; begin again")
	}
	o.Factor, o.FactorStep, o.Recovery = o.PendingFactor, u.step, u.recovery
	o.dropPending()
	o.Epoch++
	save(s, o, o.Actor(), "operator.second-factor", "")
	u.next.open(s, o, true)
	return struct{}{}, nil
}

// cleanCode is a code as it is compared: people type spaces and dashes.
func cleanCode(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// Second takes the second factor of a visitor who has given the password: a code
// of the authenticator, or a recovery code. Either is taken once. The session
// goes on under a new token.
func (p *Operators) Second(ctx context.Context, v *Visitor, code string, from From) (token string, err error) {
	o, now := v.Operator, p.Now().UnixMilli()
	at, wait, err := p.entrance(ctx, o, from, now)
	if err != nil {
		return "", err
	}
	if wait == 0 {
		wait = at.attempt(now)
	}
	if wait > 0 {
		return "", tooMany(wait)
	}
	secret, err := p.openFactor(o, o.Factor)
	if err != nil {
		return "", err
	}
	if token, err = p.draw(); err != nil {
		return "", err
	}
	code = cleanCode(code)
	in, err := db.Do(ctx, p.DB, db.House, second{
		id: o.ID, session: v.Session.ID, factor: o.Factor, step: matchTOTP(secret, code, now, 0), recovery: hashToken(code),
		known: at.known, next: from.begin(token),
	})
	if err != nil {
		return "", err
	}
	if !in {
		return "", fault.New(fault.Declined, "the code is not right, or was used before")
	}
	at.forgive()
	return token, nil
}

// second is what becomes of a code that was looked at.
type second struct {
	id, session int64
	factor      string // that the code was compared with
	step        int64  // 0: it is no code of the authenticator
	recovery    string // hash of the code, in case it is a recovery code
	known       bool   // from a place of the operator's own: the account's pause does not matter
	next        Session
}

func (u second) Reads(r *db.Reads) {
	readForChange(r, u.id)
	sessions.Read(r, u.session)
}

// Decide replaces the session by one that has passed, or counts the failure and
// answers false.
func (u second) Decide(s *db.State) (bool, error) {
	o, err := find(s, u.id)
	if err != nil {
		return false, err
	}
	session, ok := sessions.Find(s, u.session)
	if !ok || !session.lives(o, s.Now()) || session.Passed {
		return false, fault.New(fault.NotFound, "you are signed out")
	}
	if !u.known && o.WaitUntil > s.Now() {
		return false, tooMany(time.Duration(o.WaitUntil-s.Now()) * time.Millisecond)
	}
	codes := strings.Fields(o.Recovery)
	at := slices.Index(codes, u.recovery)
	switch {
	case o.Factor == u.factor && u.step > o.FactorStep:
		o.FactorStep = u.step
	case at >= 0:
		o.Recovery = strings.Join(slices.Delete(codes, at, at+1), " ")
	default:
		failed(s, o, "second factor", u.next.Address)
		return false, nil
	}
	session.EndedAt = s.Now()
	sessions.Update(s, session)
	entered(s, o, u.next.Address)
	u.next.open(s, o, true)
	return true, nil
}

// RecoveryLeft is how many recovery codes are left.
func (o *Operator) RecoveryLeft() int { return len(strings.Fields(o.Recovery)) }

// ResetFactor takes an operator's second factor away, for one who has lost it; the
// sessions end.
type ResetFactor struct {
	Operator int64
	Actor    string
}

// Reads names the operator and the house's audit.
func (u ResetFactor) Reads(r *db.Reads) { readForChange(r, u.Operator) }

// Decide answers the operator as it is then.
func (u ResetFactor) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, u.Operator)
	if err != nil || !o.Enrolled() && o.PendingFactor == "" {
		return o, err
	}
	o.Factor, o.FactorStep, o.Recovery = "", 0, ""
	o.dropPending()
	o.Epoch++
	save(s, o, u.Actor, "operator.second-factor.reset", "")
	return o, nil
}

package operator

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Session is a browser that is signed in.
type Session struct {
	ID        int64
	Hash      string // of the token, which only the browser has
	Operator  int64
	Epoch     int64 // of the operator when it began
	Passed    bool  // the second factor was given
	Address   string
	Agent     string // what the browser calls itself: a stranger's text
	CreatedAt int64
	LastSeen  int64 // at most a minute old
	EndedAt   int64
	Version   int64
}

var sessions = db.NewTable("operator_session", "id, hash, operator_id, epoch, passed, address, agent, created_at, last_seen, ended_at, version", "id",
	func(s *Session) []any {
		return []any{
			&s.ID, &s.Hash, &s.Operator, &s.Epoch, &s.Passed, &s.Address, &s.Agent, &s.CreatedAt, &s.LastSeen, &s.EndedAt, &s.Version,
		}
	})

// Bounds of a session.
const (
	Idle     = 30 * time.Minute
	Absolute = 12 * time.Hour

	touchAfter = time.Minute
)

// Stage is how far a person has come in.
type Stage string

// The stages, in their order.
const (
	Outside  Stage = ""       // nobody is signed in
	Second   Stage = "second" // the password was given, the second factor not
	Renewing Stage = "renew"  // the password was given by somebody else: it must be changed
	Enrolls  Stage = "enrol"  // a second factor is a must, and there is none
	Inside   Stage = "in"
)

// Visitor is who a token belongs to.
type Visitor struct {
	Operator *Operator
	Session  *Session
	Stage    Stage
}

// lives reports whether a session still counts.
func (s *Session) lives(o *Operator, now int64) bool {
	return s.EndedAt == 0 && o.Active && s.Operator == o.ID && s.Epoch == o.Epoch &&
		now-s.LastSeen < Idle.Milliseconds() && now-s.CreatedAt < Absolute.Milliseconds()
}

// stage is what a living session may do.
func (p *Operators) stage(o *Operator, s *Session) Stage {
	switch {
	case o.Enrolled() && !s.Passed:
		return Second
	case o.MustChange:
		return Renewing
	case p.Factor && !o.Enrolled():
		return Enrolls
	}
	return Inside
}

// Resume is who a token belongs to; nil when it is nobody's, or not any more.
func (p *Operators) Resume(ctx context.Context, token string) (*Visitor, error) {
	if len(token) != tokenLength {
		return nil, nil
	}
	session, err := sessions.First(ctx, p.DB.Reader(), "hash = $1", hashToken(token))
	if err != nil || session == nil {
		return nil, err
	}
	o, err := operators.First(ctx, p.DB.Reader(), "id = $1", session.Operator)
	if err != nil || o == nil {
		return nil, err
	}
	now := p.Now().UnixMilli()
	if !session.lives(o, now) {
		return nil, nil
	}
	if now-session.LastSeen >= touchAfter.Milliseconds() {
		// A page that only reads works while the database takes no writes.
		_, _ = db.Do(ctx, p.DB, db.House, touch{session.ID})
	}
	return &Visitor{o, session, p.stage(o, session)}, nil
}

// touch notes that a session is in use.
type touch struct{ id int64 }

func (t touch) Reads(r *db.Reads) { sessions.Read(r, t.id) }

func (t touch) Decide(s *db.State) (struct{}, error) {
	session, ok := sessions.Find(s, t.id)
	if ok && session.EndedAt == 0 && session.LastSeen < s.Now() {
		session.LastSeen = s.Now()
		sessions.Update(s, session)
	}
	return struct{}{}, nil
}

// Sessions lists an operator's living sessions, the newest first.
func (p *Operators) Sessions(ctx context.Context, o *Operator) ([]*Session, error) {
	now := p.Now().UnixMilli()
	rows, err := sessions.Select(ctx, p.DB.Reader(), "operator_id = $1 AND ended_at = 0 AND created_at > $2 ORDER BY id DESC LIMIT 200",
		o.ID, now-Absolute.Milliseconds())
	if err != nil {
		return nil, err
	}
	living := rows[:0]
	for _, s := range rows {
		if s.lives(o, now) {
			living = append(living, s)
		}
	}
	return living, nil
}

// EndSession ends one session of an operator: by the operator, or for all to see
// in the audit by an admin.
type EndSession struct {
	Operator, Session int64
	Actor             string
}

// Reads names the session, its operator and the house's audit.
func (e EndSession) Reads(r *db.Reads) {
	sessions.Read(r, e.Session)
	readForChange(r, e.Operator)
}

// Decide answers whether it was not over before. Another operator's is not found.
func (e EndSession) Decide(s *db.State) (bool, error) {
	o, err := find(s, e.Operator)
	if err != nil {
		return false, err
	}
	session, ok := sessions.Find(s, e.Session)
	if !ok || session.Operator != e.Operator {
		return false, fault.New(fault.NotFound, "there is no such session")
	}
	if session.EndedAt > 0 {
		return false, nil
	}
	session.EndedAt = s.Now()
	sessions.Update(s, session)
	save(s, o, e.Actor, "operator.session.end", fmt.Sprintf("session %d", e.Session))
	return true, nil
}

// End signs out: the token is nobody's any more.
func (p *Operators) End(ctx context.Context, v *Visitor) error {
	_, err := db.Do(ctx, p.DB, db.House, EndSession{Operator: v.Operator.ID, Session: v.Session.ID, Actor: v.Operator.Actor()})
	return err
}

// EndAll ends all sessions of an operator.
type EndAll struct {
	Operator int64
	Actor    string
}

// Reads names the operator and the house's audit.
func (e EndAll) Reads(r *db.Reads) { readForChange(r, e.Operator) }

// Decide begins a new epoch.
func (e EndAll) Decide(s *db.State) (*Operator, error) {
	o, err := find(s, e.Operator)
	if err != nil {
		return nil, err
	}
	o.Epoch++
	save(s, o, e.Actor, "operator.session.end", "all sessions")
	return o, nil
}

const (
	tokenBytes  = 32
	tokenLength = 43
)

// draw makes a token of 256 random bits.
func (p *Operators) draw() (string, error) {
	var b [tokenBytes]byte
	if _, err := io.ReadFull(p.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// From is where a sign-in comes from.
type From struct {
	Address string
	Agent   string
}

const maxAgent = 200

// begin is a new session's row; the id is drawn when it is inserted.
func (f From) begin(token string) Session {
	agent := strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return -1
	}, strings.ToValidUTF8(f.Agent, ""))
	if runes := []rune(agent); len(runes) > maxAgent {
		agent = string(runes[:maxAgent])
	}
	return Session{Hash: hashToken(token), Address: f.Address, Agent: agent}
}

// open inserts a session of an operator.
func (session Session) open(s *db.State, o *Operator, passed bool) {
	session.ID, session.Operator, session.Epoch, session.Passed = s.NewID(), o.ID, o.Epoch, passed
	session.CreatedAt, session.LastSeen = s.Now(), s.Now()
	sessions.Insert(s, &session)
}

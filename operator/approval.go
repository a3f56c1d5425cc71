package operator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Approval is an act that one operator proposed and another decides on.
type Approval struct {
	Shop          int64 // 0: the house
	ID            int64
	Form          string // of the form that proposed it: sent twice, it is one proposal
	Kind          string
	Subject       string // what it is done to, in words
	Arguments     string // JSON; never a secret
	Reason        string
	Status        ApprovalStatus
	Proposer      int64
	ProposerEmail string
	Decider       int64
	DeciderEmail  string
	Note          string // the decider's
	CreatedAt     int64
	ExpiresAt     int64
	DecidedAt     int64
	Version       int64
}

// ApprovalStatus is where an approval stands.
type ApprovalStatus string

// The statuses. An open one that nobody decided on in time stays open in its row,
// and may not be decided on any more.
const (
	Open      ApprovalStatus = "open"
	Executed  ApprovalStatus = "executed"
	Refused   ApprovalStatus = "refused"
	Withdrawn ApprovalStatus = "withdrawn"
)

// approvalTime is how long a proposal waits.
const approvalTime = 24 * time.Hour

// Expired reports whether nobody decided in time.
func (a *Approval) Expired(now int64) bool { return a.Status == Open && now >= a.ExpiresAt }

// Digest names what is proposed: whoever decides has seen just that.
func (a *Approval) Digest() string {
	h := sha256.New()
	for _, text := range []string{a.Kind, a.Subject, a.Arguments, a.Reason, a.ProposerEmail} {
		_ = binary.Write(h, binary.BigEndian, int64(len(text)))
		h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (a *Approval) subject() string { return fmt.Sprintf("approval %d", a.ID) }

var approvals = db.NewTable("approval",
	"shop_id, id, form, kind, subject, arguments, reason, status, proposer, proposer_email, decider, decider_email, note, created_at, expires_at, decided_at, version",
	"id, shop_id", func(a *Approval) []any {
		return []any{
			&a.Shop, &a.ID, &a.Form, &a.Kind, &a.Subject, &a.Arguments, &a.Reason, &a.Status, &a.Proposer, &a.ProposerEmail, &a.Decider,
			&a.DeciderEmail, &a.Note, &a.CreatedAt, &a.ExpiresAt, &a.DecidedAt, &a.Version,
		}
	})

var byForm = approvals.Unique("form, shop_id")

// Limits of what people write.
const maxReason, maxArguments, maxFormName = 500, 4000, 64

// checkWords refuses a text that is long, or that would be more than one line in
// the audit and on a terminal.
func checkWords(name, text string) error {
	switch {
	case len(text) > maxReason:
		return fault.Param(name, fmt.Sprintf("must have at most %d bytes", maxReason))
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fault.Param(name, "must be text on one line")
	}
	return nil
}

// Propose asks for an act. With four eyes it waits for another operator; without,
// it is done at once, in the same commit as the row that says so. It runs under
// the lock of Shop, which Act's own is.
type Propose[A any] struct {
	Shop       int64
	Form       string // random, of the form
	Kind       string
	Subject    string
	Arguments  string
	Reason     string
	Permission Permission // what Act needs
	Proposer   int64
	Act        db.UseCase[A] // not a db.Follower: nothing follows it
}

// Done is an approval as it is then, and what the act answered if it was executed.
type Done[A any] struct {
	Approval *Approval
	Executed bool // now, not before
	Answer   A
}

// Reads names what the proposal and the act need.
func (u Propose[A]) Reads(r *db.Reads) {
	operators.Read(r, u.Proposer)
	settings.Read(r, fourEyes)
	byForm.Read(r, u.Form, u.Shop)
	audit.Read(r, u.Shop)
	u.Act.Reads(r)
}

// Decide stores the proposal, or does the act.
func (u Propose[A]) Decide(s *db.State) (done Done[A], err error) {
	proposer, err := allowed(s, u.Proposer, u.Permission)
	if err != nil {
		return done, err
	}
	if known, ok := byForm.Find(s, u.Form, u.Shop); ok {
		if known.Proposer != u.Proposer || known.Kind != u.Kind || known.Arguments != u.Arguments {
			return done, fault.New(fault.NotUnique, "this form was sent before, with other values; open it again")
		}
		return Done[A]{Approval: known}, nil
	}
	if err := u.check(); err != nil {
		return done, err
	}
	a := &Approval{
		Shop: u.Shop, ID: s.NewID(), Form: u.Form, Kind: u.Kind, Subject: u.Subject, Arguments: u.Arguments, Reason: u.Reason, Status: Open,
		Proposer: u.Proposer, ProposerEmail: proposer.Email, CreatedAt: s.Now(), ExpiresAt: s.Now() + approvalTime.Milliseconds(),
	}
	done.Approval = a
	if isFourEyes(s) {
		approvals.Insert(s, a)
		audit.Append(s, u.Shop, proposer.Actor(), "approval.propose", a.subject(), a.words())
		return done, nil
	}
	if done.Answer, err = u.Act.Decide(s); err != nil {
		return done, err
	}
	done.Executed = true
	a.Status, a.Decider, a.DeciderEmail, a.DecidedAt, a.Note = Executed, proposer.ID, proposer.Email, s.Now(), "four eyes are off"
	approvals.Insert(s, a)
	audit.Append(s, u.Shop, proposer.Actor(), "approval.alone", a.subject(), a.words())
	return done, nil
}

func (u Propose[A]) check() error {
	switch {
	case len(u.Form) > maxFormName:
		return fault.New(fault.Invalid, "this form is not the console's own; open it again")
	case u.Form == "" || u.Kind == "" || len(u.Arguments) > maxArguments:
		return fault.New(fault.Internal, "a proposal without a form or a kind, or with long arguments")
	case u.Reason == "":
		return fault.Param("reason", "must say why, for whoever decides and for the audit")
	}
	return checkWords("reason", u.Reason)
}

// words are an approval in the audit.
func (a *Approval) words() string { return a.Kind + ", " + a.Subject + ": " + a.Reason }

// allowed is an operator who is there, switched on, and may.
func allowed(s *db.State, id int64, p Permission) (*Operator, error) {
	o, err := find(s, id)
	if err != nil {
		return nil, err
	}
	if !o.Active || !o.Role.May(p) {
		return nil, fault.New(fault.Declined, "your role does not allow this")
	}
	return o, nil
}

// Approve does what another operator proposed: the decision, the act and their
// audit are one commit.
type Approve[A any] struct {
	Seen       Approval // as it was shown, and as Act was made from
	Approver   int64
	Permission Permission // what Act needs
	Note       string
	Act        db.UseCase[A]
}

// Reads names the approval, both operators, and what the act needs.
func (u Approve[A]) Reads(r *db.Reads) {
	approvals.Read(r, u.Seen.ID, u.Seen.Shop)
	operators.Read(r, u.Approver)
	operators.Read(r, u.Seen.Proposer)
	audit.Read(r, u.Seen.Shop)
	u.Act.Reads(r)
}

// Decide refuses what is not open any more or not what was seen, and whoever
// proposed it: by the person, in whatever session.
func (u Approve[A]) Decide(s *db.State) (done Done[A], err error) {
	a, err := undecided(s, &u.Seen)
	if err != nil {
		return done, err
	}
	approver, err := allowed(s, u.Approver, u.Permission)
	if err != nil {
		return done, err
	}
	if approver.ID == a.Proposer {
		return done, fault.New(fault.Declined, "you proposed this yourself: somebody else must approve it")
	}
	if _, err := allowed(s, a.Proposer, u.Permission); err != nil {
		return done, fault.New(fault.Declined, "%s, who proposed this, may not do so any more", a.ProposerEmail)
	}
	if done.Answer, err = u.Act.Decide(s); err != nil {
		return done, err
	}
	done.Approval, done.Executed = a, true
	return done, a.decide(s, approver, Executed, "approval.approve", u.Note)
}

// undecided is an approval that is still what was seen, and may be decided on.
func undecided(s *db.State, seen *Approval) (*Approval, error) {
	a, ok := approvals.Find(s, seen.ID, seen.Shop)
	switch {
	case !ok:
		return nil, fault.New(fault.NotFound, "there is no such proposal")
	case a.Status != Open:
		return nil, fault.New(fault.Busy, "this was %s already, by %s", a.Status, a.DeciderEmail)
	case a.Expired(s.Now()):
		return nil, fault.New(fault.Busy, "nobody decided on this in time; propose it again")
	case a.Digest() != seen.Digest():
		return nil, fault.New(fault.Busy, "this is not what you saw; look at it again")
	}
	return a, nil
}

// decide ends an approval, and names both operators in the audit.
func (a *Approval) decide(s *db.State, by *Operator, to ApprovalStatus, act, note string) error {
	if err := checkWords("note", note); err != nil {
		return err
	}
	a.Status, a.Decider, a.DeciderEmail, a.Note, a.DecidedAt = to, by.ID, by.Email, note, s.Now()
	approvals.Update(s, a)
	detail := a.words() + "; proposed by " + a.ProposerEmail
	if note != "" {
		detail += "; " + note
	}
	audit.Append(s, a.Shop, by.Actor(), act, a.subject(), detail)
	return nil
}

// Dismiss ends a proposal without doing it: its proposer withdraws it, anybody
// else who may do the act refuses it.
type Dismiss struct {
	Seen       Approval
	By         int64
	Permission Permission
	Note       string
}

// Reads names the approval and the operator.
func (u Dismiss) Reads(r *db.Reads) {
	approvals.Read(r, u.Seen.ID, u.Seen.Shop)
	operators.Read(r, u.By)
	audit.Read(r, u.Seen.Shop)
}

// Decide answers the approval as it is then.
func (u Dismiss) Decide(s *db.State) (*Approval, error) {
	a, err := undecided(s, &u.Seen)
	if err != nil {
		return nil, err
	}
	by, err := allowed(s, u.By, u.Permission)
	if err != nil {
		return nil, err
	}
	if by.ID == a.Proposer {
		return a, a.decide(s, by, Withdrawn, "approval.withdraw", u.Note)
	}
	if u.Note == "" {
		return nil, fault.Param("note", "must say why, for whoever proposed it")
	}
	return a, a.decide(s, by, Refused, "approval.refuse", u.Note)
}

// FindApproval is an approval of a shop; fault.NotFound when there is none.
func (p *Operators) FindApproval(ctx context.Context, shop, id int64) (*Approval, error) {
	a, err := approvals.First(ctx, p.DB.Reader(), "id = $1 AND shop_id = $2", id, shop)
	if err == nil && a == nil {
		err = fault.New(fault.NotFound, "there is no such proposal")
	}
	return a, err
}

// Lists over the shops: what waits for a decision, the soonest to expire first,
// and what does not any more, newest first.
const (
	openApprovals = "SELECT shop_id, id FROM approval WHERE status = 'open' AND expires_at > $1 ORDER BY expires_at LIMIT $2"
	pastApprovals = "SELECT shop_id, id FROM approval WHERE id < $1 AND (status <> 'open' OR expires_at <= $2) ORDER BY id DESC LIMIT $3"
)

// OpenApprovals lists what waits for a decision.
func (p *Operators) OpenApprovals(ctx context.Context, limit int) ([]*Approval, error) {
	return p.listApprovals(ctx, openApprovals, p.Now().UnixMilli(), limit)
}

// PastApprovals lists what was decided on or expired, those before an id; 0 begins.
func (p *Operators) PastApprovals(ctx context.Context, before int64, limit int) ([]*Approval, error) {
	if before == 0 {
		before = 1 << 53
	}
	return p.listApprovals(ctx, pastApprovals, before, p.Now().UnixMilli(), limit)
}

func (p *Operators) listApprovals(ctx context.Context, text string, args ...any) ([]*Approval, error) {
	keys, err := db.Keys(ctx, p.DB.Reader(), text, args...)
	if err != nil {
		return nil, err
	}
	var list []*Approval
	for _, k := range keys {
		a, err := p.FindApproval(ctx, k.Shop, k.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

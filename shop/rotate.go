package shop

import (
	"io"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// StartRotation gives a shop a new secret; the old one stays valid beside it
// until FinishRotation. Make it with NewRotation.
type StartRotation struct {
	Shop   int64
	Kind   Kind
	Sealed string // the new secret
	Revoke bool   // the old one is not valid any more at once: it has leaked
	Actor  string
}

// NewRotation draws and seals a new secret, and answers it in clear, to be shown once.
func NewRotation(box *seal.Box, random io.Reader, shop int64, kind Kind, revoke bool, actor string) (StartRotation, string, error) {
	if kind != API && kind != Webhook {
		return StartRotation{}, "", fault.Param("kind", "must be secret or webhook_key")
	}
	plain, sealed, err := kind.prepare(box, random, shop, "")
	return StartRotation{Shop: shop, Kind: kind, Sealed: sealed, Revoke: revoke, Actor: actor}, plain, err
}

// Reads names the shop's row and the end of its audit chain.
func (u StartRotation) Reads(r *db.Reads) { readForChange(r, u.Shop) }

// Decide puts the new secret in force. fault.Busy while an earlier rotation of
// the same secret is not finished; Revoke ends that one too.
func (u StartRotation) Decide(s *db.State) (struct{}, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return struct{}{}, err
	}
	if u.Sealed == "" {
		return struct{}{}, fault.New(fault.Internal, "a rotation is made with NewRotation")
	}
	now, old := u.Kind.columns(row)
	if *old != "" && !u.Revoke {
		return struct{}{}, fault.New(fault.Busy, "Shop (id = %d) has an old %s that is still valid; finish that rotation first", u.Shop, u.Kind)
	}
	act := "shop." + string(u.Kind) + ".rotate"
	*old, *now = *now, u.Sealed
	if u.Revoke {
		*old = ""
		act = "shop." + string(u.Kind) + ".revoke"
	}
	save(s, row, u.Actor, act, "")
	return struct{}{}, nil
}

// FinishRotation makes the old secret invalid.
type FinishRotation struct {
	Shop  int64
	Kind  Kind
	Actor string
}

// Reads names the shop's row and the end of its audit chain.
func (u FinishRotation) Reads(r *db.Reads) { readForChange(r, u.Shop) }

// Decide answers whether there was an old secret to drop.
func (u FinishRotation) Decide(s *db.State) (bool, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return false, err
	}
	_, old := u.Kind.columns(row)
	if *old == "" {
		return false, nil
	}
	*old = ""
	save(s, row, u.Actor, "shop."+string(u.Kind)+".finish", "")
	return true, nil
}

// columns are where a row keeps the secret that counts and the old one.
func (k Kind) columns(row *Shop) (now, old *string) {
	if k == Webhook {
		return &row.WebhookKey, &row.OldWebhookKey
	}
	return &row.Secret, &row.OldSecret
}

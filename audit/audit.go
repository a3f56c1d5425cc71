// Package audit is the room of the log book: what operators and the command
// line changed, append-only, one hash chain per shop, shop 0 being the house.
//
// It must not know what the acts mean. A use case that changes something on an
// operator's word appends to it in the same commit.
package audit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"

	"github.com/brama-pay/brama/db"
)

// Link is one entry of a shop's chain.
type Link struct {
	Shop     int64
	Seq      int64 // 1, 2, 3 … without a gap
	At       int64 // Unix milliseconds
	Actor    string
	Act      string
	Subject  string
	Detail   string // never a secret
	Previous string // Hash of the link before, "" for the first
	Hash     string // hex SHA-256 over everything above
}

// head is the last link of a chain.
type head struct {
	Shop    int64
	Seq     int64
	Hash    string
	Version int64
}

var links = db.NewTable("audit", "shop_id, seq, at, actor, act, subject, detail, previous, hash", "shop_id, seq", func(l *Link) []any {
	return []any{&l.Shop, &l.Seq, &l.At, &l.Actor, &l.Act, &l.Subject, &l.Detail, &l.Previous, &l.Hash}
})

var heads = db.NewTable("audit_head", "shop_id, seq, hash, version", "shop_id", func(h *head) []any {
	return []any{&h.Shop, &h.Seq, &h.Hash, &h.Version}
})

// Read names the rows that Append needs.
func Read(r *db.Reads, shop int64) { heads.Read(r, shop) }

// Append adds a link to a shop's chain. actor is who did it ("operator:ann",
// "command"), act the verb ("shop.set"), subject what it was done to, detail
// what changed – in words fit to be kept, never a secret. actor and act are required.
func Append(s *db.State, shop int64, actor, act, subject, detail string) {
	if actor == "" || act == "" {
		panic("audit: an act without an actor")
	}
	last, found := heads.Find(s, shop)
	if !found {
		last = &head{Shop: shop}
	}
	link := &Link{
		Shop: shop, Seq: last.Seq + 1, At: s.Now(), Actor: actor, Act: act,
		Subject: subject, Detail: detail, Previous: last.Hash,
	}
	link.Hash = link.hash()
	links.Insert(s, link)
	last.Seq, last.Hash = link.Seq, link.Hash
	if found {
		heads.Update(s, last)
	} else {
		heads.Insert(s, last)
	}
}

// hash covers the previous hash and every field, each with its length, so that
// no text can pass from one field into the next.
func (l *Link) hash() string {
	var b []byte
	for _, n := range []int64{l.Shop, l.Seq, l.At} {
		b = binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // a bijection is all that is needed
	}
	for _, text := range []string{l.Previous, l.Actor, l.Act, l.Subject, l.Detail} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// List are up to limit links of a shop's chain behind the link number after, oldest first.
func List(ctx context.Context, from *sql.DB, shop, after int64, limit int) ([]*Link, error) {
	return links.Select(ctx, from, "shop_id = $1 AND seq > $2 ORDER BY seq LIMIT $3", shop, after, limit)
}

// Newest are up to limit links before the link number before (0: from the end), newest first.
func Newest(ctx context.Context, from *sql.DB, shop, before int64, limit int) ([]*Link, error) {
	if before <= 0 {
		before = 1 << 62
	}
	return links.Select(ctx, from, "shop_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3", shop, before, limit)
}

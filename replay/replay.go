// Package replay is the room that remembers which signature was used for what. A
// method's name is not part of its signature, so that one signed body is valid
// for several methods; a shop may have that refused (api/avanor.md §2, hardening 2).
//
// It must not know a wire protocol: a signature is a text to it, and so is the
// name of a method. Its rows stay: a signature has no end.
package replay

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// use is the first use of a signature of a shop.
type use struct {
	Shop   int64
	Sign   string // in one spelling: the caller's business
	Method string
	At     int64 // Unix milliseconds
}

var uses = db.NewTable("signature_use", "shop_id, sign, method, at", "sign, shop_id", func(u *use) []any {
	return []any{&u.Shop, &u.Sign, &u.Method, &u.At}
})

// Use is the use of a signature by a method.
type Use struct {
	Shop         int64
	Sign, Method string
}

// Reads names the signature's first use.
func (u Use) Reads(r *db.Reads) { uses.Read(r, u.Sign, u.Shop) }

// Decide remembers a first use and refuses, as fault.Invalid of sign, one by
// another method. The same method may use it again: its own ids say what a
// repeat means.
func (u Use) Decide(s *db.State) (struct{}, error) {
	first, used := uses.Find(s, u.Sign, u.Shop)
	switch {
	case !used:
		uses.Insert(s, &use{Shop: u.Shop, Sign: u.Sign, Method: u.Method, At: s.Now()})
	case first.Method != u.Method:
		return struct{}{}, fault.Param("sign", "already used for "+first.Method+"; sign this request anew, with another now or id")
	}
	return struct{}{}, nil
}

// Guard keeps the uses in a database.
type Guard struct{ DB *db.DB }

// Use runs the use case in a commit of its own. It comes before the method's own,
// so that a crash between the two refuses at most the other method.
func (g Guard) Use(ctx context.Context, shop int64, sign, method string) error {
	_, err := db.Do(ctx, g.DB, shop, Use{Shop: shop, Sign: sign, Method: method})
	return err
}

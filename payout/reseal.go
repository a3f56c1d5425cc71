package payout

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// resealPage is how many payouts one commit takes.
const resealPage = 200

// CountSealed is how many payouts of a shop keep their account under another
// key than the box's present one.
func CountSealed(ctx context.Context, from *sql.DB, box *seal.Box, shop int64) (n int64, err error) {
	err = eachStale(ctx, from, box, shop, func(stale []*Payout) error {
		n += int64(len(stale))
		return nil
	})
	return n, err
}

// Reseal puts the accounts of a shop's payouts under the box's present key, a
// page at a time under the shop's lock, and counts them.
func Reseal(ctx context.Context, d *db.DB, box *seal.Box, shop int64) (n int64, err error) {
	err = eachStale(ctx, d.Reader(), box, shop, func(stale []*Payout) error {
		u := reseal{shop: shop}
		for _, p := range stale {
			r, err := newResealed(box, p)
			if err != nil {
				return err
			}
			u.rows = append(u.rows, r)
		}
		done, err := db.Do(ctx, d, shop, u)
		n += done
		return err
	})
	return n, err
}

// eachStale reads a shop's payouts in pages and hands over those under another key.
func eachStale(ctx context.Context, from *sql.DB, box *seal.Box, shop int64, each func([]*Payout) error) error {
	var after int64
	for {
		page, err := payouts.Select(ctx, from, "shop_id = $1 AND id > $2 ORDER BY id LIMIT $3", shop, after, resealPage)
		if err != nil {
			return err
		}
		var stale []*Payout
		for _, p := range page {
			after = p.ID
			if p.Account != "" && !box.Current(p.Account) || p.Details != "" && !box.Current(p.Details) {
				stale = append(stale, p)
			}
		}
		if len(stale) > 0 {
			if err := each(stale); err != nil {
				return err
			}
		}
		if len(page) < resealPage {
			return nil
		}
	}
}

// resealed is what a payout keeps sealed, before and after.
type resealed struct {
	id                           int64
	oldAccount, oldDetails       string
	sealedAccount, sealedDetails string
}

func newResealed(box *seal.Box, p *Payout) (r resealed, err error) {
	r = resealed{id: p.ID, oldAccount: p.Account, oldDetails: p.Details}
	if r.sealedAccount, err = again(box, p, "account", p.Account); err == nil {
		r.sealedDetails, err = again(box, p, "details", p.Details)
	}
	return r, err
}

// again seals a field anew.
func again(box *seal.Box, p *Payout, field, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	plain, err := box.Open("payout", p.Shop, field, text)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "the %s of payout %d does not open", field, p.ID)
	}
	return box.Seal("payout", p.Shop, field, plain)
}

// reseal replaces the ciphertexts of a page of payouts; the rest of their rows
// may have changed meanwhile.
type reseal struct {
	shop int64
	rows []resealed
}

func (u reseal) Reads(r *db.Reads) {
	for _, row := range u.rows {
		payouts.Read(r, row.id, u.shop)
	}
}

func (u reseal) Decide(s *db.State) (n int64, err error) {
	for _, row := range u.rows {
		p, ok := payouts.Find(s, row.id, u.shop)
		if !ok || p.Account != row.oldAccount || p.Details != row.oldDetails {
			continue
		}
		p.Account, p.Details = row.sealedAccount, row.sealedDetails
		payouts.Update(s, p)
		n++
	}
	return n, nil
}

package shop

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Reseal puts a shop's secrets under the box's present key. The secrets stay what
// they are. Make it with NewReseal.
type Reseal struct {
	Shop    int64
	version int64 // of the row that was looked at
	sealed  [4]string
}

// NewReseal opens and seals what is under another key; false when nothing is.
func NewReseal(box *seal.Box, row *Shop) (u Reseal, needed bool, err error) {
	u = Reseal{Shop: row.ID, version: row.Version}
	for i, c := range row.sealedColumns() {
		u.sealed[i] = *c.text
		if *c.text == "" || box.Current(*c.text) {
			continue
		}
		needed = true
		plain, err := c.kind.open(box, row.ID, *c.text)
		if err != nil {
			return u, false, err
		}
		if u.sealed[i], err = c.kind.seal(box, row.ID, plain); err != nil {
			return u, false, err
		}
	}
	return u, needed, nil
}

type sealedColumn struct {
	kind Kind
	text *string
}

func (p *Shop) sealedColumns() [4]sealedColumn {
	return [4]sealedColumn{{API, &p.Secret}, {API, &p.OldSecret}, {Webhook, &p.WebhookKey}, {Webhook, &p.OldWebhookKey}}
}

// Reads names the shop's row.
func (u Reseal) Reads(r *db.Reads) { shops.Read(r, u.Shop) }

// Decide replaces the ciphertexts. fault.Busy when the row was changed since
// NewReseal looked at it: look again.
func (u Reseal) Decide(s *db.State) (struct{}, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return struct{}{}, err
	}
	if row.Version != u.version {
		return struct{}{}, fault.New(fault.Busy, "Shop (id = %d) was changed meanwhile; try again", u.Shop)
	}
	for i, c := range row.sealedColumns() {
		*c.text = u.sealed[i]
	}
	shops.Update(s, row)
	return struct{}{}, nil
}

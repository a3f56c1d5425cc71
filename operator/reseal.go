package operator

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Reseal puts an operator's second factor under the box's present key. Make it
// with NewReseals.
type Reseal struct {
	id              int64
	version         int64 // of the row that was looked at
	factor, pending string
}

// NewReseals opens and seals the second factors that are under another key.
func NewReseals(ctx context.Context, from *sql.DB, box *seal.Box) (list []Reseal, err error) {
	const page = 200
	for after := int64(0); ; {
		rows, err := operators.Select(ctx, from, "id > $1 ORDER BY id LIMIT $2", after, page)
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			after = o.ID
			u := Reseal{id: o.ID, version: o.Version}
			if u.factor, err = again(box, o, o.Factor); err != nil {
				return nil, err
			}
			if u.pending, err = again(box, o, o.PendingFactor); err != nil {
				return nil, err
			}
			if u.factor != o.Factor || u.pending != o.PendingFactor {
				list = append(list, u)
			}
		}
		if len(rows) < page {
			return list, nil
		}
	}
}

// again is a sealed text under the present key; itself when it is already.
func again(box *seal.Box, o *Operator, sealed string) (string, error) {
	if sealed == "" || box.Current(sealed) {
		return sealed, nil
	}
	plain, err := box.Open("operator", o.ID, "factor", sealed)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "the second factor of operator %d does not open", o.ID)
	}
	return box.Seal("operator", o.ID, "factor", plain)
}

// Reads names the operator.
func (u Reseal) Reads(r *db.Reads) { operators.Read(r, u.id) }

// Decide replaces the ciphertexts. fault.Busy when the row was changed since it
// was looked at: look again.
func (u Reseal) Decide(s *db.State) (struct{}, error) {
	o, err := find(s, u.id)
	if err != nil {
		return struct{}{}, err
	}
	if o.Version != u.version {
		return struct{}{}, fault.New(fault.Busy, "an operator was changed meanwhile; try again")
	}
	o.Factor, o.PendingFactor = u.factor, u.pending
	operators.Update(s, o)
	return struct{}{}, nil
}

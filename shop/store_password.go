package shop

import (
	"context"
	"database/sql"
	"io"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// RotateStorePassword gives a store a new password; the old one stays valid beside
// it until FinishStoreRotation, and signs until then. It is run under db.House;
// make it with NewStoreRotation.
type RotateStorePassword struct {
	ID     string
	Sealed string // the new password
	Revoke bool   // the old one is not valid any more at once: it has leaked
	Actor  string
}

// NewStoreRotation draws and seals a new password, or seals the one that is given,
// and answers it in clear, to be shown once.
func NewStoreRotation(box *seal.Box, random io.Reader, row *Store, given string, revoke bool, actor string) (u RotateStorePassword, plain string, err error) {
	u = RotateStorePassword{ID: row.ID, Revoke: revoke, Actor: actor}
	plain, u.Sealed, err = preparePassword(box, random, row.Shop, row.ID, given)
	return u, plain, err
}

// Reads names the row and the end of the house's audit chain.
func (u RotateStorePassword) Reads(r *db.Reads) { readStore(r, u.ID) }

// Decide puts the new password in force. fault.Busy while an earlier rotation is
// not finished; Revoke ends that one too.
func (u RotateStorePassword) Decide(s *db.State) (struct{}, error) {
	row, err := findStore(s, u.ID)
	if err != nil {
		return struct{}{}, err
	}
	if u.Sealed == "" {
		return struct{}{}, fault.New(fault.Internal, "a rotation is made with NewStoreRotation")
	}
	if row.Rotating() && !u.Revoke {
		return struct{}{}, fault.New(fault.Busy, "Store (id = %s) has an old password that is still valid; finish that rotation first", u.ID)
	}
	act := "store.password.rotate"
	row.OldPassword, row.Password = row.Password, u.Sealed
	if u.Revoke {
		row.OldPassword = ""
		act = "store.password.revoke"
	}
	saveStore(s, row, u.Actor, act, "")
	return struct{}{}, nil
}

// FinishStoreRotation makes the old password invalid. It is run under db.House.
type FinishStoreRotation struct{ ID, Actor string }

// Reads names the row and the end of the house's audit chain.
func (u FinishStoreRotation) Reads(r *db.Reads) { readStore(r, u.ID) }

// Decide answers whether there was an old password to drop.
func (u FinishStoreRotation) Decide(s *db.State) (bool, error) {
	row, err := findStore(s, u.ID)
	if err != nil || !row.Rotating() {
		return false, err
	}
	row.OldPassword = ""
	saveStore(s, row, u.Actor, "store.password.finish", "")
	return true, nil
}

// ResealStore puts a store's passwords under the box's present key, as Reseal does
// a shop's secrets. It is run under db.House; make it with NewStoreReseals.
type ResealStore struct {
	id       string
	version  int64 // of the row that was looked at
	now, old string
}

// NewStoreReseals opens and seals the passwords of all stores that are under
// another key.
func NewStoreReseals(ctx context.Context, from *sql.DB, box *seal.Box) (list []ResealStore, err error) {
	const page = 200
	for after := ""; ; {
		rows, err := ListStores(ctx, from, 0, after, page)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.ID
			u, needed, err := newStoreReseal(box, row)
			if err != nil {
				return nil, err
			}
			if needed {
				list = append(list, u)
			}
		}
		if len(rows) < page {
			return list, nil
		}
	}
}

func newStoreReseal(box *seal.Box, row *Store) (u ResealStore, needed bool, err error) {
	u = ResealStore{id: row.ID, version: row.Version}
	for _, part := range []struct {
		from string
		to   *string
	}{{row.Password, &u.now}, {row.OldPassword, &u.old}} {
		*part.to = part.from
		if part.from == "" || box.Current(part.from) {
			continue
		}
		needed = true
		plain, err := openPassword(box, row, part.from)
		if err != nil {
			return u, false, err
		}
		if *part.to, err = sealPassword(box, row.Shop, row.ID, plain); err != nil {
			return u, false, err
		}
	}
	return u, needed, nil
}

// Reads names the row.
func (u ResealStore) Reads(r *db.Reads) { stores.Read(r, u.id) }

// Decide replaces the ciphertexts. fault.Busy when the row was changed since it was
// looked at: look again.
func (u ResealStore) Decide(s *db.State) (struct{}, error) {
	row, err := findStore(s, u.id)
	if err != nil {
		return struct{}{}, err
	}
	if row.Version != u.version {
		return struct{}{}, fault.New(fault.Busy, "Store (id = %s) was changed meanwhile; try again", u.id)
	}
	row.Password, row.OldPassword = u.now, u.old
	stores.Update(s, row)
	return struct{}{}, nil
}

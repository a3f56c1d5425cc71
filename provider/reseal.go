package provider

import (
	"context"
	"database/sql"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// ResealAccount puts an account's secrets under the box's present key. The
// secrets stay what they are. It is run under db.House; NewReseals makes it.
type ResealAccount struct {
	Name    string
	sealed  string
	version int64
}

// NewReseals opens and seals the secrets of every account that is under another key.
func NewReseals(ctx context.Context, from *sql.DB, box *seal.Box) ([]ResealAccount, error) {
	rows, err := accountRows.Select(ctx, from, "name <> '' ORDER BY name")
	if err != nil {
		return nil, err
	}
	var list []ResealAccount
	for _, row := range rows {
		if box.Current(row.Secrets) {
			continue
		}
		account, err := row.open(box)
		if err != nil {
			return nil, err
		}
		sealed, err := sealSecrets(box, row.Name, account.Secrets)
		if err != nil {
			return nil, err
		}
		list = append(list, ResealAccount{row.Name, sealed, row.Version})
	}
	return list, nil
}

// Reads names the row.
func (u ResealAccount) Reads(r *db.Reads) { accountRows.Read(r, u.Name) }

// Decide replaces the ciphertext. fault.Busy when the account was changed since
// it was looked at: look again.
func (u ResealAccount) Decide(s *db.State) (struct{}, error) {
	row, found := accountRows.Find(s, u.Name)
	if !found {
		return struct{}{}, accountNotFound(u.Name)
	}
	if row.Version != u.version {
		return struct{}{}, fault.New(fault.Busy, "Provider account %s was changed meanwhile; try again", u.Name)
	}
	row.Secrets = u.sealed
	accountRows.Update(s, row)
	return struct{}{}, nil
}

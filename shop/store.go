package shop

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// Store is a PayParts store: the name under which a shop speaks that protocol, and
// what is settled about it. A request names the store and not its shop
// (api/payparts.md §3). Stores are part of the catalogue: they change under db.House.
type Store struct {
	ID          string // 1–20 characters, global
	Shop        int64
	Payway      string // the alias that prices and routes its payments; incoming and in UAH when it was set
	Password    string // sealed; the one that counts, the new one while rotating
	OldPassword string // sealed; valid beside it until the rotation is finished, else ""
	Stored      string // the settings as they are kept; see Settings
	CreatedAt   int64  // Unix milliseconds
	UpdatedAt   int64
	Version     int64
}

var stores = db.NewTable("store", "id, shop_id, payway, password, old_password, settings, created_at, updated_at, version", "id", func(p *Store) []any {
	return []any{&p.ID, &p.Shop, &p.Payway, &p.Password, &p.OldPassword, &p.Stored, &p.CreatedAt, &p.UpdatedAt, &p.Version}
})

// Settings are the row's settings, defaults filled in.
func (p *Store) Settings() (StoreSettings, error) { return parseStoreSettings(p.Stored) }

// Rotating reports whether an old password is still valid.
func (p *Store) Rotating() bool { return p.OldPassword != "" }

// StoreNotFound is the fault of an unknown store.
func StoreNotFound(id string) error {
	return fault.New(fault.NotFound, "Store (id = %s) is not found", id)
}

// LoadStore is a store's row outside of a decision; fault.NotFound when there is none.
func LoadStore(ctx context.Context, from *sql.DB, id string) (*Store, error) {
	if !storeForm.MatchString(id) {
		return nil, StoreNotFound(id)
	}
	row, err := stores.First(ctx, from, "id = $1", id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, StoreNotFound(id)
	}
	return row, nil
}

// ListStores are up to limit stores behind the one with the id after, by id; of
// one shop unless shop is 0.
func ListStores(ctx context.Context, from *sql.DB, shop int64, after string, limit int) ([]*Store, error) {
	if shop == 0 {
		return stores.Select(ctx, from, "id > $1 ORDER BY id LIMIT $2", after, limit)
	}
	return stores.Select(ctx, from, "shop_id = $1 AND id > $2 ORDER BY id LIMIT $3", shop, after, limit)
}

// storeForm is what Brama makes and takes as a store's id (api/payparts.md §4).
var storeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,20}$`)

// checkStoreID also refuses the ids that an answer's text begins with. Signed texts
// have no separators: an answer begins with its state and a request with the
// store, so that none of ours can be taken for a request unless both are the same.
func checkStoreID(id string) (reason string) {
	if !storeForm.MatchString(id) {
		return "must have 1 to 20 letters, digits, - and _"
	}
	for _, state := range []string{"SUCCESS", "FAIL", "UNKNOWN"} {
		if strings.HasPrefix(strings.Repeat(state, 20), id) {
			return "must not begin as the state of an answer does"
		}
	}
	return ""
}

// checkPassword takes what a bank gave the shop as well as what is drawn here.
func checkPassword(plain string) (reason string) {
	if len(plain) < minSecret || len(plain) > maxSecret {
		return fmt.Sprintf("must have %d to %d characters", minSecret, maxSecret)
	}
	if strings.ContainsFunc(plain, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "must be printable ASCII without spaces"
	}
	return ""
}

func sealPassword(box *seal.Box, shop int64, store, plain string) (string, error) {
	return box.Seal("store", shop, passwordField(store), []byte(plain))
}

func openPassword(box *seal.Box, row *Store, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	plain, err := box.Open("store", row.Shop, passwordField(row.ID), text)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "a password of store %s does not open", row.ID)
	}
	return string(plain), nil
}

// passwordField keeps a shop's stores from being given each other's ciphertext.
func passwordField(store string) string { return "password of " + store }

package shop

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// CreateStore opens a store for a shop. It is run under db.House; make it with
// NewStore.
type CreateStore struct {
	ID       string
	Shop     int64
	Payway   string
	Password string   // sealed
	Values   []string // settings, as SetStore has them
	Actor    string
}

// NewStore prepares a store. Its id and its password are drawn when they are not
// given; the password is answered in clear, to be shown once.
func NewStore(box *seal.Box, random io.Reader, id string, shop int64, payway, password, actor string) (c CreateStore, plain string, err error) {
	if id == "" {
		if id, err = drawStoreID(random); err != nil {
			return CreateStore{}, "", err
		}
	}
	c = CreateStore{ID: id, Shop: shop, Payway: payway, Actor: actor}
	plain, c.Password, err = preparePassword(box, random, shop, id, password)
	return c, plain, err
}

// drawStoreID draws an id of the form that the bank's have: 20 upper-case hex.
func drawStoreID(random io.Reader) (string, error) {
	var b [10]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a store's id: %w", err)
	}
	return strings.ToUpper(hex.EncodeToString(b[:])), nil
}

// preparePassword takes the given password, or draws one, and seals it.
func preparePassword(box *seal.Box, random io.Reader, shop int64, store, given string) (plain, sealed string, err error) {
	if plain = given; plain == "" {
		if plain, err = API.draw(random); err != nil {
			return "", "", err
		}
	}
	if reason := checkPassword(plain); reason != "" {
		return "", "", fault.Param("password", reason)
	}
	sealed, err = sealPassword(box, shop, store, plain)
	return plain, sealed, err
}

// Reads names the shop, the store's id, its payway and the end of the house's audit chain.
func (c CreateStore) Reads(r *db.Reads) {
	shops.Read(r, c.Shop)
	stores.Read(r, c.ID)
	readPayway(r, c.Payway)
	audit.Read(r, db.House)
}

// Decide opens the store. fault.ShopNotFound, fault.NotUnique when the id is taken,
// fault.Invalid naming the setting that is wrong.
func (c CreateStore) Decide(s *db.State) (*Store, error) {
	if _, err := Find(s, c.Shop); err != nil {
		return nil, err
	}
	if reason := checkStoreID(c.ID); reason != "" {
		return nil, fault.Param("id", reason)
	}
	if err := leadable(s, c.Payway, c.Shop); err != nil {
		return nil, err
	}
	if c.Password == "" {
		return nil, fault.New(fault.Internal, "a store is made with NewStore")
	}
	if _, taken := stores.Find(s, c.ID); taken {
		return nil, fault.New(fault.NotUnique, "Store (id = %s) exists; choose another id", c.ID)
	}
	settings := DefaultStoreSettings()
	for _, value := range c.Values {
		if err := settings.Set(value); err != nil {
			return nil, err
		}
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	row := &Store{
		ID: c.ID, Shop: c.Shop, Payway: c.Payway, Password: c.Password, Stored: settings.text(), CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	stores.Insert(s, row)
	detail := append([]string{subject(c.Shop), "payway: " + c.Payway}, c.Values...)
	audit.Append(s, db.House, c.Actor, "store.create", storeSubject(c.ID), strings.Join(detail, "; "))
	return row, nil
}

func storeSubject(id string) string { return "store " + id }

// SetStore changes a store's payway and settings, for payments from now on. It is
// run under db.House.
type SetStore struct {
	ID     string
	Values []string // "key=value"; see StoreKeys, and "payway"
	Seen   int64    // Version of the row that was looked at; 0: whatever it is
	Actor  string
}

// Reads names the row, the payway it is led to and the end of the house's audit chain.
func (u SetStore) Reads(r *db.Reads) {
	readStore(r, u.ID)
	for _, value := range u.Values {
		if alias, ok := strings.CutPrefix(value, "payway="); ok {
			readPayway(r, alias)
		}
	}
}

// Decide changes what differs, all or nothing, and answers what that was. A
// fault.Invalid names the key.
func (u SetStore) Decide(s *db.State) ([]Change, error) {
	row, err := findStore(s, u.ID)
	if err != nil {
		return nil, err
	}
	if err := unchanged(u.Seen, row.Version, storeSubject(u.ID)); err != nil {
		return nil, err
	}
	old, err := row.Settings()
	if err != nil {
		return nil, err
	}
	settings, payway := old, row.Payway
	for _, value := range u.Values {
		if alias, ok := strings.CutPrefix(value, "payway="); ok {
			payway = alias
		} else if err := settings.Set(value); err != nil {
			return nil, err
		}
	}
	if payway != row.Payway { // one that it has already keeps no other setting from being mended
		if err := leadable(s, payway, row.Shop); err != nil {
			return nil, err
		}
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	changes := storeDifference(old, settings)
	if payway != row.Payway {
		changes = append(changes, Change{"payway", row.Payway, payway})
	}
	if len(changes) == 0 {
		return nil, nil
	}
	row.Payway, row.Stored = payway, settings.text()
	saveStore(s, row, u.Actor, "store.set", details(changes))
	return changes, nil
}

func storeDifference(old, settings StoreSettings) []Change {
	var changes []Change
	for _, k := range storeKeys {
		if from, to := k.read(&old), k.read(&settings); from != to {
			changes = append(changes, Change{k.Name, from, to})
		}
	}
	return changes
}

func readStore(r *db.Reads, id string) {
	stores.Read(r, id)
	audit.Read(r, db.House)
}

func findStore(s *db.State, id string) (*Store, error) {
	row, ok := stores.Find(s, id)
	if !ok {
		return nil, StoreNotFound(id)
	}
	return row, nil
}

// saveStore writes a changed row and its audit link.
func saveStore(s *db.State, row *Store, actor, act, detail string) {
	row.UpdatedAt = s.Now()
	stores.Update(s, row)
	audit.Append(s, db.House, actor, act, storeSubject(row.ID), detail)
}

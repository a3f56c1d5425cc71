package shop

import (
	"strconv"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Set changes a shop's name and settings.
type Set struct {
	Shop   int64
	Values []string // "key=value"; see Keys, and "name"
	Seen   int64    // Version of the row that was looked at; 0: whatever it is
	Alone  bool     // one operator's word: no payout that waits for two may stop to
	Actor  string
}

// Change is one setting that was changed.
type Change struct{ Key, From, To string }

// Reads names the shop's row and the end of its audit chain.
func (u Set) Reads(r *db.Reads) { readForChange(r, u.Shop) }

// Decide changes what differs, all or nothing, and answers what that was. A
// fault.Invalid names the key.
func (u Set) Decide(s *db.State) ([]Change, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return nil, err
	}
	if err := unchanged(u.Seen, row.Version, subject(u.Shop)); err != nil {
		return nil, err
	}
	old, err := row.Settings()
	if err != nil {
		return nil, err
	}
	settings, name := old, row.Name
	for _, value := range u.Values {
		if text, ok := strings.CutPrefix(value, "name="); ok {
			name = text
		} else if err := settings.Set(value); err != nil {
			return nil, err
		}
	}
	if reason := checkName(name); reason != "" {
		return nil, fault.Param("name", reason)
	}
	if u.Alone {
		if err := checkAlone(old, settings); err != nil {
			return nil, err
		}
	}
	changes := difference(old, settings)
	if name != row.Name {
		changes = append(changes, Change{"name", row.Name, name})
	}
	if len(changes) == 0 {
		return nil, nil
	}
	row.Name, row.Stored = name, settings.text()
	save(s, row, u.Actor, "shop.set", details(changes))
	return changes, nil
}

// unchanged is fault.Busy when a row is not any more what was looked at.
func unchanged(seen, version int64, what string) error {
	if seen != 0 && seen != version {
		return fault.New(fault.Busy, "%s was changed meanwhile; look at it again", what)
	}
	return nil
}

func difference(old, settings Settings) []Change {
	var changes []Change
	for _, k := range keys {
		if from, to := k.read(&old), k.read(&settings); from != to {
			changes = append(changes, Change{k.Name, from, to})
		}
	}
	return changes
}

func details(changes []Change) string {
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = c.Key + ": " + strconv.Quote(c.From) + " to " + strconv.Quote(c.To)
	}
	return strings.Join(parts, "; ")
}

// SetActive switches a shop on or off. Off, its requests are refused with
// fault.ShopOff; what is in progress goes on.
type SetActive struct {
	Shop   int64
	Active bool
	Actor  string
}

// Activate switches a shop on.
func Activate(shop int64, actor string) SetActive { return SetActive{shop, true, actor} }

// Deactivate switches a shop off.
func Deactivate(shop int64, actor string) SetActive { return SetActive{shop, false, actor} }

// Reads names the shop's row and the end of its audit chain.
func (u SetActive) Reads(r *db.Reads) { readForChange(r, u.Shop) }

// Decide answers whether anything changed.
func (u SetActive) Decide(s *db.State) (bool, error) {
	row, err := Find(s, u.Shop)
	if err != nil || row.Active == u.Active {
		return false, err
	}
	row.Active = u.Active
	act := "shop.deactivate"
	if u.Active {
		act = "shop.activate"
	}
	save(s, row, u.Actor, act, "")
	return true, nil
}

func readForChange(r *db.Reads, shop int64) {
	shops.Read(r, shop)
	audit.Read(r, shop)
}

// save writes a changed row and its audit link.
func save(s *db.State, row *Shop, actor, act, detail string) {
	row.UpdatedAt = s.Now()
	shops.Update(s, row)
	audit.Append(s, row.ID, actor, act, subject(row.ID), detail)
}

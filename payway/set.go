package payway

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
)

// Create adds a payway to the catalogue. It is run under db.House.
//
// What Values do not say: active, named like its alias, open to every shop, from
// 1 to 100,000 units of its currency, free of charge. provider must be said.
type Create struct {
	Alias     string
	ID        int64 // 0: drawn
	Direction Direction
	Currency  money.Currency
	Values    []string // "key=value"; see Keys
	Actor     string
}

// aliasForm is the grammar of api/avanor.md §4.
var aliasForm = regexp.MustCompile(`^[A-Za-z0-9_,\[\]]{1,150}$`)

// Reads names the row by its alias and by its number, and the end of the house's audit chain.
func (u Create) Reads(r *db.Reads) {
	payways.Read(r, u.Alias)
	if u.ID != 0 {
		byID.Read(r, u.ID)
	}
	audit.Read(r, db.House)
}

// Decide adds the payway. fault.NotUnique when its alias or number is taken,
// fault.Invalid naming the property that is wrong.
func (u Create) Decide(s *db.State) (*Payway, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	if _, taken := payways.Find(s, u.Alias); taken {
		return nil, fault.New(fault.NotUnique, "Payway (alias = %s) exists; choose another alias", u.Alias)
	}
	if u.ID == 0 {
		u.ID = s.NewID()
	} else if _, taken := byID.Find(s, u.ID); taken {
		return nil, fault.New(fault.NotUnique, "Payway (id = %d) exists; choose another number", u.ID)
	}
	row := u.row(s.Now())
	for _, value := range u.Values {
		if err := row.set(value); err != nil {
			return nil, err
		}
	}
	if err := row.check(); err != nil {
		return nil, err
	}
	if err := row.checkLeft(fee.Tariff{}); err != nil {
		return nil, err
	}
	payways.Insert(s, row)
	detail := append([]string{string(u.Direction), u.Currency.Code()}, u.Values...)
	audit.Append(s, db.House, u.Actor, "payway.create", "payway "+u.Alias, strings.Join(detail, "; "))
	return row, nil
}

func (u Create) check() error {
	switch {
	case !aliasForm.MatchString(u.Alias):
		return fault.Param("alias", "must have 1 to 150 letters, digits and _ , [ ]")
	case u.ID < 0 || u.ID >= 1<<53:
		return fault.Param("id", "must be from 1 to 2^53 − 1")
	case u.Direction != In && u.Direction != Out:
		return fault.Param("direction", "must be in or out")
	case u.Currency.Code() == "":
		return fault.Param("currency", "must be a currency")
	}
	return nil
}

func (u Create) row(now int64) *Payway {
	unit := int64(1)
	for range u.Currency.Digits() {
		unit *= 10
	}
	return &Payway{
		Alias: u.Alias, ID: u.ID, Direction: u.Direction, Name: u.Alias, Currency: u.Currency, Active: true, Shops: everyShop,
		MinAmount: unit, MaxAmount: 100_000 * unit, PercentPart: fee.Whole, FixPart: fee.Whole,
		StoredDetails: "{}", StoredAddOns: "{}", StoredSettings: "{}", CreatedAt: now, UpdatedAt: now,
	}
}

// Set changes a payway, for operations from now on: one that exists keeps its
// quote. It is run under db.House.
type Set struct {
	Alias  string
	Values []string // "key=value"; see Keys
	Seen   int64    // Version of the row that was looked at; 0: whatever it is
	Alone  bool     // by one operator: what takes two is refused
	Actor  string
}

// Change is one property that was changed.
type Change struct{ Key, From, To string }

// Reads names the row and the end of the house's audit chain.
func (u Set) Reads(r *db.Reads) {
	payways.Read(r, u.Alias)
	audit.Read(r, db.House)
}

// Decide changes what differs, all or nothing, and answers what that was.
// fault.Invalid names the property that is wrong.
func (u Set) Decide(s *db.State) ([]Change, error) {
	row, err := Find(s, u.Alias)
	if err != nil {
		return nil, err
	}
	if err := unchanged(u.Seen, row.Version, "Payway (alias = "+u.Alias+")"); err != nil {
		return nil, err
	}
	old := *row
	for _, value := range u.Values {
		if err := row.set(value); err != nil {
			return nil, err
		}
	}
	if err := row.check(); err != nil {
		return nil, err
	}
	if err := row.checkLeft(old.Tariff()); err != nil {
		return nil, err
	}
	changes := difference(&old, row)
	if len(changes) == 0 {
		return nil, nil
	}
	if u.Alone {
		if err := checkAlone(changes); err != nil {
			return nil, err
		}
	}
	row.UpdatedAt = s.Now()
	payways.Update(s, row)
	audit.Append(s, db.House, u.Actor, "payway.set", "payway "+u.Alias, details(changes))
	return changes, nil
}

// TakesTwo reports whether a property leads money to another account, or tells the
// connector where: one operator alone could lead it to himself.
func TakesTwo(key string) bool { return key == "provider" || key == "settings" }

func checkAlone(changes []Change) error {
	for _, c := range changes {
		if TakesTwo(c.Key) {
			return fault.Param(c.Key, "takes two: propose it to another operator on the payway's page")
		}
	}
	return nil
}

// unchanged is fault.Busy when a row is not any more what was looked at.
func unchanged(seen, version int64, what string) error {
	if seen != 0 && seen != version {
		return fault.New(fault.Busy, "%s was changed meanwhile; look at it again", what)
	}
	return nil
}

func difference(old, row *Payway) []Change {
	var changes []Change
	for _, k := range keys {
		if k.read == nil {
			continue
		}
		if from, to := k.read(old), k.read(row); from != to {
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

// canonical prints JSON with its keys in order, so that equal values are equal texts.
func canonical(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts always marshal
	}
	return string(text)
}

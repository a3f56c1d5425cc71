package provider

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/seal"
)

// CreateAccount adds an account. It is run under db.House; make it with NewAccount.
type CreateAccount struct {
	Name      string
	Connector string
	Settings  map[string]string
	Sealed    string // the secrets
	Known     Catalogue
	Actor     string
}

// The forms of names: of accounts and connectors, and of settings and secrets.
var (
	accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,49}$`)
	valueName   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,50}$`)
)

// NewAccount seals the secrets of a new account.
func NewAccount(box *seal.Box, name, connector string, settings, secrets map[string]string, actor string) (CreateAccount, error) {
	if err := checkValues("secret", secrets); err != nil {
		return CreateAccount{}, err
	}
	if secrets == nil {
		secrets = map[string]string{}
	}
	sealed, err := sealSecrets(box, name, secrets)
	u := CreateAccount{Name: name, Connector: connector, Settings: settings, Sealed: sealed, Actor: actor}
	if err != nil {
		return u, err
	}
	return u, u.check()
}

func (u CreateAccount) check() error {
	switch {
	case !accountName.MatchString(u.Name):
		return fault.Param("name", "must have 1 to 50 lower-case letters, digits, - and _")
	case !accountName.MatchString(u.Connector):
		return fault.Param("connector", "must be the name of a connector")
	case u.Sealed == "":
		return fault.New(fault.Internal, "an account is made with NewAccount")
	}
	return checkValues("setting", u.Settings)
}

// checkValues bounds names and texts. A text is not repeated: it may be a secret.
func checkValues(what string, values map[string]string) error {
	if len(values) > 64 {
		return fault.Param(what, "there may be at most 64")
	}
	for name, text := range values {
		if !valueName.MatchString(name) {
			return fault.Param(what, "names have 1 to 50 letters, digits and _ . -")
		}
		if len(text) > 16<<10 {
			return fault.Param(name, "must have at most 16 KiB")
		}
	}
	return nil
}

// Reads names the row and the end of the house's audit chain.
func (u CreateAccount) Reads(r *db.Reads) { readAccount(r, u.Name) }

func readAccount(r *db.Reads, name string) {
	accountRows.Read(r, name)
	audit.Read(r, db.House)
}

// Decide adds the account, active. fault.NotUnique when its name is taken.
func (u CreateAccount) Decide(s *db.State) (struct{}, error) {
	if err := u.check(); err != nil {
		return struct{}{}, err
	}
	if err := u.Known.check(u.Connector, u.Settings); err != nil {
		return struct{}{}, err
	}
	if _, taken := accountRows.Find(s, u.Name); taken {
		return struct{}{}, fault.New(fault.NotUnique, "Provider account %s exists; choose another name", u.Name)
	}
	accountRows.Insert(s, &accountRow{
		Name: u.Name, Connector: u.Connector, Active: true, Settings: texts(u.Settings), Secrets: u.Sealed,
		CreatedAt: s.Now(), UpdatedAt: s.Now(),
	})
	audit.Append(s, db.House, u.Actor, "provider.create", "provider "+u.Name, "connector "+u.Connector+"; settings "+texts(u.Settings))
	return struct{}{}, nil
}

// texts prints a map as JSON with its keys in order.
func texts(values map[string]string) string {
	if values == nil {
		return "{}"
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // a map of texts always marshals
	}
	return string(text)
}

// SetAccount changes an account's settings and whether it is active. Not active,
// nothing new is sent through it. It is run under db.House.
type SetAccount struct {
	Name   string
	Active *bool             // nil: as it is
	Values map[string]string // settings to change; an empty text removes one
	Seen   int64             // Version of the account that was looked at; 0: whatever it is
	Known  Catalogue
	Actor  string
}

// Reads names the row and the end of the house's audit chain.
func (u SetAccount) Reads(r *db.Reads) { readAccount(r, u.Name) }

// Decide changes what differs and answers whether anything did.
func (u SetAccount) Decide(s *db.State) (bool, error) {
	row, found := accountRows.Find(s, u.Name)
	if !found {
		return false, accountNotFound(u.Name)
	}
	if u.Seen != 0 && u.Seen != row.Version {
		return false, fault.New(fault.Busy, "Provider account %s was changed meanwhile; look at it again", u.Name)
	}
	if err := checkValues("setting", u.Values); err != nil {
		return false, err
	}
	if err := u.Known.check(row.Connector, u.Values); err != nil {
		return false, err
	}
	settings, err := row.settings()
	if err != nil {
		return false, err
	}
	overlay(settings, u.Values)
	if err := checkValues("setting", settings); err != nil {
		return false, err
	}
	if u.Active != nil && *u.Active && !row.Active { // what was stored before there was a rule
		if err := CheckSettings(u.Known[row.Connector].Settings, settings); err != nil {
			return false, err
		}
	}
	old := *row
	row.Settings = texts(settings)
	if u.Active != nil {
		row.Active = *u.Active
	}
	if *row == old {
		return false, nil
	}
	row.UpdatedAt = s.Now()
	accountRows.Update(s, row)
	detail := fmt.Sprintf("active %t to %t; settings %s to %s", old.Active, row.Active, old.Settings, row.Settings)
	audit.Append(s, db.House, u.Actor, "provider.set", "provider "+u.Name, detail)
	return true, nil
}

// overlay puts changes over values; an empty text removes one.
func overlay(values, changes map[string]string) {
	for name, text := range changes {
		if text == "" {
			delete(values, name)
		} else {
			values[name] = text
		}
	}
}

// RotateAccountSecret replaces an account's secrets. It is run under db.House;
// make it with NewAccountSecrets.
type RotateAccountSecret struct {
	Name    string
	Sealed  string
	Version int64  // of the row whose secrets were changed
	Names   string // what was changed, for the audit
	Actor   string
}

// NewAccountSecrets lays changes over an account's secrets – an empty text removes
// one – and seals the whole. Whether an old secret must stay beside a new one is
// between a connector and its provider: it then has two names for them.
func NewAccountSecrets(ctx context.Context, from *sql.DB, box *seal.Box, name string, changes map[string]string, actor string) (RotateAccountSecret, error) {
	row, err := accountRows.First(ctx, from, "name = $1", name)
	if err != nil {
		return RotateAccountSecret{}, err
	}
	if row == nil {
		return RotateAccountSecret{}, accountNotFound(name)
	}
	account, err := row.open(box)
	if err != nil {
		return RotateAccountSecret{}, err
	}
	secrets := maps.Clone(account.Secrets)
	overlay(secrets, changes)
	if err := checkValues("secret", secrets); err != nil {
		return RotateAccountSecret{}, err
	}
	sealed, err := sealSecrets(box, name, secrets)
	names := strings.Join(slices.Sorted(maps.Keys(changes)), ", ")
	return RotateAccountSecret{Name: name, Sealed: sealed, Version: row.Version, Names: names, Actor: actor}, err
}

// Reads names the row and the end of the house's audit chain.
func (u RotateAccountSecret) Reads(r *db.Reads) { readAccount(r, u.Name) }

// Decide replaces the secrets. fault.Busy when the account was changed since
// NewAccountSecrets looked at it: begin again.
func (u RotateAccountSecret) Decide(s *db.State) (struct{}, error) {
	row, found := accountRows.Find(s, u.Name)
	if !found {
		return struct{}{}, accountNotFound(u.Name)
	}
	if row.Version != u.Version || u.Sealed == "" {
		return struct{}{}, fault.New(fault.Busy, "Provider account %s was changed meanwhile; try again", u.Name)
	}
	row.Secrets, row.UpdatedAt = u.Sealed, s.Now()
	accountRows.Update(s, row)
	audit.Append(s, db.House, u.Actor, "provider.secret", "provider "+u.Name, "changed: "+u.Names)
	return struct{}{}, nil
}

package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

type storeCommands struct {
	storage
	Create         storeCreate `cmd:"" help:"Open a PayParts store for a shop. Its password is shown once."`
	List           storeList   `cmd:"" help:"List the stores."`
	Show           storeShow   `cmd:"" help:"Show a store's settings."`
	Set            storeSet    `cmd:"" help:"Change a store's payway and settings, for payments from now on."`
	RotatePassword storeRotate `cmd:"" help:"Give a store a new password; the old one stays valid until --finish."`
}

// storeName is the argument of the commands about one store.
type storeName struct {
	Store string `arg:"" help:"Id of the store."`
}

// storeHelp lists the settings of a store.
func storeHelp() string {
	text := "Settings, with their defaults:\n\n  payway\n      the payway that prices and routes the store's payments: incoming and in UAH"
	for _, key := range shop.StoreKeys() {
		text += fmt.Sprintf("\n  %s=%s\n      %s", key.Name, key.Default, key.Doc)
	}
	return text
}

type storeCreate struct {
	deed
	shopNumber
	Payway       string   `arg:"" help:"The payway that prices and routes its payments, in UAH."`
	Values       []string `arg:"" optional:"" name:"key=value" help:"Settings."`
	ID           string   `help:"Id of the store, 1 to 20 characters; drawn when it is not given." env:"-" placeholder:"ID"`
	PasswordFile string   `help:"File with a password that the shop has already; - is the standard input. Drawn when it is not given." env:"-" placeholder:"FILE"`
}

// Help lists the settings.
func (storeCreate) Help() string { return storeHelp() }

func (c *storeCreate) secretFiles() []string { return []string{c.PasswordFile} }

func (c *storeCreate) operate(ctx context.Context, o *desk) error {
	given := o.secret(c.PasswordFile)
	u, plain, err := shop.NewStore(o.box, rand.Reader, c.ID, c.Shop, c.Payway, given, o.actor)
	if err != nil {
		return err
	}
	u.Values = c.Values
	row, err := do(ctx, o, c.deed, db.House, u)
	if err != nil {
		return err
	}
	if !c.Commit {
		o.printf("a new store of shop %d\n", c.Shop)
		if err := o.storeSettings(row, true); err != nil {
			return err
		}
		o.end(c.deed, "")
		return nil
	}
	o.printf("store %s of shop %d was made\n", row.ID, row.Shop)
	if given == "" {
		o.printf("  password  %s\nIt is never shown again: keep it now.\n", plain)
	}
	return nil
}

// storeSettings prints a store's settings; only those that are not the default when short.
func (o *desk) storeSettings(row *shop.Store, short bool) error {
	settings, err := row.Settings()
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("  payway", row.Payway)
	for _, key := range shop.StoreKeys() {
		if text := settings.Text(key.Name); !short || text != key.Default {
			t.row("  "+key.Name, shownText(text))
		}
	}
	t.flush()
	return nil
}

type storeList struct {
	Shop int64 `help:"Only those of this shop." env:"-" placeholder:"NUMBER"`
}

func (c *storeList) operate(ctx context.Context, o *desk) error {
	const page = 500
	t := newTable(o.out)
	t.row("STORE", "SHOP", "PAYWAY", "STATE", "MADE")
	for after := ""; ; {
		rows, err := shop.ListStores(ctx, o.db.Reader(), c.Shop, after, page)
		if err != nil {
			return err
		}
		for _, row := range rows {
			t.row(row.ID, row.Shop, row.Payway, storeState(row), moment(row.CreatedAt))
			after = row.ID
		}
		if len(rows) < page {
			t.flush()
			return nil
		}
	}
}

func storeState(row *shop.Store) string {
	if row.Rotating() {
		return "active, rotating"
	}
	return "active"
}

type storeShow struct{ storeName }

func (c *storeShow) operate(ctx context.Context, o *desk) error {
	row, err := shop.LoadStore(ctx, o.db.Reader(), c.Store)
	if err != nil {
		return err
	}
	o.printf("store %s of shop %d, %s, made %s\n", row.ID, row.Shop, storeState(row), moment(row.CreatedAt))
	return o.storeSettings(row, false)
}

type storeSet struct {
	deed
	storeName
	Values []string `arg:"" name:"key=value" help:"What to change; an empty value is the default."`
}

// Help lists the settings.
func (storeSet) Help() string { return storeHelp() }

func (c *storeSet) operate(ctx context.Context, o *desk) error {
	changes, err := do(ctx, o, c.deed, db.House, shop.SetStore{ID: c.Store, Values: c.Values, Actor: o.actor})
	if err != nil {
		return err
	}
	list := make([]change, len(changes))
	for i, one := range changes {
		list[i] = change(one)
	}
	o.changes(c.deed, "store "+c.Store, list)
	return nil
}

type storeRotate struct {
	deed
	storeName
	PasswordFile string `help:"File with the new password; - is the standard input. Drawn when it is not given." env:"-" placeholder:"FILE"`
	Revoke       bool   `help:"The old password has leaked: it is not valid any more at once." env:"-" xor:"end"`
	Finish       bool   `help:"End the rotation: only the new password is valid, and signs callbacks." env:"-" xor:"end"`
}

func (c *storeRotate) secretFiles() []string { return []string{c.PasswordFile} }

func (c *storeRotate) operate(ctx context.Context, o *desk) error {
	if c.Finish {
		return c.finish(ctx, o)
	}
	row, err := shop.LoadStore(ctx, o.db.Reader(), c.Store)
	if err != nil {
		return err
	}
	given := o.secret(c.PasswordFile)
	u, plain, err := shop.NewStoreRotation(o.box, rand.Reader, row, given, c.Revoke, o.actor)
	if err != nil {
		return err
	}
	if _, err := do(ctx, o, c.deed, db.House, u); err != nil {
		return err
	}
	old := "stays valid until --finish, and signs callbacks until then"
	if c.Revoke {
		old = "is not valid any more"
	}
	if !c.Commit {
		o.printf("store %s gets a new password; the old one %s\n", c.Store, old)
		o.end(c.deed, "")
		return nil
	}
	o.printf("store %s has a new password; the old one %s\n", c.Store, old)
	if given == "" {
		o.printf("  %s\nIt is never shown again: keep it now.\n", plain)
	}
	return nil
}

func (c *storeRotate) finish(ctx context.Context, o *desk) error {
	dropped, err := do(ctx, o, c.deed, db.House, shop.FinishStoreRotation{ID: c.Store, Actor: o.actor})
	if err != nil {
		return err
	}
	if !dropped {
		o.printf("store %s has no old password: there is nothing to do\n", c.Store)
		return nil
	}
	o.printf("store %s: the old password is not valid any more, the new one signs callbacks\n", c.Store)
	o.end(c.deed, "done")
	return nil
}

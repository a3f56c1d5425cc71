package main

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

type paywayCommands struct {
	storage
	Create paywayCreate `cmd:"" help:"Add a payway to the catalogue."`
	List   paywayList   `cmd:"" help:"List the payways."`
	Show   paywayShow   `cmd:"" help:"Show a payway's properties."`
	Set    paywaySet    `cmd:"" help:"Change a payway, for operations from now on."`
}

// paywayHelp lists the properties of a payway.
func paywayHelp() string {
	text := "Properties:\n"
	for _, key := range payway.Keys() {
		text += fmt.Sprintf("\n  %s\n      %s", key.Name, key.Doc)
	}
	return text
}

type paywayCreate struct {
	deed
	Alias     string           `arg:"" help:"What shops call it."`
	Direction payway.Direction `arg:"" help:"in: a payer pays; out: a beneficiary gets." enum:"in,out"`
	Currency  string           `arg:"" help:"Currency, as USD."`
	Values    []string         `arg:"" name:"key=value" help:"Properties; provider must be among them."`
	ID        int64            `help:"Number of the payway; drawn when it is not given." env:"-" placeholder:"NUMBER"`
}

// Help lists the properties.
func (paywayCreate) Help() string { return paywayHelp() }

func (c *paywayCreate) operate(ctx context.Context, o *desk) error {
	currency, err := currencyOf(c.Currency)
	if err != nil {
		return err
	}
	row, err := do(ctx, o, c.deed, db.House, payway.Create{
		Alias: c.Alias, ID: c.ID, Direction: c.Direction, Currency: currency, Values: c.Values, Actor: o.actor,
	})
	if err != nil {
		return err
	}
	o.printf("a new payway %s: %s, %s\n", c.Alias, c.Direction, currency)
	o.properties(row)
	if err := o.warnProvider(ctx, row.Provider, row.Direction, currency); err != nil {
		return err
	}
	o.end(c.deed, "done")
	return nil
}

func (o *desk) properties(row *payway.Payway) {
	t := newTable(o.out)
	for _, key := range payway.Keys() {
		if text := row.Text(key.Name); text != "" {
			t.row("  "+key.Name, text)
		}
	}
	t.flush()
}

// warnProvider says when a payway's provider account is not there: the payway will
// refuse everything until it is. So it says when the account's connector does not know
// the payway's currency, or makes no payouts: then each ends as one that the bank declined.
func (o *desk) warnProvider(ctx context.Context, name string, to payway.Direction, currency money.Currency) error {
	accounts, err := provider.ListAccounts(ctx, o.db.Reader())
	if err != nil {
		return err
	}
	names := make([]string, len(accounts))
	for i, a := range accounts {
		if a.Name == name {
			if reason := connectorSettings().Unserved(a.Connector, to, currency); reason != "" {
				o.printf("note: provider account %s cannot do its work: %s\n", name, reason)
			}
			return nil
		}
		names[i] = a.Name
	}
	o.printf("note: %v\n", noSuch("there is no provider account "+name+" yet", names))
	return nil
}

type paywayList struct {
	Shop int64 `help:"Only those that this shop may use." env:"-" placeholder:"NUMBER"`
}

func (c *paywayList) operate(ctx context.Context, o *desk) error {
	t := newTable(o.out)
	t.row("PAYWAY", "DIRECTION", "CURRENCY", "STATE", "PROVIDER", "PERCENT", "SHOPS", "NAME")
	for _, direction := range []payway.Direction{payway.In, payway.Out} {
		rows, err := payway.List(ctx, o.db.Reader(), direction, c.Shop)
		if err != nil {
			return err
		}
		for _, row := range rows {
			state := "active"
			if !row.Active {
				state = "off"
			}
			t.row(row.Alias, row.Direction, row.Currency, state, row.Provider, row.Percent, shownText(row.Shops), row.Name)
		}
	}
	t.flush()
	return nil
}

type paywayShow struct {
	Alias string `arg:"" help:"Alias of the payway."`
}

func (c *paywayShow) operate(ctx context.Context, o *desk) error {
	row, err := payway.Load(ctx, o.db.Reader(), c.Alias)
	if err != nil {
		return err
	}
	o.printf("payway %s, number %d: %s, %s\n", row.Alias, row.ID, row.Direction, row.Currency)
	o.properties(row)
	return nil
}

type paywaySet struct {
	deed
	Alias  string   `arg:"" help:"Alias of the payway."`
	Values []string `arg:"" name:"key=value" help:"What to change."`
}

// Help lists the properties.
func (paywaySet) Help() string { return paywayHelp() }

func (c *paywaySet) operate(ctx context.Context, o *desk) error {
	row, err := payway.Load(ctx, o.db.Reader(), c.Alias)
	if err != nil {
		return err
	}
	changes, err := do(ctx, o, c.deed, db.House, payway.Set{Alias: c.Alias, Values: c.Values, Actor: o.actor})
	if err != nil {
		return err
	}
	list := make([]change, len(changes))
	for i, one := range changes {
		list[i] = change(one)
		if one.Key == "provider" {
			if err := o.warnProvider(ctx, one.To, row.Direction, row.Currency); err != nil {
				return err
			}
		}
	}
	o.changes(c.deed, "payway "+c.Alias, list)
	return nil
}

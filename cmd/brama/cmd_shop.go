package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

type shopCommands struct {
	storage
	Create       shopCreate     `cmd:"" help:"Make a shop. Its secrets are shown once."`
	List         shopList       `cmd:"" help:"List the shops."`
	Show         shopShow       `cmd:"" help:"Show a shop's settings and balances."`
	Set          shopSet        `cmd:"" help:"Change a shop's name and settings."`
	Activate     shopActivate   `cmd:"" help:"Switch a shop on."`
	Deactivate   shopDeactivate `cmd:"" help:"Switch a shop off: its requests are refused, what is in progress goes on."`
	RotateSecret shopRotate     `cmd:"" help:"Give a shop a new secret; the old one stays valid until --finish."`
	Deposit      shopDeposit    `cmd:"" help:"Book money that a shop brought, or that was settled to it."`
}

// shopNumber is the argument of the commands about one shop.
type shopNumber struct {
	Shop int64 `arg:"" help:"Number of the shop."`
}

type shopCreate struct {
	deed
	Name       string   `arg:"" help:"Name of the shop, for people and the payer's page."`
	Values     []string `arg:"" optional:"" name:"key=value" help:"Settings; see brama shop set --help."`
	ID         int64    `help:"Number of the shop; drawn when it is not given." env:"-" placeholder:"NUMBER"`
	SecretFile string   `help:"File with a secret that the shop has already; - is the standard input. Drawn when it is not given." env:"-" placeholder:"FILE"`
}

func (c *shopCreate) secretFiles() []string { return []string{c.SecretFile} }

func (c *shopCreate) operate(ctx context.Context, o *desk) error {
	given := shop.Secrets{API: o.secret(c.SecretFile)}
	u, shown, err := shop.NewCreate(o.box, rand.Reader, c.ID, c.Name, o.actor, given)
	if err != nil {
		return err
	}
	u.Values = c.Values
	row, err := do(ctx, o, c.deed, db.House, u)
	if err != nil {
		return err
	}
	settings, err := row.Settings()
	if err != nil {
		return err
	}
	for _, key := range shop.Keys() {
		o.warnAddress(key.Name, settings.Text(key.Name))
	}
	if !c.Commit {
		o.printf("a new shop %q%s\n", c.Name, numbered(c.ID))
		if err := o.settings(row, true); err != nil {
			return err
		}
		o.end(c.deed, "")
		return nil
	}
	o.printf("shop %d %q was made\n", row.ID, row.Name)
	if given.API == "" {
		o.printf("  secret       %s\n", shown.API)
	}
	o.printf("  webhook_key  %s\nWhat stands here is never shown again: keep it now.\n", shown.Webhook)
	return nil
}

func numbered(id int64) string {
	if id == 0 {
		return ", its number drawn when it is made"
	}
	return fmt.Sprintf(", number %d", id)
}

// settings prints a shop's settings; only those that are not the default when short.
func (o *desk) settings(row *shop.Shop, short bool) error {
	settings, err := row.Settings()
	if err != nil {
		return err
	}
	table := newTable(o.out)
	for _, key := range shop.Keys() {
		if text := settings.Text(key.Name); !short || text != key.Default {
			table.row("  "+key.Name, shownText(text))
		}
	}
	table.flush()
	return nil
}

type shopList struct{}

func (c *shopList) operate(ctx context.Context, o *desk) error {
	table := newTable(o.out)
	table.row("SHOP", "NAME", "STATE", "MADE")
	for after := int64(0); ; {
		page, err := shop.List(ctx, o.db.Reader(), after, 500)
		if err != nil {
			return err
		}
		for _, row := range page {
			table.row(row.ID, row.Name, shopState(row), moment(row.CreatedAt))
			after = row.ID
		}
		if len(page) < 500 {
			table.flush()
			return nil
		}
	}
}

func shopState(row *shop.Shop) string {
	state := "active"
	if !row.Active {
		state = "off"
	}
	if row.Rotating() {
		state += ", rotating"
	}
	return state
}

type shopShow struct{ shopNumber }

func (c *shopShow) operate(ctx context.Context, o *desk) error {
	row, err := shop.Load(ctx, o.db.Reader(), c.Shop)
	if err != nil {
		return err
	}
	o.printf("shop %d %q, %s, made %s\n", row.ID, row.Name, shopState(row), moment(row.CreatedAt))
	if err := o.settings(row, false); err != nil {
		return err
	}
	accounts, err := ledger.Balances(ctx, o.db.Reader(), c.Shop)
	if err != nil {
		return err
	}
	table := newTable(o.out)
	for _, a := range accounts {
		table.row("  "+string(a.Purpose), a.Provider, money.New(a.Balance, a.Currency))
	}
	table.flush()
	return nil
}

type shopSet struct {
	deed
	shopNumber
	Values []string `arg:"" name:"key=value" help:"What to change; an empty value is the default."`
}

// Help lists the settings.
func (shopSet) Help() string {
	text := "Settings, with their defaults:\n"
	for _, key := range shop.Keys() {
		text += fmt.Sprintf("\n  %s=%s\n      %s", key.Name, key.Default, key.Doc)
	}
	return text
}

func (c *shopSet) operate(ctx context.Context, o *desk) error {
	changes, err := do(ctx, o, c.deed, c.Shop, shop.Set{Shop: c.Shop, Values: c.Values, Actor: o.actor})
	if err != nil {
		return err
	}
	list := make([]change, len(changes))
	for i, one := range changes {
		list[i] = change(one)
		o.warnAddress(one.Key, one.To)
	}
	o.changes(c.deed, fmt.Sprintf("shop %d", c.Shop), list)
	return nil
}

// warnAddress says what can be seen to be wrong with an address for callbacks.
func (o *desk) warnAddress(name, address string) {
	if !shop.TakesCallbacks(name) {
		return
	}
	for _, note := range o.doctor.Glance(address) {
		o.printf("note: %s: %s\n", name, note)
	}
}

type shopActivate struct {
	deed
	shopNumber
}

func (c *shopActivate) operate(ctx context.Context, o *desk) error {
	return o.activate(ctx, c.deed, shop.Activate(c.Shop, o.actor))
}

type shopDeactivate struct {
	deed
	shopNumber
}

func (c *shopDeactivate) operate(ctx context.Context, o *desk) error {
	return o.activate(ctx, c.deed, shop.Deactivate(c.Shop, o.actor))
}

func (o *desk) activate(ctx context.Context, d deed, u shop.SetActive) error {
	changed, err := do(ctx, o, d, u.Shop, u)
	if err != nil {
		return err
	}
	var list []change
	if changed {
		list = []change{{"active", fmt.Sprint(!u.Active), fmt.Sprint(u.Active)}}
	}
	o.changes(d, fmt.Sprintf("shop %d", u.Shop), list)
	return nil
}

type shopRotate struct {
	deed
	shopNumber
	Kind   shop.Kind `help:"Which secret: secret signs requests and callbacks, webhook_key the Standard Webhooks headers." enum:"secret,webhook_key" default:"secret" env:"-"`
	Revoke bool      `help:"The old secret has leaked: it is not valid any more at once." env:"-" xor:"end"`
	Finish bool      `help:"End the rotation: only the new secret is valid, and signs callbacks." env:"-" xor:"end"`
}

func (c *shopRotate) operate(ctx context.Context, o *desk) error {
	if c.Finish {
		return c.finish(ctx, o)
	}
	u, plain, err := shop.NewRotation(o.box, rand.Reader, c.Shop, c.Kind, c.Revoke, o.actor)
	if err != nil {
		return err
	}
	if _, err := do(ctx, o, c.deed, c.Shop, u); err != nil {
		return err
	}
	old := "stays valid until --finish, and signs callbacks until then"
	if c.Revoke {
		old = "is not valid any more"
	}
	if !c.Commit {
		o.printf("shop %d gets a new %s; the old one %s\n", c.Shop, c.Kind, old)
		o.end(c.deed, "")
		return nil
	}
	o.printf("shop %d has a new %s; the old one %s\n  %s\nIt is never shown again: keep it now.\n", c.Shop, c.Kind, old, plain)
	return nil
}

func (c *shopRotate) finish(ctx context.Context, o *desk) error {
	dropped, err := do(ctx, o, c.deed, c.Shop, shop.FinishRotation{Shop: c.Shop, Kind: c.Kind, Actor: o.actor})
	if err != nil {
		return err
	}
	if !dropped {
		o.printf("shop %d has no old %s: there is nothing to do\n", c.Shop, c.Kind)
		return nil
	}
	o.printf("shop %d: the old %s is not valid any more, the new one signs callbacks\n", c.Shop, c.Kind)
	o.end(c.deed, "done")
	return nil
}

type shopDeposit struct {
	deed
	shopNumber
	Amount   string `arg:"" help:"How much, as 1000.00."`
	Currency string `arg:"" help:"Currency, as USD."`
	Settle   bool   `help:"The money goes out of the shop's balance, to the shop." env:"-"`
	Note     string `help:"A line for the books and the audit." env:"-" placeholder:"TEXT"`
}

func (c *shopDeposit) operate(ctx context.Context, o *desk) error {
	currency, err := currencyOf(c.Currency)
	if err != nil {
		return err
	}
	amount, err := money.Parse(c.Amount, currency)
	if err != nil {
		return fmt.Errorf("amount: %w", err)
	}
	after, err := do(ctx, o, c.deed, c.Shop, shop.Deposit{Shop: c.Shop, Amount: amount, Settle: c.Settle, Note: c.Note, Actor: o.actor})
	if err != nil {
		return err
	}
	moved := amount
	if c.Settle {
		moved = amount.Neg()
	}
	before, err := after.Sub(moved)
	if err != nil {
		return err
	}
	o.changes(c.deed, fmt.Sprintf("shop %d", c.Shop), []change{{"available", before.String(), after.String()}})
	return nil
}

func currencyOf(code string) (money.Currency, error) {
	currency, ok := money.CurrencyByCode(code)
	if !ok {
		return 0, fmt.Errorf("currency: %q is no currency's code, such as USD", code)
	}
	return currency, nil
}

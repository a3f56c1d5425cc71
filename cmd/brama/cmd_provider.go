package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
	"github.com/brama-pay/brama/provider/sandbox"
)

type providerCommands struct {
	storage
	Create       providerCreate `cmd:"" help:"Add an account at a provider. Payways name it."`
	List         providerList   `cmd:"" help:"List the accounts, without their secrets."`
	Set          providerSet    `cmd:"" help:"Change an account's settings, or switch it on or off."`
	RotateSecret providerRotate `cmd:"" help:"Replace secrets of an account."`
}

// connectorNames are the connectors of this build.
func connectorNames() []string { return []string{privatbank.Name, sandbox.Name} }

// connectorSettings are the settings of each, and what it serves.
func connectorSettings() provider.Catalogue {
	return provider.Catalogue{privatbank.Name: {Settings: privatbank.Settings(), Currencies: privatbank.Currencies(), NoPayouts: true}, sandbox.Name: {}}
}

// connector refuses one that this build does not have, and the sandbox where money
// is real: nothing would ever answer for it.
func (o *desk) connector(ctx context.Context, name string) error {
	if !slices.Contains(connectorNames(), name) {
		return noSuch(fmt.Sprintf("there is no connector %q", name), connectorNames())
	}
	kind, err := kindOf(ctx, o.db)
	if err == nil && name == sandbox.Name && kind != kindDemo {
		err = errors.New("the sandbox exists in a demo only: serve one with --demo")
	}
	return err
}

type providerCreate struct {
	deed
	Name       string   `arg:"" help:"Name of the account: lower-case letters, digits, - and _."`
	Connector  string   `arg:"" help:"Which connector speaks to the provider."`
	Values     []string `arg:"" optional:"" name:"setting=value" help:"Settings of the connector."`
	SecretFile string   `help:"File with the account's secrets: a line name=value for each, or one JSON object; - is the standard input." env:"-" placeholder:"FILE"`
}

func (c *providerCreate) secretFiles() []string { return []string{c.SecretFile} }

func (c *providerCreate) operate(ctx context.Context, o *desk) error {
	if err := o.connector(ctx, c.Connector); err != nil {
		return err
	}
	settings, err := pairs(c.Values)
	if err != nil {
		return err
	}
	secrets, err := secretPairs(o.secrets[c.SecretFile])
	if err != nil {
		return err
	}
	u, err := provider.NewAccount(o.box, c.Name, c.Connector, settings, secrets, o.actor)
	if err != nil {
		return err
	}
	u.Known = connectorSettings()
	if _, err := do(ctx, o, c.deed, db.House, u); err != nil {
		return err
	}
	o.printf("a new provider account %s, connector %s\n", c.Name, c.Connector)
	o.printf("  settings  %s\n  secrets   %s\n", pairText(settings), shownText(strings.Join(names(secrets), ", ")))
	o.end(c.deed, "done")
	return nil
}

type providerList struct{}

func (c *providerList) operate(ctx context.Context, o *desk) error {
	accounts, err := provider.ListAccounts(ctx, o.db.Reader())
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("ACCOUNT", "CONNECTOR", "STATE", "SETTINGS")
	for _, a := range accounts {
		t.row(a.Name, a.Connector, onOff(a.Active), pairText(a.Settings))
	}
	t.flush()
	for _, a := range accounts {
		if reason := connectorSettings().Unfit(a); reason != "" {
			o.printf("no call is made through %s: its setting %s\n", a.Name, reason)
		}
	}
	return nil
}

type providerSet struct {
	deed
	Name       string   `arg:"" help:"Name of the account."`
	Values     []string `arg:"" optional:"" name:"setting=value" help:"Settings to change; an empty value removes one."`
	Activate   bool     `help:"Use the account again." env:"-" xor:"active"`
	Deactivate bool     `help:"Send nothing new through the account; what was sent is still asked about." env:"-" xor:"active"`
}

func (c *providerSet) operate(ctx context.Context, o *desk) error {
	values, err := pairs(c.Values)
	if err != nil {
		return err
	}
	before, err := o.account(ctx, c.Name)
	if err != nil {
		return err
	}
	u := provider.SetAccount{Name: c.Name, Values: values, Known: connectorSettings(), Actor: o.actor}
	if c.Activate || c.Deactivate {
		u.Active = &c.Activate
	}
	if _, err := do(ctx, o, c.deed, db.House, u); err != nil {
		return err
	}
	var list []change
	for _, name := range names(values) {
		if from, to := before.Settings[name], values[name]; from != to {
			list = append(list, change{name, from, to})
		}
	}
	if u.Active != nil && *u.Active != before.Active {
		list = append(list, change{"state", onOff(before.Active), onOff(*u.Active)})
	}
	o.changes(c.deed, "provider account "+c.Name, list)
	return nil
}

type providerRotate struct {
	deed
	Name       string `arg:"" help:"Name of the account."`
	SecretFile string `help:"File with the secrets to replace: a line name=value for each, or one JSON object; an empty value removes one; - is the standard input." env:"-" required:"" placeholder:"FILE"`
}

func (c *providerRotate) secretFiles() []string { return []string{c.SecretFile} }

func (c *providerRotate) operate(ctx context.Context, o *desk) error {
	secrets, err := secretPairs(o.secrets[c.SecretFile])
	if err != nil {
		return err
	}
	if len(secrets) == 0 {
		return errors.New("--secret-file: it names no secret")
	}
	if _, err := o.account(ctx, c.Name); err != nil {
		return err
	}
	u, err := provider.NewAccountSecrets(ctx, o.db.Reader(), o.box, c.Name, secrets, o.actor)
	if err != nil {
		return err
	}
	if _, err := do(ctx, o, c.deed, db.House, u); err != nil {
		return err
	}
	for _, name := range names(secrets) {
		deedDone := "is replaced"
		if secrets[name] == "" {
			deedDone = "is removed"
		}
		o.printf("provider account %s: secret %s %s\n", c.Name, name, deedDone)
	}
	o.end(c.deed, "done")
	return nil
}

// account is a provider account without its secrets.
func (o *desk) account(ctx context.Context, name string) (provider.Account, error) {
	accounts, err := provider.ListAccounts(ctx, o.db.Reader())
	if err != nil {
		return provider.Account{}, err
	}
	var known []string
	for _, a := range accounts {
		if a.Name == name {
			return a, nil
		}
		known = append(known, a.Name)
	}
	return provider.Account{}, noSuch("there is no provider account "+name, known)
}

func onOff(active bool) string {
	if active {
		return "active"
	}
	return "off"
}

// pairs reads "name=value" arguments.
func pairs(values []string) (map[string]string, error) {
	read := map[string]string{}
	for _, text := range values {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, fault.Param(name, "must be written name=value")
		}
		if _, twice := read[name]; twice {
			return nil, fault.Param(name, "is given twice")
		}
		read[name] = value
	}
	return read, nil
}

// secretPairs reads a secret file: lines name=value, # before a comment, or one
// JSON object of texts, for secrets of several lines. It never repeats a line.
func secretPairs(text []byte) (map[string]string, error) {
	trimmed := strings.TrimSpace(string(text))
	if strings.HasPrefix(trimmed, "{") {
		var read map[string]string
		if json.Unmarshal([]byte(trimmed), &read) != nil {
			return nil, errors.New("--secret-file: it is no JSON object of texts")
		}
		return read, nil
	}
	var lines []string
	for n, line := range strings.Split(trimmed, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !strings.Contains(line, "=") {
			return nil, fmt.Errorf("--secret-file: line %d is not written name=value", n+1)
		}
		lines = append(lines, line)
	}
	return pairs(lines)
}

func names(values map[string]string) []string { return slices.Sorted(maps.Keys(values)) }

func pairText(values map[string]string) string {
	parts := make([]string, 0, len(values))
	for _, name := range names(values) {
		parts = append(parts, name+"="+values[name])
	}
	return shownText(strings.Join(parts, " "))
}

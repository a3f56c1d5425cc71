package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
)

type migrateCommand struct {
	storage
	Distribute string `help:"Distribute the tables over the servers of a distributed PostgreSQL: citus (docs/scaling.md)." enum:",citus" default:"" env:"-" placeholder:"citus"`
	DryRun     bool   `help:"With --distribute: print the statements, touch no database." env:"-"`
}

// Run makes the database and its key file, or brings the tables of one up to date.
// Every start of the gateway does this too; the command is for who wants to do it
// first, as a user of the database who may change tables.
func (c *migrateCommand) Run(ctx context.Context, line *kong.Context) error {
	switch {
	case c.DryRun && c.Distribute == "":
		return errors.New("--dry-run prints what --distribute would run: give both")
	case c.DryRun:
		for _, text := range citusStatements(nil) {
			fmt.Fprintln(line.Stdout, text+";")
		}
		return nil
	case c.Distribute != "" && c.Database == "":
		return errors.New("--distribute citus needs --database: SQLite is one file on one machine")
	}
	if err := c.migrate(ctx, line); err != nil || c.Distribute == "" {
		return err
	}
	return distribute(ctx, c.Database, line.Stdout)
}

func (c *migrateCommand) migrate(ctx context.Context, line *kong.Context) error {
	g, err := openAlone(ctx, c.storage)
	if err != nil {
		return err
	}
	defer g.close()
	kind, err := kindOf(ctx, g.db)
	if err != nil {
		return err
	}
	at := c.Data
	if c.Database != "" {
		at = "the PostgreSQL database"
	}
	fmt.Fprintf(line.Stdout, "%s is up to date (%s)\n", at, kind)
	return nil
}

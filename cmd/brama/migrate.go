package main

import (
	"context"
	"fmt"
)

type migrateCommand struct {
	storage
}

// Run makes the database and its key file, or brings the tables of one up to date.
// Every start of the gateway does this too; the command is for who wants to do it
// first, as a user of the database who may change tables.
func (c *migrateCommand) Run(ctx context.Context) error {
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
	fmt.Printf("%s is up to date (%s)\n", at, kind)
	return nil
}

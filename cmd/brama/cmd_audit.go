package main

import (
	"context"

	"github.com/brama-pay/brama/audit"
)

type auditCommands struct {
	storage
	List auditList `cmd:"" help:"Show what was changed, newest first."`
}

type auditList struct {
	Shop   int64 `arg:"" optional:"" help:"Number of the shop; without it the house: payways, provider accounts, rates, keys."`
	Before int64 `help:"Only entries before this number." env:"-" placeholder:"NUMBER"`
	Limit  int   `help:"How many." default:"50" env:"-"`
}

func (c *auditList) operate(ctx context.Context, o *desk) error {
	links, err := audit.Newest(ctx, o.db.Reader(), c.Shop, c.Before, max(c.Limit, 1))
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("NO", "TIME", "WHO", "WHAT", "TO WHAT", "DETAIL")
	for _, l := range links {
		t.row(l.Seq, moment(l.At), l.Actor, l.Act, l.Subject, l.Detail)
	}
	t.flush()
	return nil
}

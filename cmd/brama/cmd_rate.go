package main

import (
	"context"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/payway"
)

type rateCommands struct {
	storage
	Set  rateSet  `cmd:"" help:"Store a rate, for quotes from now on; its inverse is used too."`
	List rateList `cmd:"" help:"List the rates."`
}

type rateSet struct {
	deed
	Pair string `arg:"" help:"The pair, as USD/UAH: units of the second for one of the first."`
	Rate string `arg:"" help:"The rate, as 41.25; at most ten decimals."`
}

func (c *rateSet) operate(ctx context.Context, o *desk) error {
	u, err := payway.ParseRate(c.Pair, c.Rate, o.actor)
	if err != nil {
		return err
	}
	known, err := payway.LoadRates(ctx, o.db.Reader(), u.Base, u.Quote)
	if err != nil {
		return err
	}
	before := ""
	if rate, ok := known(u.Base, u.Quote); ok {
		before = rate.String()
	}
	row, err := do(ctx, o, c.deed, db.House, u)
	if err != nil {
		return err
	}
	if before == row.Rate.String() && !c.Commit {
		o.changes(c.deed, "rate "+c.Pair, nil)
		return nil
	}
	o.changes(c.deed, "rate "+c.Pair, []change{{"rate", before, row.Rate.String()}})
	return nil
}

type rateList struct{}

func (c *rateList) operate(ctx context.Context, o *desk) error {
	rows, err := payway.ListRates(ctx, o.db.Reader())
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("PAIR", "RATE", "SET")
	for _, row := range rows {
		t.row(row.Base.Code()+"/"+row.Quote.Code(), row.Rate, moment(row.UpdatedAt))
	}
	t.flush()
	return nil
}

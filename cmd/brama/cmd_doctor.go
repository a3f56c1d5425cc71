package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/brama-pay/brama/doctor"
)

// doctorCommand examines a receiver of callbacks. Exit status 1: something must be
// mended (grades C and F).
type doctorCommand struct {
	storage
	Shop  int64  `help:"The shop's number." required:"" env:"-"`
	URL   string `help:"The receiver's address; the one that the shop has configured by default." env:"-"`
	About string `help:"What the messages are about: invoice, payout, or payparts with --store." enum:",invoice,payout,payparts" default:"" env:"-"`
	Store string `help:"The PayParts store whose password signs." env:"-" placeholder:"ID"`
	Name  string `help:"Part of the ids of the test orders, so that they can be made in the shop before." env:"-"`
	JSON  bool   `help:"Print the report as JSON." name:"json" env:"-"`
}

// doctorTime bounds an examination from the command line.
const doctorTime = 3 * time.Minute

func (c *doctorCommand) operate(ctx context.Context, o *desk) error {
	report, err := o.doctor.Examine(ctx, doctor.Order{
		Shop: c.Shop, About: doctor.Subject(c.About), Store: c.Store, URL: c.URL, Name: c.Name, Actor: o.actor, Limit: doctorTime,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(o.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Print(o.out)
	}
	if err == nil && report.Failed() {
		err = exitWith(1)
	}
	return err
}

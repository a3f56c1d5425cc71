package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

// doctorCommand examines a receiver of callbacks. Exit status 1: something must be
// mended (grades C and F).
type doctorCommand struct {
	storage
	Shop  int64  `help:"The shop's number; may be left out where only one shop has an address for callbacks." env:"-"`
	URL   string `help:"The receiver's address; the one that the shop has configured by default." env:"-"`
	About string `help:"What the messages are about: invoice, payout, or payparts with --store." enum:",invoice,payout,payparts" default:"" env:"-"`
	Store string `help:"The PayParts store whose password signs." env:"-" placeholder:"ID"`
	Name  string `help:"Part of the ids of the test orders, so that they can be made in the shop before." env:"-"`
	JSON  bool   `help:"Print the report as JSON." name:"json" env:"-"`
}

// doctorTime bounds an examination from the command line.
const doctorTime = 3 * time.Minute

func (c *doctorCommand) operate(ctx context.Context, o *desk) error {
	id, err := c.meant(ctx, o)
	if err != nil {
		return err
	}
	report, err := o.doctor.Examine(ctx, doctor.Order{
		Shop: id, About: doctor.Subject(c.About), Store: c.Store, URL: c.URL, Name: c.Name, Actor: o.actor, Limit: doctorTime,
	})
	if err != nil {
		return flagged(err)
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

// flagged is what is wrong with an order for an examination under the name of the flag
// that says it.
func flagged(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Params) != 1 {
		return err
	}
	for name, reason := range f.Params {
		err = fmt.Errorf("--%s: %s", name, reason)
	}
	return err
}

// meant is the shop that is named, or that the store belongs to, or the only one.
func (c *doctorCommand) meant(ctx context.Context, o *desk) (int64, error) {
	switch {
	case c.Shop != 0:
		return c.Shop, nil
	case c.Store == "":
		return onlyShop(ctx, o.db, o.doctor.Fallback != "")
	}
	store, err := shop.LoadStore(ctx, o.db.Reader(), c.Store)
	if err != nil {
		return 0, err
	}
	return store.Shop, nil
}

// shopsNamed is how many shops an error names.
const shopsNamed = 20

// onlyShop is the shop that is meant when none is named: the only one that has an
// address for callbacks, or the only one there is; where all have the demo's own
// receiver, the demo's first. Else the error names those that may be meant.
func onlyShop(ctx context.Context, d *db.DB, isDemo bool) (int64, error) {
	all, err := shop.List(ctx, d.Reader(), 0, 1000)
	if err != nil {
		return 0, err
	}
	with := slices.DeleteFunc(slices.Clone(all), func(row *shop.Shop) bool {
		settings, err := row.Settings()
		return err != nil || settings.CallbackURL == "" && settings.PayoutCallbackURL == ""
	})
	if len(with) == 0 {
		with = all
		if isDemo && slices.ContainsFunc(all, func(row *shop.Shop) bool { return row.ID == demo.Shop }) {
			return demo.Shop, nil
		}
	}
	switch len(with) {
	case 0:
		return 0, errors.New("there is no shop; make one: brama shop create")
	case 1:
		return with[0].ID, nil
	}
	var names []string
	for _, row := range with[:min(len(with), shopsNamed)] {
		names = append(names, fmt.Sprintf("--shop %d (%s)", row.ID, row.Name))
	}
	if len(with) > shopsNamed {
		names = append(names, "…")
	}
	return 0, errors.New("which shop? " + strings.Join(names, ", "))
}

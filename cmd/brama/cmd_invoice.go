package main

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

type invoiceCommands struct {
	storage
	List    invoiceList    `cmd:"" help:"List a shop's invoices, newest first."`
	Show    invoiceShow    `cmd:"" help:"Show an invoice and the calls that were made for it."`
	Resolve invoiceResolve `cmd:"" help:"End the payment, charge or unhold of an invoice whose outcome nobody knows, by what you found out at the provider."`
}

// invoiceNumber is the arguments of the commands about one invoice.
type invoiceNumber struct {
	shopNumber
	ID int64 `arg:"" help:"The invoice's id."`
}

func (c invoiceNumber) find(ctx context.Context, o *desk) (*invoice.Invoice, error) {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return nil, err
	}
	return o.invoices().Find(ctx, c.Shop, c.ID)
}

func (o *desk) invoices() *invoice.Invoices { return &invoice.Invoices{DB: o.db} }

type invoiceList struct {
	shopNumber
	Waiting bool  `help:"Only those that wait for an operator: with a call of unknown outcome." env:"-"`
	Before  int64 `help:"Only invoices before this one." env:"-" placeholder:"ID"`
	Limit   int   `help:"How many." default:"50" env:"-"`
}

func (c *invoiceList) operate(ctx context.Context, o *desk) error {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return err
	}
	rows, err := c.rows(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("ID", "MADE", "SHOP'S ID", "STATUS", "AMOUNT", "PAYER PAYS", "PAYWAY", "PAYER")
	for _, v := range rows {
		t.row(v.ID, moment(v.CreatedAt), v.OrderID, invoiceText(v.Status), v.GrossAmount(), v.PriceAmount(), v.Payway, shownText(v.PayerAccount))
	}
	t.flush()
	return nil
}

func (c *invoiceList) rows(ctx context.Context, o *desk) ([]*invoice.Invoice, error) {
	if !c.Waiting {
		return o.invoices().List(ctx, c.Shop, c.Before, max(c.Limit, 1))
	}
	return doubtful(ctx, o, c.Shop, c.Before, c.Limit, func(verb provider.Verb) bool {
		return verb == provider.Authorize || verb == provider.Capture || verb == provider.Void
	}, o.invoices().Find)
}

// mostDoubtful is how many calls of unknown outcome are looked through: far more
// than a shop that somebody looks after ever has.
const mostDoubtful = 10_000

// doubtful are a shop's operations, before an id, with a call of unknown outcome.
func doubtful[T any](ctx context.Context, o *desk, shopID, before int64, limit int, is func(provider.Verb) bool,
	find func(ctx context.Context, shop, id int64) (*T, error)) (rows []*T, err error) {
	calls, err := provider.Doubtful(ctx, o.db.Reader(), shopID, mostDoubtful)
	for _, a := range calls {
		if !is(a.Verb) || before > 0 && a.Operation >= before || len(rows) >= max(limit, 1) {
			continue
		}
		row, err := find(ctx, shopID, a.Operation)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, err
}

func invoiceText(s invoice.Status) string { return fmt.Sprintf("%d %s", s, s) }

type invoiceShow struct{ invoiceNumber }

func (c *invoiceShow) operate(ctx context.Context, o *desk) error {
	v, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	for _, line := range [][2]any{
		{"invoice", v.ID}, {"shop's id", v.OrderID}, {"status", invoiceText(v.Status)}, {"failure", shownText(string(v.Failure))},
		{"amount", v.GrossAmount()}, {"payer pays", v.PriceAmount()}, {"shop gets", v.NetAmount()}, {"payway", v.Payway}, {"provider", v.Provider},
		{"payer", shownText(v.PayerAccount)}, {"made", moment(v.CreatedAt)}, {"hold until", moment(v.HoldUntil)}, {"ended", moment(v.ProcessedAt)},
		{"looked at next", moment(v.DueAt)},
	} {
		t.row(line[0], line[1])
	}
	t.flush()
	return o.attempts(ctx, c.Shop, v.ID)
}

type invoiceResolve struct {
	deed
	invoiceNumber
	Outcome string `arg:"" help:"done: the provider has done what it was last asked for – the payment, the charge or the unhold; failed: it has not, and never will." enum:"done,failed"`
	Reason  string `help:"How the outcome is known, for the audit." required:"" env:"-" placeholder:"TEXT"`
}

func (c *invoiceResolve) operate(ctx context.Context, o *desk) error {
	before, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, c.deed, c.Shop, invoice.Resolve{
		Shop: c.Shop, ID: c.ID, Done: c.Outcome == "done", Actor: o.actor, Reason: c.Reason,
	})
	if err != nil {
		return err
	}
	o.printf("invoice %d of shop %d: %s, of which the shop gets %s\n", before.ID, before.Shop, before.PriceAmount(), before.NetAmount())
	becomes := map[invoice.Status]string{invoice.Succeeded: "paid", invoice.Held: "held", invoice.Rejected: "not paid"}
	o.changes(c.deed, fmt.Sprintf("invoice %d", before.ID), []change{
		{"status", invoiceText(before.Status), invoiceText(after.Status)},
		{"payment", before.PriceAmount().String(), becomes[after.Status]},
	})
	return nil
}

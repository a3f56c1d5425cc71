package main

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

type refundCommands struct {
	storage
	List    refundList    `cmd:"" help:"List a shop's refunds, newest first."`
	Show    refundShow    `cmd:"" help:"Show a refund and the calls that were made for it."`
	Resolve refundResolve `cmd:"" help:"End a refund whose outcome nobody knows, by what you found out at the provider."`
}

// refundNumber is the arguments of the commands about one refund.
type refundNumber struct {
	shopNumber
	ID int64 `arg:"" help:"The refund's id."`
}

func (c refundNumber) find(ctx context.Context, o *desk) (*invoice.Refund, error) {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return nil, err
	}
	return o.invoices().FindRefund(ctx, c.Shop, c.ID)
}

type refundList struct {
	shopNumber
	Waiting bool  `help:"Only those that wait for an operator: with a call of unknown outcome." env:"-"`
	Before  int64 `help:"Only refunds before this one." env:"-" placeholder:"ID"`
	Limit   int   `help:"How many." default:"50" env:"-"`
}

func (c *refundList) operate(ctx context.Context, o *desk) error {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return err
	}
	rows, err := c.rows(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("ID", "MADE", "SHOP'S ID", "INVOICE", "STATUS", "TAKEN BACK", "PAYER GETS", "PROVIDER")
	for _, f := range rows {
		t.row(f.ID, moment(f.CreatedAt), f.RefundID, f.InvoiceID, string(f.Status), f.GrossAmount(), f.PriceAmount(), f.Provider)
	}
	t.flush()
	return nil
}

func (c *refundList) rows(ctx context.Context, o *desk) (rows []*invoice.Refund, err error) {
	if c.Waiting {
		return doubtful(ctx, o, c.Shop, c.Before, c.Limit, func(verb provider.Verb) bool { return verb == provider.Refund }, o.invoices().FindRefund)
	}
	q := invoice.RefundSearch{Shop: c.Shop, Seek: db.Seek{Before: c.Before}}
	for left := max(c.Limit, 1); left > 0; left = max(c.Limit, 1) - len(rows) {
		q.Limit = left
		found, err := q.Find(ctx, o.db.Reader())
		if err != nil {
			return nil, err
		}
		rows, q.Before = append(rows, found.Rows...), found.Next
		if found.Next == 0 {
			break
		}
	}
	return rows, nil
}

type refundShow struct{ refundNumber }

func (c *refundShow) operate(ctx context.Context, o *desk) error {
	f, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	for _, line := range [][2]any{
		{"refund", f.ID}, {"of invoice", f.InvoiceID}, {"shop's id", f.RefundID}, {"status", string(f.Status)}, {"failure", shownText(string(f.Failure))},
		{"taken back", f.GrossAmount()}, {"payer gets", f.PriceAmount()}, {"provider", f.Provider},
		{"made", moment(f.CreatedAt)}, {"ended", moment(f.ProcessedAt)}, {"asked next", moment(f.DueAt)},
	} {
		t.row(line[0], line[1])
	}
	t.flush()
	return o.attempts(ctx, c.Shop, f.ID)
}

type refundResolve struct {
	deed
	refundNumber
	Outcome string `arg:"" help:"done: the payer has got the money; failed: not, and never will." enum:"done,failed"`
	Reason  string `help:"How the outcome is known, for the audit." required:"" env:"-" placeholder:"TEXT"`
}

func (c *refundResolve) operate(ctx context.Context, o *desk) error {
	before, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, c.deed, c.Shop, invoice.ResolveRefund{
		Shop: c.Shop, ID: c.ID, Done: c.Outcome == "done", Actor: o.actor, Reason: c.Reason,
	})
	if err != nil {
		return err
	}
	o.printf("refund %d of shop %d: %s of invoice %d\n", before.ID, before.Shop, before.PriceAmount(), before.InvoiceID)
	becomes := map[invoice.RefundStatus]string{invoice.Refunded: "gone to the payer", invoice.Failed: "back to the shop"}
	o.changes(c.deed, fmt.Sprintf("refund %d", before.ID), []change{
		{"status", string(before.Status), string(after.Status)},
		{"frozen", before.GrossAmount().String(), becomes[after.Status]},
	})
	return nil
}

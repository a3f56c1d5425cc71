package main

import (
	"context"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

type payoutCommands struct {
	storage
	List    payoutList    `cmd:"" help:"List a shop's payouts, newest first."`
	Show    payoutShow    `cmd:"" help:"Show a payout and the calls that were made for it."`
	Confirm payoutConfirm `cmd:"" help:"Let a payout go that waits for confirmation (status 2)."`
	Reject  payoutReject  `cmd:"" help:"Refuse a payout that waits for confirmation; the money goes back to the shop."`
	Resolve payoutResolve `cmd:"" help:"End a payout whose outcome nobody knows (status 9), by what you found out at the provider."`
}

// payoutNumber is the arguments of the commands about one payout.
type payoutNumber struct {
	shopNumber
	ID int64 `arg:"" help:"The payout's id."`
}

func (c payoutNumber) find(ctx context.Context, o *desk) (*payout.Payout, error) {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return nil, err
	}
	return o.payouts().Find(ctx, c.Shop, c.ID)
}

func (o *desk) payouts() *payout.Payouts { return &payout.Payouts{DB: o.db, Box: o.box} }

type payoutList struct {
	shopNumber
	Waiting bool  `help:"Only those that wait for an operator: to be confirmed, or of unknown outcome." env:"-"`
	Before  int64 `help:"Only payouts before this one." env:"-" placeholder:"ID"`
	Limit   int   `help:"How many." default:"50" env:"-"`
}

func (c *payoutList) operate(ctx context.Context, o *desk) error {
	if _, err := shop.Load(ctx, o.db.Reader(), c.Shop); err != nil {
		return err
	}
	t := newTable(o.out)
	t.row("ID", "MADE", "SHOP'S ID", "STATUS", "WRITE-OFF", "RECEIVE", "PAYWAY", "ACCOUNT")
	const page = 200
	left, before := max(c.Limit, 1), c.Before
	for left > 0 {
		rows, err := o.payouts().List(ctx, c.Shop, before, page)
		if err != nil {
			return err
		}
		for _, p := range rows {
			before = p.ID
			if c.Waiting && p.Status != payout.Confirming && p.Status != payout.NetworkError || left == 0 {
				continue
			}
			t.row(p.ID, moment(p.CreatedAt), p.PaymentID, statusText(p.Status), p.WriteOffAmount(), p.ReceiveAmount(), p.Payway, p.AccountMask)
			left--
		}
		if len(rows) < page {
			break
		}
	}
	t.flush()
	return nil
}

func statusText(s payout.Status) string { return fmt.Sprintf("%d %s", s, s) }

type payoutShow struct{ payoutNumber }

func (c *payoutShow) operate(ctx context.Context, o *desk) error {
	p, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	t := newTable(o.out)
	for _, line := range [][2]any{
		{"payout", p.ID}, {"shop's id", p.PaymentID}, {"status", statusText(p.Status)}, {"failure", shownText(string(p.Failure))},
		{"write-off", p.WriteOffAmount()}, {"receive", p.ReceiveAmount()}, {"payway", p.Payway}, {"provider", p.Provider},
		{"account", p.AccountMask}, {"made", moment(p.CreatedAt)}, {"ended", moment(p.ProcessedAt)}, {"asked next", moment(p.DueAt)},
	} {
		t.row(line[0], line[1])
	}
	t.flush()
	return o.attempts(ctx, c.Shop, p.ID)
}

// attempts lists the calls that were made for an operation.
func (o *desk) attempts(ctx context.Context, shopID, operation int64) error {
	rows, err := provider.Attempts.Select(ctx, o.db.Reader(), "operation = $1 AND shop_id = $2 ORDER BY n", operation, shopID)
	if err != nil || len(rows) == 0 {
		return err
	}
	t := newTable(o.out)
	t.row("CALL", "VERB", "REFERENCE", "SENT", "OUTCOME", "ASKED", "PROVIDER'S ID", "REASON")
	for _, a := range rows {
		t.row(a.N, string(a.Verb), a.Reference, moment(a.SentAt), shownText(string(a.Outcome)), a.Asked, shownText(a.ProviderID), a.Reason)
	}
	t.flush()
	return nil
}

type payoutConfirm struct {
	deed
	payoutNumber
}

func (c *payoutConfirm) operate(ctx context.Context, o *desk) error {
	return o.decide(ctx, c.deed, c.payoutNumber, payout.Confirm{Shop: c.Shop, ID: c.ID, Actor: o.actor})
}

type payoutReject struct {
	deed
	payoutNumber
	Reason string `help:"Why, for the audit." env:"-" placeholder:"TEXT"`
}

func (c *payoutReject) operate(ctx context.Context, o *desk) error {
	return o.decide(ctx, c.deed, c.payoutNumber, payout.Reject{Shop: c.Shop, ID: c.ID, Actor: o.actor, Reason: c.Reason})
}

type payoutResolve struct {
	deed
	payoutNumber
	Outcome string `arg:"" help:"paid: the provider has paid; failed: it has not, and never will." enum:"paid,failed"`
	Reason  string `help:"How the outcome is known, for the audit." required:"" env:"-" placeholder:"TEXT"`
}

func (c *payoutResolve) operate(ctx context.Context, o *desk) error {
	return o.decide(ctx, c.deed, c.payoutNumber, payout.Resolve{
		Shop: c.Shop, ID: c.ID, Paid: c.Outcome == "paid", Actor: o.actor, Reason: c.Reason,
	})
}

// decide runs an operator's decision on a payout and shows what it changes.
func (o *desk) decide(ctx context.Context, d deed, c payoutNumber, act db.UseCase[*payout.Payout]) error {
	before, err := c.find(ctx, o)
	if err != nil {
		return err
	}
	after, err := do(ctx, o, d, c.Shop, act)
	if err != nil {
		return err
	}
	o.printf("payout %d of shop %d: %s to %s\n", before.ID, before.Shop, before.ReceiveAmount(), before.AccountMask)
	list := []change{{"status", statusText(before.Status), statusText(after.Status)}}
	switch after.Status {
	case payout.Completed:
		list = append(list, change{"frozen", before.WriteOffAmount().String(), "gone to the beneficiary"})
	case payout.Rejected:
		list = append(list, change{"frozen", before.WriteOffAmount().String(), "back to the shop"})
	}
	o.changes(d, fmt.Sprintf("payout %d", before.ID), list)
	return nil
}

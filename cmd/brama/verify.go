package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/console"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/shop"
)

type verifyCommand struct {
	storage
	Shop int64 `help:"Only this shop." env:"-" placeholder:"NUMBER"`
}

// Help says what is looked at.
func (verifyCommand) Help() string {
	return "It reads only, and may run beside the gateway, and goes through each table once. For each shop: every transfer sums to zero, balances equal their entries, " +
		"frozen money equals open payouts and refunds, held money equals holds, every operation has the transfers, calls and callbacks " +
		"that its status says, the audit chain holds. In a demo the sandbox's own books are compared with ours. " +
		"Exit status 1 when anything differs."
}

// Run verifies and prints.
func (c *verifyCommand) Run(ctx context.Context, line *kong.Context) error {
	v := &verification{ctx: ctx, out: line.Stdout, progress: line.Stderr}
	if err := v.run(c.storage, c.Shop); err != nil {
		return err
	}
	v.summary()
	if v.differences > 0 {
		return exitWith(1)
	}
	return nil
}

// verification goes through the books: once for all shops, or for one.
type verification struct {
	ctx      context.Context
	db       *db.DB
	out      io.Writer
	progress io.Writer
	told     time.Time
	rows     int64 // looked at

	// Who else hears of it, if anybody.
	found  func(console.Finding)
	looked func(at string, rows int64)

	shops, transfers, operations, callbacks, acts int64
	differences, notes                            int64
}

func (v *verification) run(at storage, only int64) (err error) {
	if v.db, err = at.open(v.ctx, true); err != nil {
		return err
	}
	defer v.db.Close()
	if only != 0 {
		row, err := shop.Load(v.ctx, v.db.Reader(), only)
		if err != nil {
			return (&desk{db: v.db}).explain(v.ctx, err)
		}
		if err := v.shop(row); err != nil {
			return err
		}
	} else if err := v.every(); err != nil {
		return err
	}
	return errors.Join(v.sandbox(at, only), v.counts(only))
}

// every verifies all shops, and the chains of the house and of what is no shop.
func (v *verification) every() error {
	if err := v.together(); err != nil {
		return err
	}
	o := &desk{db: v.db}
	err := o.eachShop(v.ctx, func(row *shop.Shop) error {
		v.shops++
		v.progressed("the audit chains", 1)
		return audit.Verify(v.ctx, v.db.Reader(), row.ID, v.reporter(row.ID))
	})
	if err != nil {
		return err
	}
	chains, err := audit.Shops(v.ctx, v.db.Reader())
	if err != nil {
		return err
	}
	for _, id := range chains {
		if _, err := shop.Load(v.ctx, v.db.Reader(), id); err == nil {
			continue // verified with its shop
		}
		if err := audit.Verify(v.ctx, v.db.Reader(), id, v.reporter(id)); err != nil {
			return err
		}
	}
	return v.strays()
}

// together verifies what all shops share tables for.
func (v *verification) together() error {
	reader := v.db.Reader()
	looked := func(at string) func(int64) { return func(rows int64) { v.progressed(at, rows) } }
	wrong := func(d ledger.Difference) { v.differ(d.Shop, string(d.What), d.Subject, d.Detail) }
	if err := ledger.VerifyAll(v.ctx, reader, wrong, looked("the ledger")); err != nil {
		return err
	}
	invoices, err := invoice.VerifyAll(v.ctx, reader, v.differ, looked("the invoices"))
	v.operations += invoices.Operations
	if err != nil {
		return err
	}
	payouts, err := payout.VerifyAll(v.ctx, reader, v.differ, looked("the payouts"))
	v.operations += payouts.Payouts
	if err != nil {
		return err
	}
	return errors.Join(
		v.frozen(0, payouts.OpenFrom, invoices.RefundsFrom),
		callback.VerifyAll(v.ctx, reader, v.differ, looked("the callbacks")),
	)
}

func (v *verification) shop(row *shop.Shop) error {
	id, reader, report := row.ID, v.db.Reader(), v.reporter(row.ID)
	v.shops++
	if err := ledger.Verify(v.ctx, reader, id, func(d ledger.Difference) { report(string(d.What), d.Subject, d.Detail) }); err != nil {
		return err
	}
	invoices, err := invoice.Verify(v.ctx, reader, id, report)
	v.operations += invoices.Operations
	if err != nil {
		return err
	}
	payouts, err := payout.Verify(v.ctx, reader, id, report)
	v.operations += payouts.Payouts
	if err != nil {
		return err
	}
	return errors.Join(
		v.frozen(id, payouts.OpenFrom, invoices.RefundsFrom),
		callback.Verify(v.ctx, reader, id, report),
		audit.Verify(v.ctx, reader, id, report),
	)
}

// frozen compares each frozen account with the payouts and refunds in progress.
// Both sides are of one statement, so that it holds beside a gateway at work; it
// leaves out what is known to be final before the two ids. only is the shop, 0 for all.
func (v *verification) frozen(only, payoutsFrom, refundsFrom int64) error {
	each := func(scan func(...any) error) error {
		var currency money.Currency
		var id, balance, payouts, refunds int64
		if err := scan(&id, &currency, &balance, &payouts, &refunds); err != nil {
			return err
		}
		if balance != payouts+refunds {
			v.differ(id, "is not the sum of open payouts and refunds", "frozen "+currency.Code(),
				fmt.Sprintf("balance %d, payouts %d, refunds %d", balance, payouts, refunds))
		}
		return nil
	}
	return db.Query(v.ctx, v.db.Reader(), each, `
		SELECT b.shop_id, b.currency, CAST(SUM(b.balance) AS BIGINT), CAST(SUM(b.payouts) AS BIGINT), CAST(SUM(b.refunds) AS BIGINT) FROM (
			SELECT a.shop_id, a.currency, a.balance, 0 AS payouts, 0 AS refunds
				FROM account a WHERE (a.shop_id = $1 OR $1 = 0) AND a.purpose = 'frozen'
			UNION ALL
			SELECT p.shop_id, p.currency, 0, p.write_off, 0
				FROM payout p WHERE (p.shop_id = $1 OR $1 = 0) AND p.id >= $2 AND p.status NOT IN (5, 6)
			UNION ALL
			SELECT f.shop_id, f.currency, 0, 0, f.amount
				FROM refund f WHERE (f.shop_id = $1 OR $1 = 0) AND f.id >= $3 AND f.status = 'WAITING'
		) b GROUP BY b.shop_id, b.currency`, only, payoutsFrom, refundsFrom)
}

// counts fills in the summary.
func (v *verification) counts(only int64) error {
	for table, to := range map[string]*int64{"transfer": &v.transfers, "callback": &v.callbacks, "audit": &v.acts} {
		text, args := "SELECT COUNT(*) FROM "+table, []any{}
		if only != 0 {
			text, args = text+" WHERE shop_id = $1", []any{only}
		}
		var err error
		if *to, err = count(v.ctx, v.db.Reader(), text, args...); err != nil {
			return err
		}
	}
	return nil
}

// strays are rows of a shop that does not exist: no other look would meet them.
func (v *verification) strays() error {
	for _, table := range []string{"account", "transfer", "entry", "invoice", "refund", "payout", "attempt", "callback", "delivery", "contradiction"} {
		n, err := count(v.ctx, v.db.Reader(), "SELECT COUNT(*) FROM "+table+" t WHERE NOT EXISTS (SELECT 1 FROM shop s WHERE s.id = t.shop_id AND s.id > 0)")
		if err != nil {
			return err
		}
		if n > 0 {
			v.differ(0, "belong to no shop", "rows of "+table, fmt.Sprint(n))
		}
	}
	return nil
}

func (v *verification) reporter(shop int64) func(what, subject, detail string) {
	return func(what, subject, detail string) { v.differ(shop, what, subject, detail) }
}

func (v *verification) differ(shop int64, what, subject, detail string) {
	v.differences++
	v.tell(console.Finding{Shop: shop, Subject: subject, What: what, Detail: detail})
	fmt.Fprintf(v.out, "DIFFERENCE  %s: %s %s: %s\n", houseOr(shop), subject, what, detail)
}

func (v *verification) note(shop int64, text string) {
	v.notes++
	v.tell(console.Finding{Shop: shop, Detail: text, Note: true})
	fmt.Fprintf(v.out, "note  %s: %s\n", houseOr(shop), text)
}

func (v *verification) tell(f console.Finding) {
	if v.found != nil {
		v.found(f)
	}
}

func houseOr(shop int64) string {
	if shop == 0 {
		return "the house"
	}
	return fmt.Sprintf("shop %d", shop)
}

// progressed shows now and then that work goes on.
func (v *verification) progressed(at string, rows int64) {
	v.rows += rows
	if v.looked != nil {
		v.looked(at, v.rows)
	}
	if now := time.Now(); now.Sub(v.told) > 2*time.Second {
		if !v.told.IsZero() {
			fmt.Fprintf(v.progress, "… %d rows, now %s\n", v.rows, at)
		}
		v.told = now
	}
}

func (v *verification) summary() {
	fmt.Fprintf(v.out, "verified %d shops, %d transfers, %d operations, %d callbacks, %d audited acts: ",
		v.shops, v.transfers, v.operations, v.callbacks, v.acts)
	if v.differences == 0 {
		fmt.Fprintln(v.out, "no difference")
		return
	}
	fmt.Fprintf(v.out, "%d differences\n", v.differences)
}

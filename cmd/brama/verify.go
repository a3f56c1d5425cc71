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
	return "It reads only, and may run beside the gateway. For each shop: every transfer sums to zero, balances equal their entries, " +
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

// verification goes through the books, shop by shop.
type verification struct {
	ctx      context.Context
	db       *db.DB
	out      io.Writer
	progress io.Writer
	told     time.Time

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
			return (&operator{db: v.db}).explain(v.ctx, err)
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
	o := &operator{db: v.db}
	if err := o.eachShop(v.ctx, v.shop); err != nil {
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

func (v *verification) shop(row *shop.Shop) error {
	id, reader, report := row.ID, v.db.Reader(), v.reporter(row.ID)
	v.shops++
	v.progressed(id)
	if err := ledger.Verify(v.ctx, reader, id, func(d ledger.Difference) { report(string(d.What), d.Subject, d.Detail) }); err != nil {
		return err
	}
	invoices, err := invoice.Verify(v.ctx, reader, id, report)
	v.operations += invoices.Operations
	if err != nil {
		return err
	}
	v.progressed(id)
	payouts, err := payout.Verify(v.ctx, reader, id, report)
	v.operations += payouts.Payouts
	if err != nil {
		return err
	}
	return errors.Join(
		v.frozen(id, payouts.OpenFrom, invoices.RefundsFrom, report),
		callback.Verify(v.ctx, reader, id, report),
		audit.Verify(v.ctx, reader, id, report),
	)
}

// frozen compares each frozen account with the payouts and refunds in progress.
// Both sides are of one statement, so that it holds beside a gateway at work; it
// leaves out what is known to be final before the two ids.
func (v *verification) frozen(id, payoutsFrom, refundsFrom int64, report func(what, subject, detail string)) error {
	each := func(scan func(...any) error) error {
		var currency money.Currency
		var balance, payouts, refunds int64
		if err := scan(&currency, &balance, &payouts, &refunds); err != nil {
			return err
		}
		if balance != payouts+refunds {
			report("is not the sum of open payouts and refunds", "frozen "+currency.Code(),
				fmt.Sprintf("balance %d, payouts %d, refunds %d", balance, payouts, refunds))
		}
		return nil
	}
	return db.Query(v.ctx, v.db.Reader(), each, `
		SELECT a.currency, a.balance,
			(SELECT CAST(COALESCE(SUM(p.write_off), 0) AS BIGINT) FROM payout p
				WHERE p.shop_id = a.shop_id AND p.currency = a.currency AND p.id >= $2 AND p.status NOT IN (5, 6)),
			(SELECT CAST(COALESCE(SUM(f.amount), 0) AS BIGINT) FROM refund f
				WHERE f.shop_id = a.shop_id AND f.currency = a.currency AND f.id >= $3 AND f.status = 'WAITING')
		FROM account a WHERE a.shop_id = $1 AND a.purpose = 'frozen'`, id, payoutsFrom, refundsFrom)
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
	fmt.Fprintf(v.out, "DIFFERENCE  %s: %s %s: %s\n", houseOr(shop), subject, what, detail)
}

func (v *verification) note(shop int64, text string) {
	v.notes++
	fmt.Fprintf(v.out, "note  %s: %s\n", houseOr(shop), text)
}

func houseOr(shop int64) string {
	if shop == 0 {
		return "the house"
	}
	return fmt.Sprintf("shop %d", shop)
}

// progressed shows now and then that work goes on.
func (v *verification) progressed(shop int64) {
	if now := time.Now(); now.Sub(v.told) > 2*time.Second {
		if !v.told.IsZero() {
			fmt.Fprintf(v.progress, "… %d shops, %d operations, now shop %d\n", v.shops, v.operations, shop)
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

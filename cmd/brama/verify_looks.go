package main

import (
	"context"
	"fmt"
	"math"

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

// look is one part of a verification, which goes on beside others. It changes no
// number of the verification that another look changes.
type look struct {
	of       *verification
	ctx      context.Context // ends with the first error of any look
	take     func(*look) error
	findings chan console.Finding
}

// looks are those at all shops, the longest first.
func (v *verification) looks(at storage) []*look {
	return []*look{
		{take: (*look).ledger},
		{take: (*look).operations},
		{take: func(l *look) error { return l.sandbox(at, 0) }},
		{take: (*look).messages},
		{take: (*look).strays},
		{take: (*look).chains},
	}
}

// looksAtOne are those at one shop.
func (v *verification) looksAtOne(at storage, only int64) []*look {
	v.shops = 1
	return []*look{
		{take: func(l *look) error {
			return ledger.Verify(l.ctx, l.of.db.Reader(), only, l.differInBooks)
		}},
		{take: func(l *look) error { return l.operationsOf(only) }},
		{take: func(l *look) error { return l.sandbox(at, only) }},
		{take: func(l *look) error { return callback.Verify(l.ctx, l.of.db.Reader(), only, l.reporter(only)) }},
		{take: func(l *look) error { return audit.Verify(l.ctx, l.of.db.Reader(), only, l.reporter(only)) }},
		{take: func(l *look) error { return l.counts(only) }},
	}
}

func (l *look) ledger() error {
	return ledger.VerifyAll(l.ctx, l.of.db.Reader(), l.differInBooks, l.looked("the ledger"))
}

// operations looks at the invoices and the payouts, and then at the frozen money.
func (l *look) operations() error {
	payouts, err := payout.VerifyAll(l.ctx, l.of.db.Reader(), l.differ, l.looked("the payouts"))
	l.of.operations += payouts.Payouts
	if err != nil {
		return err
	}
	invoices, err := invoice.VerifyAll(l.ctx, l.of.db.Reader(), l.differ, l.looked("the invoices"))
	l.of.operations += invoices.Operations
	if err != nil {
		return err
	}
	l.looked("the frozen money")(0)
	return l.frozen(0, payouts.OpenFrom, invoices.RefundsFrom)
}

func (l *look) operationsOf(only int64) error {
	payouts, err := payout.Verify(l.ctx, l.of.db.Reader(), only, l.reporter(only))
	l.of.operations += payouts.Payouts
	if err != nil {
		return err
	}
	invoices, err := invoice.Verify(l.ctx, l.of.db.Reader(), only, l.reporter(only))
	l.of.operations += invoices.Operations
	if err != nil {
		return err
	}
	return l.frozen(only, payouts.OpenFrom, invoices.RefundsFrom)
}

// frozen compares each frozen account with the payouts and refunds in progress.
// Both sides are of one statement, so that it holds beside a gateway at work; it
// leaves out what is known to be final before the two ids. only is the shop, 0 for all.
func (l *look) frozen(only, payoutsFrom, refundsFrom int64) error {
	each := func(scan func(...any) error) error {
		var currency money.Currency
		var id, balance, payouts, refunds int64
		if err := scan(&id, &currency, &balance, &payouts, &refunds); err != nil {
			return err
		}
		if balance != payouts+refunds {
			l.differ(id, "is not the sum of open payouts and refunds", "frozen "+currency.Code(),
				fmt.Sprintf("balance %d, payouts %d, refunds %d", balance, payouts, refunds))
		}
		return nil
	}
	return db.Query(l.ctx, l.of.db.Reader(), each, `
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

func (l *look) messages() error {
	return callback.VerifyAll(l.ctx, l.of.db.Reader(), l.differ, l.looked("the callbacks"))
}

// chains verifies the audit chains of the shops, of the house and of what is no shop.
func (l *look) chains() (err error) {
	reader := l.of.db.Reader()
	err = (&desk{db: l.of.db}).eachShop(l.ctx, func(row *shop.Shop) error {
		l.of.shops++
		l.looked("the audit chains")(1)
		return audit.Verify(l.ctx, reader, row.ID, l.reporter(row.ID))
	})
	if err != nil {
		return err
	}
	chains, err := audit.Shops(l.ctx, reader)
	if err != nil {
		return err
	}
	for _, id := range chains {
		if _, err := shop.Load(l.ctx, reader, id); err == nil {
			continue // verified with its shop
		}
		if err := audit.Verify(l.ctx, reader, id, l.reporter(id)); err != nil {
			return err
		}
	}
	l.of.acts, err = count(l.ctx, reader, "SELECT COUNT(*) FROM audit")
	return err
}

// strays looks for rows of a shop that does not exist, which belong to nobody's
// books, and counts the others for the summary.
func (l *look) strays() error {
	for _, t := range []struct {
		table, key string // its first
		total      *int64
	}{
		{"account", "shop_id", nil}, {"transfer", "id", &l.of.transfers}, {"entry", "transfer_id", nil}, {"invoice", "id", nil}, {"refund", "id", nil},
		{"payout", "id", nil}, {"attempt", "operation", nil}, {"callback", "id", &l.of.callbacks}, {"delivery", "callback_id", nil}, {"contradiction", "id", nil},
	} {
		total, strays, err := l.walk(t.table, t.key)
		if err != nil {
			return err
		}
		if t.total != nil {
			*t.total = total
		}
		if strays > 0 {
			l.differ(0, "belong to no shop", "rows of "+t.table, fmt.Sprint(strays))
		}
	}
	return nil
}

// walkPage is how many rows of an index one short read counts.
const walkPage = 20_000

// walk counts the rows of a table and those of no shop, in pages by its key.
func (l *look) walk(table, key string) (total, strays int64, err error) {
	looked := l.looked("whose the rows are")
	for after := int64(math.MinInt64); after < math.MaxInt64; {
		end, err := count(l.ctx, l.of.db.Reader(), "SELECT COALESCE((SELECT "+key+" FROM "+table+" WHERE "+key+" > $1 ORDER BY "+key+" LIMIT 1 OFFSET $2), $3)",
			after, walkPage, int64(math.MaxInt64))
		if err != nil {
			return total, strays, err
		}
		var rows int64
		each := func(scan func(...any) error) error {
			var some int64
			err := scan(&rows, &some)
			strays += some
			return err
		}
		err = db.Query(l.ctx, l.of.db.Reader(), each, `
			SELECT COUNT(*), COUNT(CASE WHEN t.shop_id NOT IN (SELECT s.id FROM shop s WHERE s.id > 0) THEN 1 END)
			FROM `+table+" t WHERE t."+key+" > $1 AND t."+key+" <= $2", after, end)
		if err != nil {
			return total, strays, err
		}
		looked(rows)
		total, after = total+rows, end
	}
	return total, strays, nil
}

// counts fills in the summary of one shop.
func (l *look) counts(only int64) (err error) {
	reader := l.of.db.Reader()
	if l.of.transfers, err = count(l.ctx, reader, "SELECT COUNT(*) FROM transfer WHERE shop_id = $1", only); err != nil {
		return err
	}
	if l.of.callbacks, err = count(l.ctx, reader, "SELECT COUNT(*) FROM callback WHERE shop_id = $1", only); err != nil {
		return err
	}
	l.of.acts, err = count(l.ctx, reader, "SELECT COUNT(*) FROM audit WHERE shop_id = $1", only)
	return err
}

// looked gives who is told how many rows were looked at.
func (l *look) looked(at string) func(rows int64) {
	return func(rows int64) { l.of.progressed(at, rows) }
}

func (l *look) differInBooks(d ledger.Difference) {
	l.differ(d.Shop, string(d.What), d.Subject, d.Detail)
}

func (l *look) reporter(shop int64) func(what, subject, detail string) {
	return func(what, subject, detail string) { l.differ(shop, what, subject, detail) }
}

func (l *look) differ(shop int64, what, subject, detail string) {
	l.findings <- console.Finding{Shop: shop, Subject: subject, What: what, Detail: detail}
}

func (l *look) note(shop int64, text string) {
	l.findings <- console.Finding{Shop: shop, Detail: text, Note: true}
}

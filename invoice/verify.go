package invoice

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
)

// verifyPage is how many rows one short read looks at: a long read keeps SQLite
// from shortening its log.
const verifyPage = 500

// Seen is what Verify looked at.
type Seen struct {
	Operations int64 // invoices and refunds
	// RefundsFrom is an id below which no refund waits, nor ever will: a sum over
	// waiting ones need not read what is before.
	RefundsFrom int64
}

// settling is how far behind the newest id a row may still be stored: a minute of
// ids, for several nodes draw them by their own clocks.
const settling = 60_000 << 12

// Verify holds every invoice and refund of a shop against the books, the calls
// and the messages, and the held accounts against the held invoices, and reports
// what differs. The gateway may be at work: what must agree is read by one
// statement.
func Verify(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string)) (Seen, error) {
	v := verifier{from: from, only: shop, looked: func(int64) {}}
	v.report = func(_ int64, what, subject, detail string) { report(what, subject, detail) }
	return v.verify(ctx)
}

// VerifyAll does what Verify does for every shop in one pass: the keys begin with
// the id, so that a pass for one shop goes by the rows of all. looked is told how
// many rows each read took, for who waits.
func VerifyAll(ctx context.Context, from *sql.DB, report func(shop int64, what, subject, detail string), looked func(rows int64)) (Seen, error) {
	v := verifier{from: from, report: report, looked: looked}
	return v.verify(ctx)
}

func (v *verifier) verify(ctx context.Context) (Seen, error) {
	for _, look := range []func(context.Context) error{v.disabled, v.invoices, v.refunds, v.held} {
		if err := look(ctx); err != nil {
			return v.saw, err
		}
	}
	return v.saw, nil
}

type verifier struct {
	from        *sql.DB
	only        int64 // the shop, 0 for all
	report      func(shop int64, what, subject, detail string)
	looked      func(rows int64)
	saw         Seen
	heldFrom    int64          // no invoice below it is or will be held
	disabled410 map[int64]bool // shops one of whose addresses once answered 410: some messages were not owed
}

// open is the id from which on something may be open, from what a walk has met.
func open(newest, oldest int64) int64 {
	if oldest != 0 {
		return min(oldest, newest-settling)
	}
	return newest - settling
}

// disabled looks to which shops some messages may not have been owed.
func (r *verifier) disabled(ctx context.Context) error {
	r.disabled410 = map[int64]bool{}
	each := func(scan func(...any) error) error {
		var shop int64
		err := scan(&shop)
		r.disabled410[shop] = true
		return err
	}
	return db.Query(ctx, r.from, each,
		"SELECT DISTINCT shop_id FROM audit WHERE (shop_id = $1 OR $1 = 0) AND act = 'shop.callback.disable'", r.only)
}

// openOutcomes are the outcomes of calls that are still to be learned.
const openOutcomes = "('', 'pending', 'challenge', 'unknown')"

// seen is an invoice with what the other tables say of it.
type seen struct {
	Invoice
	ofRefunds, priceOfRefunds, feeOfRefunds      int64
	calls, open, messages, successes, rejections int64
	paid, net, price, holds, unholds             int64
	ended                                        string // kind of the transfer that resolved the hold
}

// seenText counts what belongs to each invoice of a page. The amounts come from
// the entries: net is what the shop got, price what the provider owes for it.
const seenText = `
	(SELECT CAST(COALESCE(SUM(f.amount), 0) AS BIGINT) FROM refund f WHERE f.invoice_id = v.id AND f.shop_id = v.shop_id AND f.status <> 'FAILED'),
	(SELECT CAST(COALESCE(SUM(f.price), 0) AS BIGINT) FROM refund f WHERE f.invoice_id = v.id AND f.shop_id = v.shop_id AND f.status <> 'FAILED'),
	(SELECT CAST(COALESCE(SUM(f.fee_back), 0) AS BIGINT) FROM refund f WHERE f.invoice_id = v.id AND f.shop_id = v.shop_id AND f.status <> 'FAILED'),
	(SELECT COUNT(*) FROM attempt a WHERE a.operation = v.id AND a.shop_id = v.shop_id),
	(SELECT COUNT(*) FROM attempt a WHERE a.operation = v.id AND a.shop_id = v.shop_id AND a.outcome IN ` + openOutcomes + `),
	(SELECT COUNT(*) FROM callback c WHERE c.object = v.id AND c.shop_id = v.shop_id),
	(SELECT COUNT(*) FROM callback c WHERE c.object = v.id AND c.shop_id = v.shop_id AND c.kind = 'invoice' AND c.event = 'success'),
	(SELECT COUNT(*) FROM callback c WHERE c.object = v.id AND c.shop_id = v.shop_id AND c.kind = 'invoice' AND c.event = 'rejected'),
	(SELECT COUNT(*) FROM transfer t WHERE t.operation = v.id AND t.shop_id = v.shop_id AND t.kind = 'invoice.paid'),
	(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
		WHERE t.operation = v.id AND t.shop_id = v.shop_id AND t.kind = 'invoice.paid' AND e.purpose = 'available' AND e.currency = v.currency),
	(SELECT CAST(COALESCE(SUM(-e.amount), 0) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
		WHERE t.operation = v.id AND t.shop_id = v.shop_id AND t.kind = 'invoice.paid' AND e.purpose = 'clearing' AND e.currency = v.price_currency),
	(SELECT COUNT(*) FROM transfer t WHERE t.operation = v.id AND t.shop_id = v.shop_id AND t.kind = 'invoice.hold'),
	(SELECT COUNT(*) FROM transfer t WHERE t.operation = v.id AND t.shop_id = v.shop_id AND t.kind = 'invoice.unhold'),
	COALESCE((SELECT MIN(t.kind) FROM transfer t WHERE v.hold_transfer <> 0 AND t.resolves = v.hold_transfer AND t.shop_id = v.shop_id), '')`

func (r *verifier) invoices(ctx context.Context) error {
	var after, shop, oldest int64
	defer func() { r.heldFrom = open(after, oldest) }()
	for {
		var page []seen
		each := func(scan func(...any) error) error {
			var v seen
			err := scan(append(invoices.Fields(&v.Invoice), &v.ofRefunds, &v.priceOfRefunds, &v.feeOfRefunds, &v.calls, &v.open, &v.messages,
				&v.successes, &v.rejections, &v.paid, &v.net, &v.price, &v.holds, &v.unholds, &v.ended)...)
			page = append(page, v)
			return err
		}
		err := db.Query(ctx, r.from, each, "SELECT "+invoices.Columns()+","+seenText+
			" FROM invoice v WHERE (v.shop_id = $1 OR $1 = 0) AND (v.id, v.shop_id) > ($2, $3) ORDER BY v.id, v.shop_id LIMIT $4", r.only, after, shop, verifyPage)
		if err != nil {
			return err
		}
		r.looked(int64(len(page)))
		for i := range page {
			r.saw.Operations++
			r.invoice(&page[i])
			after, shop = page[i].ID, page[i].Shop
			if oldest == 0 && !page[i].Status.Final() {
				oldest = after
			}
		}
		if len(page) < verifyPage {
			return nil
		}
	}
}

func (r *verifier) invoice(v *seen) {
	wrong := r.about(v.Shop, "invoice", v.ID, v.Status.String())
	known := slices.ContainsFunc(Moves, func(m Move) bool { return m.To == v.Status })
	wrong(!known, "has a status that no move leads to", "status %d", int64(v.Status))
	r.money(v, wrong)
	r.hold(v, wrong)
	wrong(v.Refunded != v.ofRefunds || v.PriceRefunded != v.priceOfRefunds || v.FeeReturned != v.feeOfRefunds,
		"does not count its refunds", "it says %d, %d and %d of fee; they are %d, %d and %d",
		v.Refunded, v.PriceRefunded, v.FeeReturned, v.ofRefunds, v.priceOfRefunds, v.feeOfRefunds)
	r.calls(v.Attempts, v.calls, v.open, wrong)
	wrong(v.Status.Final() && v.open > 0, "is final with a call whose outcome is open", "%d", v.open)
	wrong(v.Status.Final() != (v.ProcessedAt > 0), "is final without a time, or not final with one", "processed at %d", v.ProcessedAt)
	wrong(v.Status.waits() && v.DueAt == 0, "waits and nobody will ever look", "due_at is 0")
	r.messages(v, wrong)
}

// waits reports whether a worker must come back to the invoice.
func (s Status) waits() bool {
	return s == Created || s == Awaiting || s == Unknown || s == Charging || s == Unholding
}

// money: paid exactly when it succeeded, and what the entries say.
func (r *verifier) money(v *seen, wrong wrongFunc) {
	expected := int64(0)
	if v.Status == Succeeded {
		expected = 1
	}
	wrong(v.paid != expected, "has not the payments on the books that its status says", "%d transfers invoice.paid, %d expected", v.paid, expected)
	wrong(v.paid == 1 && (v.net != v.Net || v.price != v.Price), "was booked with other amounts",
		"booked net %d and price %d, the invoice says %d and %d", v.net, v.price, v.Net, v.Price)
}

// hold: held exactly while its hold is unresolved.
func (r *verifier) hold(v *seen, wrong wrongFunc) {
	isHeld := v.Status.Outward() == Held
	wrong(v.holds > 1 || (v.holds == 1) != (v.HoldTransfer != 0), "has not the hold on the books that it names", "%d transfers invoice.hold", v.holds)
	wrong(isHeld != (v.holds == 1 && v.ended == ""), "is held and its hold is resolved, or the reverse", "resolved by %q", v.ended)
	wrong(v.Status == Succeeded && v.Hold != (v.ended == "invoice.paid"), "was charged otherwise than its hold says", "resolved by %q", v.ended)
	wrong(v.Status == Rejected && (v.holds == 1) != (v.ended == "invoice.unhold"), "is rejected and its hold was not released", "resolved by %q", v.ended)
	wrong(v.unholds > 1 || (v.unholds == 1) != (v.ended == "invoice.unhold"), "has a release that resolves nothing", "%d transfers invoice.unhold", v.unholds)
}

func (r *verifier) messages(v *seen, wrong wrongFunc) {
	wrong(v.Callbacks != v.messages, "does not count its callbacks", "it says %d, there are %d", v.Callbacks, v.messages)
	wrong(v.successes > 0 && v.Status != Succeeded || v.rejections > 0 && v.Status != Rejected, "told its shop another end",
		"%d of success, %d of rejection", v.successes, v.rejections)
	// An address in the request is always told the end, unless one was switched off.
	owed := v.Source == "" && v.CallbackURL != "" && v.Status.Final() && !r.disabled410[v.Shop]
	wrong(owed && v.successes+v.rejections == 0, "owes a callback that does not exist", "of its end")
	wrong(v.successes+v.rejections > 1, "told its end more than once", "%d callbacks", v.successes+v.rejections)
}

func (r *verifier) calls(said, calls, open int64, wrong wrongFunc) {
	wrong(said != calls, "does not count its calls", "it says %d, there are %d", said, calls)
	wrong(open > 1, "has more than one open call", "%d", open)
}

// wrongFunc reports when something is wrong.
type wrongFunc func(is bool, what, format string, args ...any)

func (r *verifier) about(shop int64, kind string, id int64, status string) wrongFunc {
	return func(is bool, what, format string, args ...any) {
		if is {
			r.report(shop, what, fmt.Sprintf("%s %d (%s)", kind, id, status), fmt.Sprintf(format, args...))
		}
	}
}

// seenRefund is a refund with what the other tables say of it.
type seenRefund struct {
	Refund
	calls, open, messages, parents int64
	reserved, back, given          int64
	ended                          string
}

const seenRefundText = `
	(SELECT COUNT(*) FROM attempt a WHERE a.operation = f.id AND a.shop_id = f.shop_id),
	(SELECT COUNT(*) FROM attempt a WHERE a.operation = f.id AND a.shop_id = f.shop_id AND a.outcome IN ` + openOutcomes + `),
	(SELECT COUNT(*) FROM callback c WHERE c.object = f.invoice_id AND c.shop_id = f.shop_id AND c.kind = 'refund' AND c.subject = f.id),
	(SELECT COUNT(*) FROM invoice v WHERE v.id = f.invoice_id AND v.shop_id = f.shop_id AND v.status = 4),
	(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e WHERE e.transfer_id = f.reserve AND e.shop_id = f.shop_id
		AND e.purpose = 'frozen' AND e.currency = f.currency),
	(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
		WHERE t.resolves = f.reserve AND t.resolves <> 0 AND t.shop_id = f.shop_id AND e.purpose = 'available' AND e.currency = f.currency),
	(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
		WHERE t.resolves = f.reserve AND t.resolves <> 0 AND t.shop_id = f.shop_id AND e.purpose = 'clearing' AND e.currency = f.price_currency),
	COALESCE((SELECT MIN(t.kind) FROM transfer t WHERE t.resolves = f.reserve AND t.resolves <> 0 AND t.shop_id = f.shop_id), '')`

func (r *verifier) refunds(ctx context.Context) error {
	var after, shop, oldest int64
	defer func() { r.saw.RefundsFrom = open(after, oldest) }()
	for {
		var page []seenRefund
		each := func(scan func(...any) error) error {
			var f seenRefund
			err := scan(append(refunds.Fields(&f.Refund), &f.calls, &f.open, &f.messages, &f.parents, &f.reserved, &f.back, &f.given, &f.ended)...)
			page = append(page, f)
			return err
		}
		err := db.Query(ctx, r.from, each, "SELECT "+refunds.Columns()+","+seenRefundText+
			" FROM refund f WHERE (f.shop_id = $1 OR $1 = 0) AND (f.id, f.shop_id) > ($2, $3) ORDER BY f.id, f.shop_id LIMIT $4", r.only, after, shop, verifyPage)
		if err != nil {
			return err
		}
		r.looked(int64(len(page)))
		for i := range page {
			r.saw.Operations++
			r.refund(&page[i])
			after, shop = page[i].ID, page[i].Shop
			if oldest == 0 && page[i].Status == Waiting {
				oldest = after
			}
		}
		if len(page) < verifyPage {
			return nil
		}
	}
}

func (r *verifier) refund(f *seenRefund) {
	wrong := r.about(f.Shop, "refund", f.ID, string(f.Status))
	expected := map[RefundStatus]string{Waiting: "", Refunded: "refund.complete", Failed: "release"}
	want, known := expected[f.Status]
	wrong(!known, "has a status that no move leads to", "status %s", f.Status)
	wrong(f.parents != 1, "is of no paid invoice", "invoice %d", f.InvoiceID)
	wrong(f.reserved != f.Amount, "has not reserved its amount", "reserved %d of %d", f.reserved, f.Amount)
	wrong(f.ended != want, "has a reservation that its status contradicts", "resolved by %q, expected %q", f.ended, want)
	wrong(f.ended == "refund.complete" && (f.given != f.Price || f.back != f.FeeBack), "was booked with other amounts",
		"booked price %d and fee %d, the refund says %d and %d", f.given, f.back, f.Price, f.FeeBack)
	r.calls(f.Attempts, f.calls, f.open, wrong)
	wrong(f.Status != Waiting && f.open > 0, "is final with a call whose outcome is open", "%d", f.open)
	wrong((f.Status == Waiting) != (f.DueAt > 0), "waits and nobody will ever look, or the reverse", "due_at is %d", f.DueAt)
	wrong(f.messages > 1 || f.Status == Waiting && f.messages > 0, "told its end more than once, or too early", "%d callbacks", f.messages)
	owed := f.Source == "" && f.CallbackURL != "" && f.Status != Waiting && !r.disabled410[f.Shop]
	wrong(owed && f.messages == 0, "owes a callback that does not exist", "of its end")
}

// held compares each held account with the invoices that are held: one statement,
// so one moment, and one pass over the invoices, however many shops there are.
func (r *verifier) held(ctx context.Context) error {
	each := func(scan func(...any) error) error {
		var currency money.Currency
		var shop, balance, sum int64
		if err := scan(&shop, &currency, &balance, &sum); err != nil {
			return err
		}
		if balance != sum {
			r.report(shop, "is not the sum of the held invoices", "held "+currency.Code(), fmt.Sprintf("balance %d, invoices %d", balance, sum))
		}
		return nil
	}
	return db.Query(ctx, r.from, each, `
		SELECT b.shop_id, b.currency, CAST(SUM(b.balance) AS BIGINT), CAST(SUM(b.net) AS BIGINT) FROM (
			SELECT a.shop_id, a.currency, a.balance, 0 AS net FROM account a WHERE (a.shop_id = $1 OR $1 = 0) AND a.purpose = 'held'
			UNION ALL
			SELECT v.shop_id, v.currency, 0, v.net FROM invoice v WHERE (v.shop_id = $1 OR $1 = 0) AND v.id >= $2 AND v.status IN (8, 81, 82)
		) b GROUP BY b.shop_id, b.currency`, r.only, r.heldFrom)
}

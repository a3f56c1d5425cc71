package payout

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/brama-pay/brama/db"
)

// verifyPage is how many rows one short read looks at.
const verifyPage = 500

// Seen is what Verify looked at.
type Seen struct {
	Payouts int64
	// OpenFrom is an id below which no payout is open, nor ever will be: a sum over
	// open ones need not read what is before.
	OpenFrom int64
}

// settling is how far behind the newest id a payout may still be stored: a minute
// of ids, for several nodes draw them by their own clocks.
const settling = 60_000 << 12

// Verify holds every payout of a shop against the books, the calls and the
// messages, and reports what differs. The gateway may be at work: what must agree
// is read by one statement.
func Verify(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string)) (Seen, error) {
	return verify(ctx, from, shop, func(_ int64, what, subject, detail string) { report(what, subject, detail) }, func(int64) {})
}

// VerifyAll does what Verify does for every shop in one pass: the keys begin with
// the id, so that a pass for one shop goes by the rows of all. looked is told how
// many rows each read took, for who waits.
func VerifyAll(ctx context.Context, from *sql.DB, report func(shop int64, what, subject, detail string), looked func(rows int64)) (Seen, error) {
	return verify(ctx, from, 0, report, looked)
}

func verify(ctx context.Context, from *sql.DB, only int64, report func(shop int64, what, subject, detail string), looked func(rows int64)) (saw Seen, err error) {
	var newest, shop, oldestOpen int64
	for {
		page, err := seenPage(ctx, from, only, newest, shop)
		if err != nil {
			return saw, err
		}
		looked(int64(len(page)))
		for i := range page {
			p := &page[i]
			saw.Payouts++
			p.verify(func(what, subject, detail string) { report(p.Shop, what, subject, detail) })
			newest, shop = p.ID, p.Shop
			if oldestOpen == 0 && !p.Status.Final() {
				oldestOpen = p.ID
			}
		}
		if len(page) < verifyPage {
			break
		}
	}
	saw.OpenFrom = newest - settling
	if oldestOpen != 0 {
		saw.OpenFrom = min(saw.OpenFrom, oldestOpen)
	}
	return saw, nil
}

// seen is a payout with what the other tables say of it.
type seen struct {
	Payout
	calls, open, messages, ends int64
	reserved, given             int64
	ended                       string // kind of the transfer that resolved the reservation
}

func seenPage(ctx context.Context, from *sql.DB, only, after, shop int64) (page []seen, err error) {
	each := func(scan func(...any) error) error {
		var p seen
		err := scan(append(payouts.Fields(&p.Payout), &p.calls, &p.open, &p.messages, &p.ends, &p.reserved, &p.given, &p.ended)...)
		page = append(page, p)
		return err
	}
	err = db.Query(ctx, from, each, "SELECT "+payouts.Columns()+`,
		(SELECT COUNT(*) FROM attempt a WHERE a.operation = p.id AND a.shop_id = p.shop_id),
		(SELECT COUNT(*) FROM attempt a WHERE a.operation = p.id AND a.shop_id = p.shop_id AND a.outcome IN ('', 'pending', 'challenge', 'unknown')),
		(SELECT COUNT(*) FROM callback c WHERE c.object = p.id AND c.shop_id = p.shop_id),
		(SELECT COUNT(*) FROM transfer t WHERE t.operation = p.id AND t.shop_id = p.shop_id AND t.resolves = p.reserve),
		(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e WHERE e.transfer_id = p.reserve AND e.shop_id = p.shop_id
			AND e.purpose = 'frozen' AND e.currency = p.currency),
		(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id
			WHERE t.resolves = p.reserve AND t.resolves <> 0 AND t.shop_id = p.shop_id AND e.purpose = 'clearing' AND e.currency = p.receive_currency),
		COALESCE((SELECT MIN(t.kind) FROM transfer t WHERE t.resolves = p.reserve AND t.resolves <> 0 AND t.shop_id = p.shop_id), '')
		FROM payout p WHERE (p.shop_id = $1 OR $1 = 0) AND (p.id, p.shop_id) > ($2, $3) ORDER BY p.id, p.shop_id LIMIT $4`, only, after, shop, verifyPage)
	return page, err
}

func (p *seen) verify(report func(what, subject, detail string)) {
	wrong := func(is bool, what, format string, args ...any) {
		if is {
			report(what, fmt.Sprintf("payout %d (%s)", p.ID, p.Status), fmt.Sprintf(format, args...))
		}
	}
	known := slices.ContainsFunc(Moves, func(m Move) bool { return m.To == p.Status })
	wrong(!known, "has a status that no move leads to", "status %d", int64(p.Status))
	want := map[Status]string{Completed: "payout.complete", Rejected: "release"}[p.Status]
	wrong(p.reserved != p.WriteOff, "has not reserved its write-off", "reserved %d of %d", p.reserved, p.WriteOff)
	wrong(p.ended != want, "has a reservation that its status contradicts", "resolved by %q, expected %q", p.ended, want)
	wrong(p.ended != "" && p.ends != 1, "was ended by another's transfer", "transfer %d is resolved", p.Reserve)
	wrong(p.ended == "payout.complete" && p.given != p.Receive, "was booked with another amount", "booked %d, the payout says %d", p.given, p.Receive)
	wrong(p.Attempts != p.calls, "does not count its calls", "it says %d, there are %d", p.Attempts, p.calls)
	wrong(p.open > 1, "has more than one open call", "%d", p.open)
	wrong(p.Status.Final() && p.open > 0, "is final with a call whose outcome is open", "%d", p.open)
	wrong(p.Status.Final() != (p.ProcessedAt > 0), "is final without a time, or not final with one", "processed at %d", p.ProcessedAt)
	waits := !p.Status.Final() && p.Status != Confirming
	wrong(waits != (p.DueAt > 0), "waits and nobody will ever look, or the reverse", "due_at is %d", p.DueAt)
	wrong(p.Callbacks != p.messages, "does not count its callbacks", "it says %d, there are %d", p.Callbacks, p.messages)
	wrong(p.messages > 1 || p.messages > 0 && !p.Status.Final(), "told its end more than once, or too early", "%d callbacks", p.messages)
}

package payout

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/brama-pay/brama/db"
)

// verifyPage is how many rows one short read looks at.
const verifyPage = 1000

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
	return verify(ctx, from, shop, verifyPage, func(_ int64, what, subject, detail string) { report(what, subject, detail) }, func(int64) {})
}

// VerifyAll does what Verify does for every shop in one pass: the keys begin with
// the id, so that a pass for one shop goes by the rows of all. looked is told how
// many rows each read took, for who waits.
func VerifyAll(ctx context.Context, from *sql.DB, report func(shop int64, what, subject, detail string), looked func(rows int64)) (Seen, error) {
	return verify(ctx, from, 0, verifyPage, report, looked)
}

func verify(ctx context.Context, from *sql.DB, only, page int64, report func(shop int64, what, subject, detail string), looked func(rows int64)) (saw Seen, err error) {
	var newest, oldestOpen int64
	for after := int64(math.MinInt64); after < math.MaxInt64; {
		end, err := pageEnd(ctx, from, only, after, page)
		if err != nil {
			return saw, err
		}
		read, err := seenPage(ctx, from, only, after, end)
		if err != nil {
			return saw, err
		}
		looked(int64(len(read)))
		for i := range read {
			p := &read[i]
			saw.Payouts++
			p.verify(func(what, subject, detail string) { report(p.shop, what, subject, detail) })
			newest = p.id
			if oldestOpen == 0 && !p.status.Final() {
				oldestOpen = p.id
			}
		}
		after = end
	}
	saw.OpenFrom = newest - settling
	if oldestOpen != 0 {
		saw.OpenFrom = min(saw.OpenFrom, oldestOpen)
	}
	return saw, nil
}

// pageEnd is the last id of the page that follows an id; the greatest number when
// there are no more than a page.
func pageEnd(ctx context.Context, from *sql.DB, only, after, page int64) (end int64, err error) {
	each := func(scan func(...any) error) error { return scan(&end) }
	err = db.Query(ctx, from, each, `SELECT COALESCE((SELECT p.id FROM payout p
		WHERE (p.shop_id = $1 OR $1 = 0) AND p.id > $2 ORDER BY p.id, p.shop_id LIMIT 1 OFFSET $3), $4)`, only, after, page-1, int64(math.MaxInt64))
	return end, err
}

// seen is what Verify looks at of a payout, with what the other tables say of it.
type seen struct {
	shop, id                    int64
	status                      Status
	writeOff, receive, reserve  int64
	attempts, callbacks         int64
	processedAt, dueAt          int64
	calls, open, messages, ends int64
	reserved, given             int64
	ended                       string // kind of the transfer that resolved the reservation
}

// seenPage reads the payouts with ids from one to another, in their order. A row is
// of a payout and a transfer that resolved its reservation, or none did; there is
// never more than one but in damaged books. The calls and those of them that are
// open are one number, a count of 32 bits each: two looks for the same rows would
// take twice the time.
func seenPage(ctx context.Context, from *sql.DB, only, after, end int64) (page []seen, err error) {
	each := func(scan func(...any) error) error {
		var p seen
		err := scan(&p.shop, &p.id, &p.status, &p.writeOff, &p.receive, &p.reserve, &p.attempts, &p.callbacks, &p.processedAt, &p.dueAt,
			&p.calls, &p.messages, &p.reserved, &p.ended, &p.ends, &p.given)
		p.calls, p.open = p.calls&math.MaxUint32, p.calls>>32
		page = append(page, p)
		return err
	}
	err = db.Query(ctx, from, each, `SELECT p.shop_id, p.id, p.status, p.write_off, p.receive, p.reserve, p.attempts, p.callbacks, p.processed_at, p.due_at,
		(SELECT COUNT(*) + 4294967296 * COUNT(CASE WHEN a.outcome IN ('', 'pending', 'challenge', 'unknown') THEN 1 END)
			FROM attempt a WHERE a.operation = p.id AND a.shop_id = p.shop_id),
		(SELECT COUNT(*) FROM callback c WHERE c.object = p.id AND c.shop_id = p.shop_id),
		(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e WHERE e.transfer_id = p.reserve AND e.shop_id = p.shop_id
			AND e.purpose = 'frozen' AND e.currency = p.currency),
		COALESCE(t.kind, ''), CASE WHEN t.operation = p.id THEN 1 ELSE 0 END,
		(SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e WHERE e.transfer_id = t.id AND e.shop_id = t.shop_id
			AND e.purpose = 'clearing' AND e.currency = p.receive_currency)
		FROM payout p LEFT JOIN transfer t ON t.resolves = p.reserve AND t.resolves <> 0 AND t.shop_id = p.shop_id
		WHERE (p.shop_id = $1 OR $1 = 0) AND p.id > $2 AND p.id <= $3`, only, after, end)
	slices.SortFunc(page, func(a, b seen) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.shop, b.shop), strings.Compare(a.ended, b.ended))
	})
	return together(page), err
}

// together makes one of the rows of each payout.
func together(rows []seen) []seen {
	page := rows[:0]
	for _, row := range rows {
		if last := len(page) - 1; last >= 0 && page[last].id == row.id && page[last].shop == row.shop {
			page[last].ends += row.ends
			page[last].given += row.given
			continue
		}
		page = append(page, row)
	}
	return page
}

func (p *seen) verify(report func(what, subject, detail string)) {
	wrong := func(is bool, what, format string, args ...any) {
		if is {
			report(what, fmt.Sprintf("payout %d (%s)", p.id, p.status), fmt.Sprintf(format, args...))
		}
	}
	known := slices.ContainsFunc(Moves, func(m Move) bool { return m.To == p.status })
	wrong(!known, "has a status that no move leads to", "status %d", int64(p.status))
	want := map[Status]string{Completed: "payout.complete", Rejected: "release"}[p.status]
	wrong(p.reserved != p.writeOff, "has not reserved its write-off", "reserved %d of %d", p.reserved, p.writeOff)
	wrong(p.ended != want, "has a reservation that its status contradicts", "resolved by %q, expected %q", p.ended, want)
	wrong(p.ended != "" && p.ends != 1, "was ended by another's transfer", "transfer %d is resolved", p.reserve)
	wrong(p.ended == "payout.complete" && p.given != p.receive, "was booked with another amount", "booked %d, the payout says %d", p.given, p.receive)
	wrong(p.attempts != p.calls, "does not count its calls", "it says %d, there are %d", p.attempts, p.calls)
	wrong(p.open > 1, "has more than one open call", "%d", p.open)
	wrong(p.status.Final() && p.open > 0, "is final with a call whose outcome is open", "%d", p.open)
	wrong(p.status.Final() != (p.processedAt > 0), "is final without a time, or not final with one", "processed at %d", p.processedAt)
	waits := !p.status.Final() && p.status != Confirming
	wrong(waits != (p.dueAt > 0), "waits and nobody will ever look, or the reverse", "due_at is %d", p.dueAt)
	wrong(p.callbacks != p.messages, "does not count its callbacks", "it says %d, there are %d", p.callbacks, p.messages)
	wrong(p.messages > 1 || p.messages > 0 && !p.status.Final(), "told its end more than once, or too early", "%d callbacks", p.messages)
}

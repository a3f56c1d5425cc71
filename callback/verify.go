package callback

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/brama-pay/brama/db"
)

// verifyPage is how many rows one short read looks at.
const verifyPage = 1000

// checked is what Verify looks at of a message.
type checked struct {
	shop, object, seq, id, due, tried, accepted int64
	status                                      Status
}

// Verify reports every message of a shop that contradicts what was promised:
// places that are not 1, 2, 3 … within an object, one that waits and will never
// be due or the reverse, one delivered that no receiver took.
func Verify(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string)) error {
	return verify(ctx, from, shop, func(_ int64, what, subject, detail string) { report(what, subject, detail) }, func(int64) {})
}

// VerifyAll does what Verify does for every shop in one pass; a pass for one goes
// by the rows of all. looked is told how many rows each read took.
func VerifyAll(ctx context.Context, from *sql.DB, report func(shop int64, what, subject, detail string), looked func(rows int64)) error {
	return verify(ctx, from, 0, report, looked)
}

func verify(ctx context.Context, from *sql.DB, only int64, report func(shop int64, what, subject, detail string), looked func(rows int64)) error {
	var last checked
	places := map[int64]int64{} // the last place of the object, for each shop that has one of this number
	for {
		rows, err := verifyRows(ctx, from, only, last)
		if err != nil {
			return err
		}
		looked(int64(len(rows)))
		for _, row := range rows {
			if row.object != last.object {
				clear(places)
			}
			row.verify(places[row.shop], func(what, subject, detail string) { report(row.shop, what, subject, detail) })
			places[row.shop], last = row.seq, row
		}
		if len(rows) < verifyPage {
			return nil
		}
	}
}

func verifyRows(ctx context.Context, from *sql.DB, only int64, after checked) (rows []checked, err error) {
	each := func(scan func(...any) error) error {
		var c checked
		err := scan(&c.shop, &c.object, &c.seq, &c.id, &c.due, &c.status, &c.tried, &c.accepted)
		rows = append(rows, c)
		return err
	}
	err = db.Query(ctx, from, each, `
		SELECT c.shop_id, c.object, c.seq, c.id, c.due_at, c.status, c.tries,
			(SELECT COUNT(*) FROM delivery d WHERE d.callback_id = c.id AND d.shop_id = c.shop_id AND d.status BETWEEN 200 AND 299)
		FROM callback c WHERE (c.object, c.seq, c.shop_id) > ($1, $2, $3) AND (c.shop_id = $4 OR $4 = 0)
		ORDER BY c.object, c.seq, c.shop_id LIMIT $5`,
		after.object, after.seq, after.shop, only, verifyPage)
	return rows, err
}

// verify looks at one message; before is the place of the one before it in its object.
func (c checked) verify(before int64, report func(what, subject, detail string)) {
	subject := fmt.Sprintf("callback %d", c.id)
	if expected := before + 1; c.seq != expected {
		report("a hole in the order of callbacks", subject, fmt.Sprintf("object %d: place %d follows where %d was expected", c.object, c.seq, expected))
	}
	if (c.status == Waiting) != (c.due > 0) {
		report("a callback that is never due, or due when it is through", subject, fmt.Sprintf("status %s, due at %d", c.status, c.due))
	}
	if c.status == Delivered && c.accepted == 0 {
		report("a delivered callback that nobody took", subject, fmt.Sprintf("%d tries, none answered 2xx", c.tried))
	}
}

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
	object, seq, id, due, tried, accepted int64
	status                                Status
}

// Verify reports every message of a shop that contradicts what was promised:
// places that are not 1, 2, 3 … within an object, one that waits and will never
// be due or the reverse, one delivered that no receiver took.
func Verify(ctx context.Context, from *sql.DB, shop int64, report func(what, subject, detail string)) error {
	var last checked
	for {
		rows, err := verifyRows(ctx, from, shop, last)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.verify(last, report)
			last = row
		}
		if len(rows) < verifyPage {
			return nil
		}
	}
}

func verifyRows(ctx context.Context, from *sql.DB, shop int64, after checked) (rows []checked, err error) {
	each := func(scan func(...any) error) error {
		var c checked
		err := scan(&c.object, &c.seq, &c.id, &c.due, &c.status, &c.tried, &c.accepted)
		rows = append(rows, c)
		return err
	}
	err = db.Query(ctx, from, each, `
		SELECT c.object, c.seq, c.id, c.due_at, c.status, c.tries,
			(SELECT COUNT(*) FROM delivery d WHERE d.callback_id = c.id AND d.shop_id = c.shop_id AND d.status BETWEEN 200 AND 299)
		FROM callback c WHERE (c.object, c.seq) > ($1, $2) AND c.shop_id = $3 ORDER BY c.object, c.seq LIMIT $4`,
		after.object, after.seq, shop, verifyPage)
	return rows, err
}

func (c checked) verify(before checked, report func(what, subject, detail string)) {
	subject := fmt.Sprintf("callback %d", c.id)
	expected := int64(1)
	if before.object == c.object {
		expected = before.seq + 1
	}
	if c.seq != expected {
		report("a hole in the order of callbacks", subject, fmt.Sprintf("object %d: place %d follows where %d was expected", c.object, c.seq, expected))
	}
	if (c.status == Waiting) != (c.due > 0) {
		report("a callback that is never due, or due when it is through", subject, fmt.Sprintf("status %s, due at %d", c.status, c.due))
	}
	if c.status == Delivered && c.accepted == 0 {
		report("a delivered callback that nobody took", subject, fmt.Sprintf("%d tries, none answered 2xx", c.tried))
	}
}

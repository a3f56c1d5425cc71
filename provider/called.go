package provider

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
)

// calledRows is how many calls one look of Called goes through. Tests make it small.
var calledRows = 10_000

// calledShown bounds what one look finds; a provider's id has few calls.
const calledShown = 100

// Called looks for the calls that a provider, or a reference, knows by a name, newest
// first, among the operations before an id (0: from the newest). No index serves it,
// since every payment would pay for that: one look goes through a bounded number of
// calls, other shops' too, and says before which operation to go on; 0 when there is
// nothing older. shop 0 is any.
func Called(ctx context.Context, from *sql.DB, shop int64, name string, before int64) (found []*Attempt, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	floor, looked := int64(0), 0
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&floor, &looked) },
		`SELECT COALESCE(MIN(operation), 0), COUNT(*) FROM (SELECT operation FROM attempt WHERE operation < $1
			ORDER BY operation DESC LIMIT $2) AS newest`, before, calledRows)
	if err != nil {
		return nil, 0, err
	}
	found, err = Attempts.Select(ctx, from, "operation < $1 AND operation >= $2 AND (shop_id = $3 OR $3 = 0) AND (provider_id = $4 OR reference = $4) "+
		"ORDER BY operation DESC, n LIMIT $5", before, floor, shop, name, calledShown)
	switch {
	case len(found) == calledShown:
		next = found[calledShown-1].Operation
	case looked == calledRows:
		next = floor
	}
	return found, next, err
}

package provider

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/ledger"
)

// Contradiction is something a provider says for sure that cannot be true by
// our own final status. It is kept for an operator, and what it moved is in suspense.
type Contradiction struct {
	Shop      int64
	ID        int64
	Operation int64
	N         int64
	Kind      string // the transfer's kind
	Found     Result
	Transfer  int64
	At        int64
}

var contradictions = db.NewTable("contradiction", "shop_id, id, operation, n, kind, found, transfer_id, at", "id, shop_id",
	func(c *Contradiction) []any {
		return []any{&c.Shop, &c.ID, &c.Operation, &c.N, &c.Kind, &c.Found, &c.Transfer, &c.At}
	})

// once: the same contradiction is booked once, however often it is heard.
var once = contradictions.Unique("operation, n, found, shop_id")

// ReadContradiction names the rows that Contradict needs.
func ReadContradiction(r *db.Reads, shop, operation, n int64, found Result) {
	once.Read(r, operation, n, found, shop)
}

// Contradict stores a contradiction and books its money, once. One that moved no
// money, about a hold or its release, has no legs.
func Contradict(s *db.State, a *Attempt, o Outcome, p ledger.Posting, legs ...ledger.Leg) error {
	if _, heard := once.Find(s, a.Operation, a.N, o.Result, a.Shop); heard {
		return nil
	}
	var transfer int64
	if len(legs) > 0 {
		var err error
		if transfer, err = ledger.Post(s, a.Shop, p, legs...); err != nil {
			return err
		}
	}
	contradictions.Insert(s, &Contradiction{
		Shop: a.Shop, ID: s.NewID(), Operation: a.Operation, N: a.N, Kind: p.Kind, Found: o.Result, Transfer: transfer, At: s.Now(),
	})
	return nil
}

// Contradictions lists a shop's contradictions, oldest first.
func Contradictions(ctx context.Context, from *sql.DB, shop int64) ([]*Contradiction, error) {
	return contradictions.Select(ctx, from, "shop_id = $1 ORDER BY id", shop)
}

// ContradictionsOf lists the contradictions about an operation, oldest first.
func ContradictionsOf(ctx context.Context, from *sql.DB, shop, operation int64) ([]*Contradiction, error) {
	return contradictions.Select(ctx, from, "operation = $1 AND shop_id = $2 ORDER BY id", operation, shop)
}

// Contradicted lists the operations before an id that were contradicted and whose
// contradiction no transfer has reversed yet, newest first. shop 0 is any.
func Contradicted(ctx context.Context, from *sql.DB, shop int64, kind string, before int64, limit int) ([]db.Key, error) {
	return db.Keys(ctx, from, `SELECT c.shop_id, c.operation FROM contradiction c
		WHERE (c.shop_id = $1 OR $1 = 0) AND c.kind = $2 AND c.operation < $3 AND NOT EXISTS (
			SELECT 1 FROM transfer t WHERE t.reverses = c.transfer_id AND t.shop_id = c.shop_id AND t.reverses <> 0)
		ORDER BY c.operation DESC LIMIT $4`, shop, kind, before, limit)
}

// AddByKey adds the operations that were contradicted, or are in doubt, to rows of
// the same list, each once, newest first. walk lists keys before an id, newest first,
// up to a number; it is asked on until there are as many as the list takes and one, or
// no more: the list's filter is known only to load, which finds a row by its key, nil
// when the list does not seek it. key is a row's.
func AddByKey[T any](rows []*T, s db.Seek, walk func(before int64, limit int) ([]db.Key, error), key func(*T) db.Key, load func(db.Key) (*T, error)) ([]*T, error) {
	limit, sought, before := s.Limit+1, 0, s.Before
	met := map[db.Key]bool{} // an operation may be named twice
	for more := true; more; {
		keys, err := walk(before, limit)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			before = k.ID
			if met[k] {
				continue
			}
			met[k] = true
			if slices.ContainsFunc(rows, func(known *T) bool { return key(known) == k }) {
				sought++
				continue
			}
			row, err := load(k)
			if err != nil {
				return nil, err
			}
			if row != nil {
				rows = append(rows, row)
				sought++
			}
		}
		more = len(keys) == limit && sought < limit && before > s.From
	}
	slices.SortStableFunc(rows, func(a, b *T) int { return cmp.Compare(key(b).ID, key(a).ID) })
	return rows, nil
}

// InDoubt lists the operations before an id with a call of a verb, or of the other, whose
// outcome nobody knows, newest first. shop 0 is any. The sums keep the plan at the short
// index of such calls instead of all calls by operation.
func InDoubt(ctx context.Context, from *sql.DB, shop int64, verb, other Verb, before int64, limit int) ([]db.Key, error) {
	return db.Keys(ctx, from, `SELECT DISTINCT shop_id, operation + 0 FROM attempt WHERE outcome = 'unknown' AND (shop_id = $1 OR $1 = 0) AND (verb = $2 OR verb = $3)
		AND operation + 0 < $4 ORDER BY operation + 0 DESC LIMIT $5`, shop, string(verb), string(other), before, limit)
}

// AttemptsOf lists the calls made for an operation, in their order.
func AttemptsOf(ctx context.Context, from *sql.DB, shop, operation int64) ([]*Attempt, error) {
	return Attempts.Select(ctx, from, "operation = $1 AND shop_id = $2 ORDER BY n", operation, shop)
}

// OperationOf is the shop and the operation that a reference of ours names, false
// when it was not made here.
func OperationOf(reference string) (shop, operation int64, ok bool) {
	parts := strings.Split(reference, "-")
	if VerbOf(reference) == "" || len(parts) < 3 || len(parts) > 4 || len(parts[0]) != 1 {
		return 0, 0, false
	}
	shop, bad := strconv.ParseInt(parts[1], 10, 64)
	operation, worse := strconv.ParseInt(parts[2], 10, 64)
	return shop, operation, bad == nil && worse == nil && shop > 0 && operation > 0
}

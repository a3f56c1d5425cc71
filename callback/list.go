package callback

import (
	"context"
	"database/sql"
	"math"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

func notFound(id int64) error { return fault.New(fault.NotFound, "callback %d is not found", id) }

// Find is one message of a shop; fault.NotFound when there is none.
func Find(ctx context.Context, from *sql.DB, shop, id int64) (*Message, error) {
	m, err := messages.First(ctx, from, "id = $1 AND shop_id = $2", id, shop)
	if err == nil && m == nil {
		err = notFound(id)
	}
	return m, err
}

// List is up to limit messages of a shop, newest first; status "" is any. before
// is the ID of the last message of the page before, 0 for the first page.
func List(ctx context.Context, from *sql.DB, shop int64, status Status, before int64, limit int) ([]*Message, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	switch status {
	case "":
		return messages.Select(ctx, from, "shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", shop, before, limit)
	case Parked: // a literal, so that the partial index serves
		return messages.Select(ctx, from, "shop_id = $1 AND status = 'parked' AND id < $2 ORDER BY id DESC LIMIT $3", shop, before, limit)
	}
	return messages.Select(ctx, from, "shop_id = $1 AND id < $2 AND status = $3 ORDER BY id DESC LIMIT $4", shop, before, string(status), limit)
}

// Of is every message of an object, in their order.
func Of(ctx context.Context, from *sql.DB, shop, object int64) ([]*Message, error) {
	return messages.Select(ctx, from, "object = $1 AND shop_id = $2 ORDER BY seq", object, shop)
}

// DeliveriesOf is every finished try of a message, oldest first.
func DeliveriesOf(ctx context.Context, from *sql.DB, shop, id int64) ([]*Try, error) {
	return tries.Select(ctx, from, "callback_id = $1 AND shop_id = $2 ORDER BY n", id, shop)
}

// Lag is for how long the oldest due message has been due, in milliseconds; 0
// when nothing is due.
func Lag(ctx context.Context, from *sql.DB, now int64) (int64, error) {
	oldest, err := number(ctx, from, "SELECT COALESCE(MIN(due_at), $1) FROM callback WHERE due_at > 0", now)
	return max(now-oldest, 0), err
}

// CountParked is how many messages of all shops are parked.
func CountParked(ctx context.Context, from *sql.DB) (int64, error) {
	return number(ctx, from, "SELECT COUNT(*) FROM callback WHERE status = 'parked'")
}

func number(ctx context.Context, from *sql.DB, text string, args ...any) (n int64, err error) {
	err = db.Query(ctx, from, func(scan func(...any) error) error { return scan(&n) }, text, args...)
	return n, err
}

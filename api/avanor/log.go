package avanor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/signature"
)

// logged are the only fields that reach a log: ids. No signature, account,
// detail or free text is among them.
var logged = []string{"shop_order_id", "shop_payment_id", "shop_refund_id", "invoice_id", "withdraw_id"}

// ours are those among them that the gateway made: numbers below 2^53. One in ten
// passes for a card, and a masked one finds nothing.
var ours = map[string]bool{"invoice_id": true, "withdraw_id": true}

// LogValue is the request as a log may show it. A card that somebody put into an
// id is masked.
func (q *request) LogValue() slog.Value {
	var attrs []slog.Attr
	if id := q.fields["shop_id"]; id != "" {
		attrs = append(attrs, slog.String("shop", id))
	}
	attrs = append(attrs, slog.String("method", q.name()))
	for _, name := range logged {
		if id := q.fields[name]; id != "" {
			attrs = append(attrs, slog.String(name, shown(name, id)))
		}
	}
	return slog.GroupValue(attrs...)
}

// shown is an id as a log may show it. What stands in the place of one of ours
// and is no number of ours is masked like any other.
func shown(name, id string) string {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && ours[name] && n > 0 && n < 1<<53 {
		return id
	}
	return signature.MaskStringToSign(id)
}

// Format prints the method, whatever the verb: a request holds a signature and
// an account.
func (q *request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, q.name()) }

// name is bounded: what is no method has one name for all.
func (q *request) name() string {
	if q.method == nil {
		return "unknown"
	}
	return q.method.name
}

// note writes the one line of a request, and tells the metrics.
func (d *door) note(q *request, code int, took time.Duration) {
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelInfo, "avanor",
		slog.Any("", q), slog.Int("code", code), slog.Int64("millis", took.Milliseconds()))
	if d.Observe != nil {
		d.Observe(q.name(), code, took)
	}
}

// incident logs an internal error under an id that is all the shop is told.
func (d *door) incident(q *request, err error) string {
	id := incident.ID(d.Random, d.Now)
	attrs := append([]slog.Attr{slog.String("incident", id), slog.Any("", q)}, incident.Attrs(err)...)
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelError, "avanor: internal error", attrs...)
	return id
}

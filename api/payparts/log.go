package payparts

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/brama-pay/brama/api/incident"
	"github.com/brama-pay/brama/signature"
)

// LogValue is the request as a log may show it: ids only. A card that somebody put
// into one is masked.
func (q *request) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", q.name()), slog.String("store", signature.MaskStringToSign(q.storeID)),
		slog.String("order", signature.MaskStringToSign(q.orderID)),
	)
}

// Format prints the method, whatever the verb: a request holds a password.
func (q *request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, q.name()) }

// name is bounded: what is no method has one name for all.
func (q *request) name() string {
	if q.method == nil {
		return "unknown"
	}
	return q.method.name
}

// note writes the one line of a request, and tells the metrics.
func (d *door) note(q *request, a answer, status int, took time.Duration) {
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelInfo, "payparts",
		slog.Any("", q), slog.String("state", a.State), slog.Int("status", status), slog.Int64("millis", took.Milliseconds()))
	if d.Observe != nil {
		d.Observe(q.name(), a.State, took)
	}
}

// incident logs an internal error under an id that is all the shop is told.
func (d *door) incident(q *request, err error) string {
	id := incident.ID(d.Random, d.Now)
	attrs := append([]slog.Attr{slog.String("incident", id), slog.Any("", q)}, incident.Attrs(err)...)
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelError, "payparts: internal error", attrs...)
	return id
}

// shut is the refusal of an order whose store is led to a payway that cannot serve
// it. The operator, who alone can mend it, finds in the log what is wrong.
func (d *door) shut(q *request, err error) *refusal {
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelError, "payparts: the store's payway cannot serve it: brama store set",
		slog.Any("", q), slog.String("payway", q.store.Store.Payway), slog.Any("error", err))
	return fail(storeShut)
}

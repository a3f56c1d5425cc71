package payparts

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

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
	id := d.incidentID()
	attrs := []slog.Attr{slog.String("incident", id), slog.Any("", q), slog.String("error", err.Error())}
	if p, ok := err.(*panicked); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	d.Log.LogAttrs(context.WithoutCancel(q.http.Context()), slog.LevelError, "payparts: internal error", attrs...)
	return id
}

func (d *door) incidentID() string {
	var b [8]byte
	if _, err := io.ReadFull(d.Random, b[:]); err != nil {
		// Better a weaker id than none: it only has to be found again.
		return strconv.FormatInt(d.Now().UnixNano(), 16)
	}
	return hex.EncodeToString(b[:])
}

// panicked is a panic of this request; it hurts no other.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recovered turns a panic into an error. One that aborts the connection goes on.
func recovered(err *error) {
	switch value := recover(); value {
	case nil:
	case http.ErrAbortHandler:
		panic(value)
	default:
		*err = &panicked{value, debug.Stack()}
	}
}

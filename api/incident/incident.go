// Package incident is what a door makes of an error inside the gateway: a panic
// hurts its own request only, and the log has what the caller is told only an id of.
// It must not know any door, nor what was asked of it.
package incident

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// Panic is a panic of one request.
type Panic struct {
	value any
	stack []byte
}

// Error is what was panicked with.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Recovered, deferred, turns a panic into an error. One that aborts the connection
// goes on.
func Recovered(err *error) {
	switch value := recover(); value {
	case nil:
	case http.ErrAbortHandler:
		panic(value)
	default:
		*err = &Panic{value, debug.Stack()}
	}
}

// ID names an incident.
func ID(random io.Reader, now func() time.Time) string {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		// Better a weaker id than none: it only has to be found again.
		return strconv.FormatInt(now().UnixNano(), 16)
	}
	return hex.EncodeToString(b[:])
}

// Attrs are an error as the log has it: its text, and where it panicked.
func Attrs(err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("error", err.Error())}
	var p *Panic
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}

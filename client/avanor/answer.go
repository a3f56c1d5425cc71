package avanor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/brama-pay/brama/client/internal/wire"
	"github.com/brama-pay/brama/money"
)

// Envelope is an answer as it came (api/avanor.md §1).
type Envelope struct {
	Data    json.RawMessage // null when the gateway refused
	Code    Code
	Message string
	Result  bool
	Status  int    // of HTTP; 200 for refusals too
	Raw     []byte // the whole body
}

// openEnvelope reads the four keys. An answer that contradicts itself is no
// answer: the outcome is then unknown.
func openEnvelope(method string, status int, raw []byte) (Envelope, error) {
	env := Envelope{Status: status, Raw: raw}
	fail := func(err error) (Envelope, error) {
		return env, &TransportError{Method: method, Status: status, Sent: true, Err: err}
	}
	fields, err := wire.Object(raw)
	if err != nil {
		return fail(fmt.Errorf("the answer is not an envelope: %w; check address and prefix", err))
	}
	r := &reader{fields: fields}
	r.need("error_code", "result")
	env.Data, env.Code, env.Message = fields["data"], Code(r.number("error_code")), r.text("message")
	env.Result = r.flag("result")
	if r.err != nil {
		return fail(r.err)
	}
	if env.Result != (env.Code == 0) {
		return fail(fmt.Errorf("the answer contradicts itself: result %t with error_code %d", env.Result, int(env.Code)))
	}
	if !env.Result {
		return env, &Error{Method: method, Code: env.Code, Message: env.Message}
	}
	return env, nil
}

// ask calls a method and decodes its data.
func ask[T any](ctx context.Context, c *Client, method string, p params, decode func(json.RawMessage) (T, error)) (T, error) {
	var none T
	env, err := c.Call(ctx, method, p)
	if err != nil {
		return none, err
	}
	out, err := decode(env.Data)
	if err != nil {
		return none, &TransportError{Method: method, Status: env.Status, Sent: true, Err: err}
	}
	return out, nil
}

// one makes a decoder of a single object from a reading of its fields.
func one[T any](read func(*reader) T) func(json.RawMessage) (T, error) {
	return func(raw json.RawMessage) (T, error) {
		var none T
		fields, err := wire.Object(raw)
		if err != nil {
			return none, err
		}
		r := &reader{fields: fields}
		out := read(r)
		if r.err != nil {
			return none, r.err
		}
		return out, nil
	}
}

// noneOr is one, but an absent or empty object is the zero value: some gateways
// answer some methods with the envelope alone.
func noneOr[T any](read func(*reader) T) func(json.RawMessage) (T, error) {
	return func(raw json.RawMessage) (T, error) {
		if isEmpty(raw) {
			var none T
			return none, nil
		}
		return one(read)(raw)
	}
}

// each makes a decoder of a list of objects.
func each[T any](read func(*reader) T) func(json.RawMessage) ([]T, error) {
	return func(raw json.RawMessage) ([]T, error) {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, errors.New("data is not a list")
		}
		list := make([]T, 0, len(items))
		for _, item := range items {
			value, err := one(read)(item)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
}

// isEmpty is nothing, null, {} or the [] that PHP prints for an empty object.
func isEmpty(raw json.RawMessage) bool {
	switch string(bytes.Join(bytes.Fields(raw), nil)) {
	case "", "null", "{}", "[]":
		return true
	}
	return false
}

// reader takes typed values out of an object and keeps the first error.
type reader struct {
	fields map[string]json.RawMessage
	err    error
}

func (r *reader) fail(name, reason string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", name, reason)
	}
}

// need fails when one of the fields is missing or null.
func (r *reader) need(names ...string) {
	for _, name := range names {
		if raw := r.fields[name]; len(raw) == 0 || string(raw) == "null" {
			r.fail(name, "missing in the answer")
		}
	}
}

// text is the decoded text of a string, the literal of a number, the JSON of
// anything else, and empty for null and absent.
func (r *reader) text(name string) string {
	raw := r.fields[name]
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		r.fail(name, "not a text")
	}
	return text
}

// number is a whole number, sent as a number or as a string; 0 when there is none.
func (r *reader) number(name string) int64 {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.fail(name, "not a whole number")
	}
	return n
}

func (r *reader) currency(name string) money.Currency {
	n := r.number(name)
	if n < 0 || n > math.MaxUint16 {
		r.fail(name, "not a currency number")
		return 0
	}
	return money.Currency(n)
}

// decimal keeps the literal: exactness is not decided here.
func (r *reader) decimal(name string) Decimal { return Decimal(r.text(name)) }

func (r *reader) code(name string) Code { return Code(r.number(name)) }

func (r *reader) flag(name string) bool {
	text := r.text(name)
	return text == "true" || text == "1"
}

func (r *reader) time(name string) LocalTime { return LocalTime(r.text(name)) }

// child reads an object inside; an empty one where there is none.
func (r *reader) child(name string) *reader {
	raw := r.fields[name]
	if isEmpty(raw) {
		return &reader{}
	}
	fields, err := wire.Object(raw)
	if err != nil {
		r.fail(name, err.Error())
	}
	return &reader{fields: fields}
}

// texts is an object of texts.
func (r *reader) texts(name string) map[string]string {
	inner := r.child(name)
	texts := make(map[string]string, len(inner.fields))
	for key := range inner.fields {
		texts[key] = inner.text(key)
	}
	return texts
}

// Zone is what the family's date-times mean (api/avanor.md §1).
var Zone = time.FixedZone("UTC+03:00", 3*60*60)

// LocalTime is a date-time as the gateway prints it, YYYY-MM-DDTHH:MM:SS
// without a zone; empty for null.
type LocalTime string

// In reads the date-time in a zone: Zone, unless the gateway is set to another.
func (t LocalTime) In(zone *time.Location) (time.Time, error) {
	return time.ParseInLocation("2006-01-02T15:04:05", string(t), zone)
}

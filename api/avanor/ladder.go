package avanor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/brama-pay/brama/api/body"
	"github.com/brama-pay/brama/api/caller"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

// request is one call on its way up the ladder.
type request struct {
	http    *http.Request
	method  *method
	body    body.Object
	fields  fields            // the known ones, as they were signed
	details map[string]string // account_details
	shop    *shop.Entry
}

// step is one rung: it lets a request pass or says why not.
type step func(*door, context.Context, *request) error

// ladder is the order of the checks (api/avanor.md §2). The use case behind it
// goes on with payway, limits, uniqueness, state and balance.
var ladder = []step{
	(*door).decode,     // 10, 413
	(*door).understand, // 10
	(*door).identify,   // 11
	(*door).admit,      // 15
	(*door).verify,     // 10
	(*door).oneReading, // 10
	(*door).fresh,      // 10, when the shop's switch is on
	(*door).unused,     // 10, when the shop's switch is on
	(*door).open,       // 12
}

// upper are the rungs above the reading of the fields.
var upper = ladder[2:]

func (d *door) climb(ctx context.Context, q *request, steps []step) error {
	for _, check := range steps {
		if err := check(d, ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// decode reads the body: at most 1 MiB, exactly one JSON object.
func (d *door) decode(_ context.Context, q *request) error {
	data, err := readBody(q.http)
	if err != nil {
		return err
	}
	q.body, err = body.Decode(data)
	return err
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > bodyLimit {
		return nil, tooLong()
	}
	data, err := body.Read(r.Body, bodyLimit)
	switch {
	case errors.Is(err, body.ErrTooLarge):
		return nil, tooLong()
	case errors.Is(err, body.ErrBusy):
		return nil, fault.Wrap(fault.Overloaded, err, "too many long requests at a time; nothing was stored, try again")
	}
	if err != nil {
		return nil, fault.Param("body", "could not be read to its end")
	}
	return data, nil
}

// understand reads the fields of the method.
func (d *door) understand(_ context.Context, q *request) error {
	return q.read(q.method.fields, q.body)
}

// identify finds the shop, before its signature is looked at.
func (d *door) identify(ctx context.Context, q *request) (err error) {
	q.shop, err = d.Shops.Find(ctx, q.id("shop_id"))
	return err
}

// admit refuses addresses that are not on the shop's list.
func (d *door) admit(_ context.Context, q *request) error {
	return q.shop.Admit(caller.Address(q.http, d.TrustedProxies))
}

// verify checks the signature. The text that should have been signed is shown,
// without the secret, cards masked: it is all made of what the caller sent.
func (d *door) verify(_ context.Context, q *request) error {
	signed := q.signed()
	if signature.Verify(signed, q.fields["sign"], q.shop.Secrets()...) {
		return nil
	}
	text := signature.MaskStringToSign(signature.Canonical(signed))
	return fault.Param("sign", `Invalid sign, string to sign: "`+text+`"`)
}

func (q *request) signed() map[string]string {
	names := signedFields[q.method.name]
	signed := make(map[string]string, len(names))
	for _, name := range names {
		signed[name] = q.fields[name]
	}
	return signed
}

// oneReading refuses a signed text that is also another valid request
// (api/avanor.md §2, hardening 1).
func (d *door) oneReading(_ context.Context, q *request) error {
	return signature.OneReading(q.method.name, q.fields)
}

// fresh refuses a `now` outside of the shop's window, if it has one.
func (d *door) fresh(_ context.Context, q *request) error {
	window := q.shop.Settings.NowWindow()
	text, ok := q.fields["now"]
	if window == 0 || !ok {
		return nil
	}
	at, ok := parseNow(text, d.Zone)
	if !ok {
		return fault.Param("now", "not a date-time; send such as 2026-05-24T16:35:42Z")
	}
	if off := d.Now().Sub(at); off > window || off < -window {
		return fault.Param("now", fmt.Sprintf("more than %s from the gateway's time, %s; without a zone it is read as UTC%s",
			minutes(window), d.Now().In(d.Zone).Format(time.RFC3339), d.Now().In(d.Zone).Format("-07:00")))
	}
	return nil
}

func minutes(d time.Duration) string { return strconv.FormatInt(int64(d/time.Minute), 10) + " min" }

// unused refuses a signature that was used on another money-moving method, if
// the shop wants that (api/avanor.md §2, hardening 2).
func (d *door) unused(ctx context.Context, q *request) error {
	if !q.method.moves || !q.shop.Settings.RefuseReusedSign {
		return nil
	}
	return d.Signatures.Use(ctx, q.shop.Shop.ID, strings.ToLower(q.fields["sign"]), q.method.name)
}

// open refuses a shop that is not active.
func (d *door) open(_ context.Context, q *request) error { return q.shop.Shop.Open() }

// nowLayouts are the forms of `now` that clients send (api/avanor.md §2). Those
// without a zone mean the wire's own. Fractions of a second are read after any.
var nowLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
	"2006-01-02 03:04:05 PM", "2006-01-02T03:04:05 PM", "2006-01-02 3:04:05 PM",
}

// parseNow reads a date-time, or Unix seconds or milliseconds.
func parseNow(text string, zone *time.Location) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range nowLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	if !digits(text) || len(text) > 13 {
		return time.Time{}, false
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	if len(text) > 10 {
		return time.UnixMilli(n), true
	}
	return time.Unix(n, 0), true
}

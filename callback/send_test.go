package callback_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/shop"
)

func TestWhatCountsAsDelivered(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	tests := []struct {
		name, protocol, url string
		status              int
		body                string
		err                 error
		want                callback.Status
		failure             string
	}{
		{"200", "plain", hookURL, 200, "whatever", nil, callback.Delivered, ""},
		{"204", "plain", hookURL, 204, "", nil, callback.Delivered, ""},
		{"a long answer", "plain", hookURL, 200, long, nil, callback.Delivered, ""},
		{"OK", "needy", hookURL, 200, "OK", nil, callback.Delivered, ""},
		{"OK and a line's end", "needy", hookURL, 201, "OK\r\n", nil, callback.Delivered, ""},
		{"not OK", "needy", hookURL, 200, "NOT OK", nil, callback.Waiting, "answered 200 without OK as its body"},
		{"OK and much more", "needy", hookURL, 200, "OK" + strings.Repeat(" ", 70_000), nil, callback.Waiting, "answered 200 without OK as its body"},
		{"a redirect", "plain", hookURL, 302, "OK", nil, callback.Waiting, "answered 302: redirects are not followed"},
		{"404", "plain", hookURL, 404, "OK", nil, callback.Waiting, "answered 404"},
		{"500 that says OK", "needy", hookURL, 500, "OK", nil, callback.Waiting, "answered 500"},
		{"no answer", "plain", hookURL, 0, "", errDown, callback.Waiting, "connection refused"},
		{"in silence", "plain", hookURL, 0, "", context.DeadlineExceeded, callback.Waiting, "no answer in time"},
		{"a long failure", "plain", hookURL, 0, "", fmt.Errorf("%s\n%s", "one", long), callback.Waiting, "one " + long[:195] + "…"},
		{"410", "plain", hookURL, 410, "", nil, callback.Parked, "answered 410: the URL is gone and was disabled"},
		{"a defect of ours", "broken", hookURL, 200, "", nil, callback.Waiting, "the message could not be rendered"},
		{"no renderer", "?", hookURL, 200, "", nil, callback.Waiting, "the message could not be rendered"},
		{"not http", "plain", "ftp://shop.example/?", 200, "", nil, callback.Parked, "not an http:// or https:// URL"},
		{"no URL", "plain", "::?", 200, "", nil, callback.Parked, "not an http:// or https:// URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			y := newYard(t, dbtest.SQLite(t))
			y.receiver.answer = func(*http.Request, int) (*http.Response, error) { return response(test.status, test.body), test.err }
			o := message(shopA, 1, "a1")
			o.Protocol, o.URL = test.protocol, test.url
			_, err := db.Do(t.Context(), y.DB, shopA, owe{{1, o}})
			check(t, err)
			y.drain()
			m := y.of(shopA, 1)[0]
			if m.Status != test.want || m.Failure != test.failure {
				t.Errorf("%s, %q", m.Status, m.Failure)
			}
			if len(y.seen) != 1 || y.seen[0] != test.want {
				t.Errorf("observed %v", y.seen)
			}
			same(t, "verify", y.verify(), nil)
		})
	}
}

func Test410DisablesTheURL(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.receiver.answers(410, "")
		y.owe(shopA, 1, "a1", "a2")
		y.owe(shopB, 2, "b1")
		y.drain()
		row, err := shop.Load(t.Context(), h.DB.Reader(), shopA)
		check(t, err)
		if settings, err := row.Settings(); err != nil || settings.Enabled(hookURL) {
			t.Errorf("the URL is still enabled: %v", err)
		}
		h.Clock.Add(2 * time.Second) // the directory believes what it knows for a second
		y.owe(shopA, 3, "c1")
		y.drain()
		if m := y.of(shopA, 3)[0]; m.Status != callback.Parked || slices.Contains(y.receiver.bodies(), "c1") {
			t.Errorf("sent to a URL that is gone: %+v", m)
		}
		if m := y.of(shopB, 2)[0]; m.Status != callback.Parked {
			t.Errorf("%+v", m)
		}
	})
}

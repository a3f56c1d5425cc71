package doctor_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	client "github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

const hookKey = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="

// clinic is a house with the demo's shops and a doctor.
type clinic struct {
	*dbtest.House
	t      *testing.T
	doctor *doctor.Doctor
}

func newClinic(t *testing.T, h *dbtest.House) *clinic {
	t.Helper()
	key, err := seal.NewKey(rand.Reader, "k1")
	check(t, err)
	box, err := seal.New(rand.Reader, seal.Keys{key})
	check(t, err)
	check(t, demo.Seed(t.Context(), demo.Seeding{DB: h.DB, Box: box, Random: rand.Reader}))
	stores := shop.NewStoreDirectory(h.DB.Reader(), box, time.Now)
	return &clinic{h, t, &doctor.Doctor{
		DB: h.DB, Shops: shop.NewDirectory(h.DB.Reader(), box, time.Now), Stores: stores,
		Renderers: map[string]callback.Renderer{invoice.Avanor: avanor.Callbacks(nil), invoice.PayParts: payparts.Callbacks(stores)},
		Client:    callback.NewClient(callback.Guard{Allow: callback.Loopback()}), Now: time.Now, Random: rand.Reader,
	}}
}

// examine runs a receiver and examines it. The house's clock jumps, so that
// examinations are not too many for the audit.
func (c *clinic) examine(o doctor.Order, receiver http.HandlerFunc) *doctor.Report {
	c.t.Helper()
	server := httptest.NewServer(receiver)
	defer server.Close()
	o.Shop, o.URL, o.Actor = demo.Shop, server.URL+"/hook?token=t0p", "operator:ann"
	report, err := c.doctor.Examine(c.t.Context(), o)
	check(c.t, err)
	return report
}

// set changes settings of the demo's shop.
func (c *clinic) set(values ...string) {
	c.t.Helper()
	_, err := db.Do(context.Background(), c.DB, demo.Shop, shop.Set{Shop: demo.Shop, Values: values, Actor: "test"})
	check(c.t, err)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver is a shop's program; its zero value makes no mistake.
type receiver struct {
	verify   func(r *http.Request, body []byte, fields map[string]string) bool // in place of the right one
	answer   func(w http.ResponseWriter, fields map[string]string, seen int) bool
	deny     func(w http.ResponseWriter)
	headless bool // does not look at the webhook headers
	ageless  bool // does not look at their time
	seen     map[string]int
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fields := flat(body)
	if !v.verified(r, body, fields) {
		if v.deny != nil {
			v.deny(w)
			return
		}
		http.Error(w, "bad signature", http.StatusForbidden)
		return
	}
	if v.seen == nil {
		v.seen = map[string]int{}
	}
	id := r.Header.Get("webhook-id")
	v.seen[id]++
	if v.answer != nil && v.answer(w, fields, v.seen[id]) {
		return
	}
	_, _ = io.WriteString(w, "OK")
}

func (v *receiver) verified(r *http.Request, body []byte, fields map[string]string) bool {
	if v.verify != nil {
		return v.verify(r, body, fields)
	}
	return right(r, body, fields) && v.heads(r, body)
}

func (v *receiver) heads(r *http.Request, body []byte) bool {
	if v.headless {
		return true
	}
	id, at, sign := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature")
	if v.ageless {
		return signature.VerifyWebhook(id, at, sign, body, hookKey)
	}
	_, err := client.VerifyWebhookHeaders(r.Header, body, time.Now(), hookKey)
	return err == nil
}

// right checks the protocol's own signature.
func right(r *http.Request, body []byte, fields map[string]string) bool {
	if fields["storeId"] != "" {
		p := demo.StorePassword
		return signature.VerifyPayParts(fields["signature"], p, fields["storeId"], fields["orderId"], fields["paymentState"], fields["message"], p)
	}
	_, err := client.ParseCallback(r.Header.Get("Content-Type"), body, demo.Secret)
	return err == nil
}

// flat is the fields' texts, numbers as they stand.
func flat(body []byte) map[string]string {
	fields := map[string]string{}
	var values map[string]json.RawMessage
	if json.Unmarshal(body, &values) != nil {
		return fields
	}
	for name, raw := range values {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if string(raw) != "null" {
			fields[name] = text
		}
	}
	return fields
}

// find is a test of a report by its name.
func find(t *testing.T, r *doctor.Report, name string) doctor.Test {
	t.Helper()
	for _, test := range r.Tests {
		if test.Name == name {
			return test
		}
	}
	t.Fatalf("no test %q", name)
	return doctor.Test{}
}

// complaints are the tests that were not passed, with their words.
func complaints(r *doctor.Report) string {
	var b strings.Builder
	for _, test := range r.Tests {
		if test.Verdict != doctor.Passed {
			b.WriteString(string(test.Verdict) + " " + test.Name + ": " + test.Answer + ": " + test.Wrong + "\n")
		}
	}
	return b.String()
}

func number(text string) (n int64) {
	n, _ = strconv.ParseInt(text, 10, 64)
	return n
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

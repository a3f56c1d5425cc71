package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/client/avanor"
)

// arrived is a callback as the demo's receiver lists it.
type arrived struct {
	Path            string
	Body            string
	Verified        bool
	WebhookVerified bool `json:"webhook_verified"`
}

// callbacks are those that the demo's receiver got, oldest first, each verified
// once more by the public client.
func (g *gateway) callbacks() []*avanor.Callback {
	g.t.Helper()
	list := g.arrived()
	slices.Reverse(list)
	found := make([]*avanor.Callback, len(list))
	for i, a := range list {
		if !a.Verified || !a.WebhookVerified {
			g.t.Errorf("a callback does not verify: %+v", a)
		}
		parsed, err := avanor.ParseCallback("application/json", []byte(a.Body), demoSecret)
		if err != nil {
			g.t.Fatalf("callback %s: %v", a.Body, err)
		}
		if want := "/demo/callbacks?type=" + string(parsed.Kind); a.Path != want {
			g.t.Errorf("a callback of kind %s came to %s", parsed.Kind, a.Path)
		}
		found[i] = parsed
	}
	return found
}

// words are the statuses that callbacks told of each object, in order: of an
// invoice by its order, of a refund or payout by the shop's id.
func words(list []*avanor.Callback) map[string]string {
	told := map[string]string{}
	for _, c := range list {
		name := c.Fields["shop_order_id"] + c.Fields["shop_refund_id"] + c.Fields["shop_payment_id"]
		told[name] = strings.TrimSpace(told[name] + " " + c.Fields["status"])
	}
	return told
}

// told checks which statuses callbacks told, once everything was delivered.
func (g *gateway) told(want map[string]string) {
	g.t.Helper()
	g.quiet()
	got := words(g.callbacks())
	for name, status := range want {
		if got[name] != status {
			g.t.Errorf("callbacks of %s told %q, want %q", name, got[name], status)
		}
	}
	for name, status := range got {
		if _, ok := want[name]; !ok {
			g.t.Errorf("callbacks of %s told %q, and none is owed", name, status)
		}
	}
}

// receiver is a shop's own endpoint for callbacks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []*avanor.Callback
	ids    map[string]int
	forged []string
	refuse int    // so many times 500 first
	secret string // of the shop

	anyTime bool // the gateway's clock is put: what it says when it sent them proves nothing
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{ids: map[string]int{}, secret: demoSecret}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// webhookKey is the demo shop's key of the Standard Webhooks headers.
const webhookKey = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	parsed, err := avanor.ParseCallback(request.Header.Get("Content-Type"), body, r.secret)
	at := time.Now()
	if said, err := strconv.ParseInt(request.Header.Get("Webhook-Timestamp"), 10, 64); err == nil && r.anyTime {
		at = time.Unix(said, 0)
	}
	id, stale := avanor.VerifyWebhookHeaders(request.Header, body, at, webhookKey)
	switch {
	case err != nil || stale != nil || request.URL.Query().Get("type") != string(parsed.Kind):
		r.forged = append(r.forged, request.URL.String()+" "+string(body))
	case r.refuse > 0:
		r.refuse--
		w.WriteHeader(http.StatusInternalServerError)
		return
	default:
		if r.ids[id]++; r.ids[id] == 1 { // at least once: the same id is the same message
			r.got = append(r.got, parsed)
		}
	}
	_, _ = io.WriteString(w, "OK")
}

// refuseNext makes the receiver fail so many times.
func (r *receiver) refuseNext(times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = times
}

// trust makes the receiver verify by another secret, and by no other.
func (r *receiver) trust(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

// words are what the receiver was told, each message once.
func (r *receiver) words(t *testing.T) map[string]string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, body := range r.forged {
		t.Errorf("a callback does not verify: %s", body)
	}
	return words(r.got)
}

// A receiver of the shop's own gets what the demo's would, with the address's own
// query kept, and gets it again after it failed.
func TestCallbacksToAShopsOwnReceiver(t *testing.T) {
	each(t, func(t *testing.T, g *gateway) {
		r := newReceiver(t)
		r.refuse = 1
		q := requestFor("100.00")
		q.CallbackURL = r.URL + "/pay?from=" + url.QueryEscape("Київ & co")
		q.Description = "Кава «Львівська» & <b>10 %</b>"
		page, order := g.orderBy(q, false)
		g.pay(page, cardOther)
		paid := g.reaches(order, avanor.InvoiceSucceeded)
		g.eventually("the callback comes after a failure", func() bool { return r.words(t)[order] == "success" })
		r.mu.Lock()
		defer r.mu.Unlock()
		told, err := r.got[0].Invoice()
		if err != nil {
			t.Fatal(err)
		}
		if told.ID != paid.ID || told.Status != avanor.InvoiceSucceeded || told.Description != q.Description || told.ShopRefund != "95" ||
			told.PsData != `{"ps_payer_account":"555555XXXXXX4444"}` {
			t.Errorf("the callback says %+v", told)
		}
		if len(words(g.callbacks())) != 0 {
			t.Error("the demo's receiver got a callback that has an address of its own")
		}
	})
}

package callback_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

const (
	shopA, shopB int64 = 1520, 202203
	secretA            = "account-secret-key"
	keyA               = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE="
	hookURL            = "https://shop.example/hook?token=t0p"
)

// got is one request that arrived.
type got struct {
	id, body, url string
	header        http.Header
	at            time.Time
}

// receiver is the shop's side of the tests: it notes every request and answers
// as told.
type receiver struct {
	mu     sync.Mutex
	now    func() time.Time
	got    []got
	answer func(r *http.Request, n int) (*http.Response, error) // n counts from 1
}

func (v *receiver) Do(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.got = append(v.got, got{r.Header.Get("Webhook-Id"), string(body), r.URL.String(), r.Header, v.now()})
	n, answer := len(v.got), v.answer
	v.mu.Unlock()
	return answer(r, n)
}

func (v *receiver) bodies() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []string
	for _, g := range v.got {
		list = append(list, g.body)
	}
	return list
}

func (v *receiver) answers(status int, body string) {
	v.answer = func(*http.Request, int) (*http.Response, error) { return response(status, body), nil }
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// yard is a house with two shops, a receiver and a sender.
type yard struct {
	*dbtest.House
	t        *testing.T
	receiver *receiver
	sender   *callback.Sender
	box      *seal.Box
	log      *bytes.Buffer
	seen     []callback.Status
}

func newYard(t *testing.T, h *dbtest.House) *yard {
	t.Helper()
	y := &yard{House: h, t: t, log: &bytes.Buffer{}, receiver: &receiver{now: h.Clock.Time}}
	y.receiver.answers(200, "OK")
	key, err := seal.NewKey(rand.Reader, "k1")
	check(t, err)
	y.box, err = seal.New(rand.Reader, seal.Keys{key})
	check(t, err)
	for _, id := range []int64{shopA, shopB} {
		create, _, err := shop.NewCreate(y.box, rand.Reader, id, "a shop", "test", shop.Secrets{API: secretA, Webhook: keyA})
		check(t, err)
		_, err = db.Do(t.Context(), h.DB, db.House, create)
		check(t, err)
	}
	y.sender = y.newSender(h)
	y.sender.Observe = func(s callback.Status, _ *callback.Message) { y.seen = append(y.seen, s) }
	return y
}

func (y *yard) newSender(h *dbtest.House) *callback.Sender {
	return &callback.Sender{
		DB: h.DB, Shops: shop.NewDirectory(h.DB.Reader(), y.box, h.Clock.Time), Client: y.receiver,
		Now: h.Clock.Time, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(y.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Renderers: map[string]callback.Renderer{"plain": plain, "needy": needy, "broken": broken},
	}
}

// plain posts the snapshot, a text, as it is.
func plain(m *callback.Message, to *shop.Entry) (callback.Delivery, error) {
	var text string
	err := m.Decode(&text)
	return callback.Delivery{URL: m.URL + "&type=" + string(m.Kind), ContentType: "text/plain", Body: []byte(text)}, err
}

func needy(m *callback.Message, to *shop.Entry) (callback.Delivery, error) {
	d, err := plain(m, to)
	d.NeedOK = true
	return d, err
}

func broken(*callback.Message, *shop.Entry) (callback.Delivery, error) { panic("a defect: 4242") }

// owe is a use case that owes messages, each with its place.
type owe []struct {
	seq  int64
	owed callback.Owed
}

func (owe) Reads(*db.Reads) {}

func (u owe) Decide(s *db.State) (struct{}, error) {
	for _, one := range u {
		if err := callback.Owe(s, one.seq, one.owed); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

func message(shop, object int64, text string) callback.Owed {
	return callback.Owed{Shop: shop, Object: object, Kind: callback.Invoice, Subject: object, Event: "success", Protocol: "plain", URL: hookURL, Snapshot: text}
}

// owe owes texts as messages 1, 2, 3 … of an object, all in one commit.
func (y *yard) owe(shop, object int64, texts ...string) {
	y.t.Helper()
	var u owe
	for i, text := range texts {
		u = append(u, struct {
			seq  int64
			owed callback.Owed
		}{int64(i + 1), message(shop, object, text)})
	}
	_, err := db.Do(y.t.Context(), y.DB, shop, u)
	check(y.t, err)
}

// drain steps until nothing is due, and counts what was sent.
func (y *yard) drain() (n int) {
	y.t.Helper()
	for {
		worked, err := y.sender.Step(y.t.Context())
		check(y.t, err)
		if !worked {
			return n
		}
		if n++; n > 10_000 {
			y.t.Fatal("the sender does not come to rest")
		}
	}
}

func (y *yard) of(shop, object int64) []*callback.Message {
	y.t.Helper()
	list, err := callback.Of(y.t.Context(), y.DB.Reader(), shop, object)
	check(y.t, err)
	return list
}

// verify gives what Verify reports of shop A.
func (y *yard) verify() (found []string) {
	y.t.Helper()
	check(y.t, callback.Verify(y.t.Context(), y.DB.Reader(), shopA, func(what, _, detail string) {
		found = append(found, what+": "+detail)
	}))
	return found
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

var errDown = errors.New("connection refused")

var quiet = slog.New(slog.DiscardHandler)

func background() context.Context { return context.Background() }

// enable is the operator's word that a URL is good again.
func (y *yard) enable(id int64) error {
	_, err := db.Do(y.t.Context(), y.DB, id, shop.Set{Shop: id, Values: []string{"disabled_urls="}, Actor: "test"})
	y.Clock.Add(2 * time.Second) // the directory believes what it knows for a second
	return err
}

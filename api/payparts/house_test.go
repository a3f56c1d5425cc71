package payparts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/checkout"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/docs/docstest"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/sandbox"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

var ctx = context.Background()

const (
	store    = demo.Store
	password = demo.StorePassword
)

// house is the door on real rooms, with the demo's data and the sandbox.
type house struct {
	t        *testing.T
	db       *db.DB
	clock    *dbtest.Clock
	box      *seal.Box
	stores   *shop.StoreDirectory
	shops    *shop.Directory
	invoices *invoice.Invoices
	dispatch *provider.Dispatcher
	sender   *callback.Sender
	door     http.Handler
	log      bytes.Buffer
	draining bool

	mu    sync.Mutex
	heard []*http.Request // callbacks, their bodies read
	told  []string        // the bodies
}

// eachHouse runs a test on both databases.
func eachHouse(t *testing.T, run func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, at *dbtest.House) { run(t, newHouse(t, at)) })
}

func newHouse(t *testing.T, at *dbtest.House) *house {
	t.Helper()
	h := &house{t: t, db: at.DB, clock: at.Clock}
	random := &shared{from: rand.NewChaCha8([32]byte{1})}
	key, err := seal.NewKey(random, "a")
	if err != nil {
		t.Fatal(err)
	}
	if h.box, err = seal.New(random, seal.Keys{key}); err != nil {
		t.Fatal(err)
	}
	if err := demo.Seed(ctx, demo.Seeding{DB: at.DB, Box: h.box, Random: random}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&locked{to: &h.log}, nil))
	accounts := provider.NewAccounts(at.DB.Reader(), h.box, at.Clock.Time)
	books := dbtest.SQLite(t, dbtest.Migrations(sandbox.Migrations()), dbtest.WithClock(at.Clock))
	bank := sandbox.New(sandbox.Config{
		DB: books.DB, Now: at.Clock.Time, Sleep: func(context.Context, time.Duration) {}, Key: []byte("a key for tests"), Accounts: accounts.Find,
		Notify: func(context.Context, string, http.Header, []byte) {},
	})
	gate := &provider.Gate{Connectors: map[string]provider.Connector{sandbox.Name: bank}, Accounts: accounts.Find, Now: at.Clock.Time}
	h.dispatch = provider.NewDispatcher(64)
	working, end := context.WithCancel(ctx)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() { h.dispatch.Run(working) })
	}
	t.Cleanup(func() { end(); workers.Wait() })
	h.invoices = &invoice.Invoices{
		DB: at.DB, Gate: gate, Dispatch: h.dispatch, Random: random, Now: at.Clock.Time, Patience: time.Second, Log: log,
	}
	h.invoices.Wire()
	h.stores, h.shops = shop.NewStoreDirectory(at.DB.Reader(), h.box, at.Clock.Time), shop.NewDirectory(at.DB.Reader(), h.box, at.Clock.Time)
	h.door = payparts.New(payparts.Config{
		Stores: h.stores, Shops: h.shops, Invoices: h.invoices, Page: checkout.New(checkout.Config{Invoices: h.invoices, Log: log, Now: at.Clock.Time}),
		Now: at.Clock.Time, Random: random, PublicURL: "https://pay.example/", Draining: func() bool { return h.draining }, Log: log,
	})
	h.sender = &callback.Sender{
		DB: at.DB, Shops: h.shops, Renderers: map[string]callback.Renderer{invoice.PayParts: payparts.Callbacks(h.stores)},
		Client: h, Now: at.Clock.Time, Random: random, Log: log,
	}
	return h
}

// locked lets several write to one buffer.
type locked struct {
	sync.Mutex
	to io.Writer
}

func (l *locked) Write(text []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.to.Write(text)
}

// shared lets several read from one source.
type shared struct {
	sync.Mutex
	from io.Reader
}

func (s *shared) Read(b []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	return s.from.Read(b)
}

// Do takes a callback as a shop does.
func (h *house) Do(r *http.Request) (*http.Response, error) {
	text, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard, h.told = append(h.heard, r), append(h.told, string(text))
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("")), Header: http.Header{}}, nil
}

// callbacks delivers what is owed and gives the bodies that came.
func (h *house) callbacks() []string {
	h.t.Helper()
	for range 20 {
		if worked, err := h.sender.Step(ctx); err != nil {
			h.t.Fatal(err)
		} else if !worked {
			break
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.told
	h.told = nil
	for _, body := range told {
		if err := docstest.Callback("payparts", []byte(body)); err != nil {
			h.t.Error(err)
		}
	}
	return told
}

// reply is what the wire sees.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (r reply) text(name string) string {
	text, _ := r.fields[name].(string)
	return text
}

// is checks the state and the message.
func (r reply) is(state, message string) {
	r.t.Helper()
	if r.text("state") != state || r.text("message") != message {
		r.t.Errorf("%d %s\nwant %s %q", r.status, r.body, state, message)
	}
}

// signed checks the signature over the parts between the passwords.
func (r reply) signed(key string, parts ...string) {
	r.t.Helper()
	if !signature.VerifyPayParts(r.text("signature"), append(append([]string{key}, parts...), key)...) {
		r.t.Errorf("%s\nis not signed over %q", r.body, parts)
	}
}

func (h *house) request(r *http.Request) reply {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if err := docstest.Answer(r.Method, r.URL.Path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
		h.t.Error(err)
	}
	got := reply{t: h.t, status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		d := json.NewDecoder(strings.NewReader(got.body))
		d.UseNumber()
		if err := d.Decode(&got.fields); err != nil {
			h.t.Fatalf("%q: %v", got.body, err)
		}
	}
	return got
}

// post sends a body to a method as it is.
func (h *house) post(method, body string) reply {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/ipp/v2/payment/"+method, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	return h.request(r)
}

func sig(parts ...string) string {
	return signature.PayParts(append(append([]string{password}, parts...), password)...)
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// purchase is a good order of one product, to be changed by tests.
type purchase struct {
	order, amount, parts, kind, responseURL, redirectURL, more string
}

func buys(order, amount string) purchase {
	return purchase{order: order, amount: amount, parts: "6", kind: "PP", responseURL: "http://shop.example/response"}
}

func (p purchase) body() string {
	wfp, _ := signature.WithoutPoint(p.amount)
	sign := sig(store, p.order, wfp, p.parts, p.kind, p.responseURL, p.redirectURL, "Телевизор1"+wfp)
	return fmt.Sprintf(`{"storeId":%q,"orderId":%s,"amount":%s,"partsCount":%s,"merchantType":%q,"products":[{"name":"Телевизор","count":1,"price":%s}],`+
		`"responseUrl":%q,"redirectUrl":%q%s,"signature":%q}`,
		store, quote(p.order), p.amount, p.parts, p.kind, p.amount, p.responseURL, p.redirectURL, p.more, sign)
}

// create makes a payment and gives its token.
func (h *house) create(method string, p purchase) string {
	h.t.Helper()
	got := h.post(method, p.body())
	got.is("SUCCESS", "")
	return got.text("token")
}

// key is the body of a method that signs the store and the order.
func key(order string, more ...string) string {
	return fmt.Sprintf(`{"storeId":%q,"orderId":%s%s,"signature":%q}`, store, quote(order), strings.Join(more, ""), sig(store, order))
}

func decline(order, amount string) string {
	wfp, _ := signature.WithoutPoint(amount)
	return fmt.Sprintf(`{"storeId":%q,"orderId":%s,"amount":%s,"signature":%q}`, store, quote(order), amount, sig(store, order, wfp))
}

// form sends a form to the client's page and follows it.
func (h *house) form(token string, values ...string) string {
	h.t.Helper()
	address := "/ipp/v2/payment?token=" + token
	if len(values) > 0 {
		form := url.Values{}
		for i := 0; i < len(values); i += 2 {
			form.Set(values[i], values[i+1])
		}
		r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := h.request(r)
		if w.status != http.StatusSeeOther {
			h.t.Fatalf("the form: %d %s", w.status, w.body)
		}
		address = w.header.Get("Location")
	}
	page := h.request(httptest.NewRequest(http.MethodGet, address, nil))
	if page.status != http.StatusOK {
		h.t.Fatalf("the page %s: %d", address, page.status)
	}
	return page.body
}

// pay is a client who pays.
func (h *house) pay(token string) {
	h.t.Helper()
	h.form(token, "card", "0000 1111 2222 3333", "expiry", "10/20", "cvv", "123")
	h.form(token, "code", "1111")
}

// paid makes an order that is paid, or on hold.
func (h *house) paid(method string, p purchase) {
	h.t.Helper()
	h.pay(h.create(method, p))
	want := "SUCCESS"
	if method == "hold" {
		want = "LOCKED"
	}
	if got := h.state(p.order); got != want {
		h.t.Fatalf("%s is %s, want %s", p.order, got, want)
	}
}

func (h *house) state(order string, more ...string) string {
	h.t.Helper()
	got := h.post("state", key(order, more...))
	got.signed(password, "SUCCESS", store, order, got.text("paymentState"), got.text("message"))
	return got.text("paymentState")
}

// settle runs the workers until nothing is due.
func (h *house) settle() {
	h.t.Helper()
	for range 50 {
		one, err := h.invoices.Step(ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		two, err := h.invoices.StepRefunds(ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		if !one && !two {
			return
		}
	}
	h.t.Fatal("there is no end of work")
}

// idle waits until no call to the provider runs.
func (h *house) idle() {
	for h.dispatch.Busy() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// balances are the shop's, in UAH, as text to be compared.
func (h *house) balances() string {
	h.t.Helper()
	accounts, err := ledger.Balances(ctx, h.db.Reader(), demo.Shop)
	if err != nil {
		h.t.Fatal(err)
	}
	var lines []string
	for _, a := range accounts {
		if a.Currency == 980 && a.Balance != 0 {
			lines = append(lines, fmt.Sprint(a.Purpose, a.Provider, " ", a.Balance))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// set changes the store's settings, effective at once.
func (h *house) set(values ...string) {
	h.t.Helper()
	if _, err := db.Do(ctx, h.db, db.House, shop.SetStore{ID: store, Values: values, Actor: "test"}); err != nil {
		h.t.Fatal(err)
	}
	h.clock.Add(shop.Fresh)
}

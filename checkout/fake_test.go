package checkout

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

const session = "0000000005f0a1b2c3d4e5f60718293a"

// A card that no hint shows, so that finding it anywhere is a leak.
const (
	goodCard  = "5555555555554444"
	typedCard = "5555 5555 5555 4444"
	past3DS   = "1234"
)

var clock = time.Date(2026, 10, 15, 12, 0, 0, 0, time.UTC)

var _ Invoices = (*invoice.Invoices)(nil)

// till is a room of invoices with one payment in it: it is opened, takes one card
// and one code, and counts what reached it.
type till struct {
	page    invoice.Page
	fail    error // of every act from now on
	acts    error // of Pay and Answer only, which then have happened
	outcome invoice.PageState
	opened  int
	cards   []provider.Card
	codes   []string
	left    int
}

func newTill() *till {
	return &till{
		outcome: invoice.ShowPaid,
		page: invoice.Page{ShopName: "Demo shop", State: invoice.AskCard, Invoice: &invoice.Invoice{
			Shop: 1520, ID: 77, OrderID: "order-17", Session: session, Description: "Two tickets",
			Currency: money.USD, Amount: 123450, PriceCurrency: money.USD, Price: 123450, Status: invoice.Created,
			SuccessURL: "https://shop.example/ok?order=17&x=1", FailedURL: "http://shop.example/failed",
		}},
	}
}

func (t *till) Open(ctx context.Context, s string) (*invoice.Page, error) {
	page, err := t.Look(ctx, s)
	if err == nil {
		t.opened++
	}
	return page, err
}

func (t *till) Look(_ context.Context, s string) (*invoice.Page, error) {
	if t.fail != nil {
		return nil, t.fail
	}
	if s != session {
		return nil, fault.New(fault.NotFound, "no session %s", s)
	}
	page := t.page
	return &page, nil
}

func (t *till) Pay(ctx context.Context, s string, card provider.Card) (*invoice.Page, error) {
	if t.page.State == invoice.AskCard {
		t.cards = append(t.cards, card)
		t.page.State = t.outcome
		t.page.Invoice.PayerAccount = card.String()
	}
	if t.acts != nil {
		return nil, t.acts
	}
	return t.Open(ctx, s)
}

func (t *till) Leave(ctx context.Context, s string) (*invoice.Page, error) {
	p, err := t.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	t.left++
	p.State = invoice.ShowLeft
	t.page.State = invoice.ShowLeft
	return p, nil
}

func (t *till) Answer(ctx context.Context, s, code string) (*invoice.Page, error) {
	if t.page.State == invoice.AskCode {
		t.codes = append(t.codes, code)
		t.page.State = invoice.ShowRejected
		t.page.Invoice.Failure = invoice.Declined
		if code == past3DS {
			t.page.State, t.page.Invoice.Failure = invoice.ShowPaid, ""
		}
	}
	if t.acts != nil {
		return nil, t.acts
	}
	return t.Open(ctx, s)
}

// counter is a door with its till and its log.
type counter struct {
	*till
	Config
	log bytes.Buffer
}

func newCounter() *counter {
	c := &counter{till: newTill()}
	c.Config = Config{Log: slog.New(slog.NewTextHandler(&c.log, nil)), Now: func() time.Time { return clock }}
	return c
}

func (c *counter) serve(r *http.Request) *httptest.ResponseRecorder {
	c.Invoices = c.till
	w := httptest.NewRecorder()
	New(c.Config).ServeHTTP(w, r)
	return w
}

func (c *counter) visit(target string, headers ...string) *httptest.ResponseRecorder {
	return c.serve(request(http.MethodGet, target, "", headers...))
}

func (c *counter) send(target, body string, headers ...string) *httptest.ResponseRecorder {
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return c.serve(request(http.MethodPost, target, body, headers...))
}

func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func cardForm(card, expiry, cvv string) string {
	return url.Values{fieldCard: {card}, fieldExpiry: {expiry}, fieldCVV: {cvv}}.Encode()
}

const page = "/pay/" + session

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d\n%s", w.Code, status, w.Body)
	}
}

func wantText(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("no %q in\n%s", text, w.Body)
		}
	}
}

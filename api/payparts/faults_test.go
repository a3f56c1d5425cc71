package payparts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/shop"
)

// broken is money in that answers everything with one error, or panics.
type broken struct {
	*invoice.Invoices // what is not replaced
	err               error
	panics            bool
}

func (b *broken) trouble() error {
	if b.panics {
		panic("with 10.1.2.3 in its text")
	}
	return b.err
}

func (b *broken) Create(context.Context, invoice.Create) (*invoice.Invoice, error) {
	return nil, b.trouble()
}
func (b *broken) Charge(context.Context, int64, int64) (*invoice.Invoice, error) {
	return nil, b.trouble()
}
func (b *broken) Unhold(context.Context, int64, int64) (*invoice.Invoice, error) {
	return nil, b.trouble()
}
func (b *broken) Describe(context.Context, invoice.Describe) (*invoice.Invoice, error) {
	return nil, b.trouble()
}
func (b *broken) CreateRefund(context.Context, invoice.CreateRefund) (*invoice.Refund, error) {
	return nil, b.trouble()
}

// troubled is the house's door on broken rooms.
func (h *house) troubled(b *broken) (told *[]string) {
	told = new([]string)
	b.Invoices = h.invoices
	h.door = payparts.New(payparts.Config{
		Stores: h.stores, Shops: h.shops, Invoices: b, Page: nil, Now: h.clock.Time, Random: &shared{from: rand.NewChaCha8([32]byte{2})},
		PublicURL: "https://pay.example", Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Observe: func(method, state string, _ time.Duration) { *told = append(*told, method+" "+state) },
	})
	return told
}

// TestFaults: FAIL is said only of what was definitely not done.
func TestFaults(t *testing.T) {
	h := newHouseSQLite(t)
	h.paid("create", buys("PAID", "600.00"))
	h.paid("hold", buys("HELD", "600.00"))
	about := fmt.Sprintf(`{"storeId":%q,"orderId":"PAID","description":"x","signature":%q}`, store, sig(store, "PAID", "x"))
	calls := map[string]string{
		"create": buys("NEW", "600.00").body(), "hold": buys("NEW", "600.00").body(), "confirm": key("HELD"), "cancel": key("HELD"),
		"decline": decline("PAID", "600.00"), "description": about,
	}
	const told = "words for the shop"
	type wire struct {
		status         int
		state, message string
	}
	business := wire{200, "FAIL", told}
	want := map[fault.Kind]wire{
		fault.Internal:    {500, "UNKNOWN", "Internal error, incident "},
		fault.Unknown:     {503, "UNKNOWN", "the outcome is not known yet: ask for the state"},
		fault.Busy:        {503, "UNKNOWN", "the outcome is not known yet: ask for the state"},
		fault.Unavailable: {503, "FAIL", "temporarily not available; nothing was done, try again"},
		fault.Overloaded:  {503, "FAIL", "too many requests; nothing was done, try again"},
		fault.Invalid:     {200, "FAIL", "bad value: body must be one JSON object"},
		fault.NotFound:    {200, "FAIL", "Платеж не найден"},
		fault.NotUnique:   {200, "FAIL", "bad value: "},
		fault.TooSmall:    {200, "FAIL", "bad value: amount is too small"},
		fault.TooLarge:    {200, "FAIL", "bad value: amount is "},
		fault.Balance:     {200, "FAIL", "not enough money on the balance of the shop"},
		fault.Declined:    {200, "FAIL", "declined by the bank"},

		fault.PaywayNotFound: {200, "FAIL", "bad value: storeId takes no payments at present"},
		fault.PaywayOff:      {200, "FAIL", "bad value: storeId takes no payments at present"},
		fault.PaywayClosed:   {200, "FAIL", "bad value: storeId takes no payments at present"},
	}
	for _, kind := range fault.Kinds() {
		h.troubled(&broken{err: fault.Wrap(kind, errors.New("dial 10.1.2.3"), told)})
		expected, ok := want[kind]
		if !ok {
			expected = business
		}
		for method, body := range calls {
			got := h.post(method, body)
			if got.status != expected.status || got.text("state") != expected.state || !strings.HasPrefix(got.text("message"), expected.message) {
				t.Errorf("kind %d, %s: %d %s\nwant %v", kind, method, got.status, got.body, expected)
			}
			if got.text("signature") == "" || strings.Contains(got.body, "10.1.2.3") {
				t.Errorf("kind %d, %s: %s", kind, method, got.body)
			}
		}
	}
}

func TestPanicHurtsNobodyElse(t *testing.T) {
	h := newHouseSQLite(t)
	told := h.troubled(&broken{panics: true})
	got := h.post("create", buys("ORDER-1", "600.00").body())
	if got.status != http.StatusInternalServerError || got.text("state") != "UNKNOWN" || strings.Contains(got.body, "10.1.2.3") {
		t.Errorf("%d %s", got.status, got.body)
	}
	id := got.text("message")[len("Internal error, incident "):]
	if log := h.log.String(); len(id) != 16 || !strings.Contains(log, "incident="+id) || !strings.Contains(log, "10.1.2.3") {
		t.Errorf("incident %q is not in the log:\n%s", id, tail(log))
	}
	h.post("state", key("ORDER-1")).is("FAIL", "Платеж не найден")
	h.request(httptest.NewRequest(http.MethodPost, "/ipp/v2/payment/"+strings.Repeat("x", 1000), &bytes.Buffer{}))
	if got := fmt.Sprint(*told); got != "[create UNKNOWN state FAIL unknown FAIL]" {
		t.Error(got)
	}
}

// TestCutDatabase: when the stores cannot be looked up nothing is said of any.
func TestCutDatabase(t *testing.T) {
	h := newHouseSQLite(t)
	h.door = payparts.New(payparts.Config{
		Stores: cut{}, Shops: h.shops, Invoices: h.invoices, Now: h.clock.Time, Random: &shared{from: rand.NewChaCha8([32]byte{2})}, Log: slog.New(slog.DiscardHandler),
	})
	if got := h.post("state", key("ORDER-1")); got.status != http.StatusServiceUnavailable || got.text("signature") != "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

type cut struct{}

func (cut) Find(context.Context, string) (*shop.StoreEntry, error) {
	return nil, fault.New(fault.Unavailable, "the database does not answer")
}

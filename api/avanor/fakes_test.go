package avanor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

// What stands behind the door in earnest.
var (
	_ Invoices = (*invoice.Invoices)(nil)
	_ Payouts  = (*payout.Payouts)(nil)
	_ Shops    = (*shop.Directory)(nil)
)

var update = flag.Bool("update", false, "write the golden files anew")

const secret = "account-secret-key"

// noon is the tests' clock: 2026-05-24T16:35:42 on the wire.
var noon = time.Date(2026, 5, 24, 13, 35, 42, 0, time.UTC)

// house is the door with small rooms of its own behind it.
type house struct {
	t        testing.TB
	door     http.Handler
	now      time.Time
	log      bytes.Buffer
	shops    map[int64]*shop.Entry
	ways     map[string]*payway.Payway
	invoices map[string]*invoice.Invoice // by shop and order
	refunds  []*invoice.Refund
	payouts  map[string]*payout.Payout
	balance  map[money.Currency]int64
	used     map[string]string
	observed []string
	trouble  error // what every room answers, when it is set
	panics   any
	draining bool
	calls    int // of rooms
}

func newHouse(t testing.TB, settings ...string) *house {
	t.Helper()
	h := &house{
		t: t, now: noon, shops: map[int64]*shop.Entry{}, ways: map[string]*payway.Payway{}, invoices: map[string]*invoice.Invoice{},
		payouts: map[string]*payout.Payout{}, used: map[string]string{},
		balance: map[money.Currency]int64{money.USD: 10_000_000, money.EUR: 588925},
	}
	h.shops[1520] = entry(t, 1520, settings...)
	h.shops[202203] = entry(t, 202203)
	for _, way := range []payway.Payway{
		{Alias: "card_invoice_usd", ID: 1, Direction: payway.In, Name: "Card", Currency: money.USD, Percent: 5 * money.Scale, MinAmount: 100, MaxAmount: 10_000_000},
		{
			Alias: "card_invoice_uah", ID: 2, Direction: payway.In, Name: "Картка", Currency: money.UAH, Percent: money.Scale * 3 / 2,
			StoredAddOns: `{"phone":{"regex":"[0-9]+","title":"Phone","example":"380501234567","required":true}}`,
		},
		{
			Alias: "card_payway_usd", ID: 3, Direction: payway.Out, Name: "Card", Currency: money.USD, Percent: 2 * money.Scale, MinAmount: 100, MaxAmount: 10_000_000,
			AccountRegex: "[0-9]{8,19}", AccountTitle: "Card number", AccountExample: "4242424242424242",
			StoredDetails: `{"name":{"regex":"","title":"Name \"of\" the holder","example":"Адам","required":false}}`,
		},
	} {
		way.Active, way.Shops, way.Provider, way.PercentPart, way.FixPart = true, "*", "sandbox", fee.Whole, fee.Whole
		h.ways[way.Alias] = &way
	}
	h.door = New(Config{
		Shops: h, Invoices: rooms{h}, Payouts: payments{h}, Signatures: h, Payways: h.list, Balances: h.books,
		Now: func() time.Time { return h.now }, Random: rand.NewChaCha8([32]byte{}), PublicURL: "https://pay.example/",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Draining:       func() bool { return h.draining },
		Observe: func(method string, code int, _ time.Duration) {
			h.observed = append(h.observed, fmt.Sprint(method, " ", code))
		},
		Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	return h
}

func entry(t testing.TB, id int64, settings ...string) *shop.Entry {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	key, err := seal.NewKey(random, "a")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(random, seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	set := shop.Settings{}
	for _, text := range settings {
		if err := set.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := shop.NewCreate(box, random, id, "A shop", "test", shop.Secrets{API: secret})
	if err != nil {
		t.Fatal(err)
	}
	row := shop.Shop{ID: id, Name: c.Name, Active: true, Secret: c.Secret, WebhookKey: c.WebhookKey, Stored: string(stored)}
	e, err := shop.OpenEntry(box, &row)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Find is the shop's directory.
func (h *house) Find(_ context.Context, id int64) (*shop.Entry, error) {
	if e := h.shops[id]; e != nil {
		return e, nil
	}
	return nil, shop.NotFound(id)
}

// Use is the memory of signatures.
func (h *house) Use(_ context.Context, shop int64, sign, method string) error {
	key := fmt.Sprint(shop, sign)
	if first, ok := h.used[key]; ok && first != method {
		return fault.Param("sign", "already used for "+first)
	}
	h.used[key] = method
	return nil
}

func (h *house) list(_ context.Context, direction payway.Direction, shop int64) ([]*payway.Payway, error) {
	var list []*payway.Payway
	for _, alias := range []string{"card_invoice_usd", "card_invoice_uah", "card_payway_usd"} {
		if way := h.ways[alias]; way.Direction == direction && way.OpenTo(shop) {
			list = append(list, way)
		}
	}
	return list, h.room()
}

func (h *house) books(_ context.Context, shop int64) ([]ledger.Account, error) {
	return []ledger.Account{
		{Shop: shop, Currency: money.USD, Purpose: ledger.Available, Balance: h.balance[money.USD]},
		{Shop: shop, Currency: money.USD, Purpose: ledger.Clearing, Provider: "sandbox", Balance: -5},
		{Shop: shop, Currency: money.USD, Purpose: ledger.Frozen, Balance: 10223},
		{Shop: shop, Currency: money.EUR, Purpose: ledger.Available, Balance: h.balance[money.EUR]},
		{Shop: shop, Currency: money.EUR, Purpose: ledger.Held, Balance: 9500},
		{Shop: shop, Currency: money.GBP, Purpose: ledger.Fee, Balance: 1},
	}, h.room()
}

// room is what every room does first.
func (h *house) room() error {
	h.calls++
	if h.panics != nil {
		panic(h.panics)
	}
	return h.trouble
}

func (h *house) usable(alias string, direction payway.Direction, shop int64) (*payway.Payway, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	way := h.ways[alias]
	if way == nil {
		return nil, payway.NotFound(alias)
	}
	return way, way.Check(direction, shop)
}

// rate is USD to UAH and back.
func rate(base, quote money.Currency) (money.Rate, bool) {
	return money.Rate(4125 * money.Scale / 100), base == money.USD && quote == money.UAH
}

// rooms is money in.
type rooms struct{ *house }

func (h rooms) Try(_ context.Context, t invoice.Try) (p invoice.Priced, err error) {
	if p.Way, err = h.usable(t.Payway, payway.In, t.Shop); err != nil {
		return p, err
	}
	amount, err := money.Parse(t.Amount, t.Currency)
	if err != nil {
		return p, fault.Param("amount", err.Error())
	}
	if p.Quote, err = fee.Payin(p.Way.Tariff(), amount, p.Way.Currency, rate); err != nil {
		return p, err
	}
	return p, p.Way.Within("Payer price", p.Quote.PayerPrice)
}

func (h rooms) Create(ctx context.Context, c invoice.Create) (*invoice.Invoice, error) {
	p, err := h.Try(ctx, invoice.Try{Order: c.Order})
	if err != nil {
		return nil, err
	}
	asked, err := p.Way.AddOns()
	if err != nil {
		return nil, err
	}
	addOns, err := asked.Pick("", c.AddOns)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(c.Shop, c.OrderID)
	if h.invoices[key] != nil {
		return nil, fault.New(fault.NotUnique, "Shop_order_id '%s' is not unique for shop(id=%d)", c.OrderID, c.Shop)
	}
	extra, _ := json.Marshal(invoice.Extra{AddOns: addOns, ClientIP: c.ClientIP})
	v := &invoice.Invoice{
		Shop: c.Shop, ID: int64(33733463 + len(h.invoices)), OrderID: c.OrderID, Session: fmt.Sprintf("%012x%020x", c.Shop, len(h.invoices)),
		Payway: c.Payway, Currency: c.Currency, Amount: p.Quote.Amount.Minor, Net: p.Quote.Net.Minor, PriceCurrency: p.Way.Currency,
		Price: p.Quote.PayerPrice.Minor, Hold: c.Hold, Status: invoice.Created, Description: c.Description, CallbackURL: c.CallbackURL,
		RejectedURL: c.RejectedURL, SuccessURL: c.SuccessURL, FailedURL: c.FailedURL, ExpiresAt: c.ExpiresAt, Extra: string(extra),
		CreatedAt: h.now.UnixMilli(), UpdatedAt: h.now.UnixMilli(),
	}
	h.invoices[key] = v
	return v, nil
}

func (h rooms) FindByOrder(_ context.Context, shop int64, _, orderID string) (*invoice.Invoice, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	if v := h.invoices[fmt.Sprint(shop, orderID)]; v != nil {
		return v, nil
	}
	return nil, fault.New(fault.NotFound, "Invoice (id=%s) wasn't found", orderID)
}

func (h rooms) find(shop, id int64) (*invoice.Invoice, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	for _, v := range h.invoices {
		if v.Shop == shop && v.ID == id {
			return v, nil
		}
	}
	return nil, fault.New(fault.NotFound, "Invoice (id=%d) wasn't found", id)
}

// end moves a held invoice to a final status.
func (h rooms) end(shop, id int64, to invoice.Status) (*invoice.Invoice, error) {
	v, err := h.find(shop, id)
	if err != nil || v.Status == to {
		return v, err
	}
	if v.Status != invoice.Held {
		return nil, fault.Param("invoice_id", "the invoice is not held")
	}
	v.Status, v.ProcessedAt, v.UpdatedAt = to, h.now.UnixMilli(), h.now.UnixMilli()
	return v, nil
}

func (h rooms) Charge(_ context.Context, shop, id int64) (*invoice.Invoice, error) {
	return h.end(shop, id, invoice.Succeeded)
}

func (h rooms) Unhold(_ context.Context, shop, id int64) (*invoice.Invoice, error) {
	v, err := h.end(shop, id, invoice.Rejected)
	if err == nil {
		v.Failure = invoice.Unheld
	}
	return v, err
}

func (h rooms) CreateRefund(_ context.Context, c invoice.CreateRefund) (*invoice.Refund, error) {
	v, err := h.find(c.Shop, c.InvoiceID)
	if err != nil {
		return nil, err
	}
	amount, err := money.Parse(c.Amount, v.Currency)
	if err != nil {
		return nil, fault.Param("amount", err.Error())
	}
	if v.Refunded+amount.Minor > v.Amount {
		return nil, fault.New(fault.TooLarge, "Refund amount is too large, max: %s", money.New(v.Amount-v.Refunded, v.Currency).Number())
	}
	v.Refunded += amount.Minor
	f := &invoice.Refund{
		Shop: c.Shop, ID: 7, InvoiceID: v.ID, RefundID: c.RefundID, Currency: v.Currency, Amount: amount.Minor,
		Status: invoice.Waiting, CallbackURL: c.CallbackURL, CreatedAt: h.now.UnixMilli(),
	}
	h.house.refunds = append(h.house.refunds, f)
	return f, nil
}

func (h rooms) Refunds(_ context.Context, shop, id int64) ([]*invoice.Refund, error) {
	if _, err := h.find(shop, id); err != nil {
		return nil, err
	}
	return h.house.refunds, nil
}

// payments is money out.
type payments struct{ *house }

func (h payments) Try(_ context.Context, t payout.Try) (q fee.PayoutQuote, err error) {
	way, err := h.usable(t.Payway, payway.Out, t.Shop)
	if err != nil {
		return q, err
	}
	of := way.Currency
	if t.ShopAmount {
		of = t.Currency
	}
	amount, err := money.Parse(t.Amount, of)
	if err != nil {
		return q, fault.Param("amount", err.Error())
	}
	if q, err = fee.Payout(way.Tariff(), amount, t.ShopAmount, t.Currency, way.Currency, rate); err != nil {
		return q, err
	}
	return q, way.Within("Payee receive", q.Receive)
}

func (h payments) Check(_ context.Context, c payout.CheckAccount) (provider.Verdict, error) {
	if _, err := h.usable(c.Payway, payway.Out, c.Shop); err != nil {
		return provider.Verdict{}, err
	}
	if h.ways[c.Payway].CheckAccount(c.Beneficiary.Account) != nil {
		return provider.Verdict{Malformed: true}, nil
	}
	end := c.Beneficiary.Account[len(c.Beneficiary.Account)-1]
	return provider.Verdict{Known: end != '7', Good: end != '9' && end != '7'}, nil
}

func (h payments) Create(ctx context.Context, c payout.Create) (payout.Accepted, error) {
	q, err := h.Try(ctx, payout.Try{Order: c.Order})
	if err != nil {
		return payout.Accepted{}, err
	}
	key := fmt.Sprint(c.Shop, c.PaymentID)
	if h.house.payouts[key] != nil {
		return payout.Accepted{}, fault.New(fault.NotUnique, "Shop_payment_id '%s' is not unique for shop(id=%d)", c.PaymentID, c.Shop)
	}
	if err := h.ways[c.Payway].CheckAccount(c.Beneficiary.Account); err != nil {
		return payout.Accepted{}, err
	}
	if h.balance[c.Currency] < q.WriteOff.Minor {
		return payout.Accepted{}, fault.New(fault.Balance, "Insufficient balance(currency=%d): shop_write_off=%s, balance=%s",
			c.Currency.Number(), q.WriteOff.Number(), money.New(h.balance[c.Currency], c.Currency).Number())
	}
	h.balance[c.Currency] -= q.WriteOff.Minor
	row := &payout.Payout{
		Shop: c.Shop, ID: 1234567, PaymentID: c.PaymentID, Currency: q.WriteOff.Currency, WriteOff: q.WriteOff.Minor,
		ReceiveCurrency: q.Receive.Currency, Receive: q.Receive.Minor, Status: payout.Sent, Description: c.Description,
	}
	h.house.payouts[key] = row
	return payout.Accepted{Payout: row, Balance: money.New(h.balance[c.Currency], c.Currency)}, nil
}

func (h payments) Find(_ context.Context, shop, id int64) (*payout.Payout, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	for _, row := range h.house.payouts {
		if row.Shop == shop && row.ID == id {
			return row, nil
		}
	}
	return nil, fault.New(fault.NotFound, "Withdraw (id=%d) wasn't found", id)
}

func (h payments) FindByPayment(_ context.Context, shop int64, _, paymentID string) (*payout.Payout, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	if row := h.house.payouts[fmt.Sprint(shop, paymentID)]; row != nil {
		return row, nil
	}
	return nil, fault.New(fault.NotFound, "Withdraw (id=%s) wasn't found", paymentID)
}

var errBroken = errors.New("driver: bad connection to 10.1.2.3")

// newServer serves the door over HTTP until the test ends.
func newServer(t testing.TB, h *house) string {
	t.Helper()
	server := httptest.NewServer(h.door)
	t.Cleanup(server.Close)
	return server.URL
}

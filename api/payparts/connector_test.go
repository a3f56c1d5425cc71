package payparts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
	"github.com/brama-pay/brama/provider/providertest"
	"github.com/brama-pay/brama/provider/sandbox"
)

// behind is where a gateway that has this house for its bank hears callbacks.
const behind = "https://pay.behind.example"

// payers do at the page what an order's amount, in kopecks, says: forms that are
// sent one after the other. Any other amount pays, with a code.
var payers = map[int64][]url.Values{
	100_301: {card("0000 1111 2222 4444")},
	100_302: {{"cancel": {"1"}}},
	100_303: {},
	100_305: {card("0000 1111 2222 3333"), {"code": {"0000"}}},
	100_306: {card("4000 0000 0000 0341")},
	100_307: {card("4000 0000 0000 0119")},
	100_308: {card("4000 0000 0000 0127")},
}

func card(number string) url.Values {
	return url.Values{"card": {number}, "expiry": {"12/30"}, "cvv": {"123"}}
}

// theBank is the door over HTTP with its payers, its workers and its clock, and the
// connector that speaks to it.
type theBank struct {
	*house
	*privatbank.Bank
	server  *httptest.Server
	account provider.Account

	mu    sync.Mutex
	acted map[string]bool   // sessions whose payer has come
	refs  map[string]string // of a verb and an order: the bank knows orders only
	sent  map[string]bool   // bodies of callbacks
}

func newBank(h *house) *theBank {
	b := &theBank{house: h, acted: map[string]bool{}, refs: map[string]string{}, sent: map[string]bool{}}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.idle() // the bank's own calls are quick: what is accepted has been sent
		h.door.ServeHTTP(w, r)
	}))
	h.t.Cleanup(b.server.Close)
	b.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.Bank = privatbank.New(privatbank.Config{Client: b.server.Client(), PublicURL: behind})
	b.account = provider.Account{
		Name: "parts", Connector: privatbank.Name, Active: true,
		Settings: map[string]string{privatbank.BaseURL: b.server.URL, privatbank.StoreID: store},
		Secrets:  map[string]string{privatbank.Password: password},
	}
	return b
}

func (b *theBank) note(c provider.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refs[string(c.Verb)+c.Original] = c.Reference
}

func (b *theBank) Capture(ctx context.Context, c provider.Call) provider.Outcome {
	b.note(c)
	return b.Bank.Capture(ctx, c)
}

func (b *theBank) Void(ctx context.Context, c provider.Call) provider.Outcome {
	b.note(c)
	return b.Bank.Void(ctx, c)
}

func (b *theBank) Refund(ctx context.Context, c provider.Call) provider.Outcome {
	b.note(c)
	return b.Bank.Refund(ctx, c)
}

// Notices are the connector's, but for a body that says what a genuine one says in
// other bytes: without its newline, or with another name for its empty message. The
// signature is of the values, so that is no change, though the suite made one.
func (b *theBank) Notices(a provider.Account, header http.Header, body []byte) ([]provider.Notice, error) {
	got, err := b.Bank.Notices(a, header, body)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	said := letterIn(body)
	for genuine := range b.sent {
		if genuine != string(body) && letterIn([]byte(genuine)) == said {
			return nil, errors.New("the same in other bytes")
		}
	}
	return got, nil
}

type letterText struct{ StoreID, OrderID, PaymentState, Message, Signature string }

func letterIn(body []byte) (l letterText) {
	_ = json.Unmarshal(body, &l)
	return l
}

// Wait lets the payers come, and then the time pass and the bank's workers work.
func (b *theBank) Wait(d time.Duration) {
	for _, v := range b.orders() {
		if (v.Status == invoice.Created || v.Status == invoice.Awaiting) && !b.acted[v.Session] {
			b.acted[v.Session] = true
			b.pays(v)
		}
	}
	b.clock.Add(d)
	b.work()
}

func (b *theBank) orders() []*invoice.Invoice {
	list, err := b.invoices.List(ctx, demo.Shop, 0, 10_000)
	if err != nil {
		b.t.Error(err)
	}
	return list
}

// pays is what the payer of an order does.
func (b *theBank) pays(v *invoice.Invoice) {
	forms, special := payers[v.Amount]
	if !special {
		forms = []url.Values{card("0000 1111 2222 3333"), {"code": {"1111"}}}
	}
	page := b.server.URL + "/ipp/v2/payment?token=" + strings.ToUpper(v.Session)
	for _, form := range forms {
		got, err := b.server.Client().PostForm(page, form)
		if err != nil {
			b.t.Error(err)
			return
		}
		_ = got.Body.Close()
		if got.StatusCode != http.StatusSeeOther {
			b.t.Errorf("the page answered %d to %v", got.StatusCode, form)
		}
	}
}

// work runs the bank's workers until nothing is due.
func (b *theBank) work() {
	for range 100 {
		b.idle()
		one, err := b.invoices.Step(ctx)
		two, err2 := b.invoices.StepRefunds(ctx)
		three, err3 := b.sender.Step(ctx)
		if err := errors.Join(err, err2, err3); err != nil {
			b.t.Error(err)
			return
		}
		if !one && !two && !three {
			return
		}
	}
	b.t.Error("there is no end of the bank's work")
}

// deliveries are the callbacks since the last call.
func (b *theBank) deliveries(context.Context) (list []providertest.Delivery, _ error) {
	b.house.mu.Lock()
	defer b.house.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, body := range b.told {
		if at := b.heard[i].URL.String(); at != behind+"/notify/parts" {
			b.t.Errorf("a callback to %s", at)
		}
		b.sent[body] = true
		list = append(list, providertest.Delivery{Header: b.heard[i].Header, Body: []byte(body)})
	}
	b.told, b.heard = nil, nil
	return list, nil
}

// books are the sandbox's: what was done with money in the end, in the names that
// the connector gave it.
func (b *theBank) books(ctx context.Context) ([]providertest.Act, error) {
	order := map[int64]string{} // by the operation: an invoice, or one of its refunds
	for _, v := range b.orders() {
		order[v.ID] = v.OrderID
		made, err := b.invoices.Refunds(ctx, v.Shop, v.ID)
		if err != nil {
			return nil, err
		}
		for _, f := range made {
			order[f.ID] = v.OrderID
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var acts []providertest.Act
	err := b.invoices.Gate.Connectors[sandbox.Name].(*sandbox.Sandbox).Each(ctx, func(l sandbox.Line) {
		reference := order[l.Operation]
		if l.Verb != provider.Authorize {
			reference = b.refs[string(l.Verb)+reference]
		}
		acts = append(acts, providertest.Act{Reference: reference, Shop: l.Shop, Verb: l.Verb, Amount: l.Amount, Done: l.State == sandbox.Succeeded})
	})
	return acts, err
}

// line is a way to the bank that may be cut.
type line func(*http.Request) (*http.Response, error)

func (l line) RoundTrip(r *http.Request) (*http.Response, error) { return l(r) }

func (b *theBank) cuts() map[string]provider.Connector {
	through := b.server.Client().Transport
	instead := func(status int, change func([]byte) []byte) line {
		return func(r *http.Request) (*http.Response, error) {
			got, err := through.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			defer got.Body.Close()
			body, err := io.ReadAll(got.Body)
			got.StatusCode, got.Body = status, io.NopCloser(bytes.NewReader(change(body)))
			return got, err
		}
	}
	cut := map[string]provider.Connector{}
	for name, way := range map[string]line{
		"the request is cut": func(r *http.Request) (*http.Response, error) {
			_ = r.Body.Close()
			return nil, errors.New("the connection was reset")
		},
		"the answer is cut":         instead(http.StatusOK, func(body []byte) []byte { return body[:len(body)/2] }),
		"a page of HTML comes back": instead(http.StatusBadGateway, func([]byte) []byte { return []byte("<html>502</html>") }),
	} {
		cut[name] = privatbank.New(privatbank.Config{Client: &http.Client{Transport: way}, PublicURL: behind})
	}
	return cut
}

func inParts(minor int64) *providertest.Value {
	plan := &instalment.Plan{MerchantType: instalment.PP, PartsCount: 4, Products: []instalment.Product{{Name: "Телефон", Count: 1, Price: uah(minor)}}}
	return &providertest.Value{Call: provider.Call{Verb: provider.Authorize, Amount: uah(minor), Plan: plan, Return: behind + "/pay/1"}}
}

func onHold(minor int64) *providertest.Value {
	v := inParts(minor)
	v.Call.Hold = true
	return v
}

// shown are the values of this door. strict is a store that signs confirm and cancel
// with their state, and gives back parts.
func shown(strict bool) []providertest.Value {
	on := func(verb provider.Verb, minor int64) provider.Call {
		return provider.Call{Verb: verb, Amount: uah(minor)}
	}
	refused, sends := provider.Unknown, 3 // a refusal that its signature does not cover proves nothing: LOCKED does, in time
	part, partly := provider.Declined, provider.Failed
	if strict {
		refused, sends, part, partly = provider.Declined, 0, provider.Succeeded, provider.Done
	}
	return []providertest.Value{
		{Name: "paid", Call: inParts(100_000).Call, First: provider.Pending, End: provider.Done, Told: true},
		{Name: "a card without instalments", Call: inParts(100_301).Call, First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "a wrong code", Call: inParts(100_305).Call, First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "the payer left", Call: inParts(100_302).Call, First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "the payer never came", Call: inParts(100_303).Call, First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "paid after a while", Call: inParts(100_306).Call, First: provider.Pending, End: provider.Done, Told: true},
		{Name: "paid, which the bank learns late", Call: inParts(100_307).Call, First: provider.Pending, End: provider.Done, Told: true},
		{Name: "never arrived behind the bank", Call: inParts(100_308).Call, First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "too little to lend", Call: inParts(29_900).Call, First: provider.Declined, End: provider.Failed},
		{Name: "hold", Call: onHold(100_000).Call, First: provider.Pending, End: provider.Done, Told: true},
		{Name: "capture", On: onHold(100_000), Call: on(provider.Capture, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "capture refused", On: onHold(66_600), Call: on(provider.Capture, 66_600), First: refused, End: provider.Failed, Sends: sends},
		{Name: "capture without an answer", On: onHold(66_700), Call: on(provider.Capture, 66_700), First: provider.Unknown, End: provider.Done},
		{Name: "capture that never arrived behind the bank", On: onHold(66_800), Call: on(provider.Capture, 66_800), First: provider.Unknown, End: provider.Failed, Sends: 3},
		{Name: "void", On: onHold(100_000), Call: on(provider.Void, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "void without an answer", On: onHold(66_900), Call: on(provider.Void, 66_900), First: provider.Unknown, End: provider.Done},
		{Name: "refund", On: inParts(100_000), Call: on(provider.Refund, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "refund of a part", On: inParts(100_000), Call: on(provider.Refund, 30_000), First: part, End: partly},
		{Name: "refund of a hold", On: onHold(100_000), Call: on(provider.Refund, 100_000), First: provider.Declined, End: provider.Failed},
		{Name: "refund that fails later", On: inParts(66_600), Call: on(provider.Refund, 66_600), First: provider.Pending, End: provider.Failed},
		{Name: "refund without an answer", On: inParts(66_700), Call: on(provider.Refund, 66_700), First: provider.Pending, End: provider.Done},
		{Name: "refund that never arrived behind the bank", On: inParts(66_800), Call: on(provider.Refund, 66_800), First: provider.Pending, End: provider.Failed},
	}
}

// TestConnectorKeepsTheContract is the whole suite of connectors, played by the
// connector of the bank against this door on real rooms. Not played: what the door
// never does, which is the double's in provider/privatbank – a state nobody knows, a
// bank that shows no refunds, answers with false signatures.
func TestConnectorKeepsTheContract(t *testing.T) {
	play := func(t *testing.T, h *house, strict bool) {
		h.set("token_minutes=30")
		if strict {
			h.set("confirm_signature=with_state", "partial_decline=true")
		}
		b := newBank(h)
		providertest.Run(t, providertest.Subject{
			Connector: b, Account: b.account, Shop: demo.Shop, Values: shown(strict), Now: b.clock.Time, Wait: b.Wait,
			Books: b.books, Notices: b.deliveries, Broken: b.cuts(),
		})
	}
	t.Run("a store as documented", func(t *testing.T) { play(t, newHouseSQLite(t), false) }) // one database: its signature is no matter of rows
	t.Run("a store with_state that gives back parts", func(t *testing.T) {
		eachHouse(t, func(t *testing.T, h *house) { play(t, h, true) })
	})
}

// TestConnectorRefundsTwice: the bank gives one amount of an order back once, and has
// no id to tell two by. The second is not done, and the connector does not take the
// first one's end for it: it counts, and the gateway knows how many are its own.
func TestConnectorRefundsTwice(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.set("partial_decline=true")
		b := newBank(h)
		c := inParts(100_000).Call
		c.Account, c.Shop, c.Operation, c.N, c.Reference = b.account, demo.Shop, 6, 1, "a-1520-6"
		if o := b.Authorize(ctx, c); o.Result != provider.Pending || !strings.HasPrefix(o.Continue, b.server.URL+"/ipp/v2/payment?token=") {
			t.Fatalf("%+v", o)
		}
		b.Wait(time.Minute)
		back := provider.Call{
			Verb: provider.Refund, Account: b.account, Shop: demo.Shop, Operation: 7, N: 1, Reference: "r-1520-7",
			Original: c.Reference, Amount: uah(30_000), Whole: c.Amount,
		}
		if o := b.Refund(ctx, back); o.Result != provider.Succeeded {
			t.Fatalf("the first: %+v", o)
		}
		back.Operation, back.Reference = 8, "r-1520-8"
		if o := b.Refund(ctx, back); o.Result != provider.Unknown {
			t.Errorf("the second: %+v", o)
		}
		b.Wait(time.Minute)
		o := b.Status(ctx, provider.Query{Account: b.account, Verb: provider.Refund, Reference: back.Reference, Original: c.Reference, Shop: demo.Shop, Operation: 8, N: 1, Amount: back.Amount})
		if want := (provider.Alike{Succeeded: 1}); o.Alike != want || o.Alike.Ours(want) != provider.Missing {
			t.Errorf("the bank shows %+v", o)
		}
		other := back
		other.Operation, other.Reference, other.Amount = 9, "r-1520-9", uah(70_000)
		if o := b.Refund(ctx, other); o.Result != provider.Succeeded {
			t.Errorf("the rest: %+v", o)
		}
		if list := b.orders(); len(list) != 1 || list[0].Refunded != 100_000 {
			t.Errorf("%d orders: %+v", len(list), list)
		}
	})
}

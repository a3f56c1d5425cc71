package privatbank_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/privatbank"
	"github.com/brama-pay/brama/provider/providertest"
)

func uah(minor int64) money.Amount { return money.New(minor, money.UAH) }

func parts(minor int64) provider.Call {
	plan := &instalment.Plan{MerchantType: instalment.PP, PartsCount: 4, Products: []instalment.Product{{Name: "Телефон", Count: 1, Price: uah(minor)}}}
	return provider.Call{Verb: provider.Authorize, Amount: uah(minor), Plan: plan, Return: publicURL + "/pay/1"}
}

func paid(minor int64) *providertest.Value { return &providertest.Value{Call: parts(minor)} }

func held(minor int64) *providertest.Value {
	v := paid(minor)
	v.Call.Hold = true
	return v
}

func on(verb provider.Verb, minor int64) provider.Call {
	return provider.Call{Verb: verb, Amount: uah(minor)}
}

// documented is how the double behaves, and the end that the gateway must reach.
func documented(withState bool) []providertest.Value {
	refused, sends := provider.Declined, 0
	if !withState { // a refusal that its signature does not cover proves nothing: LOCKED does, in time
		refused, sends = provider.Unknown, 3
	}
	return []providertest.Value{
		{Name: "paid", Call: parts(100_000), First: provider.Pending, End: provider.Done, Told: true},
		{Name: "refused to the payer", Call: parts(100_301), First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "the payer left", Call: parts(100_302), First: provider.Pending, End: provider.Failed, Told: true},
		{Name: "no order", Call: parts(100_303), First: provider.Declined, End: provider.Failed},
		{Name: "a state nobody knows", Call: parts(100_304), First: provider.Pending, End: provider.Done},
		{Name: "hold", Call: held(100_000).Call, First: provider.Pending, End: provider.Done, Told: true},
		{Name: "capture", On: held(100_000), Call: on(provider.Capture, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "capture refused", On: held(100_665), Call: on(provider.Capture, 100_665), First: refused, End: provider.Failed, Sends: sends},
		{Name: "capture cut after", On: held(100_667), Call: on(provider.Capture, 100_667), First: provider.Succeeded, End: provider.Done},
		{Name: "capture cut before", On: held(100_668), Call: on(provider.Capture, 100_668), First: provider.Unknown, End: provider.Failed, Sends: 3},
		{Name: "void", On: held(100_000), Call: on(provider.Void, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "void refused", On: held(100_665), Call: on(provider.Void, 100_665), First: refused, End: provider.Failed, Sends: sends},
		{Name: "void cut after", On: held(100_667), Call: on(provider.Void, 100_667), First: provider.Succeeded, End: provider.Done},
		{Name: "void cut before", On: held(100_668), Call: on(provider.Void, 100_668), First: provider.Unknown, End: provider.Failed, Sends: 3},
		{Name: "refund", On: paid(100_000), Call: on(provider.Refund, 100_000), First: provider.Succeeded, End: provider.Done},
		{Name: "refund of a part", On: paid(100_000), Call: on(provider.Refund, 30_000), First: provider.Succeeded, End: provider.Done},
		{Name: "refund of a hold", On: held(100_000), Call: on(provider.Refund, 100_000), First: provider.Declined, End: provider.Failed},
		{Name: "refund refused", On: paid(100_000), Call: on(provider.Refund, 30_665), First: provider.Declined, End: provider.Failed},
		{Name: "refund that fails later", On: paid(100_000), Call: on(provider.Refund, 30_666), First: provider.Pending, End: provider.Failed},
		{Name: "refund cut after", On: paid(100_000), Call: on(provider.Refund, 30_667), First: provider.Unknown, End: provider.Done},
		{Name: "refund cut before", On: paid(100_000), Call: on(provider.Refund, 30_668), First: provider.Unknown, End: provider.Failed, Sends: 3},
	}
}

// spy notes which reference acted upon which order: the bank knows orders only.
type spy struct {
	*privatbank.Bank
	mu   sync.Mutex
	refs map[string]string // of a verb and an order
}

func (s *spy) note(c provider.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs[string(c.Verb)+c.Original] = c.Reference
}

func (s *spy) Capture(ctx context.Context, c provider.Call) provider.Outcome {
	s.note(c)
	return s.Bank.Capture(ctx, c)
}

func (s *spy) Void(ctx context.Context, c provider.Call) provider.Outcome {
	s.note(c)
	return s.Bank.Void(ctx, c)
}

func (s *spy) Refund(ctx context.Context, c provider.Call) provider.Outcome {
	s.note(c)
	return s.Bank.Refund(ctx, c)
}

// books are the double's, in the words of the suite.
func (s *spy) books(b *bank) []providertest.Act {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var acts []providertest.Act
	for _, o := range b.orders {
		add := func(verb provider.Verb, reference string, amount int64, done bool) {
			acts = append(acts, providertest.Act{Reference: reference, Shop: testShop, Verb: verb, Amount: uah(amount), Done: done})
		}
		captured, voided := s.refs[string(provider.Capture)+o.id], s.refs[string(provider.Void)+o.id]
		add(provider.Authorize, o.id, o.amount, o.state == "SUCCESS" || o.state == "LOCKED" || voided != "")
		add(provider.Capture, captured, o.amount, captured != "" && o.state == "SUCCESS")
		add(provider.Void, voided, o.amount, voided != "" && o.state == "CANCELED")
		for _, r := range o.refunds {
			add(provider.Refund, s.refs[string(provider.Refund)+o.id], r.amount, r.state == "SUCCESS")
		}
	}
	return acts
}

// line is a way to the bank that may be cut.
type line func(*http.Request) (*http.Response, error)

func (l line) RoundTrip(r *http.Request) (*http.Response, error) { return l(r) }

// cuts are the ways in which the line to the bank breaks.
func cuts(b *bank) map[string]provider.Connector {
	through := b.Client().Transport
	instead := func(change func(*http.Response, []byte) []byte) line {
		return func(r *http.Request) (*http.Response, error) {
			got, err := through.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			defer got.Body.Close()
			body, _ := io.ReadAll(got.Body)
			got.Body = io.NopCloser(bytes.NewReader(change(got, body)))
			return got, nil
		}
	}
	ways := map[string]line{
		"the request is cut": func(r *http.Request) (*http.Response, error) {
			_ = r.Body.Close()
			return nil, errors.New("the connection was reset")
		},
		"the answer is cut": instead(func(_ *http.Response, body []byte) []byte { return body[:len(body)/2] }),
		"a page of HTML comes back": instead(func(r *http.Response, _ []byte) []byte {
			r.StatusCode = http.StatusBadGateway
			return []byte("<html><h1>502 Bad Gateway</h1></html>")
		}),
	}
	cut := map[string]provider.Connector{}
	for name, way := range ways {
		cut[name] = privatbank.New(privatbank.Config{Client: &http.Client{Transport: way}, PublicURL: publicURL})
	}
	return cut
}

func TestTheConnectorKeepsTheContract(t *testing.T) {
	for name, withState := range map[string]bool{"answers signed as docs": false, "answers signed with_state": true} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t)
			b.withState = withState
			s := &spy{Bank: b.connector(), refs: map[string]string{}}
			providertest.Run(t, providertest.Subject{
				Connector: s, Account: b.account(), Shop: testShop, Values: documented(withState), Now: b.Now, Wait: b.Wait, Broken: cuts(b),
				Books: func(context.Context) ([]providertest.Act, error) { return s.books(b), nil },
				Notices: func(context.Context) ([]providertest.Delivery, error) {
					b.mu.Lock()
					defer b.mu.Unlock()
					told := b.told
					b.told = nil
					return told, nil
				},
			})
			for _, o := range b.orders {
				if want := publicURL + "/notify/parts"; o.response != want {
					t.Fatalf("the bank was told to call %s, want %s", o.response, want)
				}
			}
		})
	}
}

// TestNobodyListens: a bank that cannot be reached got nothing, so the same call
// may be made again.
func TestNobodyListens(t *testing.T) {
	b := newBank(t)
	account, connector := b.account(), b.connector()
	b.Close()
	for _, verb := range []provider.Verb{provider.Authorize, provider.Capture, provider.Void, provider.Refund} {
		c := parts(100_000)
		c.Account, c.Verb, c.Reference, c.Original, c.Shop, c.Operation, c.N = account, verb, string(verb[:1])+"-1520-7", "a-1520-6", testShop, 7, 1
		gate := &provider.Gate{
			Connectors: map[string]provider.Connector{privatbank.Name: connector}, Now: b.Now,
			Accounts: func(context.Context, string) (provider.Account, error) { return account, nil },
		}
		if o := gate.Send(t.Context(), account.Name, c); o.Result != provider.Refused || o.Reason != "the bank was not reached: connect: connection refused" {
			t.Errorf("%s: %+v", verb, o)
		}
		if o := gate.Ask(t.Context(), account.Name, query(c)); o.Result != provider.Unknown {
			t.Errorf("a question about %s: %+v", verb, o)
		}
	}
}

// TestWhatCannotBeSent never reaches the bank.
func TestWhatCannotBeSent(t *testing.T) {
	b := newBank(t)
	good := parts(100_000)
	good.Account, good.Reference, good.Original, good.N = b.account(), "a-1520-7", "a-1520-7", 1
	for _, row := range []struct {
		name string
		verb provider.Verb
		mar  func(c *provider.Call)
		want provider.Result
	}{
		{"no plan", provider.Authorize, func(c *provider.Call) { c.Plan = nil }, provider.Declined},
		{"dollars", provider.Authorize, func(c *provider.Call) { c.Amount = money.New(100, money.USD) }, provider.Declined},
		{"nothing", provider.Authorize, func(c *provider.Call) { c.Amount = uah(0) }, provider.Declined},
		{"no reference of ours", provider.Authorize, func(c *provider.Call) { c.Reference = "ORDER 1" }, provider.Declined},
		{"a reference too long", provider.Authorize, func(c *provider.Call) { c.Reference = "a-" + strings.Repeat("1", 49) }, provider.Declined},
		{"an account without a store", provider.Authorize, func(c *provider.Call) { c.Account.Settings = map[string]string{} }, provider.Refused},
		{"an account without a password", provider.Authorize, func(c *provider.Call) { c.Account.Secrets = nil }, provider.Refused},
		{"a capture of nothing", provider.Capture, func(c *provider.Call) { c.Original = "" }, provider.Declined},
		{"a void of nothing", provider.Void, func(c *provider.Call) { c.Original = "" }, provider.Declined},
		{"a refund of nothing", provider.Refund, func(c *provider.Call) { c.Original = "" }, provider.Declined},
		{"a refund of more than was paid", provider.Refund, func(c *provider.Call) { c.Whole = uah(99_999) }, provider.Declined},
		{"a refund in dollars", provider.Refund, func(c *provider.Call) { c.Amount = money.New(100, money.USD) }, provider.Declined},
	} {
		c := good
		c.Verb = row.verb
		row.mar(&c)
		if o := send(t.Context(), b.connector(), c); o.Result != row.want || o.Reason == "" {
			t.Errorf("%s: %+v, want %s", row.name, o, row.want)
		}
	}
	if len(b.calls) > 0 {
		t.Errorf("the bank heard %v", b.calls)
	}
}

// A setting that was stored before its rule lets nothing out of the house, not even a
// question, and says which it is. Nobody is told that something was not done.
func TestABadStoredSettingIsNotUsed(t *testing.T) {
	for name, text := range map[string]string{
		privatbank.BaseURL: "http://bank.example", privatbank.NotifyURL: "http://pay.example/notify", privatbank.CallTimeout: "0", privatbank.SettleAfter: "soon", privatbank.StoreID: " 1",
	} {
		b := newBank(t)
		heard := 0
		client := &http.Client{Transport: tripper(func(*http.Request) { heard++ })}
		gate := &provider.Gate{Connectors: map[string]provider.Connector{privatbank.Name: privatbank.New(privatbank.Config{Client: client, PublicURL: publicURL})}, Now: b.Now}
		account := b.account()
		gate.Accounts = func(context.Context, string) (provider.Account, error) { return account, nil }
		for _, verb := range []provider.Verb{provider.Authorize, provider.Capture, provider.Void, provider.Refund} {
			c := parts(100_000)
			c.Verb, c.Reference, c.Original, c.Shop, c.Operation, c.N = verb, string(verb[:1])+"-1520-7", "a-1520-6", testShop, 7, 1
			account.Settings = b.account().Settings
			if gate.Send(t.Context(), account.Name, c); heard == 0 {
				t.Fatalf("%s of a good account would not be noticed", verb)
			}
			account.Settings[name], heard = text, 0
			if o := gate.Send(t.Context(), account.Name, c); o.Result != provider.Refused || !strings.Contains(o.Reason, name) {
				t.Errorf("%s with %s %q: %+v", verb, name, text, o)
			}
			if o := gate.Ask(t.Context(), account.Name, query(c)); o.Result != provider.Unknown || !strings.Contains(o.Reason, name) {
				t.Errorf("a question about %s with %s %q: %+v", verb, name, text, o)
			}
			if heard > 0 {
				t.Errorf("%s with %s %q: %d requests left", verb, name, text, heard)
			}
		}
	}
}

// tripper hears of requests and lets none through.
type tripper func(*http.Request)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return nil, errors.New("not let through")
}

func send(ctx context.Context, b *privatbank.Bank, c provider.Call) provider.Outcome {
	switch c.Verb {
	case provider.Authorize:
		return b.Authorize(ctx, c)
	case provider.Capture:
		return b.Capture(ctx, c)
	case provider.Void:
		return b.Void(ctx, c)
	}
	return b.Refund(ctx, c)
}

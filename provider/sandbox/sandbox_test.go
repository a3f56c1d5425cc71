package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/providertest"
	"github.com/brama-pay/brama/provider/sandbox"
)

const testShop int64 = 1520

var account = provider.Account{
	Name: "sandbox", Connector: sandbox.Name, Active: true,
	Secrets: map[string]string{"notice_key": "the key of the notices"},
}

// bench is a sandbox on a fresh database of its own, and what it sent.
type bench struct {
	*sandbox.Sandbox
	clock *dbtest.Clock
	mu    sync.Mutex
	heard []providertest.Delivery
}

// newBench: a sandbox that sleeps moves the clock instead.
func newBench(h *dbtest.House, second time.Duration) *bench {
	b := &bench{clock: h.Clock}
	b.Sandbox = sandbox.New(sandbox.Config{
		DB: h.DB, Delay: second, Now: h.Clock.Time, Key: []byte("a key for the tests"),
		Sleep:    func(_ context.Context, d time.Duration) { h.Clock.Add(d) },
		Accounts: func(context.Context, string) (provider.Account, error) { return account, nil },
		Notify: func(_ context.Context, _ string, header http.Header, body []byte) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.heard = append(b.heard, providertest.Delivery{Header: header, Body: body})
		},
	})
	return b
}

// each runs a test on both databases.
func each(t *testing.T, second time.Duration, run func(t *testing.T, b *bench)) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) { run(t, newBench(h, second)) }, dbtest.Migrations(sandbox.Migrations()))
}

// take runs Step until nothing is due and gives what was sent.
func (b *bench) take(ctx context.Context) ([]providertest.Delivery, error) {
	for range 100 {
		if worked, err := b.Step(ctx); err != nil || !worked {
			b.mu.Lock()
			defer b.mu.Unlock()
			heard := b.heard
			b.heard = nil
			return heard, err
		}
	}
	return nil, errors.New("there is no end of notices")
}

func (b *bench) acts(ctx context.Context) ([]providertest.Act, error) {
	lines, err := b.Books(ctx)
	acts := make([]providertest.Act, len(lines))
	for i, l := range lines {
		acts[i] = providertest.Act{Reference: l.Reference, Shop: l.Shop, Verb: l.Verb, Amount: l.Amount, Done: l.State == sandbox.Succeeded}
	}
	return acts, err
}

func usd(minor int64) money.Amount { return money.New(minor, money.USD) }

func card(number string) provider.Call {
	return provider.Call{Verb: provider.Authorize, Amount: usd(10000), Card: provider.Card{Number: number, Expiry: "12/30", CVV: "123"}}
}

func parts(number string) provider.Call {
	c := provider.Call{Verb: provider.Authorize, Amount: money.New(50000, money.UAH), Plan: &instalment.Plan{MerchantType: instalment.PP, PartsCount: 2}}
	c.Card = provider.Card{Number: number, Expiry: "10/20", CVV: "123"} // long past, as the documented cards are
	return c
}

func held(minor int64) *providertest.Value {
	c := card("4242424242424242")
	c.Amount, c.Hold = usd(minor), true
	return &providertest.Value{Call: c}
}

func paid(minor int64) *providertest.Value {
	v := held(minor)
	v.Call.Hold = false
	return v
}

func to(number string) provider.Call {
	return provider.Call{Verb: provider.Payout, Amount: usd(10023), Beneficiary: provider.Beneficiary{Account: number}}
}

func on(verb provider.Verb, minor int64) provider.Call {
	return provider.Call{Verb: verb, Amount: usd(minor)}
}

// documented is the table of api/sandbox.md: every value and its end.
var documented = []providertest.Value{
	{Name: "card 4242", Call: card("4242424242424242"), First: provider.Succeeded, End: provider.Done},
	{Name: "card 4242 in groups", Call: card("4242 4242 4242 4242"), First: provider.Succeeded, End: provider.Done},
	{Name: "card 0002", Call: card("4000000000000002"), First: provider.Declined, End: provider.Failed},
	{Name: "card 9995", Call: card("4000000000009995"), First: provider.Declined, End: provider.Failed},
	{Name: "card 3220", Call: card("4000000000003220"), Code: "1234", First: provider.Challenge, End: provider.Done},
	{Name: "card 3220 wrong code", Call: card("4000000000003220"), Code: "4321", First: provider.Challenge, End: provider.Failed},
	{Name: "card 0341", Call: card("4000000000000341"), First: provider.Pending, End: provider.Done, Told: true},
	{Name: "card 0259", Call: card("4000000000000259"), First: provider.Succeeded, End: provider.Done, Told: true},
	{Name: "card 0119", Call: card("4000000000000119"), First: provider.Unknown, End: provider.Done},
	{Name: "card 0127", Call: card("4000000000000127"), First: provider.Unknown, End: provider.Failed},
	{Name: "unknown card", Call: card("5555555555554444"), First: provider.Succeeded, End: provider.Done},
	{Name: "wrong check digit", Call: card("5555555555554445"), First: provider.Declined, End: provider.Failed},
	{Name: "parts 3333", Call: parts("0000111122223333"), Code: "7777", First: provider.Challenge, End: provider.Done},
	{Name: "parts 3333 code 0000", Call: parts("0000111122223333"), Code: "0000", First: provider.Challenge, End: provider.Failed},
	{Name: "parts 3333 three digits", Call: parts("0000111122223333"), Code: "777", First: provider.Challenge, End: provider.Failed},
	{Name: "parts 4444", Call: parts("0000111122224444"), First: provider.Declined, End: provider.Failed},
	{Name: "hold", Call: held(10000).Call, First: provider.Succeeded, End: provider.Done},
	{Name: "capture", On: held(10000), Call: on(provider.Capture, 10000), First: provider.Succeeded, End: provider.Done},
	{Name: "capture 666", On: held(66600), Call: on(provider.Capture, 66600), First: provider.Declined, End: provider.Failed},
	{Name: "capture 667", On: held(66700), Call: on(provider.Capture, 66700), First: provider.Unknown, End: provider.Done},
	{Name: "capture 668", On: held(66800), Call: on(provider.Capture, 66800), First: provider.Unknown, End: provider.Failed, Sends: 3},
	{Name: "void", On: held(10000), Call: on(provider.Void, 10000), First: provider.Succeeded, End: provider.Done},
	{Name: "void 668", On: held(66800), Call: on(provider.Void, 66800), First: provider.Succeeded, End: provider.Done},
	{Name: "void 669", On: held(66900), Call: on(provider.Void, 66900), First: provider.Unknown, End: provider.Done},
	{Name: "refund", On: paid(10000), Call: on(provider.Refund, 6000), First: provider.Succeeded, End: provider.Done},
	{Name: "refund of too much", On: paid(10000), Call: on(provider.Refund, 10001), First: provider.Declined, End: provider.Failed},
	{Name: "refund of a hold", On: held(10000), Call: on(provider.Refund, 100), First: provider.Declined, End: provider.Failed},
	{Name: "refund 666", On: paid(100000), Call: on(provider.Refund, 66600), First: provider.Pending, End: provider.Failed, Told: true},
	{Name: "refund 667", On: paid(100000), Call: on(provider.Refund, 66700), First: provider.Unknown, End: provider.Done},
	{Name: "refund 668", On: paid(100000), Call: on(provider.Refund, 66800), First: provider.Unknown, End: provider.Failed, Sends: 3},
	{Name: "payout", Call: to("4111111111111111"), First: provider.Succeeded, End: provider.Done},
	{Name: "payout 0002", Call: to("4111111111110002"), First: provider.Declined, End: provider.Failed},
	{Name: "payout 0009", Call: to("4111111111110009"), First: provider.Declined, End: provider.Failed},
	{Name: "payout 0119", Call: to("4111111111110119"), First: provider.Unknown, End: provider.Done},
	{Name: "payout 0127", Call: to("4111111111110127"), First: provider.Unknown, End: provider.Failed, Sends: 3},
	{Name: "payout 0135", Call: to("4111111111110135"), First: provider.Unknown, End: provider.Done},
	{Name: "payout 0259", Call: to("4111111111110259"), First: provider.Succeeded, End: provider.Done, Told: true},
	{Name: "payout 0341", Call: to("4111111111110341"), First: provider.Pending, End: provider.Done, Told: true},
	{Name: "payout 4000", Call: to("4111111111114000"), First: provider.Refused, End: provider.Done, Sends: 4},
}

func TestTheSandboxKeepsTheContract(t *testing.T) {
	for name, second := range map[string]time.Duration{"at once": 0, "in its own time": time.Second} {
		t.Run(name, func(t *testing.T) {
			each(t, second, func(t *testing.T, b *bench) {
				providertest.Run(t, providertest.Subject{
					Connector: b.Sandbox, Account: account, Shop: testShop, Values: documented,
					Now: b.clock.Time, Wait: b.clock.Add, Books: b.acts, Notices: b.take,
				})
			})
		})
	}
}

package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/sandbox"
)

// as names a call: its shop, operation and what it acts on.
func as(c provider.Call, operation int64, on *provider.Call) provider.Call {
	c.Account, c.Shop, c.Operation, c.N = account, testShop, operation, 1
	c.Reference = fmt.Sprintf("%c-%d-%d", c.Verb[0], c.Shop, operation)
	if on != nil {
		c.Original, c.Whole = on.Reference, on.Amount
	}
	return c
}

func must(t *testing.T, want provider.Result, o provider.Outcome) provider.Outcome {
	t.Helper()
	if o.Result != want {
		t.Fatalf("answered %s (%s), want %s", o.Result, o.Reason, want)
	}
	return o
}

func (b *bench) status(c provider.Call) provider.Outcome {
	return b.Status(context.Background(), provider.Query{
		Account: c.Account, Verb: c.Verb, Reference: c.Reference, Shop: c.Shop, Operation: c.Operation, N: c.N, Amount: c.Amount,
	})
}

func TestOneOfCaptureAndVoidWins(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		for i := range int64(20) {
			auth := as(held(10000).Call, 100+i, nil)
			must(t, provider.Succeeded, b.Authorize(t.Context(), auth))
			var done atomic.Int64
			var race sync.WaitGroup
			for n := range int64(4) { // two captures and two voids, under references of their own
				race.Go(func() {
					c := on(provider.Capture, 10000)
					act := b.Capture
					if n%2 == 1 {
						c.Verb, act = provider.Void, b.Void
					}
					if act(context.Background(), as(c, 1000+10*i+n, &auth)).Result == provider.Succeeded {
						done.Add(1)
					}
				})
			}
			race.Wait()
			if done.Load() != 1 {
				t.Fatalf("%d captures and voids of one hold were done", done.Load())
			}
		}
	})
}

func TestRefundsNeverExceedThePayment(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		for i := range int64(20) {
			auth := as(paid(10000).Call, 100+i, nil)
			must(t, provider.Succeeded, b.Authorize(t.Context(), auth))
			var done atomic.Int64
			var race sync.WaitGroup
			for n := range int64(4) {
				race.Go(func() {
					if b.Refund(context.Background(), as(on(provider.Refund, 6000), 1000+10*i+n, &auth)).Result == provider.Succeeded {
						done.Add(6000)
					}
				})
			}
			race.Wait()
			if done.Load() != 6000 {
				t.Fatalf("%d of 10000 refunded in parts of 6000", done.Load())
			}
		}
	})
}

func TestARefundThatFailsFreesItsPart(t *testing.T) {
	each(t, time.Second, func(t *testing.T, b *bench) {
		auth := as(paid(66600).Call, 1, nil)
		must(t, provider.Succeeded, b.Authorize(t.Context(), auth))
		first := as(on(provider.Refund, 66600), 2, &auth)
		must(t, provider.Pending, b.Refund(t.Context(), first))
		must(t, provider.Declined, b.Refund(t.Context(), as(on(provider.Refund, 100), 3, &auth)))
		b.clock.Add(4999 * time.Millisecond)
		must(t, provider.Pending, b.status(first))
		b.clock.Add(time.Millisecond)
		must(t, provider.Declined, b.status(first))
		must(t, provider.Declined, b.status(first))
		must(t, provider.Succeeded, b.Refund(t.Context(), as(on(provider.Refund, 66500), 4, &auth)))
	})
}

func TestAReferenceIsOfOneAct(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		first := as(to("4111111111111111"), 1, nil)
		must(t, provider.Succeeded, b.Payout(t.Context(), first))
		other := map[string]func(*provider.Call){
			"amount":   func(c *provider.Call) { c.Amount = usd(10024) },
			"currency": func(c *provider.Call) { c.Amount = money.New(10023, money.EUR) },
			"account":  func(c *provider.Call) { c.Beneficiary.Account = "5555555555554444" },
			"provider": func(c *provider.Call) { c.Account.Name = "another" },
		}
		for name, change := range other {
			c := first
			change(&c)
			if o := b.Payout(t.Context(), c); o.Result != provider.Declined {
				t.Errorf("another %s under the same reference: %s", name, o.Result)
			}
		}
		c := first
		c.Verb = provider.Authorize
		c.Card = provider.Card{Number: "4242424242424242", Expiry: "12/30"}
		must(t, provider.Declined, b.Authorize(t.Context(), c))
		must(t, provider.Succeeded, b.status(first))
		if lines, err := b.Books(t.Context()); err != nil || len(lines) != 1 {
			t.Errorf("the books have %d lines, %v", len(lines), err)
		}
	})
}

// The value for which a gateway that believes the first "not found" is wrong.
func Test0135IsFoundAtTheSecondQuestion(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		c := as(to("4111111111110135"), 1, nil)
		must(t, provider.Unknown, b.Payout(t.Context(), c))
		must(t, provider.Missing, b.status(c))
		must(t, provider.Succeeded, b.status(c))
		must(t, provider.Succeeded, b.Payout(t.Context(), c))
	})
}

func TestAQuestionIsAnsweredOnceAndLapses(t *testing.T) {
	each(t, time.Second, func(t *testing.T, b *bench) {
		c := as(card("4000000000003220"), 1, nil)
		must(t, provider.Unknown, b.Answer(t.Context(), c, "1234")) // before there is a question
		must(t, provider.Challenge, b.Authorize(t.Context(), c))
		must(t, provider.Declined, b.Answer(t.Context(), c, "0000"))
		must(t, provider.Declined, b.Answer(t.Context(), c, "1234"))

		late := as(card("4000000000003220"), 2, nil)
		must(t, provider.Challenge, b.Authorize(t.Context(), late))
		must(t, provider.Challenge, b.status(late))
		b.clock.Add(15 * time.Minute)
		must(t, provider.Declined, b.Answer(t.Context(), late, "1234"))
		must(t, provider.Declined, b.status(late))
	})
}

func TestACardIsGoodToTheEndOfItsMonth(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) { // the clock shows 2026-06-01
		for i, row := range []struct {
			expiry string
			want   provider.Result
		}{
			{"06/26", provider.Succeeded}, {"05/26", provider.Declined}, {"06/2026", provider.Succeeded}, {"0730", provider.Succeeded},
			{"12/25", provider.Declined}, {"13/30", provider.Declined}, {"00/30", provider.Declined}, {"", provider.Declined}, {"1/30", provider.Declined},
		} {
			c := as(card("4242424242424242"), int64(i+1), nil)
			c.Card.Expiry = row.expiry
			if o := b.Authorize(t.Context(), c); o.Result != row.want {
				t.Errorf("expiry %q: %s, want %s", row.expiry, o.Result, row.want)
			}
		}
	})
}

func TestCheckAccount(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		for number, good := range map[string]bool{"4111111111110009": false, "4111111111110002": true, "0009": false, "009": true, "": true} {
			if v := b.CheckAccount(t.Context(), to(number)); !v.Known || v.Good != good {
				t.Errorf("%q: %+v", number, v)
			}
		}
	})
}

func TestTotalsAreMoneyInLessMoneyOut(t *testing.T) {
	each(t, 0, func(t *testing.T, b *bench) {
		auth, hold := as(paid(10000).Call, 1, nil), as(held(7000).Call, 2, nil)
		must(t, provider.Succeeded, b.Authorize(t.Context(), auth))
		must(t, provider.Succeeded, b.Authorize(t.Context(), hold))
		must(t, provider.Succeeded, b.Authorize(t.Context(), as(held(500).Call, 3, nil))) // never captured
		must(t, provider.Succeeded, b.Capture(t.Context(), as(on(provider.Capture, 7000), 2, &hold)))
		must(t, provider.Succeeded, b.Refund(t.Context(), as(on(provider.Refund, 2500), 4, &auth)))
		must(t, provider.Succeeded, b.Payout(t.Context(), as(to("4111111111111111"), 5, nil)))
		must(t, provider.Declined, b.Payout(t.Context(), as(to("4111111111110002"), 6, nil)))
		must(t, provider.Unknown, b.Payout(t.Context(), as(to("4111111111110127"), 7, nil)))
		euro := as(card("4242424242424242"), 8, nil)
		euro.Amount, euro.Shop = money.New(300, money.EUR), 202203
		must(t, provider.Succeeded, b.Authorize(t.Context(), euro))

		got, err := b.Totals(t.Context())
		want := []sandbox.Total{
			{Shop: testShop, Account: "sandbox", Amount: usd(10000 + 7000 - 2500 - 10023)},
			{Shop: 202203, Account: "sandbox", Amount: money.New(300, money.EUR)},
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	})
}

func TestNoticesSurviveARestartAndComeOutOfOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		b := newBench(h, time.Second)
		must(t, provider.Succeeded, b.Payout(t.Context(), as(to("4111111111110259"), 1, nil)))
		if early, err := b.take(t.Context()); err != nil || len(early) != 0 {
			t.Fatalf("%d notices before their time, %v", len(early), err)
		}
		h.Restart(t)
		b = newBench(h, time.Second)
		h.Clock.Add(time.Second)
		var states []string
		seen := map[string]int{}
		got, err := b.take(t.Context())
		for _, d := range got {
			var body struct{ State string }
			if err := json.Unmarshal(d.Body, &body); err != nil {
				t.Fatal(err)
			}
			states = append(states, body.State)
			read, err := b.Notices(account, d.Header, d.Body)
			if err != nil || len(read) != 1 || read[0].Verb != provider.Payout {
				t.Fatalf("%v, %v", read, err)
			}
			seen[read[0].Fingerprint]++
		}
		if fmt.Sprint(states) != "[succeeded succeeded pending]" || len(seen) != 2 || err != nil {
			t.Errorf("heard %v with %d fingerprints, %v", states, len(seen), err)
		}
		if again, err := b.take(t.Context()); err != nil || len(again) != 0 {
			t.Errorf("%d notices were sent twice, %v", len(again), err)
		}
	}, dbtest.Migrations(sandbox.Migrations()))
}

// The files hold no clear number and no key: only masks and fingerprints.
func TestTheBooksHoldNoClearNumber(t *testing.T) {
	h := dbtest.SQLite(t, dbtest.Migrations(sandbox.Migrations()))
	b := newBench(h, 0)
	must(t, provider.Succeeded, b.Authorize(t.Context(), as(card("4000000000000259"), 1, nil)))
	must(t, provider.Succeeded, b.Payout(t.Context(), as(to("5169330512345678"), 2, nil)))
	if _, err := b.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{h.Config.Path, h.Config.Path + "-wal"} {
		bytes, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"4000000000000259", "5169330512345678", account.Secrets["notice_key"]} {
			if strings.Contains(string(bytes), secret) {
				t.Errorf("%s shows %s", file, secret)
			}
		}
	}
}

// Two nodes meet a shop for the first time, at the same time.
func TestTwoNodesShareTheBooks(t *testing.T) {
	h := dbtest.Postgres(t, dbtest.Migrations(sandbox.Migrations()))
	nodes := []*bench{newBench(h, 0), newBench(h.Another(t), 0)}
	var done atomic.Int64
	var calls sync.WaitGroup
	for shop := int64(1); shop <= 10; shop++ {
		for n := range 6 {
			calls.Go(func() {
				c := as(to("4111111111111111"), 1, nil)
				c.Shop = shop
				if nodes[n%2].Payout(context.Background(), c).Result == provider.Succeeded {
					done.Add(1)
				}
			})
		}
	}
	calls.Wait()
	lines, err := nodes[0].Books(t.Context())
	if err != nil || len(lines) != 10 || done.Load() != 60 {
		t.Errorf("%d acts, %d good answers, %v", len(lines), done.Load(), err)
	}
	for _, l := range lines {
		if l.Sends != 1 || l.State != sandbox.Succeeded {
			t.Errorf("%+v", l)
		}
	}
}

func TestATimeOutLastsASecondOfTheSandbox(t *testing.T) {
	each(t, 3*time.Second, func(t *testing.T, b *bench) {
		for i, number := range []string{"4111111111110119", "4111111111110127", "4111111111110135"} {
			began := b.clock.Time()
			must(t, provider.Unknown, b.Payout(t.Context(), as(to(number), int64(i+1), nil)))
			if took := b.clock.Time().Sub(began); took != 3*time.Second {
				t.Errorf("%s took %s", number, took)
			}
		}
	})
}

// Two accounts may share a key; a notice is still of one of them.
func TestANoticeIsOfItsAccount(t *testing.T) {
	h := dbtest.SQLite(t, dbtest.Migrations(sandbox.Migrations()))
	b := newBench(h, 0)
	must(t, provider.Succeeded, b.Payout(t.Context(), as(to("4111111111110259"), 1, nil)))
	heard, err := b.take(t.Context())
	if err != nil || len(heard) == 0 {
		t.Fatalf("%d notices, %v", len(heard), err)
	}
	twin := account
	twin.Name = "twin"
	if got, err := b.Notices(twin, heard[0].Header, heard[0].Body); err == nil {
		t.Errorf("believed for another account: %+v", got)
	}
}

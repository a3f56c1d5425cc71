package provider_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/brama-pay/brama/provider"
)

// bare can only be asked.
type bare struct {
	timing provider.Timing
	status func(ctx context.Context) provider.Outcome
}

func (b bare) Timing() provider.Timing { return b.timing }

func (b bare) Status(ctx context.Context, _ provider.Query) provider.Outcome { return b.status(ctx) }

// able can also pay out, take answers and check accounts.
type able struct {
	bare
	act func(ctx context.Context, c provider.Call) provider.Outcome
}

func (a able) Payout(ctx context.Context, c provider.Call) provider.Outcome { return a.act(ctx, c) }

func (a able) Answer(ctx context.Context, c provider.Call, code string) provider.Outcome {
	c.Description = code
	return a.act(ctx, c)
}

func (a able) CheckAccount(ctx context.Context, c provider.Call) provider.Verdict {
	return provider.Verdict{Known: true, Good: a.act(ctx, c).Result == provider.Succeeded}
}

type observed struct {
	verb   provider.Verb
	result provider.Result
	took   time.Duration
}

// gate has the accounts: good, off, orphan (no such connector); others are unknown.
func gate(c provider.Connector, into *[]observed) *provider.Gate {
	clock := time.UnixMilli(0)
	return &provider.Gate{
		Connectors: map[string]provider.Connector{"c": c},
		Accounts: func(_ context.Context, name string) (provider.Account, error) {
			switch name {
			case "good", "off":
				return provider.Account{Name: name, Connector: "c", Active: name == "good"}, nil
			case "orphan":
				return provider.Account{Name: name, Connector: "gone", Active: true}, nil
			}
			return provider.Account{}, errors.New("no such account")
		},
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
		Observe: func(verb provider.Verb, _ string, result provider.Result, took time.Duration) {
			*into = append(*into, observed{verb, result, took})
		},
	}
}

func TestSend(t *testing.T) {
	answers := func(o provider.Outcome) func(context.Context, provider.Call) provider.Outcome {
		return func(context.Context, provider.Call) provider.Outcome { return o }
	}
	good := provider.Outcome{Result: provider.Succeeded}
	for _, row := range []struct {
		name, account string
		verb          provider.Verb
		act           func(context.Context, provider.Call) provider.Outcome
		want          provider.Result
		called        bool
	}{
		{"passes the answer on", "good", provider.Payout, answers(good), provider.Succeeded, true},
		{"no answer is unknown", "good", provider.Payout, answers(provider.Outcome{}), provider.Unknown, true},
		{"a panic is unknown", "good", provider.Payout, func(context.Context, provider.Call) provider.Outcome { panic("a defect") }, provider.Unknown, true},
		{"a panic of the runtime too", "good", provider.Payout, func(context.Context, provider.Call) provider.Outcome {
			var none []provider.Outcome
			return none[len(good.Reason)]
		}, provider.Unknown, true},
		{"the time-out is the connector's", "good", provider.Payout, func(ctx context.Context, _ provider.Call) provider.Outcome {
			<-ctx.Done()
			return provider.Outcome{Result: provider.Unknown, Reason: ctx.Err().Error()}
		}, provider.Unknown, true},
		{"what it cannot do is definitely not done", "good", provider.Refund, answers(good), provider.Declined, false},
		{"nor a verb nobody knows", "good", "steal", answers(good), provider.Declined, false},
		{"an account that is off gets nothing", "off", provider.Payout, answers(good), provider.Refused, false},
		{"nor one without connector", "orphan", provider.Payout, answers(good), provider.Refused, false},
		{"nor an unknown one", "other", provider.Payout, answers(good), provider.Refused, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			called := false
			var seen []observed
			g := gate(able{bare: bare{timing: provider.Timing{CallTimeout: 10 * time.Millisecond}}, act: func(ctx context.Context, c provider.Call) provider.Outcome {
				called = true
				if c.Account.Name != row.account {
					t.Errorf("the connector got %s", c.Account)
				}
				return row.act(ctx, c)
			}}, &seen)
			o := g.Send(t.Context(), row.account, provider.Call{Verb: row.verb})
			if o.Result != row.want || called != row.called {
				t.Errorf("%s (%s), called %v; want %s, %v", o.Result, o.Reason, called, row.want, row.called)
			}
			if row.called && (len(seen) != 1 || seen[0] != observed{row.verb, row.want, time.Second}) {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

// An account that is switched off is still asked about what it was sent.
func TestAsk(t *testing.T) {
	var seen []observed
	result := provider.Succeeded
	g := gate(bare{timing: provider.Timing{CallTimeout: time.Second}, status: func(context.Context) provider.Outcome {
		if result == "panic" {
			panic("a defect")
		}
		return provider.Outcome{Result: result}
	}}, &seen)
	for _, account := range []string{"good", "off"} {
		if o := g.Ask(t.Context(), account, provider.Query{}); o.Result != provider.Succeeded {
			t.Errorf("%s: %s", account, o.Result)
		}
	}
	for _, account := range []string{"orphan", "other"} { // never Missing: nobody was asked
		if o := g.Ask(t.Context(), account, provider.Query{}); o.Result != provider.Unknown {
			t.Errorf("%s: %s", account, o.Result)
		}
	}
	result = "panic"
	if o := g.Ask(t.Context(), "good", provider.Query{}); o.Result != provider.Unknown {
		t.Errorf("a panic: %s", o.Result)
	}
}

func TestAnswer(t *testing.T) {
	var seen []observed
	timing := bare{timing: provider.Timing{CallTimeout: time.Second}}
	g := gate(able{bare: timing, act: func(_ context.Context, c provider.Call) provider.Outcome {
		return provider.Outcome{Result: provider.Succeeded, Reason: c.Description}
	}}, &seen)
	if o := g.Answer(t.Context(), "good", provider.Call{}, "1234"); o.Result != provider.Succeeded || o.Reason != "1234" {
		t.Errorf("%+v", o)
	}
	if o := gate(timing, &seen).Answer(t.Context(), "good", provider.Call{}, "1234"); o.Result != provider.Unknown {
		t.Errorf("a connector that takes no answers: %s", o.Result)
	}
}

func TestCheck(t *testing.T) {
	var seen []observed
	timing := bare{timing: provider.Timing{CallTimeout: time.Second}}
	asked := func(o provider.Result) provider.Connector {
		return able{bare: timing, act: func(context.Context, provider.Call) provider.Outcome {
			if o == "panic" {
				panic("a defect")
			}
			return provider.Outcome{Result: o}
		}}
	}
	for _, row := range []struct {
		name, account string
		connector     provider.Connector
		want          provider.Verdict
	}{
		{"good", "good", asked(provider.Succeeded), provider.Verdict{Known: true, Good: true}},
		{"bad", "good", asked(provider.Declined), provider.Verdict{Known: true}},
		{"cannot be checked", "good", timing, provider.Verdict{Known: true, Good: true}},
		{"no account of ours", "other", timing, provider.Verdict{}},
		{"a panic is no verdict", "good", asked("panic"), provider.Verdict{}},
	} {
		if v := gate(row.connector, &seen).Check(t.Context(), row.account, provider.Call{}); v != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, v, row.want)
		}
	}
}

// Without its connector nothing an account says can be final.
func TestTimingOfAnUnknownAccountIsCautious(t *testing.T) {
	var seen []observed
	g := gate(bare{timing: quick}, &seen)
	if got := g.Timing(t.Context(), "good"); got != quick {
		t.Errorf("%+v", got)
	}
	if got := g.Timing(t.Context(), "orphan"); got.SettleAfter >= 0 || got.CallTimeout <= 0 || got.AskFirst <= 0 {
		t.Errorf("%+v", got)
	}
}

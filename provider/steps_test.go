package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// After the clock was put, what it says of a call's age is not believed, and so
// neither is a provider that knows nothing of it – for as long as a call may be on
// its way. Everything else that a provider says is.
func TestNotFoundIsNotBelievedAfterAStepOfTheClock(t *testing.T) {
	timing := provider.Timing{CallTimeout: 10 * time.Second, SettleAfter: 20 * time.Second}
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		says := provider.Missing
		b := bare{timing: timing, status: func(context.Context) provider.Outcome { return provider.Outcome{Result: says} }}
		g := gate(b, &[]observed{})
		wall, steady := time.UnixMilli(1_000_000_000), time.Duration(0)
		g.Now = func() time.Time { return wall }
		g.Steps = &db.Steps{Now: func() int64 { return wall.UnixMilli() }, Steady: func() time.Duration { return steady }}
		g.Steps.Look()
		steady += time.Minute
		wall = wall.Add(time.Minute)
		began := steady
		ask := func(want provider.Result) {
			t.Helper()
			if got := g.Ask(t.Context(), "good", provider.Query{}).Result; got != want {
				t.Errorf("a step of %s, %s ago: %s, want %s", step, steady, got, want)
			}
		}
		ask(provider.Missing)
		wall = wall.Add(step)
		ask(provider.Unknown)
		says = provider.Declined
		ask(provider.Declined)
		says = provider.Missing
		wall, steady = wall.Add(29*time.Second), began+29*time.Second
		ask(provider.Unknown)
		wall, steady = wall.Add(time.Second), began+30*time.Second
		ask(provider.Missing)
	}
}

// An answer that is heard long after the clock was put was still asked for just
// after it: the question is what counts.
func TestNotFoundIsNotBelievedWhenItWasAskedForAfterAStep(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, since time.Duration // from the step to the question, from the question to the answer
		during        bool          // the step is between the question and the answer
		want          provider.Result
	}{
		{"just after the step", 4 * time.Second, 5 * time.Minute, false, provider.Unknown},
		{"long after the step", 31 * time.Second, 5 * time.Minute, false, provider.Missing},
		{"just before the step", time.Hour, 5 * time.Minute, true, provider.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			wall, steady := time.UnixMilli(1_000_000_000), time.Duration(0)
			pass := func(d time.Duration) { wall, steady = wall.Add(d), steady+d }
			var steps *db.Steps
			step := func() { wall = wall.Add(-time.Hour); steps.Look() }
			b := bare{timing: provider.Timing{CallTimeout: 10 * time.Second, SettleAfter: 20 * time.Second}}
			b.status = func(context.Context) provider.Outcome {
				if c.during {
					step()
				}
				pass(c.since)
				return provider.Outcome{Result: provider.Missing}
			}
			g := gate(b, &[]observed{})
			g.Now = func() time.Time { return wall }
			steps = &db.Steps{Now: func() int64 { return wall.UnixMilli() }, Steady: func() time.Duration { return steady }}
			g.Steps = steps
			steps.Look()
			pass(time.Minute)
			if !c.during {
				step()
			}
			pass(c.before)
			if got := g.Ask(t.Context(), "good", provider.Query{}).Result; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// A clock that was put back between the answer and its commit makes the question no
// later than the call.
func TestAQuestionFromTheFutureIsNotLate(t *testing.T) {
	timing := provider.Timing{CallTimeout: 10 * time.Second, SettleAfter: 20 * time.Second, AskFirst: time.Second, AskMax: time.Second}
	const now, ahead = 10_000_000, 3_600_000
	a := &provider.Attempt{Verb: provider.Payout, SentAt: now + ahead - 1_000, Missing: 1}
	missing := provider.Outcome{Result: provider.Missing, AskedAt: now + ahead}
	if got := provider.Learn(a, &provider.Work{}, missing, true, timing, now); got != provider.Doubt {
		t.Errorf("%s, want doubt", got)
	}
}

// A call is never given more time than its connector's, whatever the clock says of
// when it was announced.
func TestACallFromTheFutureHasNoMoreTimeThanOthers(t *testing.T) {
	var left time.Duration
	c := able{bare{timing: provider.Timing{CallTimeout: 10 * time.Second}}, func(ctx context.Context, _ provider.Call) provider.Outcome {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return provider.Outcome{Result: provider.Succeeded}
	}}
	g := gate(c, &[]observed{})
	g.Perform(t.Context(), provider.Task{
		Attempt: provider.Attempt{Provider: "good", SentAt: time.Hour.Milliseconds()}, Call: &provider.Call{Verb: provider.Payout},
	})
	if left <= 0 || left > 10*time.Second {
		t.Errorf("it may take %s", left)
	}
}

// What was sent before the clock was put back was sent by now: it is settled as long
// after that as anything, and not an hour later.
func TestACallFromTheFutureSettlesToo(t *testing.T) {
	timing := provider.Timing{CallTimeout: 10 * time.Second, SettleAfter: 20 * time.Second, AskFirst: time.Second, AskMax: time.Second}
	const now = 1_000_000
	for _, answered := range []int64{0, now + 3_601_000} {
		a := &provider.Attempt{Verb: provider.Payout, SentAt: now + 3_600_000, AnsweredAt: answered}
		w, wait := &provider.Work{Attempts: 1}, int64(30_000)
		if answered != 0 {
			wait = 20_000
		}
		for _, step := range []struct {
			at   int64
			want provider.Lesson
		}{{now, provider.Doubt}, {now + wait - 1, provider.Doubt}, {now + wait, provider.Resend}} {
			got := provider.Learn(a, w, provider.Outcome{Result: provider.Missing, AskedAt: step.at}, true, timing, step.at)
			if got != step.want {
				t.Errorf("answered at %d, asked %d ms after: %s, want %s", answered, step.at-now, got, step.want)
			}
		}
	}
}

package provider_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

var (
	quick = provider.Timing{
		CallTimeout: 5 * time.Second, SettleAfter: 2 * time.Second, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second,
	}
	never = provider.Timing{CallTimeout: 5 * time.Second, SettleAfter: -1, AskFirst: time.Second, AskMax: 10 * time.Second, SendAgain: 3 * time.Second}
)

// now is when the outcome arrives; a call was sent at sent and answered a second later.
const (
	sent int64 = 1_000_000
	now        = sent + 60_000
)

// The table of what follows from what (design, "Sending, and knowing"). Each row
// names its rule.
func TestLearn(t *testing.T) {
	for _, row := range []struct {
		rule    string
		verb    provider.Verb // Payout when not said
		open    provider.Result
		missing int64
		asks    int64
		losses  int64
		refused int64 // refusals before
		since   int64 // the first refusal, ms before now
		silent  bool  // the send never returned
		at      int64 // now when not said
		timing  *provider.Timing
		hears   provider.Result
		asked   bool

		want    provider.Lesson
		outcome provider.Result
		pause   int64 // until due; -1 never
	}{
		{rule: "done", hears: provider.Succeeded, want: provider.Done, outcome: provider.Succeeded, pause: -1},
		{rule: "done, by a question", open: provider.Unknown, hears: provider.Succeeded, asked: true, want: provider.Done, outcome: provider.Succeeded, pause: -1},
		{rule: "done, after it was accepted", open: provider.Pending, hears: provider.Succeeded, asked: true, want: provider.Done, outcome: provider.Succeeded, pause: -1},
		{rule: "definitely not done", hears: provider.Declined, want: provider.Failed, outcome: provider.Declined, pause: -1},
		{rule: "definitely not done, by a question", open: provider.Pending, hears: provider.Declined, asked: true, want: provider.Failed, outcome: provider.Declined, pause: -1},

		{rule: "refused: again", hears: provider.Refused, want: provider.Resend, outcome: provider.Refused, pause: 3_000},
		{rule: "refused: pauses double", refused: 3, hears: provider.Refused, want: provider.Resend, outcome: provider.Refused, pause: 24_000},
		{rule: "refused: the ninth is sent again", refused: 8, hears: provider.Refused, want: provider.Resend, outcome: provider.Refused, pause: 192_000},
		{rule: "refused: ten are enough", refused: 9, hears: provider.Refused, want: provider.Failed, outcome: provider.Refused, pause: -1},
		{rule: "refused: within an hour", refused: 2, since: 3_600_000, hears: provider.Refused, want: provider.Resend, outcome: provider.Refused, pause: 12_000},
		{rule: "refused: an hour is enough", refused: 2, since: 3_600_001, hears: provider.Refused, want: provider.Failed, outcome: provider.Refused, pause: -1},
		{rule: "refused, by a question", open: provider.Unknown, hears: provider.Refused, asked: true, want: provider.Resend, outcome: provider.Refused, pause: 3_000},
		{rule: "a card is not sent again", verb: provider.Authorize, hears: provider.Refused, want: provider.Failed, outcome: provider.Refused, pause: -1},

		{rule: "accepted", hears: provider.Pending, want: provider.Wait, outcome: provider.Pending, pause: 1_000},
		{rule: "accepted: pauses double", open: provider.Pending, asks: 2, hears: provider.Pending, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 8_000},
		{rule: "accepted: pauses are bounded", open: provider.Pending, asks: 4, hears: provider.Pending, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 10_000},
		{rule: "accepted: however long", open: provider.Pending, asks: 1_000_000, hears: provider.Pending, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 10_000},
		{rule: "the payer answers first", verb: provider.Authorize, hears: provider.Challenge, want: provider.Answer, outcome: provider.Challenge, pause: -1},

		{rule: "doubt is asked", hears: provider.Unknown, want: provider.Doubt, outcome: provider.Unknown, pause: 1_000},
		{rule: "nothing said is doubt", hears: "", want: provider.Doubt, outcome: provider.Unknown, pause: 1_000},
		{rule: "an unheard-of word is doubt", hears: "perhaps", want: provider.Doubt, outcome: provider.Unknown, pause: 1_000},
		{rule: "doubt about an accepted call changes nothing", open: provider.Pending, hears: provider.Unknown, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 2_000},
		{rule: "doubt in the answer to a challenge: it was accepted", verb: provider.Authorize, open: provider.Challenge, hears: provider.Unknown, want: provider.Wait, outcome: provider.Pending, pause: 1_000},

		{rule: "missing: not of a call", missing: 5, hears: provider.Missing, want: provider.Doubt, outcome: provider.Unknown, pause: 1_000},
		{rule: "missing: the first is not believed", open: provider.Unknown, hears: provider.Missing, asked: true, want: provider.Doubt, outcome: provider.Unknown, pause: 2_000},
		{rule: "missing: the second is", open: provider.Unknown, missing: 1, hears: provider.Missing, asked: true, want: provider.Resend, outcome: provider.Lost, pause: 0},
		{rule: "missing: not before it is settled", open: provider.Unknown, missing: 5, at: sent + 2_999, hears: provider.Missing, asked: true, want: provider.Doubt, outcome: provider.Unknown, pause: 2_000},
		{rule: "missing: once it is settled", open: provider.Unknown, missing: 5, at: sent + 3_000, hears: provider.Missing, asked: true, want: provider.Resend, outcome: provider.Lost, pause: 0},
		{rule: "missing: a send without return may last its time-out", missing: 5, silent: true, at: sent + 6_999, hears: provider.Missing, asked: true, want: provider.Doubt, outcome: provider.Unknown, pause: 2_000},
		{rule: "missing: then it is settled", missing: 5, silent: true, at: sent + 7_000, hears: provider.Missing, asked: true, want: provider.Resend, outcome: provider.Lost, pause: 0},
		{rule: "missing: never, of a provider that cannot promise", open: provider.Unknown, missing: 99, timing: &never, hears: provider.Missing, asked: true, want: provider.Doubt, outcome: provider.Unknown, pause: 2_000},
		{rule: "missing: not what was accepted", open: provider.Pending, missing: 9, hears: provider.Missing, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 2_000},
		{rule: "missing: not what was challenged", verb: provider.Authorize, open: provider.Challenge, missing: 9, hears: provider.Missing, asked: true, want: provider.Wait, outcome: provider.Pending, pause: 2_000},
		{rule: "missing: a card is not sent again", verb: provider.Authorize, open: provider.Unknown, missing: 1, hears: provider.Missing, asked: true, want: provider.Failed, outcome: provider.Lost, pause: -1},
		{rule: "missing: the second send is lost", open: provider.Unknown, missing: 1, losses: 1, hears: provider.Missing, asked: true, want: provider.Resend, outcome: provider.Lost, pause: 0},
		{rule: "missing: three sends are enough", open: provider.Unknown, missing: 1, losses: 2, hears: provider.Missing, asked: true, want: provider.Failed, outcome: provider.Lost, pause: -1},
	} {
		t.Run(row.rule, func(t *testing.T) {
			a := &provider.Attempt{Verb: or(row.verb, provider.Payout), Outcome: row.open, SentAt: sent, AnsweredAt: sent + 1_000, Asked: row.asks, Missing: row.missing}
			if row.silent || !row.asked && row.open == "" {
				a.AnsweredAt = 0
			}
			w := &provider.Work{Attempts: 1, Refusals: row.refused, Losses: row.losses, DueAt: 77}
			at := or(row.at, now)
			if row.refused > 0 {
				w.RefusedAt = at - row.since
			}
			timing := quick
			if row.timing != nil {
				timing = *row.timing
			}
			got := provider.Learn(a, w, provider.Outcome{Result: row.hears}, row.asked, timing, at)
			if got != row.want || a.Outcome != row.outcome {
				t.Errorf("%s, outcome %q; want %s, %q", got, a.Outcome, row.want, row.outcome)
			}
			if due := or(w.DueAt, at-1) - at; due != row.pause {
				t.Errorf("due in %d ms, want %d", due, row.pause)
			}
			if row.asked != (a.Asked == row.asks+1) || row.asked == (a.AnsweredAt == at) {
				t.Errorf("asked %d, answered at %d", a.Asked, a.AnsweredAt)
			}
			final := row.want != provider.Wait && row.want != provider.Doubt && row.want != provider.Answer
			if a.Open() == final {
				t.Errorf("open is %v after %s", a.Open(), got)
			}
		})
	}
}

// Found by the simulation: a process that stood still between the provider's early
// "not found" and its storing sent a payout twice.
func TestAnEarlyMissingIsAsEarlyWhenItIsHeardLate(t *testing.T) {
	settled := sent + 1_000 + quick.SettleAfter.Milliseconds()
	for _, row := range []struct {
		asked int64
		want  provider.Lesson
	}{{settled - 1, provider.Doubt}, {settled, provider.Resend}} {
		a := &provider.Attempt{Verb: provider.Payout, Outcome: provider.Unknown, SentAt: sent, AnsweredAt: sent + 1_000, Missing: 1}
		o := provider.Outcome{Result: provider.Missing, AskedAt: row.asked}
		if got := provider.Learn(a, &provider.Work{Attempts: 1}, o, true, quick, settled+3_600_000); got != row.want {
			t.Errorf("asked %d ms before it was settled, heard an hour later: %s, want %s", settled-row.asked, got, row.want)
		}
	}
}

func or[T comparable](value, otherwise T) T {
	if value == *new(T) {
		return otherwise
	}
	return value
}

// A reason comes from outside: it is bounded, and a later silence keeps it.
func TestLearnKeepsWhatItWasTold(t *testing.T) {
	a, w := &provider.Attempt{Verb: provider.Payout}, &provider.Work{}
	provider.Learn(a, w, provider.Outcome{Result: provider.Pending, ProviderID: "77", Reason: "\x00\xff1" + strings.Repeat("я", 5_000)}, false, quick, now)
	provider.Learn(a, w, provider.Outcome{}, true, quick, now)
	if a.ProviderID != "77" || len(a.Reason) == 0 || len(a.Reason) > 200 || !utf8.ValidString(a.Reason) || strings.Contains(a.Reason, "\x00") {
		t.Errorf("kept %q and a reason of %d bytes: %q", a.ProviderID, len(a.Reason), a.Reason)
	}
}

func TestBelieved(t *testing.T) {
	want := money.New(100, money.USD)
	for amount, believed := range map[money.Amount]bool{{}: true, want: true, money.New(101, money.USD): false, money.New(100, money.EUR): false, money.New(0, money.USD): false} {
		o := provider.Outcome{Result: provider.Succeeded, Amount: amount}.Believed(want)
		if (o.Result == provider.Succeeded) != believed {
			t.Errorf("told of %s: %s", amount, o.Result)
		}
	}
}

// Nothing that Learn puts off lies further ahead than Farthest.
func TestNothingIsPutOffFurther(t *testing.T) {
	slow := provider.Timing{CallTimeout: 30 * time.Second, SettleAfter: time.Hour, AskFirst: 5 * time.Second, AskMax: 10 * time.Minute, SendAgain: 30 * time.Second}
	for _, result := range []provider.Result{provider.Unknown, provider.Pending, provider.Missing, provider.Refused} {
		a, w := &provider.Attempt{Verb: provider.Payout, SentAt: 1}, &provider.Work{Attempts: 1}
		for range 40 {
			provider.Learn(a, w, provider.Outcome{Result: result}, result != provider.Refused, slow, 1000)
			if w.DueAt > 1000+provider.Farthest.Milliseconds() {
				t.Fatalf("%s: due %d ms ahead", result, w.DueAt-1000)
			}
		}
	}
}

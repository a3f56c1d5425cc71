package provider_test

import (
	"testing"

	"github.com/brama-pay/brama/provider"
)

// "Not found" in answer to the call itself is no answer to a question: it does
// not count toward the two that are believed.
func TestOnlyQuestionsFindNothing(t *testing.T) {
	a, w := &provider.Attempt{Verb: provider.Payout, SentAt: sent}, &provider.Work{Attempts: 1}
	missing := provider.Outcome{Result: provider.Missing}
	for i, step := range []struct {
		asked bool
		at    int64
		want  provider.Lesson
	}{
		{false, sent + 1_000, provider.Doubt},
		{true, now, provider.Doubt},
		{true, now + 1_000, provider.Resend},
	} {
		if got := provider.Learn(a, w, missing, step.asked, quick, step.at); got != step.want {
			t.Errorf("step %d: %s, want %s; %d counted", i+1, got, step.want, a.Missing)
		}
	}
}

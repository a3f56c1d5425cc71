package provider_test

import (
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/provider"
)

// An act has one reference for life, whichever attempt it is; one that begins
// later in the operation is another act and has another.
func TestReference(t *testing.T) {
	for want, got := range map[string]string{
		"p-1520-7":   provider.Reference(provider.Payout, 1520, 7, 1),
		"a-1520-7":   provider.Reference(provider.Authorize, 1520, 7, 1),
		"c-1520-7-2": provider.Reference(provider.Capture, 1520, 7, 2),
		"c-1520-7-3": provider.Reference(provider.Capture, 1520, 7, 3),
		"v-1520-7-3": provider.Reference(provider.Void, 1520, 7, 3),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestAnnounce(t *testing.T) {
	s := db.NewState(now, func() int64 { return 1 })
	w := &provider.Work{Refusals: 3, RefusedAt: 2, Losses: 1}
	first := provider.Announce(s, w, 1520, 7, provider.Payout, "sandbox", "p-1520-7")
	if first.N != 1 || first.Reference != "p-1520-7" || first.SentAt != now || !first.Open() {
		t.Errorf("%+v", first)
	}
	if *w != (provider.Work{Attempts: 1, DueAt: now + provider.Lease}) {
		t.Errorf("a new act begins with %+v", *w)
	}
	w.Losses = 1
	again := provider.AnnounceAgain(s, w, first)
	if again.N != 2 || again.Reference != first.Reference || again.Verb != first.Verb || again.Provider != first.Provider {
		t.Errorf("the next attempt is %+v", again)
	}
	if w.Losses != 1 {
		t.Errorf("the next attempt of the same act forgot what was lost")
	}
	if rows := provider.Attempts.Written(s); len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

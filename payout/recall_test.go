package payout

import (
	"testing"

	"github.com/brama-pay/brama/provider"
)

// What a clock that was wrong put off is due now; what is due before is left alone.
func TestRecall(t *testing.T) {
	const after = now + 3_600_000
	for _, c := range []struct {
		name      string
		due, want int64
	}{{"put off by a wrong clock", after + 1, now}, {"due in time", after, after}, {"not due at all", 0, 0}} {
		s := state(t, hears)
		p := given(t, s, order("card_usd", "100.23"), NetworkError, provider.Unknown)
		p.DueAt = c.due
		payouts.Update(s, p)
		if _, err := (recall{shopID, p.ID, after}).Decide(s); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, s, p.ID); got.DueAt != c.want || got.Status != NetworkError {
			t.Errorf("%s: due %d, want %d; %s", c.name, got.DueAt, c.want, got.Status)
		}
	}
}

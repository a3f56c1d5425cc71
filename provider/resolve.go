package provider

import (
	"context"
	"database/sql"
	"time"

	"github.com/brama-pay/brama/fault"
)

// LongestCall is the most that a call may last, in milliseconds, whatever its
// connector or an account's settings say: one that has not come back by then never
// will, and until then no operator can know its end.
const LongestCall int64 = 300_000

// ByOperator is the reason on an attempt that an operator ended.
const ByOperator = "resolved by an operator"

// Resolved is what an operator found out about an act: that it was done, or that
// it was not and never will be.
func Resolved(done bool) Outcome {
	if done {
		return Outcome{Result: Succeeded, Reason: ByOperator}
	}
	return Outcome{Result: Declined, Reason: ByOperator}
}

// Resolvable is a fault while the call may still be on its way, and when it is not
// said how its outcome is known. subject is what it belongs to: "payout 7".
func (a *Attempt) Resolvable(subject, reason string, now int64) error {
	switch {
	case a.AnsweredAt == 0 && now < a.SentAt+LongestCall:
		return fault.New(fault.Busy, "%s may still be on its way to the provider; try again in %d s", subject, LongestCall/1000)
	case reason == "":
		return fault.Param("reason", "say how the outcome is known")
	}
	return nil
}

// Doubtful lists a shop's calls whose outcome nobody knows, newest first.
func Doubtful(ctx context.Context, from *sql.DB, shop int64, limit int) ([]*Attempt, error) {
	return Attempts.Select(ctx, from, "outcome = 'unknown' AND shop_id = $1 ORDER BY sent_at DESC LIMIT $2", shop, limit)
}

// bound keeps a call's time below the longest.
func (t Timing) bound() Timing {
	t.CallTimeout = min(t.CallTimeout, time.Duration(LongestCall)*time.Millisecond)
	return t
}

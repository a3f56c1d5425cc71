package operator

import (
	"context"
	"time"

	"github.com/brama-pay/brama/db"
)

// LeastKept is how long sessions are kept at least: until then a place counts as
// familiar from which somebody was signed in.
const LeastKept = familiar + 24*time.Hour

// forgetPiece bounds one step of forgetting.
const forgetPiece = 500

// ForgetSessions removes sessions that were begun longer ago than that, up to 500 at
// a time, and answers how many. They ended long before – none lasts over Absolute –
// and nothing asks for them any more; that somebody signed in stays in the audit.
func (p *Operators) ForgetSessions(ctx context.Context, kept time.Duration) (int64, error) {
	before := p.Now().Add(-max(kept, LeastKept)).UnixMilli()
	return sessions.Forget(ctx, p.DB, db.FirstID(before), forgetPiece)
}

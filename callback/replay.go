package callback

import (
	"strconv"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Replay owes a delivered or parked message again, due now, with the same id
// and fields and a schedule that begins anew. Later messages of its object that
// are not yet being sent wait for it. fault.NotFound, or fault.Busy while the
// message is still waiting.
type Replay struct {
	Shop, ID int64
	Asked    int64  // when its asker looked at it, Unix milliseconds: once it was sent again since, fault.Busy; 0: whatever was
	Actor    string // who wants it, for the audit
}

// Reads names the message and the shop's chain.
func (u Replay) Reads(r *db.Reads) {
	messages.Read(r, u.ID, u.Shop)
	audit.Read(r, u.Shop)
}

// Decide moves the message back to waiting.
func (u Replay) Decide(s *db.State) (*Message, error) {
	m, ok := messages.Find(s, u.ID, u.Shop)
	switch {
	case !ok:
		return nil, notFound(u.ID)
	case m.Status == Waiting:
		return nil, fault.New(fault.Busy, "callback %d is still waiting to be delivered", u.ID)
	case m.begunSince(u.Asked):
		return nil, fault.New(fault.Busy, "callback %d was sent again meanwhile", u.ID)
	}
	replay(s, m)
	audit.Append(s, u.Shop, u.Actor, "callback.replay", strconv.FormatInt(u.ID, 10), m.Event)
	return m, nil
}

// begunSince tells a second click from a second wish: a replay's first try begins
// behind the moment in which it was asked for.
func (m *Message) begunSince(asked int64) bool { return asked > 0 && m.StartedAt > asked }

func replay(s *db.State, m *Message) {
	m.Status, m.Failure = Waiting, ""
	m.Replayed, m.StartedAt, m.DeliveredAt, m.DueAt = m.Tries, 0, 0, s.Now()
	messages.Update(s, m)
}

package callback

import (
	"context"
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
	if !ok {
		return nil, notFound(u.ID)
	}
	if m.Status == Waiting {
		return nil, fault.New(fault.Busy, "callback %d is still waiting to be delivered", u.ID)
	}
	replay(s, m)
	audit.Append(s, u.Shop, u.Actor, "callback.replay", strconv.FormatInt(u.ID, 10), m.Event)
	return m, nil
}

func replay(s *db.State, m *Message) {
	m.Status, m.Failure = Waiting, ""
	m.Replayed, m.StartedAt, m.DeliveredAt, m.DueAt = m.Tries, 0, 0, s.Now()
	messages.Update(s, m)
}

// replayParked owes those of the messages again that are parked.
type replayParked struct {
	shop  int64
	ids   []int64
	actor string
}

func (u replayParked) Reads(r *db.Reads) {
	for _, id := range u.ids {
		messages.Read(r, id, u.shop)
	}
	audit.Read(r, u.shop)
}

func (u replayParked) Decide(s *db.State) (int, error) {
	n := 0
	for _, id := range u.ids {
		if m, ok := messages.Find(s, id, u.shop); ok && m.Status == Parked {
			replay(s, m)
			n++
		}
	}
	if n > 0 {
		audit.Append(s, u.shop, u.actor, "callback.replay-failed", "", strconv.Itoa(n)+" messages")
	}
	return n, nil
}

// ReplayFailed owes every parked message of a shop again, oldest first, and
// counts them. Those that are parked again meanwhile are not taken twice.
func ReplayFailed(ctx context.Context, d *db.DB, shop int64, actor string) (n int, err error) {
	const page = 100
	var after int64
	for {
		parked, err := messages.Select(ctx, d.Reader(), "shop_id = $1 AND status = 'parked' AND id > $2 ORDER BY id LIMIT $3", shop, after, page)
		if err != nil || len(parked) == 0 {
			return n, err
		}
		ids := make([]int64, len(parked))
		for i, m := range parked {
			ids[i] = m.ID
		}
		after = ids[len(ids)-1]
		done, err := db.Do(ctx, d, shop, replayParked{shop, ids, actor})
		n += done
		if err != nil {
			return n, err
		}
	}
}

package callback

import (
	"context"
	"fmt"
	"math"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
)

// Range is which messages of a shop are sent again: those that are through, made
// in a span of time or of ids.
type Range struct {
	Shop        int64
	From, Until int64  // made at or after, and before: Unix milliseconds; 0 is open
	Host        string // of the URL; "": any
	Parked      bool   // only what was given up
	Asked       int64  // when it was asked for, Unix milliseconds: what was sent since is left alone, so that the same wish twice is one
	Actor       string
}

// Progress is how far a replay of a range has come.
type Progress struct {
	Messages int   // owed again in this step
	Behind   int64 // the next step begins behind this id
	More     bool
}

const replayPage = 100

// ReplayRange does one step of the replay of a range, oldest first: it owes up to
// a hundred messages again in one commit, behind the id where the step before ended.
func ReplayRange(ctx context.Context, d *db.DB, r Range, behind int64) (Progress, error) {
	ids, p, err := r.step(ctx, d, max(behind, db.FirstID(r.From)-1))
	if err != nil || len(ids) == 0 {
		return p, err
	}
	p.Messages, err = db.Do(ctx, d, r.Shop, replaySome{r, ids})
	return p, err
}

// step finds the messages of one step.
func (r Range) step(ctx context.Context, d *db.DB, behind int64) (ids []int64, p Progress, err error) {
	end := int64(math.MaxInt64)
	if r.Until > 0 {
		end = db.FirstID(r.Until)
	}
	var list []*Message
	if r.Parked {
		list, err = messages.Select(ctx, d.Reader(), "shop_id = $1 AND status = 'parked' AND id > $2 AND id < $3 AND (host = $4 OR $4 = '') ORDER BY id LIMIT $5",
			r.Shop, behind, end, r.Host, replayPage)
	} else {
		list, p, err = r.through(ctx, d, behind, end)
	}
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	if len(ids) == replayPage {
		p = Progress{Behind: ids[replayPage-1], More: true}
	}
	return ids, p, err
}

// through looks at a bounded number of rows: most are of other shops.
func (r Range) through(ctx context.Context, d *db.DB, behind, end int64) (list []*Message, p Progress, err error) {
	p.Behind, err = number(ctx, d.Reader(), "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM callback WHERE id > $1 AND id < $2 ORDER BY id LIMIT 1 OFFSET $3) AS far", behind, end, window-1)
	if err != nil {
		return nil, p, err
	}
	if p.Behind > 0 {
		p.More, end = true, p.Behind+1
	}
	list, err = messages.Select(ctx, d.Reader(), "id > $1 AND id < $2 AND shop_id = $3 AND status <> 'waiting' AND started_at <= $4 AND (host = $5 OR $5 = '') ORDER BY id LIMIT $6",
		behind, end, r.Shop, r.before(), r.Host, replayPage)
	return list, p, err
}

func (r Range) before() int64 {
	if r.Asked == 0 {
		return math.MaxInt64
	}
	return r.Asked
}

// replaySome owes those of the messages again that still are to be.
type replaySome struct {
	Range
	ids []int64
}

func (u replaySome) Reads(r *db.Reads) {
	for _, id := range u.ids {
		messages.Read(r, id, u.Shop)
	}
	audit.Read(r, u.Shop)
}

func (u replaySome) Decide(s *db.State) (int, error) {
	n := 0
	for _, id := range u.ids {
		m, ok := messages.Find(s, id, u.Shop)
		if !ok || m.Status == Waiting || u.Parked && m.Status != Parked || m.begunSince(u.Asked) {
			continue
		}
		replay(s, m)
		n++
	}
	if n == 0 {
		return 0, nil
	}
	act := "callback.replay-range"
	if u.Parked {
		act = "callback.replay-failed"
	}
	audit.Append(s, u.Shop, u.Actor, act, "", fmt.Sprintf("%d messages from %d to %d", n, u.ids[0], u.ids[len(u.ids)-1]))
	return n, nil
}

// ReplayFailed owes every parked message of a shop again, oldest first, and
// counts them. Those that are parked again meanwhile are not taken twice.
func ReplayFailed(ctx context.Context, d *db.DB, shop int64, actor string) (int, error) {
	return ReplayAll(ctx, d, Range{Shop: shop, Parked: true, Actor: actor})
}

// ReplayAll does every step of a range, and counts the messages.
func ReplayAll(ctx context.Context, d *db.DB, r Range) (n int, err error) {
	for p := (Progress{More: true}); p.More && err == nil; n += p.Messages {
		p, err = ReplayRange(ctx, d, r, p.Behind)
	}
	return n, err
}

package callback

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

// record stores how a try ended and says when the next one is due.
type record struct {
	try    Try
	object int64
	seq    int64
	verdict
	jitter int64 // in 1/10,000 of the pause
}

// verdict is what a try means for its message.
type verdict uint8

const (
	failed   verdict = iota // to be tried again, until it is time to give up
	taken                   // the receiver has it
	hopeless                // trying again would be the same
	cut                     // our own end cut it: try at once
	disabled                // its URL is disabled, as far as the sender knew
)

func (u record) Reads(r *db.Reads) {
	messages.Read(r, u.try.Message, u.try.Shop)
	places.Read(r, u.object, u.seq+1, u.try.Shop)
	if u.verdict == disabled {
		shop.Read(r, u.try.Shop)
	}
}

func (u record) Decide(s *db.State) (Status, error) {
	m, ok := messages.Find(s, u.try.Message, u.try.Shop)
	if !ok {
		return "", notFound(u.try.Message)
	}
	tries.Insert(s, &u.try)
	// A try that outlived its lease says nothing about the one that came after
	// it – unless it delivered the message.
	late := u.try.N != m.Tries || u.try.N <= m.Replayed
	if m.Status != Waiting || late && u.verdict != taken {
		return m.Status, nil
	}
	u.move(s, m)
	messages.Update(s, m)
	if m.Status != Waiting {
		wake(s, m)
	}
	return m.Status, nil
}

func (u record) move(s *db.State, m *Message) {
	m.Failure = u.try.Failure
	switch u.verdict {
	case taken:
		m.Status, m.DeliveredAt, m.DueAt = Delivered, s.Now(), 0
		return
	case cut:
		m.DueAt = s.Now()
		return
	case disabled:
		if enabled(s, m) {
			m.DueAt = s.Now() + shop.Fresh.Milliseconds()
			return
		}
	case failed:
		if dueAt, ok := next(m.Tries-m.Replayed, m.StartedAt, s.Now(), u.jitter); ok {
			m.DueAt = dueAt
			return
		}
	}
	m.Status, m.DueAt = Parked, 0
}

// enabled asks the shop's row itself: what the sender knew may be as old as
// shop.Fresh, and an operator enables a URL and replays in less.
func enabled(s *db.State, m *Message) bool {
	row, err := shop.Find(s, m.Shop)
	if err != nil {
		return false
	}
	settings, err := row.Settings()
	return err == nil && settings.Enabled(m.URL)
}

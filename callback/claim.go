package callback

import "github.com/brama-pay/brama/db"

// claim takes a due message for one try: its lease begins and the try is
// counted, in one commit, before anything is sent. It gives nil when another
// process was faster or the message is not to be sent now.
type claim struct {
	shop, id int64
	tries    int64 // begun when the message was found due
}

func (c claim) Reads(r *db.Reads) {
	if m := messages.Read(r, c.id, c.shop); m != nil && m.Seq > 1 {
		places.Read(r, m.Object, m.Seq-1, m.Shop)
	}
}

func (c claim) Decide(s *db.State) (*Message, error) {
	m, ok := messages.Find(s, c.id, c.shop)
	if !ok || m.Status != Waiting || m.DueAt > s.Now() || m.Tries != c.tries {
		return nil, nil
	}
	if m.Seq > 1 {
		if earlier, ok := places.Find(s, m.Object, m.Seq-1, m.Shop); ok && earlier.Status == Waiting {
			return nil, nil
		}
	}
	m.Tries++
	m.DueAt = s.Now() + Lease
	if m.StartedAt == 0 {
		m.StartedAt = s.Now()
	}
	messages.Update(s, m)
	return m, nil
}

// rest lets a message wait for an earlier one of its object that is itself
// waiting for a later time, so that the search for what is due does not meet it
// again before that. It is woken when the earlier one is through; see wake.
type rest struct {
	shop, id, object int64
	behind           int64 // the earlier message's place
}

func (u rest) Reads(r *db.Reads) {
	messages.Read(r, u.id, u.shop)
	places.Read(r, u.object, u.behind, u.shop)
}

func (u rest) Decide(s *db.State) (struct{}, error) {
	m, ok := messages.Find(s, u.id, u.shop)
	earlier, found := places.Find(s, u.object, u.behind, u.shop)
	if ok && found && m.Status == Waiting && earlier.Status == Waiting && earlier.DueAt >= m.DueAt {
		m.DueAt = earlier.DueAt + 1
		messages.Update(s, m)
	}
	return struct{}{}, nil
}

// wake makes the next message of the object due when this one is through. One
// that was tried before keeps its own time.
func wake(s *db.State, m *Message) {
	following, ok := places.Find(s, m.Object, m.Seq+1, m.Shop)
	if ok && following.Status == Waiting && following.Tries == following.Replayed && following.DueAt > s.Now() {
		following.DueAt = s.Now()
		messages.Update(s, following)
	}
}

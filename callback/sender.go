package callback

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

// Delivery is what a protocol's renderer makes of a message for one try. The
// signatures in it are of this try; the fields are those of the snapshot.
type Delivery struct {
	URL         string // where to post, parameters appended
	ContentType string
	Body        []byte
	NeedOK      bool // only an answer whose body is OK counts
}

// Renderer prints a message in its protocol (api/avanor.md §8, api/payparts.md §6).
type Renderer func(m *Message, to *shop.Entry) (Delivery, error)

// Shops looks a shop up with its secrets opened; shop.Directory does.
type Shops interface {
	Find(ctx context.Context, id int64) (*shop.Entry, error)
}

// Doer sends one request; the client of NewClient does. It bounds the time of a
// whole try, the reading of the answer's body included, to less than Lease.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Sender delivers what is owed. Several loops may call its Step at a time, in
// several processes.
type Sender struct {
	DB        *db.DB
	Shops     Shops
	Renderers map[string]Renderer // by protocol
	Client    Doer
	Now       func() time.Time
	Random    io.Reader // jitter
	Log       *slog.Logger
	// Observe is told of each finished try: Delivered, Waiting (it failed and is
	// tried again) or Parked. For counters and the alarm. It may be nil.
	Observe func(Status, *Message)
	// PerShop bounds the loops that work for one shop at a time, so that a dead
	// receiver does not hold all of them; 0 is 8. Run more loops than that.
	PerShop int
	// PerHost bounds the loops that call one host at a time, whosever messages
	// they send, so that one dead receiver does not jam a shop's others, nor its
	// neighbours'; 0 is 4. A host that answers quickly gets up to four times as many.
	PerHost int

	queue  queue
	random sync.Mutex
}

const (
	defaultPerShop = 8
	defaultPerHost = 4
)

// Step delivers one message that is due; false when there is none. An error is
// the database's: the message stays owed.
//
// A try runs to its end unless ctx ends: then it is cut, and the message is due
// at once for whoever comes next. A caller that wants to stop in peace gives a
// context that outlives its loops by some seconds.
func (s *Sender) Step(ctx context.Context) (worked bool, err error) {
	for range scanLimit { // what others took meanwhile is passed over
		d, ok, err := s.queue.take(ctx, s.DB.Reader(), s.Now().UnixMilli(), s.limits())
		if err != nil || !ok {
			return false, err
		}
		worked, err := s.work(ctx, d)
		s.queue.release(d)
		if worked || err != nil {
			return worked, err
		}
	}
	return false, nil
}

func (s *Sender) limits() limits {
	l := limits{shop: defaultPerShop, host: defaultPerHost}
	if s.PerShop > 0 {
		l.shop = int64(s.PerShop)
	}
	if s.PerHost > 0 {
		l.host = int64(s.PerHost)
	}
	return l
}

// work claims and sends one message; false when it was not to be sent.
func (s *Sender) work(ctx context.Context, d due) (worked bool, err error) {
	if d.behind > 0 {
		_, err := db.Do(ctx, s.DB, d.shop, rest{shop: d.shop, id: d.id, object: d.object, behind: d.behind})
		return false, err
	}
	m, err := db.Do(ctx, s.DB, d.shop, claim{shop: d.shop, id: d.id, tries: d.tries})
	if err != nil || m == nil {
		return false, err
	}
	if s.Now().UnixMilli() >= m.DueAt {
		return true, nil // the claim came back after its lease: another process may be sending
	}
	to, err := s.Shops.Find(ctx, m.Shop)
	if err != nil && !fault.Is(err, fault.ShopNotFound) {
		return true, err
	}
	r := s.try(ctx, m, to)
	s.queue.heard(d.host, r.Try)
	return true, s.record(context.WithoutCancel(ctx), m, r)
}

// record stores how a try ended, whether or not the loop is told to stop.
func (s *Sender) record(ctx context.Context, m *Message, r result) error {
	jitter, err := s.jitter()
	if err != nil {
		return err
	}
	if r.gone {
		use := shop.DisableURL{Shop: m.Shop, URL: m.URL, Actor: "callback"}
		if _, err := db.Do(ctx, s.DB, m.Shop, use); err != nil {
			return fmt.Errorf("disable the URL of callback %d: %w", m.ID, err)
		}
	}
	status, err := db.Do(ctx, s.DB, m.Shop, record{try: r.Try, object: m.Object, seq: m.Seq, verdict: r.verdict, jitter: jitter})
	if err != nil {
		return err
	}
	s.tell(m, r, status)
	return nil
}

func (s *Sender) tell(m *Message, r result, status Status) {
	if s.Observe != nil && r.verdict != cut {
		s.Observe(status, m)
	}
	level := slog.LevelDebug
	if status == Parked {
		level = slog.LevelWarn
	}
	s.Log.Log(context.Background(), level, "callback", "shop", m.Shop, "id", m.ID, "object", m.Object, "event", m.Event,
		"try", r.N, "status", string(status), "answer", r.Status, "failure", r.Failure, "millis", r.Millis)
}

// jitter draws from a source that need not be safe for concurrent use.
func (s *Sender) jitter() (int64, error) {
	s.random.Lock()
	defer s.random.Unlock()
	var bits [2]byte
	if _, err := io.ReadFull(s.Random, bits[:]); err != nil {
		return 0, fmt.Errorf("draw the jitter of a callback: %w", err)
	}
	return jitterOf(binary.BigEndian.Uint16(bits[:])), nil
}

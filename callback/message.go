// Package callback is the room of the messages owed to shops: the outbox rows,
// the schedule of their tries, and the sender.
//
// A message is owed in the commit that moves the status it tells of. From then
// on it is delivered at least once, in order per object, through any crash – or
// parked where an operator sees it (design, "What it promises", 4).
//
// It must not know what an invoice or a payout is, nor how a protocol prints
// one: it keeps a snapshot and hands it to the renderer of its protocol.
package callback

import (
	"encoding/json"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
)

// Kind is what a message speaks of; the word of `?type=` (api/avanor.md §8).
type Kind string

// The kinds. The schema's CHECK repeats them.
const (
	Invoice  Kind = "invoice"
	Refund   Kind = "refund"
	Withdraw Kind = "withdraw"
)

// Status is where a message stands. The schema's CHECK repeats the words.
type Status string

// The statuses. Waiting moves to either of the others; a replay moves it back.
const (
	Waiting   Status = "waiting"   // owed: to be sent when due, or being sent
	Delivered Status = "delivered" // the receiver took it
	Parked    Status = "parked"    // given up: an operator must look
)

// Message is one callback owed to a shop. Times are Unix milliseconds, 0 is "not yet".
type Message struct {
	Shop        int64
	ID          int64
	Object      int64  // the invoice or payout within which messages keep their order
	Seq         int64  // its place there: 1, 2, 3 … without a hole
	Kind        Kind   // of Subject
	Subject     int64  // the invoice, refund or payout it tells of
	Event       string // what happened, in the owing room's word
	Protocol    string // whose renderer prints it
	URL         string // as the shop or its request named it, nothing appended
	Snapshot    string // JSON of the fields, frozen when it happened
	Status      Status
	Tries       int64 // begun so far, replays included
	Replayed    int64 // of those, made before the last replay
	StartedAt   int64 // the first try since then
	DueAt       int64 // the next try; while one runs, the end of its lease; 0: never
	DeliveredAt int64
	Failure     string // of the last try, for people; "" when it was delivered
	CreatedAt   int64
	Version     int64
	Host        string // of URL; "" in rows from before it was kept
}

const messageColumns = "shop_id, id, object, seq, kind, subject, event, protocol, url, snapshot, " +
	"status, tries, replayed, started_at, due_at, delivered_at, failure, created_at, version, host"

var messages = db.NewTable("callback", messageColumns, "id, shop_id", func(m *Message) []any {
	return []any{&m.Shop, &m.ID, &m.Object, &m.Seq, &m.Kind, &m.Subject, &m.Event, &m.Protocol, &m.URL, &m.Snapshot,
		&m.Status, &m.Tries, &m.Replayed, &m.StartedAt, &m.DueAt, &m.DeliveredAt, &m.Failure, &m.CreatedAt, &m.Version, &m.Host}
})

// places finds a message by its place in its object.
var places = messages.Unique("object, seq, shop_id")

// Try is one finished try to deliver a message. A try that our own end cut
// leaves no row: the number is missing.
type Try struct {
	Shop    int64
	Message int64
	N       int64  // from 1, as counted in Message.Tries
	At      int64  // when it was sent, Unix milliseconds
	Millis  int64  // until the answer
	Status  int64  // HTTP status, 0 when there was no answer
	Failure string // "" when it was delivered; never a part of a body
}

var tries = db.NewTable("delivery", "shop_id, callback_id, n, at, millis, status, failure", "callback_id, n, shop_id", func(t *Try) []any {
	return []any{&t.Shop, &t.Message, &t.N, &t.At, &t.Millis, &t.Status, &t.Failure}
})

// Owed is a message as the room that owes it says it.
type Owed struct {
	Shop     int64
	Object   int64
	Kind     Kind
	Subject  int64
	Event    string
	Protocol string
	URL      string // "": nothing is owed
	Snapshot any    // what the protocol's renderer reads back; kept as JSON, so no secret
}

// Owe inserts a message, due now, into the commit of the decision that calls it.
// seq is its place in its object, 1, 2, 3 …; Next counts it. Without a URL
// nothing is owed. fault.Internal when the snapshot is no JSON.
func Owe(s *db.State, seq int64, o Owed) error {
	if o.URL == "" {
		return nil
	}
	snapshot, err := json.Marshal(o.Snapshot)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the snapshot of a callback cannot be kept")
	}
	messages.Insert(s, &Message{
		Shop: o.Shop, ID: s.NewID(), Object: o.Object, Seq: seq, Kind: o.Kind, Subject: o.Subject, Event: o.Event,
		Protocol: o.Protocol, URL: o.URL, Host: hostOf(o.URL), Snapshot: string(snapshot), Status: Waiting, DueAt: s.Now(), CreatedAt: s.Now(),
	})
	return nil
}

// Next is Owe with the object's counter of messages, which it counts up only
// when something is owed: a message without a URL must leave no hole.
func Next(s *db.State, counter *int64, o Owed) error {
	if o.URL == "" {
		return nil
	}
	*counter++
	return Owe(s, *counter, o)
}

// Written are the messages that a decision owed or changed. For tests of other rooms.
func Written(s *db.State) []*Message { return messages.Written(s) }

// Decode reads the snapshot into a value of the type that was owed.
func (m *Message) Decode(into any) error {
	if err := json.Unmarshal([]byte(m.Snapshot), into); err != nil {
		return fault.Wrap(fault.Internal, err, "the snapshot of callback %d cannot be read", m.ID)
	}
	return nil
}

package callback

import (
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/shop"
)

func TestNothingIsOwedWithoutAURL(t *testing.T) {
	s := db.NewState(5, func() int64 { return 7 })
	var counter int64
	if err := Next(s, &counter, Owed{Shop: 1, Object: 2}); err != nil || counter != 0 || len(Written(s)) != 0 {
		t.Errorf("%v, counter %d, %d rows", err, counter, len(Written(s)))
	}
	type fields struct{ Amount int64 }
	if err := Next(s, &counter, Owed{Shop: 1, Object: 2, Kind: Refund, URL: "https://x", Snapshot: fields{1 << 60}}); err != nil {
		t.Fatal(err)
	}
	rows := Written(s)
	if counter != 1 || len(rows) != 1 {
		t.Fatalf("counter %d, %d rows", counter, len(rows))
	}
	m := rows[0]
	if m.Seq != 1 || m.Status != Waiting || m.DueAt != 5 || m.Kind != Refund || m.ID != 7 {
		t.Errorf("owed %+v", m)
	}
	var back fields
	if err := m.Decode(&back); err != nil || back.Amount != 1<<60 {
		t.Errorf("the snapshot reads %+v, %v", back, err)
	}
	if err := Owe(s, 2, Owed{URL: "https://x", Snapshot: make(chan int)}); err == nil {
		t.Error("a snapshot that cannot be kept was owed")
	}
}

// Each row is a reason for which a message that a scan found due is left alone.
func TestClaim(t *testing.T) {
	due := Message{Shop: 1, ID: 2, Object: 3, Seq: 2, Status: Waiting, Tries: 4, StartedAt: 50, DueAt: 100, Version: 1}
	before := Message{Shop: 1, ID: 1, Object: 3, Seq: 1, Status: Parked, Version: 1}
	tests := []struct {
		name   string
		change func(m, earlier *Message)
		want   bool
	}{
		{"due", func(_, _ *Message) {}, true},
		{"delivered meanwhile", func(m, _ *Message) { m.Status, m.DueAt = Delivered, 0 }, false},
		{"leased by another process", func(m, _ *Message) { m.DueAt = 101 }, false},
		{"tried by another process, and due again", func(m, _ *Message) { m.Tries = 5 }, false},
		{"the one before waits", func(_, e *Message) { e.Status, e.DueAt = Waiting, 9_000 }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, earlier := due, before
			test.change(&m, &earlier)
			s := db.NewState(100, nil)
			messages.Put(s, &m)
			messages.Put(s, &earlier)
			got, err := claim{shop: 1, id: 2, tries: 4}.Decide(s)
			if err != nil || (got != nil) != test.want || len(messages.Written(s)) > 0 != test.want {
				t.Fatalf("claimed %+v, %v", got, err)
			}
			if got != nil && (got.Tries != 5 || got.DueAt != 100+Lease || got.StartedAt != 50) {
				t.Errorf("claimed %+v", got)
			}
		})
	}
	if got, err := (claim{shop: 1, id: 2}).Decide(db.NewState(100, nil)); got != nil || err != nil {
		t.Errorf("claimed nothing as %+v, %v", got, err)
	}
}

// A try that outlived its lease must not disturb the one that came after it,
// but a delivery is a delivery.
func TestALateTry(t *testing.T) {
	tests := []struct {
		name    string
		verdict verdict
		n       int64
		status  Status
		due     int64
	}{
		{"the present try failed", failed, 3, Waiting, 100 + 120_000},
		{"the present try delivered", taken, 3, Delivered, 0},
		{"an older one failed", failed, 2, Waiting, 10_000},
		{"an older one met 410", hopeless, 2, Waiting, 10_000},
		{"an older one delivered", taken, 2, Delivered, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := db.NewState(100, nil)
			messages.Put(s, &Message{Shop: 1, ID: 2, Object: 3, Seq: 1, Status: Waiting, Tries: 3, StartedAt: 50, DueAt: 10_000, Version: 1})
			u := record{try: Try{Shop: 1, Message: 2, N: test.n}, object: 3, seq: 1, verdict: test.verdict}
			if _, err := u.Decide(s); err != nil {
				t.Fatal(err)
			}
			m, _ := messages.Find(s, int64(2), int64(1))
			if m.Status != test.status || m.DueAt != test.due {
				t.Errorf("%s, due %d; want %s, %d", m.Status, m.DueAt, test.status, test.due)
			}
			if len(tries.Written(s)) != 1 {
				t.Error("the try left no row")
			}
		})
	}
}

// The lease is a replayed message's own: an earlier message that gets through
// must not make it due while it is being sent.
func TestWakeLeavesARunningMessageAlone(t *testing.T) {
	for _, test := range []struct {
		name            string
		tries, replayed int64
		due             int64
	}{
		{"resting, never tried", 0, 0, 100},
		{"resting since its replay", 4, 4, 100},
		{"being sent", 1, 0, 10_000},
		{"being sent again", 5, 4, 10_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := db.NewState(100, nil)
			messages.Put(s, &Message{Shop: 1, ID: 3, Object: 3, Seq: 2, Status: Waiting, Tries: test.tries, Replayed: test.replayed, DueAt: 10_000, Version: 1})
			wake(s, &Message{Shop: 1, ID: 2, Object: 3, Seq: 1})
			if m, _ := messages.Find(s, int64(3), int64(1)); m.DueAt != test.due {
				t.Errorf("due %d, want %d", m.DueAt, test.due)
			}
		})
	}
}

// A sender that has not yet heard that a URL was enabled again must not park what
// was replayed just after.
func TestADisabledURLIsLookedUpInTheShopsRow(t *testing.T) {
	for settings, want := range map[string]Message{
		`{}`:                              {Status: Waiting, DueAt: 100 + shop.Fresh.Milliseconds()},
		`{"disabled_urls":["https://x"]}`: {Status: Parked},
	} {
		s := db.NewState(100, nil)
		shop.Put(s, shop.Shop{ID: 1, Active: true, Stored: settings, Version: 1})
		messages.Put(s, &Message{Shop: 1, ID: 2, Object: 3, Seq: 1, URL: "https://x", Status: Waiting, Tries: 3, StartedAt: 50, DueAt: 10_000, Version: 1})
		u := record{try: Try{Shop: 1, Message: 2, N: 3}, object: 3, seq: 1, verdict: disabled}
		if _, err := u.Decide(s); err != nil {
			t.Fatal(err)
		}
		if m, _ := messages.Find(s, int64(2), int64(1)); m.Status != want.Status || m.DueAt != want.DueAt {
			t.Errorf("settings %s: %s, due %d", settings, m.Status, m.DueAt)
		}
	}
}

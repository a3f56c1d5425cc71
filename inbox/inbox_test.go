package inbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/inbox"
	"github.com/brama-pay/brama/provider"
)

// herald is a connector whose notices are references, one a line, under a
// password. The text "panic" makes it panic.
type herald struct{}

func (herald) Timing() provider.Timing { return provider.Timing{} }

func (herald) Status(context.Context, provider.Query) provider.Outcome { return provider.Outcome{} }

func (herald) Notices(a provider.Account, header http.Header, body []byte) ([]provider.Notice, error) {
	if string(body) == "panic" {
		panic("a defect")
	}
	if header.Get("Password") != a.Secrets["password"] {
		return nil, errors.New("not from us")
	}
	var heard []provider.Notice
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		heard = append(heard, provider.Notice{Reference: line, Shop: 1520, Operation: 7, N: 1, Fingerprint: "print of " + line})
	}
	return heard, nil
}

// mute hears no notices.
type mute struct{ provider.Connector }

// desk is an inbox and what it had applied.
type desk struct {
	*inbox.Inbox
	db      *db.DB
	mu      sync.Mutex
	applied []string
	refuse  error
}

func newDesk(h *dbtest.House) *desk {
	d := &desk{db: h.DB}
	accounts := map[string]provider.Account{
		"on":   {Name: "on", Connector: "herald", Active: true, Secrets: map[string]string{"password": "open"}},
		"off":  {Name: "off", Connector: "herald", Secrets: map[string]string{"password": "open"}},
		"dumb": {Name: "dumb", Connector: "mute", Active: true},
	}
	apply := func(_ context.Context, n provider.Notice) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.refuse != nil {
			return d.refuse
		}
		d.applied = append(d.applied, n.Reference)
		return nil
	}
	d.Inbox = inbox.New(inbox.Config{
		DB:         h.DB,
		Connectors: map[string]provider.Connector{"herald": herald{}, "mute": mute{}},
		Accounts: func(_ context.Context, name string) (provider.Account, error) {
			if name == "unreachable" {
				return provider.Account{}, fault.New(fault.Unavailable, "the database is not available")
			}
			if a, ok := accounts[name]; ok {
				return a, nil
			}
			return provider.Account{}, fault.New(fault.NotFound, "no such account")
		},
		Appliers: map[provider.Verb]inbox.Applier{provider.Payout: apply, provider.Authorize: apply},
	})
	return d
}

func (d *desk) receive(account, password, body string) error {
	return d.Receive(context.Background(), account, http.Header{"Password": {password}}, []byte(body))
}

func (d *desk) kept(t *testing.T) []*inbox.Notice {
	t.Helper()
	rows, err := inbox.List(t.Context(), d.db.Reader(), 1520, 7)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestANoticeIsAppliedOnceAndItsRepeatsCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		d := newDesk(h)
		for range 3 {
			if err := d.receive("on", "open", "p-1520-7"); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.receive("off", "open", "p-1520-7"); err != nil { // another account's notice is another notice
			t.Fatal(err)
		}
		rows := d.kept(t)
		if len(rows) != 2 || rows[0].Received != 3 || rows[0].Provider != "on" || rows[0].At != h.Clock.Now() || rows[1].Received != 1 {
			t.Errorf("kept %+v", rows)
		}
		if len(d.applied) != 2 || d.Stats.Repeated.Load() != 2 || d.Stats.Applied.Load() != 2 {
			t.Errorf("applied %v, counted %d and %d repeats", d.applied, d.Stats.Applied.Load(), d.Stats.Repeated.Load())
		}
	})
}

func TestConcurrentRepeatsAreOneNotice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		d := newDesk(h)
		var senders sync.WaitGroup
		for range 20 {
			senders.Go(func() {
				if err := d.receive("on", "open", "p-1520-7"); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if rows := d.kept(t); len(rows) != 1 || rows[0].Received != 20 {
			t.Errorf("kept %d rows, the first received %d times", len(rows), rows[0].Received)
		}
	})
}

// What nobody vouches for is counted, and leaves no trace.
func TestTheUnverifiedIsOnlyCounted(t *testing.T) {
	h := dbtest.SQLite(t)
	d := newDesk(h)
	rows := []struct{ name, account, password, body string }{
		{"wrong password", "on", "guess", "p-1520-7"},
		{"unknown account", "nobody", "open", "p-1520-7"},
		{"a connector without notices", "dumb", "open", "p-1520-7"},
		{"a connector that panics", "on", "open", "panic"},
		{"too many in one", "on", "open", strings.Repeat("p-1520-7\n", 101)},
	}
	for i, row := range rows {
		if err := d.receive(row.account, row.password, row.body); !errors.Is(err, inbox.ErrUnverified) {
			t.Errorf("%s: %v", row.name, err)
		}
		if got := d.Stats.Unverified.Load(); got != int64(i+1) {
			t.Errorf("%s: %d counted", row.name, got)
		}
	}
	if err := d.receive("on", "open", strings.Repeat("x", inbox.MaxBody+1)); !errors.Is(err, inbox.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if kept := d.kept(t); len(kept) != 0 || len(d.applied) != 0 {
		t.Errorf("kept %d, applied %v", len(kept), d.applied)
	}
}

// A notice that cannot be applied is not stored: the provider sends it again.
func TestANoticeThatCannotBeAppliedIsNotKept(t *testing.T) {
	h := dbtest.SQLite(t)
	d := newDesk(h)
	d.refuse = fault.New(fault.Overloaded, "too many requests")
	if err := d.receive("on", "open", "p-1520-7"); !fault.Is(err, fault.Overloaded) {
		t.Fatalf("answered %v", err)
	}
	if kept := d.kept(t); len(kept) != 0 {
		t.Fatalf("kept %d", len(kept))
	}
	d.refuse = nil
	if err := d.receive("on", "open", "p-1520-7"); err != nil || !slices.Equal(d.applied, []string{"p-1520-7"}) {
		t.Errorf("%v, applied %v", err, d.applied)
	}
}

// A genuine notice about nothing we know is kept for an operator.
func TestAStrangeNoticeIsKept(t *testing.T) {
	h := dbtest.SQLite(t)
	d := newDesk(h)
	d.refuse = fault.New(fault.NotFound, "no such operation")
	if err := d.receive("on", "open", "a-1-1\nanother language"); err != nil {
		t.Fatal(err)
	}
	if len(d.kept(t)) != 2 || d.Stats.Strange.Load() != 2 {
		t.Errorf("kept %d, counted %d", len(d.kept(t)), d.Stats.Strange.Load())
	}
}

func TestTheDoor(t *testing.T) {
	h := dbtest.SQLite(t)
	d := newDesk(h)
	door := http.NewServeMux()
	door.Handle("/notify/{account}", d)
	for _, row := range []struct {
		name, method, account, password, body string
		refuse                                error
		want                                  int
	}{
		{"genuine", "POST", "on", "open", "p-1520-7", nil, 200},
		{"again", "POST", "on", "open", "p-1520-7", nil, 200},
		{"empty but genuine", "POST", "on", "open", "", nil, 200},
		{"not genuine", "POST", "on", "guess", "p-1520-7", nil, 400},
		{"unknown account", "POST", "nobody", "open", "p-1520-7", nil, 400},
		{"as large as may be", "POST", "on", "open", strings.Repeat("p", inbox.MaxBody), nil, 200},
		{"too large", "POST", "on", "open", strings.Repeat("p", inbox.MaxBody+1), nil, 413},
		{"far too large", "POST", "on", "open", strings.Repeat("p", 1<<20), nil, 413},
		{"not now", "POST", "on", "open", "p-1520-8", fault.New(fault.Unavailable, "stopping"), 503},
		{"accounts cannot be read", "POST", "unreachable", "open", "p-1520-8", nil, 503},
		{"another method", "GET", "on", "open", "", nil, 405},
	} {
		d.refuse = row.refuse
		r := httptest.NewRequest(row.method, "/notify/"+row.account, strings.NewReader(row.body))
		r.Header.Set("Password", row.password)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != row.want || w.Body.Len() != 0 {
			t.Errorf("%s: %d %q, want %d", row.name, w.Code, w.Body, row.want)
		}
	}
}

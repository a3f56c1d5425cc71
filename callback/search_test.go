package callback_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// texts are the snapshots of a page, in its order.
func texts(t *testing.T, list []*callback.Message) (found []string) {
	t.Helper()
	for _, m := range list {
		var text string
		check(t, m.Decode(&text))
		found = append(found, text)
	}
	return found
}

// all walks through a list, two at a time.
func (y *yard) all(w callback.Wanted) (found []string) {
	y.t.Helper()
	for after := (callback.Cursor{}); ; {
		p, err := callback.Look(y.t.Context(), y.DB.Reader(), w, callback.ParseCursor(after.String()), 2)
		check(y.t, err)
		found = append(found, texts(y.t, p.Messages)...)
		if after = p.Next; after == (callback.Cursor{}) {
			return found
		}
	}
}

func TestLook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopA, 1, "a1", "a2", "a3")
		y.drain()
		h.Clock.Add(time.Hour)
		noon := h.Clock.Now()
		y.receiver.answers(410, "")
		y.owe(shopB, 2, "b1")
		y.owe(shopB, 4, "b2")
		y.owe(shopB, 5, "b3")
		y.drain()
		h.Clock.Add(time.Minute)
		y.owe(shopA, 3, "late")
		h.Clock.Add(time.Minute)
		y.owe(shopB, 6, "later")
		tests := []struct {
			name string
			w    callback.Wanted
			want []string
		}{
			{"all", callback.Wanted{}, []string{"later", "late", "b3", "b2", "b1", "a3", "a2", "a1"}},
			{"a shop", callback.Wanted{Shop: shopA}, []string{"late", "a3", "a2", "a1"}},
			{"parked", callback.Wanted{Status: callback.Parked}, []string{"b3", "b2", "b1"}},
			{"parked of a shop that has none", callback.Wanted{Status: callback.Parked, Shop: shopA}, nil},
			{"delivered", callback.Wanted{Status: callback.Delivered}, []string{"a3", "a2", "a1"}},
			{"waiting, the most urgent first", callback.Wanted{Status: callback.Waiting}, []string{"late", "later"}},
			{"waiting of a shop", callback.Wanted{Status: callback.Waiting, Shop: shopB}, []string{"later"}},
			{"a host", callback.Wanted{Host: "shop.example", Shop: shopA, Status: callback.Delivered}, []string{"a3", "a2", "a1"}},
			{"another host", callback.Wanted{Host: "other.example"}, nil},
			{"before noon", callback.Wanted{Until: noon}, []string{"a3", "a2", "a1"}},
			{"from noon", callback.Wanted{From: noon, Shop: shopB}, []string{"later", "b3", "b2", "b1"}},
			{"parked before noon", callback.Wanted{Until: noon, Status: callback.Parked}, nil},
			{"waiting from noon", callback.Wanted{From: noon, Status: callback.Waiting}, []string{"late", "later"}},
		}
		for _, test := range tests {
			if got := y.all(test.w); !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
			}
		}
		f, err := callback.Measure(t.Context(), h.DB.Reader(), h.Clock.Now())
		check(t, err)
		if f != (callback.Figures{Waiting: 2, Due: 2, Lag: 60_000, Parked: 3}) {
			t.Errorf("figures %+v", f)
		}
	})
}

// A look goes over a bounded number of rows, and says how far it came.
func TestLookIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		callback.SetWindow(t, 3)
		y.owe(shopA, 1, "a1", "a2")
		h.Clock.Add(time.Minute)
		y.owe(shopB, 2, "b1", "b2", "b3", "b4", "b5")
		if got := y.all(callback.Wanted{Shop: shopA}); !slices.Equal(got, []string{"a2", "a1"}) {
			t.Errorf("found %v", got)
		}
		p, err := callback.Look(t.Context(), h.DB.Reader(), callback.Wanted{Shop: shopA}, callback.Cursor{}, 2)
		check(t, err)
		if len(p.Messages) != 0 || p.Through != h.Clock.Now() || p.Next.ID == 0 {
			t.Errorf("the first look %+v", p)
		}
		y.drain()
		n, err := callback.ReplayAll(t.Context(), h.DB, callback.Range{Shop: shopB, Actor: "operator:ann"})
		check(t, err)
		if n != 5 {
			t.Errorf("%d are sent again, in steps of 3 rows", n)
		}
	})
}

func TestAbout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopA, 77, "a1", "a2")
		y.owe(shopB, 78, "b1")
		second := y.of(shopA, 77)[1]
		for id, want := range map[int64][]string{77: {"a1", "a2"}, second.ID: {"a2"}, 5: nil} {
			list, err := callback.About(t.Context(), h.DB.Reader(), id)
			check(t, err)
			if got := texts(t, list); !slices.Equal(got, want) {
				t.Errorf("about %d: %v, want %v", id, got, want)
			}
		}
		if m, err := callback.FindAny(t.Context(), h.DB.Reader(), second.ID); err != nil || m.Shop != shopA {
			t.Errorf("%+v, %v", m, err)
		}
		if _, err := callback.FindAny(t.Context(), h.DB.Reader(), 77); !fault.Is(err, fault.NotFound) {
			t.Errorf("an object's number found a message: %v", err)
		}
	})
}

// The same wish twice is one: what was sent since it was made is left alone.
func TestReplayTwiceIsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopA, 1, "a1", "a2")
		y.drain()
		h.Clock.Add(time.Second)
		asked := h.Clock.Now()
		h.Clock.Add(time.Second)
		one := callback.Replay{Shop: shopA, ID: y.of(shopA, 1)[0].ID, Asked: asked, Actor: "operator:ann"}
		_, err := db.Do(t.Context(), h.DB, shopA, one)
		check(t, err)
		y.drain()
		if _, err := db.Do(t.Context(), h.DB, shopA, one); !fault.Is(err, fault.Busy) {
			t.Errorf("the second click: %v", err)
		}
		all := callback.Range{Shop: shopA, Asked: asked, Actor: "operator:ann"}
		for _, want := range []int{1, 0} { // a1 was sent since
			n, err := callback.ReplayAll(t.Context(), h.DB, all)
			check(t, err)
			if n != want {
				t.Errorf("%d were sent again, want %d", n, want)
			}
			y.drain()
		}
		same(t, "sent", y.receiver.bodies(), []string{"a1", "a2", "a1", "a2"})
		all.Asked = h.Clock.Now()
		n, err := callback.ReplayAll(t.Context(), h.DB, all)
		check(t, err)
		if n != 2 {
			t.Errorf("a new wish sends %d again", n)
		}
	})
}

func TestReplayRange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.sender.Log = quiet
		for object := range int64(120) {
			y.owe(shopA, object+1, fmt.Sprint(object))
		}
		y.owe(shopB, 500, "b1")
		from := h.Clock.Now() + 100 // ids run ahead of a clock that stands
		h.Clock.Add(time.Second)
		y.owe(shopA, 600, "second")
		until := h.Clock.Now() + 100
		h.Clock.Add(time.Second)
		y.owe(shopA, 700, "third")
		y.drain()
		p, err := callback.ReplayRange(t.Context(), h.DB, callback.Range{Shop: shopA, Actor: "operator:ann"}, 0)
		check(t, err)
		if p.Messages != 100 || !p.More {
			t.Errorf("the first step: %+v", p)
		}
		y.drain()
		before := len(y.receiver.bodies())
		n, err := callback.ReplayAll(t.Context(), h.DB, callback.Range{Shop: shopA, From: from, Until: until, Host: "shop.example", Actor: "operator:ann"})
		check(t, err)
		y.drain()
		if got := y.receiver.bodies()[before:]; n != 1 || !slices.Equal(got, []string{"second"}) {
			t.Errorf("%d: %v", n, got)
		}
		n, err = callback.ReplayAll(t.Context(), h.DB, callback.Range{Shop: shopA, Host: "other.example", Actor: "operator:ann"})
		check(t, err)
		if n != 0 {
			t.Errorf("%d of another host are sent again", n)
		}
		same(t, "verify", y.verify(), nil)
	})
}

func TestPreviewIsWhatIsSent(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	y.owe(shopA, 1, "a1")
	seen, err := y.sender.Preview(t.Context(), y.of(shopA, 1)[0])
	check(t, err)
	y.drain()
	sent := y.receiver.got[0]
	if string(seen.Body) != sent.body || seen.URL != sent.url {
		t.Errorf("seen %+v, sent %+v", seen, sent)
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Content-Type"} {
		if seen.Header.Get(name) != sent.header.Get(name) {
			t.Errorf("%s: %q, sent %q", name, seen.Header.Get(name), sent.header.Get(name))
		}
	}
}

func TestBacklogs(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	y.receiver.answers(500, "")
	y.owe(shopA, 1, "a1")
	y.drain()
	y.owe(shopA, 2, "new")
	list, err := callback.Backlogs(t.Context(), y.DB.Reader(), 5)
	check(t, err)
	if len(list) != 1 || list[0].Host != "shop.example" || list[0].Waiting != 1 {
		t.Errorf("%+v", list)
	}
}

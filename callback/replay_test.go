package callback_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

func TestReplay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopA, 1, "a1", "a2")
		y.drain()
		first := y.of(shopA, 1)[0]
		again := func(shop, id int64) error {
			_, err := db.Do(t.Context(), h.DB, shop, callback.Replay{Shop: shop, ID: id, Actor: "operator:ann"})
			return err
		}
		if err := again(shopB, first.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another shop replays it: %v", err)
		}
		check(t, again(shopA, first.ID))
		if err := again(shopA, first.ID); !fault.Is(err, fault.Busy) {
			t.Errorf("replayed twice: %v", err)
		}
		y.receiver.answers(500, "")
		y.drain()
		if m := y.of(shopA, 1)[0]; m.Status != callback.Waiting || m.Tries != 2 || m.DueAt-h.Clock.Now() > 5500 {
			t.Errorf("its schedule did not begin anew: %+v", m)
		}
		y.receiver.answers(200, "")
		h.Clock.Add(6 * time.Second)
		y.drain()
		same(t, "sent", y.receiver.bodies(), []string{"a1", "a2", "a1", "a1"})
		if g := y.receiver.got; g[2].id != g[0].id || g[3].id != g[0].id {
			t.Error("a replay has another id")
		}
		links, err := audit.List(t.Context(), h.DB.Reader(), shopA, 0, 100)
		check(t, err)
		if last := links[len(links)-1]; last.Act != "callback.replay" || last.Actor != "operator:ann" || last.Subject != fmt.Sprint(first.ID) {
			t.Errorf("the audit has %+v", last)
		}
		same(t, "verify", y.verify(), nil)
	})
}

// A replayed message goes before a later one that still waits.
func TestReplayKeepsTheOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.receiver.answers(410, "")
		y.owe(shopA, 1, "a1", "a2", "a3")
		y.owe(shopB, 2, "b1")
		y.drain()
		for _, m := range y.of(shopA, 1) {
			if m.Status != callback.Parked {
				t.Fatalf("%+v", m)
			}
		}
		check(t, y.enable(shopA))
		y.receiver.answers(200, "")
		before := len(y.receiver.bodies())
		n, err := callback.ReplayFailed(t.Context(), h.DB, shopA, "operator:ann")
		check(t, err)
		if n != 3 {
			t.Errorf("%d were replayed", n)
		}
		y.drain()
		same(t, "sent", y.receiver.bodies()[before:], []string{"a1", "a2", "a3"})
		if m := y.of(shopB, 2)[0]; m.Status != callback.Parked {
			t.Errorf("another shop's message was replayed: %+v", m)
		}
		same(t, "verify", y.verify(), nil)
	})
}

func TestReplayFailedTakesEveryPage(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	y.receiver.answers(410, "")
	y.sender.Log = quiet
	for object := range int64(230) {
		y.owe(shopA, object+1, "a")
	}
	y.drain()
	parked, err := callback.List(t.Context(), y.DB.Reader(), shopA, callback.Parked, 0, 1000)
	check(t, err)
	n, err := callback.ReplayFailed(t.Context(), y.DB, shopA, "operator:ann")
	check(t, err)
	if len(parked) != 230 || n != 230 {
		t.Errorf("%d parked, %d replayed", len(parked), n)
	}
	waiting, err := callback.List(t.Context(), y.DB.Reader(), shopA, callback.Waiting, parked[100].ID, 1000)
	check(t, err)
	if len(waiting) != 129 || waiting[0].ID >= parked[100].ID {
		t.Errorf("the page behind has %d", len(waiting))
	}
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopB, 9, "another shop's")
		y.owe(shopA, 4, "a", "b")
		_, err := db.Do(t.Context(), h.DB, shopA, owe{{1, message(shopA, 5, "a")}, {3, message(shopA, 5, "c")}, {2, message(shopA, 6, "b")}})
		check(t, err)
		same(t, "verify", y.verify(), []string{
			"a hole in the order of callbacks: object 5: place 3 follows where 2 was expected",
			"a hole in the order of callbacks: object 6: place 2 follows where 1 was expected",
		})
	})
}

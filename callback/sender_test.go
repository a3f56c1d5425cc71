package callback_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
	"github.com/brama-pay/brama/signature"
)

func TestATryIsSignedAndTheMessageKeepsItsID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.receiver.answer = func(_ *http.Request, n int) (*http.Response, error) {
			return response([]int{500, 200}[n-1], "secret answer"), nil
		}
		y.owe(shopA, 1, "body")
		y.drain()
		h.Clock.Add(6 * time.Second)
		y.drain()
		if len(y.receiver.got) != 2 {
			t.Fatalf("%d requests", len(y.receiver.got))
		}
		first, second := y.receiver.got[0], y.receiver.got[1]
		if first.id != second.id || first.body != second.body || first.url != hookURL+"&type=invoice" {
			t.Errorf("first %+v, second %+v", first, second)
		}
		for _, g := range y.receiver.got {
			stamp, sign := g.header.Get("Webhook-Timestamp"), g.header.Get("Webhook-Signature")
			if stamp != fmt.Sprint(g.at.Unix()) || !signature.VerifyWebhook(g.id, stamp, sign, []byte(g.body), keyA) {
				t.Errorf("webhook headers %v", g.header)
			}
			if g.header.Get("User-Agent") != "Brama" || g.header.Get("Content-Type") != "text/plain" {
				t.Errorf("headers %v", g.header)
			}
		}
		m := y.of(shopA, 1)[0]
		if m.Status != callback.Delivered || m.Tries != 2 || m.DueAt != 0 || m.DeliveredAt != h.Clock.Now() || m.Failure != "" {
			t.Errorf("%+v", m)
		}
		rows, err := callback.DeliveriesOf(t.Context(), h.DB.Reader(), shopA, m.ID)
		check(t, err)
		if len(rows) != 2 || rows[0].Status != 500 || rows[0].Failure != "answered 500" || rows[1].Status != 200 || rows[1].Failure != "" {
			t.Errorf("tries %+v %+v", rows[0], rows[1])
		}
		if log := y.log.String(); strings.Contains(log, "t0p") || strings.Contains(log, "body") || strings.Contains(log, "secret answer") {
			t.Errorf("the log tells too much: %s", log)
		}
		same(t, "verify", y.verify(), nil)
	})
}

func TestBothKeysSignWhileOneIsRotated(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	rotate, shown, err := shop.NewRotation(y.box, rand.Reader, shopA, shop.Webhook, false, "test")
	check(t, err)
	_, err = db.Do(t.Context(), y.DB, shopA, rotate)
	check(t, err)
	y.owe(shopA, 1, "body")
	y.drain()
	g := y.receiver.got[0]
	for _, key := range []string{keyA, shown} {
		if !signature.VerifyWebhook(g.id, g.header.Get("Webhook-Timestamp"), g.header.Get("Webhook-Signature"), []byte(g.body), key) {
			t.Error("a receiver that knows one of the two keys refuses")
		}
	}
}

func TestOrderWithinAnObject(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		down := true
		y.receiver.answer = func(r *http.Request, _ int) (*http.Response, error) {
			if down {
				return nil, errDown
			}
			return response(200, ""), nil
		}
		y.owe(shopA, 1, "a1", "a2", "a3")
		y.owe(shopA, 2, "b1")
		y.drain()
		h.Clock.Add(2 * time.Second)
		y.drain()
		same(t, "while the receiver is down", y.receiver.bodies(), []string{"a1", "b1"})
		h.Clock.Add(4 * time.Second)
		down = false
		y.drain()
		back := slices.DeleteFunc(y.receiver.bodies()[2:], func(text string) bool { return text == "b1" }) // jitter decides when
		same(t, "when it is back", back, []string{"a1", "a2", "a3"})
		same(t, "verify", y.verify(), nil)
	})
}

// What rests behind a message that another process is sending must not wait for
// the end of that one's lease.
func TestTheNextGoesAtOnceWhenAnotherProcessDelivered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		other := y.newSender(h)
		y.owe(shopA, 1, "a1", "a2")
		y.receiver.answer = func(_ *http.Request, n int) (*http.Response, error) {
			if n == 1 {
				worked, err := other.Step(background()) // finds a2 behind a1, which is being sent
				check(t, err)
				if worked || y.of(shopA, 1)[1].DueAt <= h.Clock.Now() {
					t.Error("the message did not rest")
				}
			}
			return response(204, ""), nil
		}
		y.drain()
		same(t, "sent", y.receiver.bodies(), []string{"a1", "a2"})
	})
}

func TestGivingUpParksAndLetsTheNextGo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.receiver.answer = func(r *http.Request, _ int) (*http.Response, error) {
			if y.receiver.got[len(y.receiver.got)-1].body == "a2" {
				return response(200, ""), nil
			}
			return response(503, ""), nil
		}
		y.owe(shopA, 1, "a1", "a2")
		begin := h.Clock.Time()
		for m := y.of(shopA, 1)[0]; m.Status == callback.Waiting; m = y.of(shopA, 1)[0] {
			h.Clock.Set(time.UnixMilli(m.DueAt))
			y.drain()
		}
		list := y.of(shopA, 1)
		if list[0].Status != callback.Parked || list[0].Failure != "answered 503" || list[1].Status != callback.Delivered {
			t.Fatalf("%+v, %+v", list[0], list[1])
		}
		took := h.Clock.Time().Sub(begin)
		if n := list[0].Tries; took < 67*time.Hour || took > 72*time.Hour || n < 22 || n > 30 {
			t.Errorf("parked after %v and %d tries", took, n)
		}
		parked := slices.DeleteFunc(slices.Clone(y.seen), func(s callback.Status) bool { return s != callback.Parked })
		if len(parked) != 1 || !strings.Contains(y.log.String(), "level=WARN msg=callback shop=1520") {
			t.Errorf("the alarm rang %d times", len(parked))
		}
		n, err := callback.CountParked(t.Context(), h.DB.Reader())
		check(t, err)
		if n != 1 {
			t.Errorf("%d are counted as parked", n)
		}
		same(t, "verify", y.verify(), nil)
	})
}

// A process dies after its claim: what it sent or not, the message comes again,
// the same one, once the lease is over and not before.
func TestACrashWhileSending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.owe(shopA, 1, "a1")
		y.receiver.answer = func(_ *http.Request, n int) (*http.Response, error) {
			if n == 1 {
				panic("killed")
			}
			return response(200, ""), nil
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = y.sender.Step(t.Context())
		}()
		h.Restart(t)
		y.sender = y.newSender(h)
		if y.drain() != 0 {
			t.Fatal("a second try ran beside the first one")
		}
		h.Clock.Add(callback.Lease * time.Millisecond)
		y.drain()
		if g := y.receiver.got; len(g) != 2 || g[0].id != g[1].id || g[0].body != g[1].body {
			t.Errorf("got %+v", g)
		}
		if m := y.of(shopA, 1)[0]; m.Status != callback.Delivered || m.Tries != 2 {
			t.Errorf("%+v", m)
		}
		same(t, "verify", y.verify(), nil)
	})
}

// A claim that comes back after its lease is over gives nothing to send:
// another process may be sending by now.
func TestAnOldClaimIsNotSent(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	y.owe(shopA, 1, "a1")
	y.sender.Now = func() time.Time { return y.Clock.Time().Add(callback.Lease * time.Millisecond) }
	worked, err := y.sender.Step(t.Context())
	check(t, err)
	if m := y.of(shopA, 1)[0]; !worked || len(y.receiver.got) != 0 || m.Status != callback.Waiting || m.DueAt <= y.Clock.Now() {
		t.Errorf("worked %v, sent %d, %+v", worked, len(y.receiver.got), m)
	}
}

func TestStoppingCutsATryAndOwesItAtOnce(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	y.owe(shopA, 1, "a1")
	ctx, cancel := context.WithCancel(t.Context())
	y.receiver.answer = func(r *http.Request, n int) (*http.Response, error) {
		if n > 1 {
			return response(200, ""), nil
		}
		cancel()
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if worked, err := y.sender.Step(ctx); err != nil || !worked {
		t.Fatal(worked, err)
	}
	if m := y.of(shopA, 1)[0]; m.Status != callback.Waiting || m.DueAt != y.Clock.Now() || len(y.seen) != 0 {
		t.Errorf("%+v, observed %v", m, y.seen)
	}
	y.drain()
	if m := y.of(shopA, 1)[0]; m.Status != callback.Delivered {
		t.Errorf("%+v", m)
	}
}

// Many loops of two nodes: every message goes out once, in order.
func TestTwoNodesNeverSendTheSameTry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.sender.Observe = nil
		senders := []*callback.Sender{y.sender, y.newSender(h)}
		if h.Config.URL != "" {
			senders[1] = y.newSender(h.Another(t))
		}
		for _, s := range senders {
			s.Log, s.PerShop = quiet, 3
		}
		const objects, each = 20, 4
		for object := range int64(objects) {
			owner := []int64{shopA, shopB}[object%2]
			y.owe(owner, object+1, fmt.Sprint(object, " 1"), fmt.Sprint(object, " 2"), fmt.Sprint(object, " 3"), fmt.Sprint(object, " 4"))
		}
		var running sync.Map
		y.receiver.answer = func(r *http.Request, _ int) (*http.Response, error) {
			id := r.Header.Get("Webhook-Id")
			if _, twice := running.LoadOrStore(id, true); twice {
				t.Errorf("%s is being sent twice at the same time", id)
			}
			time.Sleep(time.Millisecond)
			running.Delete(id)
			return response(200, ""), nil
		}
		var loops sync.WaitGroup
		for _, s := range senders {
			for range 8 {
				loops.Go(func() { untilIdle(t, s) })
			}
		}
		loops.Wait()
		next := map[string]int{}
		for _, text := range y.receiver.bodies() {
			object, n, _ := strings.Cut(text, " ")
			if next[object]++; fmt.Sprint(next[object]) != n {
				t.Errorf("object %s: message %s came as number %d", object, n, next[object])
			}
		}
		if got := len(y.receiver.bodies()); got != objects*each {
			t.Errorf("%d requests for %d messages", got, objects*each)
		}
	})
}

// untilIdle steps until nothing was found for a while.
func untilIdle(t *testing.T, s *callback.Sender) {
	for idle := 0; idle < 100; {
		worked, err := s.Step(background())
		if err != nil {
			t.Error(err)
			return
		}
		if idle++; worked {
			idle = 0
		} else {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

func TestADeadReceiverDoesNotStopTheOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.sender.PerShop, y.sender.Log, y.sender.Observe = 2, quiet, nil
		for object := range int64(300) {
			y.owe(shopA, object+1, "dead")
		}
		y.owe(shopB, 1000, "alive")
		block, stuck, alive := make(chan struct{}), make(chan struct{}, 300), make(chan struct{})
		y.receiver.answer = func(r *http.Request, _ int) (*http.Response, error) {
			if r.ContentLength == int64(len("dead")) {
				stuck <- struct{}{}
				<-block
				return nil, errDown
			}
			close(alive)
			return response(200, ""), nil
		}
		var loops sync.WaitGroup
		for range 3 { // two for the dead receiver, and one has the other shop's turn
			loops.Go(func() { _, err := y.sender.Step(background()); check(t, err) })
		}
		<-stuck
		<-stuck
		select {
		case <-alive:
		case <-time.After(10 * time.Second):
			t.Error("another shop's message waits behind a dead receiver")
		}
		if worked, _ := y.sender.Step(t.Context()); worked {
			t.Error("a third loop works for the dead receiver")
		}
		close(block)
		loops.Wait()
	})
}

func TestNothingIsClaimedThatIsNotThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		if lag, err := callback.Lag(t.Context(), h.DB.Reader(), h.Clock.Now()); err != nil || lag != 0 {
			t.Errorf("lag %d, %v", lag, err)
		}
		y.owe(shopA, 1, "a1")
		h.Clock.Add(3 * time.Second)
		if lag, err := callback.Lag(t.Context(), h.DB.Reader(), h.Clock.Now()); err != nil || lag != 3000 {
			t.Errorf("lag %d, %v", lag, err)
		}
		if _, err := callback.Find(t.Context(), h.DB.Reader(), shopB, y.of(shopA, 1)[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another shop finds it: %v", err)
		}
		h.DB.Shut()
		if _, err := y.sender.Step(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a database that is gone: %v", err)
		}
	})
}

// hanging is a receiver of which one host never answers until it is told to.
func (y *yard) hanging(host string) (begun chan string, release func()) {
	begun, block := make(chan string, 1000), make(chan struct{})
	y.receiver.answer = func(r *http.Request, _ int) (*http.Response, error) {
		called := strings.TrimSuffix(strings.ToLower(r.URL.Hostname()), ".")
		begun <- called
		if called != host {
			return response(200, ""), nil
		}
		<-block
		return nil, errDown
	}
	return begun, func() { close(block) }
}

// oweTo owes one message to a URL.
func (y *yard) oweTo(shop, object int64, url string) {
	y.t.Helper()
	m := message(shop, object, "x")
	m.URL = url
	_, err := db.Do(y.t.Context(), y.DB, shop, owe{{1, m}})
	check(y.t, err)
}

// A receiver that hangs holds the loops of its host and no others, not even those
// of its own shop, however its URLs are spelled and however much is owed to it.
func TestAHangingHostJamsNeitherItsShopNorOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		y := newYard(t, h)
		y.sender.Log, y.sender.Observe = quiet, nil
		for object := range int64(300) {
			y.oweTo([]int64{shopA, shopA, shopB}[object%3], object+1, []string{
				"https://hangs.example/a?b=1", "http://HANGS.example:8443/", "https://hangs.example./x?y=" + fmt.Sprint(object)}[object%3])
		}
		y.oweTo(shopA, 1001, hookURL)
		y.oweTo(shopB, 1002, hookURL)
		begun, release := y.hanging("hangs.example")
		var loops sync.WaitGroup
		for range 4 {
			loops.Go(func() { _, err := y.sender.Step(background()); check(t, err) })
		}
		for range 4 {
			if host := <-begun; host != "hangs.example" {
				t.Fatalf("%s came before what had been due for longer", host)
			}
		}
		for range 2 {
			if worked, err := y.sender.Step(t.Context()); !worked || err != nil {
				t.Errorf("a good receiver waits behind one that hangs: %v, %v", worked, err)
			}
		}
		if m := y.of(shopA, 1001)[0]; m.Status != callback.Delivered {
			t.Errorf("its own shop's other receiver: %s", m.Status)
		}
		if m := y.of(shopB, 1002)[0]; m.Status != callback.Delivered {
			t.Errorf("another shop's receiver: %s", m.Status)
		}
		if worked, _ := y.sender.Step(t.Context()); worked {
			t.Error("a fifth loop works for the host that hangs")
		}
		release()
		loops.Wait()
	})
}

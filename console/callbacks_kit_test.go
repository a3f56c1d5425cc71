package console

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/brama-pay/brama/api/avanor"
	"github.com/brama-pay/brama/api/payparts"
	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/demo"
	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/shop"
)

func (k *kit) renderers() map[string]callback.Renderer {
	stores := shop.NewStoreDirectory(k.house.DB.Reader(), k.box, k.house.Clock.Time)
	return map[string]callback.Renderer{invoice.Avanor: avanor.Callbacks(nil), invoice.PayParts: payparts.Callbacks(stores)}
}

func (k *kit) newSender() *callback.Sender {
	return &callback.Sender{
		DB: k.house.DB, Shops: shop.NewDirectory(k.house.DB.Reader(), k.box, k.house.Clock.Time), Renderers: k.renderers(),
		Client: callback.NewClient(callback.Guard{Allow: callback.Loopback()}), Now: k.house.Clock.Time, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
}

func (k *kit) newDoctor() *doctor.Doctor {
	return &doctor.Doctor{
		DB: k.house.DB, Shops: k.sender.Shops, Stores: shop.NewStoreDirectory(k.house.DB.Reader(), k.box, k.house.Clock.Time), Renderers: k.renderers(),
		Client: k.sender.Client, Guard: callback.Guard{Allow: callback.Loopback()}, Now: k.house.Clock.Time, Random: rand.Reader,
	}
}

// owing is a use case that owes a shop messages about one invoice.
type owing struct {
	shop, object int64
	url          string
	events       []string
}

func (owing) Reads(*db.Reads) {}

func (u owing) Decide(s *db.State) (struct{}, error) {
	for i, event := range u.events {
		err := callback.Owe(s, int64(i+1), callback.Owed{
			Shop: u.shop, Object: u.object, Kind: callback.Invoice, Subject: u.object, Event: event, Protocol: invoice.Avanor, URL: u.url,
			Snapshot: invoice.View{Shop: u.shop, ID: u.object, OrderID: "order", Status: invoice.Succeeded, Currency: 840, PriceCurrency: 840, Amount: 100, Price: 100},
		})
		if err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

// owe owes messages about an invoice, and gives them.
func (k *kit) owe(t testing.TB, shop, object int64, url string, events ...string) []*callback.Message {
	t.Helper()
	if _, err := db.Do(context.Background(), k.house.DB, shop, owing{shop, object, url, events}); err != nil {
		t.Fatal(err)
	}
	return k.messages(t, shop, object)
}

func (k *kit) messages(t testing.TB, shop, object int64) []*callback.Message {
	t.Helper()
	list, err := callback.Of(context.Background(), k.house.DB.Reader(), shop, object)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// deliver tries everything that is due.
func (k *kit) deliver(t testing.TB) {
	t.Helper()
	for {
		worked, err := k.sender.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

// receiver is a shop's address that answers with a status and counts.
func receiver(t testing.TB, status int) (url string, count func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		n++
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/hook?token=t0p", func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

const demoShop = demo.Shop

package payout

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// What a payout costs the writer, from its acceptance to its final status: two use
// cases, without HTTP, signatures and the provider. cpu-µs is the processor time of
// the whole process, the figure to compare on a machine that does other work too.
func BenchmarkPayout(b *testing.B) {
	for _, shops := range []int64{1, 100} {
		b.Run(fmt.Sprintf("sqlite/shops=%d", shops), func(b *testing.B) { benchmarkPayout(b, dbtest.SQLite(b), shops) })
		b.Run(fmt.Sprintf("postgres/shops=%d", shops), func(b *testing.B) { benchmarkPayout(b, dbtest.Postgres(b), shops) })
	}
}

func benchmarkPayout(b *testing.B, h *dbtest.House, shops int64) {
	ctx := context.Background()
	furnish(ctx, b, h.DB, shops)
	batches, rows, cpu := h.DB.Stats.Batches.Load(), h.DB.Stats.Rows.Load(), processor()
	b.ResetTimer()
	const callers = 64
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for i := c; i < b.N; i += callers {
				if err := payOnce(ctx, h.DB, int64(i)%shops+1, fmt.Sprint("payment ", i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processor()-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(h.DB.Stats.Rows.Load()-rows)/float64(b.N), "rows/op")
	b.ReportMetric(2*float64(b.N)/float64(h.DB.Stats.Batches.Load()-batches), "acts/commit")
}

func payOnce(ctx context.Context, d *db.DB, shopID int64, id string) error {
	c := create(order("card_usd", "10.00"))
	c.Shop, c.PaymentID, c.Account = shopID, id, Sealed{Account: "sealed and sealed and sealed", Mask: "424242******4242", Print: "0123456789abcdef0123"}
	made, err := db.Do(ctx, d, shopID, c)
	if err != nil {
		return err
	}
	_, err = db.Do(ctx, d, shopID, Apply{Shop: shopID, ID: made.Payout.ID, N: 1, Outcome: provider.Outcome{Result: provider.Succeeded, ProviderID: "p"}, Timing: timing})
	return err
}

func processor() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// furnish puts rich shops and a payway into the books.
func furnish(ctx context.Context, b *testing.B, d *db.DB, shops int64) {
	b.Helper()
	way := payway.Create{Alias: "card_usd", Direction: payway.Out, Currency: money.USD, Values: []string{"provider=card", "percent=2"}, Actor: actor}
	_, err := db.Do(ctx, d, db.House, way)
	box := newBox(b)
	for id := int64(1); id <= shops && err == nil; id++ {
		var made shop.Create
		if made, _, err = shop.NewCreate(box, rand.NewChaCha8([32]byte{3}), id, "Shop", actor, shop.Secrets{}); err != nil {
			break
		}
		made.Values = []string{"payout_callback_url=https://shop.example/cb"}
		if _, err = db.Do(ctx, d, db.House, made); err == nil {
			_, err = db.Do(ctx, d, id, shop.Deposit{Shop: id, Amount: money.New(1_000_000_000_00, money.USD), Actor: actor})
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

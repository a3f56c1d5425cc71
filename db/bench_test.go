package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

// What a commit costs, and what it costs when 64 callers share it: one row is
// inserted and one changed per use case, on a real file with every commit synced.
func BenchmarkUseCase(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("sqlite/callers=%d", callers), func(b *testing.B) {
			benchmark(b, dbtest.SQLite(b, own()), callers)
		})
		b.Run(fmt.Sprintf("postgres/callers=%d", callers), func(b *testing.B) {
			benchmark(b, dbtest.Postgres(b, own()), callers)
		})
	}
}

func benchmark(b *testing.B, h *dbtest.House, callers int) {
	begun := h.DB.Stats.Batches.Load()
	b.ResetTimer()
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			shop := int64(c%4 + 1)
			for i := c; i < b.N; i += callers {
				count := increment(shop)
				u := act{reads: count.reads, decide: func(s *db.State) (int64, error) {
					events.Insert(s, &event{Shop: shop, ID: int64(i), Note: "a note of the usual length"})
					return count.decide(s)
				}}
				if _, err := db.Do(context.Background(), h.DB, shop, u); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/float64(h.DB.Stats.Batches.Load()-begun), "per-commit")
}

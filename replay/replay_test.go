package replay

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

func TestASignatureBelongsToItsFirstMethod(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		guard := Guard{h.DB}
		sign := strings.Repeat("a", 64)
		steps := []struct {
			shop         int64
			sign, method string
			refused      bool
		}{
			{1, sign, "invoice/charge", false},
			{1, sign, "invoice/charge", false},
			{1, sign, "invoice/unhold", true},
			{1, strings.Repeat("b", 64), "invoice/unhold", false},
			{2, sign, "invoice/unhold", false}, // another shop's is another signature
			{1, sign, "invoice/charge", false},
		}
		for i, step := range steps {
			err := guard.Use(context.Background(), step.shop, step.sign, step.method)
			if fault.Is(err, fault.Invalid) != step.refused || err != nil && !step.refused {
				t.Errorf("step %d: %v", i, err)
			}
		}
		h.Restart(t)
		if err := (Guard{h.DB}).Use(context.Background(), 1, sign, "invoice/unhold"); !fault.Is(err, fault.Invalid) {
			t.Errorf("after a restart: %v", err)
		}
	})
}

// Of two methods that use one signature at the same time exactly one may.
func TestOneOfTwoMethodsWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		var won [2]atomic.Int64
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				if (Guard{h.DB}).Use(context.Background(), 1, "s", []string{"invoice/charge", "invoice/unhold"}[i%2]) == nil {
					won[i%2].Add(1)
				}
			})
		}
		all.Wait()
		if a, b := won[0].Load(), won[1].Load(); a+b != 32 || a*b != 0 {
			t.Errorf("charge passed %d times, unhold %d", a, b)
		}
	})
}

func TestARefusalWritesNothing(t *testing.T) {
	s := db.NewState(1000, func() int64 { return 1 })
	uses.Put(s, &use{Shop: 1, Sign: "s", Method: "invoice/charge", At: 7})
	if _, err := (Use{1, "s", "invoice/unhold"}).Decide(s); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	if written := uses.Written(s); len(written) != 0 {
		t.Errorf("wrote %v", written)
	}
}

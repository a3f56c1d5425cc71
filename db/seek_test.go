package db_test

import (
	"context"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
)

type sought struct {
	Shop, ID, Wanted, N, Transfer, At int64
	Kind, Found                       string
}

var soughts = db.NewTable("contradiction", "shop_id, id, operation, n, kind, found, transfer_id, at", "id, shop_id", func(s *sought) []any {
	return []any{&s.Shop, &s.ID, &s.Wanted, &s.N, &s.Kind, &s.Found, &s.Transfer, &s.At}
})

// A look goes through so many rows and no more; going on where it says finds
// everything, each once, and ends.
func TestSeekGoesOn(t *testing.T) {
	defer db.SetSeekRows(10)()
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		if _, err := db.Do(ctx, h.DB, 1, filling(95)); err != nil {
			t.Fatal(err)
		}
		var ids []int64
		looks, short := 0, 0
		for s := (db.Seek{From: 5, Limit: 3}); ; looks++ {
			found, err := soughts.Seek(ctx, h.DB.Reader(), s, func(s *sought) int64 { return s.ID }, func(floor int64, limit int) ([]*sought, error) {
				return soughts.Select(ctx, h.DB.Reader(), "shop_id = $1 AND id < $2 AND id >= $3 AND operation = 0 ORDER BY id DESC LIMIT $4", 1, s.Begin().Before, floor, limit)
			})
			if err != nil || looks > 50 {
				t.Fatal(looks, err)
			}
			for _, row := range found.Rows {
				ids = append(ids, row.ID)
			}
			if found.Next > 0 && !found.Full {
				short++
			}
			if s.Before = found.Next; s.Before == 0 {
				break
			}
		}
		if want := []int64{94, 93, 92, 91, 87, 80, 73, 66, 59, 52, 45, 38, 31, 24, 17, 10}; !slices.Equal(ids, want) || short < 7 {
			t.Errorf("%v in %d looks, %d of them short; want %v", ids, looks, short, want)
		}
	})
}

// filling are rows of which every seventh is sought, and the newest all are.
type filling int64

func (filling) Reads(*db.Reads) {}

func (n filling) Decide(s *db.State) (struct{}, error) {
	for i := range int64(n) {
		row := &sought{Shop: 1, ID: i, N: i, Wanted: (i + 4) % 7}
		if i > 90 {
			row.Wanted = 0
		}
		if i > 0 {
			soughts.Insert(s, row)
		}
	}
	return struct{}{}, nil
}

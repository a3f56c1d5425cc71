package payout

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
)

// kept is a use case that stores rows as they are.
type kept struct{ rows []Payout }

func (k kept) Reads(*db.Reads) {}

func (k kept) Decide(s *db.State) (struct{}, error) {
	for i := range k.rows {
		payouts.Insert(s, &k.rows[i])
	}
	return struct{}{}, nil
}

// A search finds what it is asked for and nothing else, newest first, page by page.
func TestSearch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		statuses := []Status{Created, Confirming, Sent, ProviderError, Completed, Rejected, NetworkError}
		var rows []Payout
		for i := range int64(28) {
			rows = append(rows, Payout{
				Shop: 1 + i%2, ID: db.FirstID(dbtest.Start.UnixMilli() + i*1000), PaymentID: fmt.Sprint("p", i/2), Payway: "card", Provider: "bank",
				Currency: money.USD, WriteOff: 100 + i, ReceiveCurrency: money.USD, Receive: 100, Status: statuses[i%7],
			})
		}
		rows[0].Payway, rows[1].Provider, rows[2].Currency = "other", "another", money.EUR
		for _, shop := range []int64{1, 2} {
			mine := slices.DeleteFunc(slices.Clone(rows), func(p Payout) bool { return p.Shop != shop })
			if _, err := db.Do(ctx, h.DB, shop, kept{mine}); err != nil {
				t.Fatal(err)
			}
		}
		every := func(Payout) bool { return true }
		for name, test := range map[string]struct {
			search Search
			want   func(Payout) bool
		}{
			"all":            {Search{}, every},
			"shop":           {Search{Shop: 2}, func(p Payout) bool { return p.Shop == 2 }},
			"status":         {Search{Status: Completed}, func(p Payout) bool { return p.Status == Completed }},
			"rare status":    {Search{Status: NetworkError}, func(p Payout) bool { return p.Status == NetworkError }},
			"attention":      {Search{Attention: true}, func(p Payout) bool { return slices.Contains(rare, p.Status) }},
			"both":           {Search{Attention: true, Status: Confirming, Shop: 1}, func(p Payout) bool { return p.Status == Confirming && p.Shop == 1 }},
			"payway":         {Search{Payway: "other"}, func(p Payout) bool { return p.Payway == "other" }},
			"provider":       {Search{Provider: "another"}, func(p Payout) bool { return p.Provider == "another" }},
			"currency":       {Search{Currency: money.EUR}, func(p Payout) bool { return p.Currency == money.EUR }},
			"amounts":        {Search{Least: 105, Most: 110}, func(p Payout) bool { return p.WriteOff >= 105 && p.WriteOff <= 110 }},
			"rare, amounts":  {Search{Status: Confirming, Least: 110}, func(p Payout) bool { return p.Status == Confirming && p.WriteOff >= 110 }},
			"since":          {Search{Seek: db.Seek{From: rows[20].ID}}, func(p Payout) bool { return p.ID >= rows[20].ID }},
			"until":          {Search{Until: rows[5].ID}, func(p Payout) bool { return p.ID < rows[5].ID }},
			"rare, between":  {Search{Seek: db.Seek{From: rows[5].ID}, Until: rows[20].ID, Status: NetworkError}, func(p Payout) bool { return p.Status == NetworkError && p.ID >= rows[5].ID && p.ID < rows[20].ID }},
			"nothing":        {Search{Shop: 3}, func(Payout) bool { return false }},
			"newest are not": {Search{Seek: db.Seek{From: rows[27].ID + 1}}, func(Payout) bool { return false }},
		} {
			var want, got []int64
			for _, p := range slices.Backward(rows) {
				if test.want(p) {
					want = append(want, p.ID)
				}
			}
			q := test.search
			q.Limit = 3
			for range 20 {
				found, err := q.Find(ctx, h.DB.Reader())
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if found.Full && len(found.Rows) != 3 {
					t.Errorf("%s: a full page of %d", name, len(found.Rows))
				}
				for _, p := range found.Rows {
					got = append(got, p.ID)
				}
				if q.Before = found.Next; q.Before == 0 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		named, err := Named(ctx, h.DB.Reader(), rows[4].ID, "p7")
		if err != nil || len(named) != 3 || named[0].ID != rows[4].ID || named[1].PaymentID != "p7" || named[2].Shop != 2 {
			t.Errorf("named: %v, %v", named, err)
		}
	})
}

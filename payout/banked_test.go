package payout

import (
	"context"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
)

func TestBanked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		var rows []Payout
		for i := range int64(6) {
			rows = append(rows, Payout{Shop: 1, ID: i + 1, PaymentID: numbered(int(i)), Payway: "card", Provider: "bank", Currency: money.USD, WriteOff: 100,
				ReceiveCurrency: money.USD, Receive: 100, Status: Completed})
		}
		rows[1].RRN, rows[4].BankTransaction = "R1", "R1"
		if _, err := db.Do(ctx, h.DB, 1, kept{rows}); err != nil {
			t.Fatal(err)
		}
		for shop, want := range map[int64]int{0: 2, 1: 2, 2: 0} {
			found, err := Banked(ctx, h.DB.Reader(), shop, "R1", db.Seek{Limit: 10})
			if err != nil || len(found.Rows) != want || found.Next != 0 {
				t.Errorf("of shop %d: %v, %v", shop, found, err)
			}
		}
		if found, err := Banked(ctx, h.DB.Reader(), 0, "R1", db.Seek{Before: 5, Limit: 10}); err != nil || len(found.Rows) != 1 || found.Rows[0].ID != 2 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

package payway_test

import (
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

func TestDirectoryIsAtMostASecondOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		d := payway.NewDirectory(h.DB.Reader(), h.Clock.Time)
		if _, err := d.Find(t.Context(), "new_usd"); !fault.Is(err, fault.PaywayNotFound) {
			t.Fatalf("before it is made: %v", err)
		}
		made := payway.Create{Alias: "new_usd", Direction: payway.Out, Currency: money.USD, Values: []string{"provider=p", "percent=1"}, Actor: "test"}
		if _, err := db.Do(t.Context(), h.DB, db.House, made); err != nil {
			t.Fatal(err)
		}
		h.Clock.Add(time.Second)
		if row, err := d.Find(t.Context(), "new_usd"); err != nil || row.Percent.String() != "1" {
			t.Fatalf("a second after it was made: %v, %v", row, err)
		}
		if _, err := db.Do(t.Context(), h.DB, db.House, payway.Set{Alias: "new_usd", Values: []string{"percent=2"}, Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		h.Clock.Add(time.Second)
		if row, err := d.Find(t.Context(), "new_usd"); err != nil || row.Percent.String() != "2" {
			t.Errorf("a second after it was changed: %v, %v", row, err)
		}
	})
}

package shop_test

import (
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

// One operator may make more payouts wait for two, never fewer.
func TestOneAloneLowersOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		create(t, h, boxOf(t), 1520)
		for i, step := range []struct {
			to      string
			refused bool
		}{
			{"USD:100.00", false}, // the first limit
			{"USD:100.01", true},
			{"USD:99.99,EUR:5", false},
			{"USD:99.99", true}, // EUR would not wait any more
			{"EUR:5.00", true},
			{"", true},
			{"USD:1.00,EUR:6.00", true}, // one lower does not pay for the other
			{"USD:99.9900,EUR:5,JPY:0", true},
			{"USD:99.99,EUR:5,JPY:0", false},
			{"USD:0,EUR:0,JPY:0", false},
			{"USD:0,EUR:0,JPY:1", true},
		} {
			_, err := db.Do(ctx, h.DB, 1520, shop.Set{Shop: 1520, Values: []string{"hold_minutes=9", "confirm_above=" + step.to}, Alone: true, Actor: actor})
			if fault.Is(err, fault.Invalid) != step.refused || err != nil && !step.refused {
				t.Errorf("step %d, %q: %v", i, step.to, err)
			}
		}
	})
}

// What two agreed on is what they saw.
func TestSetConfirm(t *testing.T) {
	h := dbtest.SQLite(t)
	create(t, h, boxOf(t), 1520, "confirm_above=USD:100.00")
	if _, err := db.Do(ctx, h.DB, 1520, shop.SetConfirm{Shop: 1520, From: "USD:90.00", To: "", Actor: actor}); !fault.Is(err, fault.Busy) {
		t.Errorf("of other limits: %v", err)
	}
	if _, err := db.Do(ctx, h.DB, 1520, shop.SetConfirm{Shop: 1520, From: "USD:100.00", To: "USD:100", Actor: actor}); !fault.Is(err, fault.Invalid) {
		t.Errorf("the same: %v", err)
	}
	if _, err := db.Do(ctx, h.DB, 1520, shop.SetConfirm{Shop: 1520, From: "USD:100.00", To: "USD:200.00", Actor: actor}); err != nil {
		t.Error(err)
	}
	row, _ := shop.Load(ctx, h.DB.Reader(), 1520)
	if settings, err := row.Settings(); err != nil || settings.Text("confirm_above") != "USD:200.00" {
		t.Errorf("%s, %v", row.Stored, err)
	}
	if got := acts(t, h, 1520); got[len(got)-1] != `shop.set: confirm_above: "USD:100.00" to "USD:200.00"` {
		t.Errorf("audit: %q", got)
	}
}

package shop_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

func TestManualTransfer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		create(t, h, boxOf(t), 7)
		do(t, h, 7, shop.Deposit{Shop: 7, Amount: money.New(5000, money.USD), Actor: actor})
		good := shop.Transfer{Shop: 7, From: ledger.Available, To: ledger.Suspense, Amount: money.New(1500, money.USD), Reason: "paid twice", Actor: actor}
		id := do(t, h, 7, good)
		balances := func() map[ledger.Purpose]int64 {
			all, err := ledger.Balances(ctx, h.DB.Reader(), 7)
			if err != nil {
				t.Fatal(err)
			}
			got := map[ledger.Purpose]int64{}
			for _, a := range all {
				got[a.Purpose] = a.Balance
			}
			return got
		}
		want := map[ledger.Purpose]int64{ledger.Available: 3500, ledger.Suspense: 1500, ledger.Funding: -5000}
		if diff := cmp.Diff(want, balances()); diff != "" {
			t.Error(diff)
		}
		lines, err := ledger.Statement(ctx, h.DB.Reader(), 7, money.USD, ledger.Suspense, "", 0, 10)
		if err != nil || len(lines) != 1 || lines[0].Transfer != id || lines[0].Kind != shop.KindManual || lines[0].Note != "paid twice" {
			t.Errorf("%+v, %v", lines, err)
		}
		if list := acts(t, h, 7); len(list) != 3 || list[2] != "ledger.transfer: transfer "+strconv.FormatInt(id, 10)+": 15.00 USD from available to suspense; paid twice" {
			t.Errorf("%q", list)
		}
		for field, change := range map[string]func(*shop.Transfer){
			"from":   func(u *shop.Transfer) { u.From = ledger.Frozen },
			"to":     func(u *shop.Transfer) { u.To = ledger.Clearing },
			"amount": func(u *shop.Transfer) { u.Amount.Minor = 0 },
			"reason": func(u *shop.Transfer) { u.Reason = "" },
		} {
			u := good
			change(&u)
			if _, err := db.Do(ctx, h.DB, 7, u); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field+"=") {
				t.Errorf("%s: %v", field, err)
			}
		}
		same, much, nobody := good, good, good
		same.To, much.Amount.Minor, nobody.Shop = ledger.Available, 3501, 8
		for _, refused := range []struct {
			u    shop.Transfer
			kind fault.Kind
		}{{same, fault.Invalid}, {much, fault.Balance}, {nobody, fault.ShopNotFound}} {
			if _, err := db.Do(ctx, h.DB, 7, refused.u); !fault.Is(err, refused.kind) {
				t.Errorf("%+v: %v", refused.u, err)
			}
		}
		if diff := cmp.Diff(want, balances()); diff != "" {
			t.Error("a refused transfer moved money: " + diff)
		}
		if err := ledger.Verify(ctx, h.DB.Reader(), 7, func(d ledger.Difference) { t.Error(d) }); err != nil {
			t.Error(err)
		}
	})
}

// Who edits what somebody else has changed meanwhile is refused.
func TestStaleEdit(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 7)
	row, err := shop.Load(ctx, h.DB.Reader(), 7)
	if err != nil {
		t.Fatal(err)
	}
	do(t, h, 7, shop.Set{Shop: 7, Values: []string{"invoice_minutes=10"}, Seen: row.Version, Actor: actor})
	if _, err := db.Do(ctx, h.DB, 7, shop.Set{Shop: 7, Values: []string{"invoice_minutes=20"}, Seen: row.Version, Actor: actor}); !fault.Is(err, fault.Busy) {
		t.Errorf("a shop: %v", err)
	}
	ways(t, h)
	u, _, err := shop.NewStore(box, rand.NewChaCha8([32]byte{3}), "S1", 7, "payparts_uah", "", actor)
	if err != nil {
		t.Fatal(err)
	}
	store := do(t, h, db.House, u)
	do(t, h, db.House, shop.SetStore{ID: "S1", Values: []string{"hold_days=3"}, Seen: store.Version, Actor: actor})
	if _, err := db.Do(ctx, h.DB, db.House, shop.SetStore{ID: "S1", Values: []string{"hold_days=4"}, Seen: store.Version, Actor: actor}); !fault.Is(err, fault.Busy) {
		t.Errorf("a store: %v", err)
	}
}

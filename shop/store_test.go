package shop_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

const (
	storeID  = "4AAD1369CF734B64B70F"
	password = "75bef16bfdce4d0e9c0ad5a19b9940df"
)

// ways makes payways: two by which a store can be paid, and what is none for it.
func ways(t testing.TB, h *dbtest.House) {
	t.Helper()
	for _, one := range []payway.Create{
		{Alias: "payparts_uah", Direction: payway.In, Currency: money.UAH},
		{Alias: "other_uah", Direction: payway.In, Currency: money.UAH, Values: []string{"active=false"}},
		{Alias: "card_usd", Direction: payway.In, Currency: money.USD},
		{Alias: "out_uah", Direction: payway.Out, Currency: money.UAH},
		{Alias: "anothers_uah", Direction: payway.In, Currency: money.UAH, Values: []string{"shops=7"}},
	} {
		one.Values, one.Actor = append(one.Values, "provider=bank"), actor
		do(t, h, db.House, one)
	}
}

func createStore(t testing.TB, h *dbtest.House, box *seal.Box, values ...string) {
	t.Helper()
	ways(t, h)
	u, plain, err := shop.NewStore(box, rand.NewChaCha8([32]byte{3}), storeID, 1520, "payparts_uah", password, actor)
	if err != nil || plain != password {
		t.Fatalf("%q %v", plain, err)
	}
	u.Values = values
	do(t, h, db.House, u)
}

func TestStoreIsBornWithItsDefaults(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		create(t, h, box, 1520)
		createStore(t, h, box, "partial_decline=true")
		row, err := shop.LoadStore(ctx, h.DB.Reader(), storeID)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(fmt.Sprintf("%+v", *row), password) {
			t.Error("the password is in the row in clear")
		}
		e, err := shop.OpenStore(box, row)
		if err != nil {
			t.Fatal(err)
		}
		want := shop.StoreSettings{
			Min: money.New(30_000, money.UAH), Max: money.New(30_000_000, money.UAH), PartialDecline: true, ConfirmSignature: shop.Docs,
			TokenMinutes: 1440, HoldDays: 30, Rates: shop.StoreRates{II: 29 * money.Scale / 10, IA: 99 * money.Scale / 100},
		}
		if diff := cmp.Diff(want, e.Settings); diff != "" {
			t.Error(diff)
		}
		if e.Store.Shop != 1520 || e.Store.Payway != "payparts_uah" || e.Password != password || e.Settings.TokenLife() != 24*time.Hour {
			t.Errorf("%+v", e.Store)
		}
		if text := fmt.Sprintf("%v %+v %s", e, e, e); strings.Contains(text, password) {
			t.Errorf("an entry prints its password: %s", text)
		}
		got := acts(t, h, db.House)
		if last := got[len(got)-1]; last != "store.create: shop 1520; payway: payparts_uah; partial_decline=true" {
			t.Errorf("audit %q", last)
		}
	})
}

func TestStoreIsRefused(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	createStore(t, h, box)
	for _, c := range []struct {
		what, id, payway, password string
		shop                       int64
		values                     []string
		want                       fault.Kind
	}{
		{"its id is taken", storeID, "payparts_uah", "", 1520, nil, fault.NotUnique},
		{"there is no such shop", "A", "payparts_uah", "", 7, nil, fault.ShopNotFound},
		{"an id of 21", strings.Repeat("A", 21), "payparts_uah", "", 1520, nil, fault.Invalid},
		{"an id that an answer begins with", "FAILFA", "payparts_uah", "", 1520, nil, fault.Invalid},
		{"an id that an answer begins with", "S", "payparts_uah", "", 1520, nil, fault.Invalid},
		{"no payway", "A", "", "", 1520, nil, fault.Invalid},
		{"a short password", "A", "payparts_uah", "short", 1520, nil, fault.Invalid},
		{"limits crossed", "A", "payparts_uah", "", 1520, []string{"min_amount=500", "max_amount=499.99"}, fault.Invalid},
		{"nothing allowed", "A", "payparts_uah", "", 1520, []string{"min_amount=0"}, fault.Invalid},
		{"an unknown setting", "A", "payparts_uah", "", 1520, []string{"colour=red"}, fault.Invalid},
		{"an unknown word", "A", "payparts_uah", "", 1520, []string{"confirm_signature=both"}, fault.Invalid},
		{"a hold for ever", "A", "payparts_uah", "", 1520, []string{"hold_days=366"}, fault.Invalid},
		{"a rate above the price", "A", "payparts_uah", "", 1520, []string{"rate_ii=100.01"}, fault.Invalid},
	} {
		u, _, err := shop.NewStore(box, rand.NewChaCha8([32]byte{3}), c.id, c.shop, c.payway, c.password, actor)
		if err == nil {
			u.Values = c.values
			_, err = db.Do(ctx, h.DB, db.House, u)
		}
		if !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestStoreIsChangedAsAWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		create(t, h, box, 1520)
		createStore(t, h, box)
		_, err := db.Do(ctx, h.DB, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=7", "token_minutes=0"}, Actor: actor})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("token_minutes=0: %v", err)
		}
		changes := do(t, h, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=7", "max_amount=1000", "payway=other_uah", "rate_pp="}, Actor: actor})
		want := []shop.Change{{"max_amount", "300000.00", "1000.00"}, {"hold_days", "30", "7"}, {"payway", "payparts_uah", "other_uah"}}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Error(diff)
		}
		if again := do(t, h, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=7"}, Actor: actor}); again != nil {
			t.Errorf("nothing differs, yet %v", again)
		}
		row, _ := shop.LoadStore(ctx, h.DB.Reader(), storeID)
		if settings, _ := row.Settings(); row.Payway != "other_uah" || settings.HoldDays != 7 || settings.Text("max_amount") != "1000.00" {
			t.Errorf("%+v", row)
		}
		if _, err := db.Do(ctx, h.DB, db.House, shop.SetStore{ID: "NONE", Actor: actor}); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

// A store is led to an incoming payway in UAH that its shop may use, when it is made
// and later; whoever leads it elsewhere hears what is wrong with that.
func TestStoreIsLedToAPaywayThatServesIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		create(t, h, box, 1520)
		createStore(t, h, box)
		for alias, want := range map[string]string{
			"none_uah":     "there is no payway none_uah; make it first, incoming and in UAH",
			"card_usd":     "card_usd is in USD; name an incoming payway in UAH",
			"out_uah":      "out_uah is for payouts; name an incoming payway in UAH",
			"anothers_uah": "anothers_uah is not open to shop 1520; open it first (open=1520), or name another",
			"no\x00alias":  "must be the alias of a payway: 1 to 150 letters, digits and _ , [ ]",
		} {
			u, _, err := shop.NewStore(box, rand.NewChaCha8([32]byte{3}), "NEW-1", 1520, alias, "", actor)
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Do(ctx, h.DB, db.House, u)
			if want := fault.Param("payway", want).Error(); !fault.Is(err, fault.Invalid) || err.Error() != want {
				t.Errorf("a new store by %q: %v; want %s", alias, err, want)
			}
			_, err = db.Do(ctx, h.DB, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=7", "payway=" + alias}, Actor: actor})
			if want := fault.Param("payway", want).Error(); !fault.Is(err, fault.Invalid) || err.Error() != want {
				t.Errorf("the store to %q: %v; want %s", alias, err, want)
			}
		}
		row, err := shop.LoadStore(ctx, h.DB.Reader(), storeID)
		if err != nil || row.Payway != "payparts_uah" || row.Version != 1 {
			t.Errorf("%+v, %v", row, err)
		}
		if _, err := shop.LoadStore(ctx, h.DB.Reader(), "NEW-1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a store that was refused: %v", err)
		}
		// A payway that was closed since does not keep the store's other settings as they are.
		do(t, h, db.House, payway.Set{Alias: "payparts_uah", Values: []string{"shops=7"}, Actor: actor})
		if changes := do(t, h, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=7"}, Actor: actor}); len(changes) != 1 {
			t.Errorf("%v", changes)
		}
	})
}

func TestStorePasswordRotates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		create(t, h, box, 1520)
		createStore(t, h, box)
		d := shop.NewStoreDirectory(h.DB.Reader(), box, h.Clock.Time)
		entry := func() *shop.StoreEntry {
			t.Helper()
			h.Clock.Add(shop.Fresh)
			e, err := d.Find(ctx, storeID)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		rotation := func(revoke bool) (shop.RotateStorePassword, string) {
			row, _ := shop.LoadStore(ctx, h.DB.Reader(), storeID)
			u, plain, err := shop.NewStoreRotation(box, rand.NewChaCha8([32]byte{byte(row.Version)}), row, "", revoke, actor)
			if err != nil {
				t.Fatal(err)
			}
			return u, plain
		}
		u, second := rotation(false)
		do(t, h, db.House, u)
		if e := entry(); !cmp.Equal(e.Passwords(), []string{second, password}) || e.SigningPassword() != password {
			t.Error("while rotating both count, and the old one signs")
		}
		u, _ = rotation(false)
		if _, err := db.Do(ctx, h.DB, db.House, u); !fault.Is(err, fault.Busy) {
			t.Errorf("a rotation within a rotation: %v", err)
		}
		if !do(t, h, db.House, shop.FinishStoreRotation{ID: storeID, Actor: actor}) || do(t, h, db.House, shop.FinishStoreRotation{ID: storeID, Actor: actor}) {
			t.Error("a rotation ends once")
		}
		if e := entry(); !cmp.Equal(e.Passwords(), []string{second}) || e.SigningPassword() != second {
			t.Error("finished, only the new one counts")
		}
		u, third := rotation(true)
		do(t, h, db.House, u)
		if e := entry(); !cmp.Equal(e.Passwords(), []string{third}) {
			t.Error("revoked, the old one does not count")
		}
	})
}

func TestStoreDirectoryIsNeverOlderThanASecond(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	d := shop.NewStoreDirectory(h.DB.Reader(), box, h.Clock.Time)
	if _, err := d.Find(ctx, storeID); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	createStore(t, h, box)
	if _, err := d.Find(ctx, storeID); !fault.Is(err, fault.NotFound) {
		t.Error("that there is none is kept as long as an entry")
	}
	h.Clock.Add(shop.Fresh)
	first, err := d.Find(ctx, storeID)
	if err != nil {
		t.Fatal(err)
	}
	do(t, h, db.House, shop.SetStore{ID: storeID, Values: []string{"hold_days=1"}, Actor: actor})
	if kept, _ := d.Find(ctx, storeID); kept != first {
		t.Error("a fresh entry was read again")
	}
	h.Clock.Add(shop.Fresh)
	if now, _ := d.Find(ctx, storeID); now.Settings.HoldDays != 1 {
		t.Error("an old entry is believed")
	}
	if _, err := d.Find(ctx, "no\x00store"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestStorePasswordsMoveUnderANewKey(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	createStore(t, h, box)
	key, err := seal.NewKey(rand.NewChaCha8([32]byte{9}), "b")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := shop.NewStoreReseals(ctx, h.DB.Reader(), box); err != nil || len(list) != 0 {
		t.Fatalf("%v %v", list, err)
	}
	if err := box.Lead(key); err != nil {
		t.Fatal(err)
	}
	list, err := shop.NewStoreReseals(ctx, h.DB.Reader(), box)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	do(t, h, db.House, list[0])
	row, _ := shop.LoadStore(ctx, h.DB.Reader(), storeID)
	if e, err := shop.OpenStore(box, row); err != nil || e.Password != password || !box.Current(row.Password) {
		t.Errorf("%v %v", e, err)
	}
	if _, err := db.Do(ctx, h.DB, db.House, list[0]); !fault.Is(err, fault.Busy) {
		t.Errorf("a row that was changed meanwhile: %v", err)
	}
}

func TestStoresOfAShop(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	create(t, h, box, 7)
	ways(t, h)
	for i, owner := range []int64{1520, 7, 1520} {
		u, _, err := shop.NewStore(box, rand.NewChaCha8([32]byte{byte(i)}), fmt.Sprint("STORE-", i), owner, "payparts_uah", "", actor)
		if err != nil {
			t.Fatal(err)
		}
		do(t, h, db.House, u)
	}
	ids := func(owner int64, after string, limit int) (list []string) {
		rows, err := shop.ListStores(ctx, h.DB.Reader(), owner, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			list = append(list, row.ID)
		}
		return list
	}
	// "STORE-…" begins as SUCCESS does not, so it is a good id.
	if got := ids(1520, "", 10); !cmp.Equal(got, []string{"STORE-0", "STORE-2"}) {
		t.Error(got)
	}
	if got := ids(0, "STORE-0", 1); !cmp.Equal(got, []string{"STORE-1"}) {
		t.Error(got)
	}
}

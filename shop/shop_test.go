package shop_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

var ctx = context.Background()

const actor = "operator:ann"

func boxOf(t testing.TB) *seal.Box {
	t.Helper()
	random := rand.NewChaCha8([32]byte{7})
	key, err := seal.NewKey(random, "a")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(random, seal.Keys{key})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// create makes a shop and gives its secrets in clear.
func create(t testing.TB, h *dbtest.House, box *seal.Box, id int64, values ...string) shop.Secrets {
	t.Helper()
	u, secrets, err := shop.NewCreate(box, rand.NewChaCha8([32]byte{byte(id)}), id, "A shop", actor, shop.Secrets{})
	if err != nil {
		t.Fatal(err)
	}
	u.Values = values
	if _, err := db.Do(ctx, h.DB, db.House, u); err != nil {
		t.Fatal(err)
	}
	return secrets
}

// do runs a use case of a shop that must pass.
func do[A any](t testing.TB, h *dbtest.House, id int64, u db.UseCase[A]) A {
	t.Helper()
	answer, err := db.Do(ctx, h.DB, id, u)
	if err != nil {
		t.Fatalf("%T: %v", u, err)
	}
	return answer
}

// acts are what a shop's audit holds, "act: detail".
func acts(t testing.TB, h *dbtest.House, id int64) []string {
	t.Helper()
	links, err := audit.List(ctx, h.DB.Reader(), id, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, link := range links {
		list = append(list, link.Act+": "+link.Detail)
	}
	if err := audit.Verify(ctx, h.DB.Reader(), id, func(what, subject, detail string) { t.Error(what, subject, detail) }); err != nil {
		t.Fatal(err)
	}
	return list
}

func entryOf(t testing.TB, h *dbtest.House, box *seal.Box, id int64) *shop.Entry {
	t.Helper()
	row, err := shop.Load(ctx, h.DB.Reader(), id)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := shop.OpenEntry(box, row)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestCreate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		secrets := create(t, h, box, 1520, "callback_ok=true")
		entry := entryOf(t, h, box, 1520)
		if entry.Secret != secrets.API || entry.WebhookKey != secrets.Webhook || !entry.Shop.Active || !entry.Settings.CallbackOK {
			t.Errorf("the entry is not what was made: %+v", entry.Settings)
		}
		if len(secrets.API) != 64 || !strings.HasPrefix(secrets.Webhook, "whsec_") {
			t.Error("the secrets are not of 256 bits")
		}
		kept := fmt.Sprintf("%+v", entry.Shop) + strings.Join(acts(t, h, 1520), "\n")
		if strings.Contains(kept, secrets.API) || strings.Contains(kept, secrets.Webhook[6:]) {
			t.Error("a secret is kept in clear")
		}
		again, _, _ := shop.NewCreate(box, rand.NewChaCha8([32]byte{9}), 1520, "Another", actor, shop.Secrets{})
		if _, err := db.Do(ctx, h.DB, db.House, again); !fault.Is(err, fault.NotUnique) {
			t.Errorf("a second shop of the same number: %v", err)
		}
		wrong, _, _ := shop.NewCreate(box, rand.NewChaCha8([32]byte{9}), 1521, "Wrong", actor, shop.Secrets{})
		wrong.Values = []string{"callback_ok=perhaps"}
		if _, err := db.Do(ctx, h.DB, db.House, wrong); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong setting: %v", err)
		}
		list, err := shop.List(ctx, h.DB.Reader(), 0, 10)
		if err != nil || len(list) != 1 || list[0].Name != "A shop" {
			t.Errorf("shops: %v, %v", list, err)
		}
		if got := acts(t, h, 1520); len(got) != 1 || got[0] != `shop.create: name: "A shop"; callback_ok=true` {
			t.Errorf("audit: %q", got)
		}
	})
}

func TestNewCreate(t *testing.T) {
	box := boxOf(t)
	const key = "whsec_YnJhbWEtZGVtby13ZWJob29rLWtleS0xNTIwISE=" // api/sandbox.md
	for _, test := range []struct {
		what  string
		id    int64
		name  string
		given shop.Secrets
		names string // the parameter that is wrong
	}{
		{"demo shop", 1520, "Demo shop", shop.Secrets{API: "account-secret-key", Webhook: key}, ""},
		{"drawn", 0, "Магазин", shop.Secrets{}, ""},
		{"greatest", shop.MaxID, "x", shop.Secrets{}, ""},
		{"too great", shop.MaxID + 1, "x", shop.Secrets{}, "id"},
		{"negative", -1, "x", shop.Secrets{}, "id"},
		{"no name", 1, "", shop.Secrets{}, "name"},
		{"two lines", 1, "a\nb", shop.Secrets{}, "name"},
		{"spaces", 1, " a", shop.Secrets{}, "name"},
		{"not UTF-8", 1, "a\xff", shop.Secrets{}, "name"},
		{"weak secret", 1, "x", shop.Secrets{API: "short"}, "secret"},
		{"secret with a space", 1, "x", shop.Secrets{API: "account secret key"}, "secret"},
		{"not a key", 1, "x", shop.Secrets{Webhook: "account-secret-key"}, "webhook_key"},
	} {
		u, secrets, err := shop.NewCreate(box, rand.NewChaCha8([32]byte{3}), test.id, test.name, actor, test.given)
		switch {
		case test.names != "":
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), " "+test.names+"=") {
				t.Errorf("%s: %v", test.what, err)
			}
		case err != nil:
			t.Errorf("%s: %v", test.what, err)
		case test.given.API != "" && secrets != test.given:
			t.Errorf("%s: the given secrets were not taken", test.what)
		case test.id == 0 && (u.ID < 100_000_000 || u.ID > 999_999_999):
			t.Errorf("%s: number %d", test.what, u.ID)
		}
	}
}

func TestTheHouseIsNoShop(t *testing.T) {
	h := dbtest.SQLite(t)
	directory := shop.NewDirectory(h.DB.Reader(), boxOf(t), h.Clock.Time)
	for _, id := range []int64{0, -1, 22222222222, shop.MaxID + 1} {
		want := fmt.Sprintf("Shop (id = %d) is not found", id)
		if _, err := directory.Find(ctx, id); !fault.Is(err, fault.ShopNotFound) || err.Error() != want {
			t.Errorf("Find %d: %v", id, err)
		}
		if _, err := shop.Load(ctx, h.DB.Reader(), id); !fault.Is(err, fault.ShopNotFound) {
			t.Errorf("Load %d: %v", id, err)
		}
		if _, err := db.Do(ctx, h.DB, id&shop.MaxID, shop.Activate(id, actor)); !fault.Is(err, fault.ShopNotFound) {
			t.Errorf("Activate %d: %v", id, err)
		}
	}
}

func TestSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		create(t, h, boxOf(t), 1520)
		changes := do(t, h, 1520, shop.Set{Shop: 1520, Values: []string{"name=New", "hold_minutes=60", "callback_ok=false"}, Actor: actor})
		want := []shop.Change{{"hold_minutes", "7200", "60"}, {"name", "A shop", "New"}}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Error(diff)
		}
		for _, values := range [][]string{{"hold_minutes=60"}, nil} {
			if changes := do(t, h, 1520, shop.Set{Shop: 1520, Values: values, Actor: actor}); len(changes) != 0 {
				t.Errorf("%v changed %v", values, changes)
			}
		}
		if _, err := db.Do(ctx, h.DB, 1520, shop.Set{Shop: 1520, Values: []string{"hold_minutes=5", "refund_fee=never"}, Actor: actor}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong value: %v", err)
		}
		row, err := shop.Load(ctx, h.DB.Reader(), 1520)
		if err != nil || row.Name != "New" || row.Stored != `{"hold_minutes":60}` {
			t.Errorf("%+v, %v", row, err)
		}
		if got := acts(t, h, 1520); len(got) != 2 || got[1] != `shop.set: hold_minutes: "7200" to "60"; name: "A shop" to "New"` {
			t.Errorf("audit: %q", got)
		}
	})
}

// Settings set at the same time are merged in the transaction: none is lost.
func TestConcurrentSetsAreAllKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		create(t, h, boxOf(t), 1520)
		values := []string{
			"callback_url=https://a.example", "success_url=https://b.example", "callback_ok=true",
			"refund_fee=return", "hold_minutes=9", "invoice_minutes=8", "addresses=10.0.0.1", "confirm_above=USD:5.00",
		}
		var all sync.WaitGroup
		for _, value := range values {
			all.Go(func() {
				if _, err := db.Do(ctx, h.DB, 1520, shop.Set{Shop: 1520, Values: []string{value}, Actor: actor}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		row, _ := shop.Load(ctx, h.DB.Reader(), 1520)
		settings, err := row.Settings()
		if err != nil || settings.CallbackURL == "" || settings.SuccessURL == "" || !settings.CallbackOK || settings.RefundFee != shop.Return ||
			settings.HoldMinutes != 9 || settings.InvoiceMinutes != 8 || len(settings.Addresses) != 1 || settings.ConfirmAbove["USD"] != "5.00" {
			t.Errorf("lost: %s, %v", row.Stored, err)
		}
		if got := acts(t, h, 1520); len(got) != 1+len(values) {
			t.Errorf("audit: %q", got)
		}
	})
}

func TestActivate(t *testing.T) {
	h := dbtest.SQLite(t)
	create(t, h, boxOf(t), 1520)
	for _, step := range []struct {
		u       shop.SetActive
		changed bool
	}{
		{shop.Activate(1520, actor), false}, {shop.Deactivate(1520, actor), true}, {shop.Deactivate(1520, actor), false}, {shop.Activate(1520, actor), true},
	} {
		if got := do(t, h, 1520, step.u); got != step.changed {
			t.Errorf("%+v changed: %t", step.u, got)
		}
		row, _ := shop.Load(ctx, h.DB.Reader(), 1520)
		if err := row.Open(); (err == nil) != step.u.Active || err != nil && !fault.Is(err, fault.ShopOff) {
			t.Errorf("after %+v: %v", step.u, err)
		}
	}
	if got := acts(t, h, 1520); len(got) != 3 {
		t.Errorf("audit: %q", got)
	}
}

func TestRotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		first := create(t, h, box, 1520)
		start := func(kind shop.Kind, revoke bool) (string, error) {
			u, plain, err := shop.NewRotation(box, rand.NewChaCha8([32]byte{byte(h.Clock.Now())}), 1520, kind, revoke, actor)
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(time.Millisecond) // seeds the next secret
			_, err = db.Do(ctx, h.DB, 1520, u)
			return plain, err
		}
		second, err := start(shop.API, false)
		if err != nil {
			t.Fatal(err)
		}
		entry := entryOf(t, h, box, 1520)
		if diff := cmp.Diff([]string{second, first.API}, entry.Secrets()); diff != "" || entry.SigningSecret() != first.API {
			t.Error("while rotating both are valid and the old one signs", diff)
		}
		if _, err := start(shop.API, false); !fault.Is(err, fault.Busy) {
			t.Errorf("a rotation within a rotation: %v", err)
		}
		key, err := start(shop.Webhook, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := entryOf(t, h, box, 1520).WebhookKeys(); !cmp.Equal(got, []string{key, first.Webhook}) {
			t.Error("the header must list both keys")
		}
		for _, changed := range []bool{true, false} {
			if got := do(t, h, 1520, shop.FinishRotation{Shop: 1520, Kind: shop.API, Actor: actor}); got != changed {
				t.Errorf("finishing changed: %t", got)
			}
		}
		entry = entryOf(t, h, box, 1520)
		if !cmp.Equal(entry.Secrets(), []string{second}) || entry.SigningSecret() != second || !entry.Shop.Rotating() {
			t.Error("once finished only the new secret is valid, and the key still rotates")
		}
		third, err := start(shop.Webhook, true)
		if got := entryOf(t, h, box, 1520); err != nil || !cmp.Equal(got.WebhookKeys(), []string{third}) || got.Shop.Rotating() {
			t.Errorf("a revoked key is still valid: %v", err)
		}
		want := []string{"shop.secret.rotate: ", "shop.webhook_key.rotate: ", "shop.secret.finish: ", "shop.webhook_key.revoke: "}
		if diff := cmp.Diff(want, acts(t, h, 1520)[1:]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDeposit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		create(t, h, boxOf(t), 1520)
		usd := func(minor int64) money.Amount { return money.New(minor, money.USD) }
		if got := do(t, h, 1520, shop.Deposit{Shop: 1520, Amount: usd(10000), Note: "start", Actor: actor}); got != usd(10000) {
			t.Errorf("available %s", got)
		}
		if got := do(t, h, 1520, shop.Deposit{Shop: 1520, Amount: usd(2500), Settle: true, Actor: actor}); got != usd(7500) {
			t.Errorf("available %s", got)
		}
		for _, test := range []struct {
			u    shop.Deposit
			kind fault.Kind
		}{
			{shop.Deposit{Shop: 1520, Amount: usd(7501), Settle: true, Actor: actor}, fault.Balance},
			{shop.Deposit{Shop: 1520, Amount: usd(0), Actor: actor}, fault.Invalid},
			{shop.Deposit{Shop: 1520, Amount: usd(-5), Actor: actor}, fault.Invalid},
			{shop.Deposit{Shop: 1520, Amount: money.New(5, 1), Actor: actor}, fault.Invalid},
			{shop.Deposit{Shop: 1520, Amount: usd(5), Note: "two\nlines", Actor: actor}, fault.Invalid},
			{shop.Deposit{Shop: 1521, Amount: usd(5), Actor: actor}, fault.ShopNotFound},
		} {
			if _, err := db.Do(ctx, h.DB, test.u.Shop, test.u); !fault.Is(err, test.kind) {
				t.Errorf("%+v: %v", test.u, err)
			}
		}
		err := ledger.Verify(ctx, h.DB.Reader(), 1520, func(d ledger.Difference) { t.Error(d) })
		if err != nil {
			t.Error(err)
		}
		if got := acts(t, h, 1520); len(got) != 3 || got[1] != "shop.deposit: 100.00 USD start" {
			t.Errorf("audit: %q", got)
		}
	})
}

func TestDisableURL(t *testing.T) {
	h := dbtest.SQLite(t)
	const url = "https://gone.example/cb"
	create(t, h, boxOf(t), 1520, "callback_url="+url)
	settings := func() shop.Settings {
		row, err := shop.Load(ctx, h.DB.Reader(), 1520)
		if err != nil {
			t.Fatal(err)
		}
		s, err := row.Settings()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, changed := range []bool{true, false} {
		if got := do(t, h, 1520, shop.DisableURL{Shop: 1520, URL: url, Actor: "callback"}); got != changed {
			t.Errorf("changed: %t", got)
		}
	}
	if s := settings(); s.Enabled(url) || s.CallbackURL != url || !s.Enabled(url+"2") {
		t.Errorf("%+v", s)
	}
	do(t, h, 1520, shop.Set{Shop: 1520, Values: []string{"callback_url=" + url}, Actor: actor})
	if !settings().Enabled(url) {
		t.Error("setting the URL again must enable it")
	}
	for i := range 100 {
		do(t, h, 1520, shop.DisableURL{Shop: 1520, URL: fmt.Sprint(url, i), Actor: "callback"})
	}
	if list := settings().Disabled; len(list) != 32 || list[31] != url+"99" {
		t.Errorf("%d URLs are kept", len(list))
	}
}

package provider

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
	"github.com/brama-pay/brama/seal"
)

const accountActor = "operator:ann"

func accountBox(t testing.TB) *seal.Box {
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

func addAccount(t testing.TB, h *dbtest.House, box *seal.Box, name string) {
	t.Helper()
	u, err := NewAccount(box, name, "m4", map[string]string{"url": "https://p.example"}, map[string]string{"key": "top secret"}, accountActor)
	if err != nil {
		t.Fatal(err)
	}
	u.Known = somewhere
	change(t, h, u)
}

func change[A any](t testing.TB, h *dbtest.House, u db.UseCase[A]) A {
	t.Helper()
	answer, err := db.Do(context.Background(), h.DB, db.House, u)
	if err != nil {
		t.Fatalf("%T: %v", u, err)
	}
	return answer
}

func TestAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx := context.Background()
		box := accountBox(t)
		addAccount(t, h, box, "first")
		accounts := NewAccounts(h.DB.Reader(), box, h.Clock.Time)
		want := Account{Name: "first", Connector: "m4", Active: true, Settings: map[string]string{"url": "https://p.example"}, Secrets: map[string]string{"key": "top secret"}, Version: 1}
		got, err := accounts.Find(ctx, "first")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}

		rotate, err := NewAccountSecrets(ctx, h.DB.Reader(), box, "first", map[string]string{"key": "new secret", "cert": "pem"}, accountActor)
		if err != nil {
			t.Fatal(err)
		}
		change(t, h, rotate)
		if _, err := db.Do(ctx, h.DB, db.House, rotate); !fault.Is(err, fault.Busy) {
			t.Errorf("secrets laid over a state that is gone: %v", err)
		}
		off := false
		if _, err := db.Do(ctx, h.DB, db.House, SetAccount{Name: "first", Active: &off, Seen: 1, Actor: accountActor}); !fault.Is(err, fault.Busy) {
			t.Errorf("an edit of what was changed meanwhile: %v", err)
		}
		u := SetAccount{Name: "first", Active: &off, Seen: 2, Values: map[string]string{"url": "", "zone": "eu"}, Known: somewhere, Actor: accountActor}
		if !change(t, h, u) {
			t.Error("the first change must count")
		}
		if u.Seen = 0; change(t, h, u) {
			t.Error("its repetition must not count")
		}

		h.Clock.Add(time.Second - time.Millisecond)
		if kept, _ := accounts.Find(ctx, "first"); !kept.Active {
			t.Error("a fresh account was read again")
		}
		h.Clock.Add(time.Millisecond)
		want = Account{Name: "first", Connector: "m4", Settings: map[string]string{"zone": "eu"}, Secrets: map[string]string{"key": "new secret", "cert": "pem"}, Version: 3}
		got, err = accounts.Find(ctx, "first")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if _, err := accounts.Find(ctx, "second"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		want.Secrets = nil
		list, err := ListAccounts(ctx, h.DB.Reader())
		if diff := cmp.Diff([]Account{want}, list); err != nil || diff != "" {
			t.Error(err, diff)
		}

		links, err := audit.List(ctx, h.DB.Reader(), db.House, 0, 10)
		if err != nil || len(links) != 3 {
			t.Fatalf("%d links, %v", len(links), err)
		}
		for _, link := range links {
			if strings.Contains(link.Detail, "secret") || strings.Contains(link.Detail, "pem") {
				t.Errorf("the audit shows a secret: %s", link.Detail)
			}
		}
		if links[1].Act != "provider.secret" || links[1].Detail != "changed: cert, key" {
			t.Errorf("%+v", links[1])
		}
	})
}

func TestAccountRefusals(t *testing.T) {
	h := dbtest.SQLite(t)
	ctx := context.Background()
	box := accountBox(t)
	addAccount(t, h, box, "first")
	twice, _ := NewAccount(box, "first", "m4", nil, nil, accountActor)
	if _, err := db.Do(ctx, h.DB, db.House, twice); !fault.Is(err, fault.NotUnique) {
		t.Errorf("the same name again: %v", err)
	}
	for _, wrong := range []struct{ name, connector, setting string }{{"", "m4", "a"}, {"First", "m4", "a"}, {"x", "M 4", "a"}, {"x", "m4", "a b"}} {
		if _, err := NewAccount(box, wrong.name, wrong.connector, map[string]string{wrong.setting: "v"}, nil, accountActor); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if _, err := NewAccount(box, "x", "m4", nil, map[string]string{"key": strings.Repeat("s", 20<<10)}, accountActor); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "sss") {
		t.Errorf("a huge secret: %.80v", err)
	}
	if _, err := db.Do(ctx, h.DB, db.House, SetAccount{Name: "none", Actor: accountActor}); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	if _, err := NewAccountSecrets(ctx, h.DB.Reader(), box, "none", nil, accountActor); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

// An account whose secrets were taken from another does not open, and keeps no
// other from working.
func TestOneBrokenAccount(t *testing.T) {
	h := dbtest.SQLite(t)
	ctx := context.Background()
	box := accountBox(t)
	addAccount(t, h, box, "first")
	stolen, _ := NewAccount(box, "first", "m4", nil, map[string]string{"key": "x"}, accountActor)
	stolen.Name = "second"
	change(t, h, stolen)
	accounts := NewAccounts(h.DB.Reader(), box, h.Clock.Time)
	if _, err := accounts.Find(ctx, "second"); !fault.Is(err, fault.Internal) {
		t.Errorf("secrets sealed for another account opened: %v", err)
	}
	if _, err := accounts.Find(ctx, "first"); err != nil {
		t.Error(err)
	}
}

func TestAccountsAtOnceAndWithoutDatabase(t *testing.T) {
	h := dbtest.SQLite(t)
	ctx := context.Background()
	box := accountBox(t)
	addAccount(t, h, box, "first")
	accounts := NewAccounts(h.DB.Reader(), box, h.Clock.Time)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				if _, err := accounts.Find(ctx, "first"); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					h.Clock.Add(time.Second)
				}
			}
		})
	}
	all.Wait()
	h.Clock.Add(time.Second)
	h.Stop()
	if _, err := accounts.Find(ctx, "first"); err == nil || fault.Is(err, fault.NotFound) {
		t.Errorf("a closed database says %v", err)
	}
}

func TestAnAccountDoesNotPrintItsSecrets(t *testing.T) {
	account := Account{Name: "first", Secrets: map[string]string{"key": "top secret"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{account, &account, Call{Account: account}, []Account{account}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "top secret") || strings.Contains(text, "746f7020") {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
	if account.LogValue().String() != "first" {
		t.Error(account.LogValue())
	}
}

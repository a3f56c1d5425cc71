package shop_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/shop"
)

func TestDirectoryIsNeverOlderThanASecond(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		create(t, h, box, 1520)
		d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
		first, err := d.Find(ctx, 1520)
		if err != nil {
			t.Fatal(err)
		}
		revoke, plain, _ := shop.NewRotation(box, rand.NewChaCha8([32]byte{5}), 1520, shop.API, true, actor)
		do(t, h, 1520, revoke)
		h.Clock.Add(time.Second - time.Millisecond)
		if kept, _ := d.Find(ctx, 1520); kept != first {
			t.Error("a fresh entry was read again")
		}
		h.Clock.Add(time.Millisecond)
		if now, err := d.Find(ctx, 1520); err != nil || now.Secret != plain || len(now.Secrets()) != 1 {
			t.Errorf("the revoked secret is valid after a second: %v", err)
		}
		do(t, h, 1520, shop.Deactivate(1520, actor))
		h.Clock.Add(-time.Hour) // a clock that is set back must not keep an entry for an hour
		if now, err := d.Find(ctx, 1520); err != nil || now.Shop.Active {
			t.Errorf("an entry from the future was believed: %v", err)
		}
	})
}

func TestDirectoryKeepsThatThereIsNone(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
	for _, step := range []string{"asked", "kept"} {
		if _, err := d.Find(ctx, 1520); !fault.Is(err, fault.ShopNotFound) {
			t.Fatalf("%s: %v", step, err)
		}
		if step == "asked" {
			create(t, h, box, 1520)
		}
	}
	h.Clock.Add(time.Second)
	if _, err := d.Find(ctx, 1520); err != nil {
		t.Errorf("a new shop is not found after a second: %v", err)
	}
}

func TestDirectoryIsBounded(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
	first, err := d.Find(ctx, 1520)
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(20_000) {
		if _, err := d.Find(ctx, 1_000_000+id); !fault.Is(err, fault.ShopNotFound) {
			t.Fatal(err)
		}
	}
	known, unknown, loading := d.Sizes()
	if known != 1 || unknown > 2*4096 || loading != 0 {
		t.Errorf("it holds %d shops, %d numbers of none and %d look-ups", known, unknown, loading)
	}
	if kept, _ := d.Find(ctx, 1520); kept != first {
		t.Error("made-up numbers pushed a shop out")
	}
}

func TestDirectoryForgetsFailures(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1520)
	d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := d.Find(gone, 1520); err == nil {
		t.Error("a caller who left was answered")
	}
	if _, err := d.Find(ctx, 1520); err != nil {
		t.Errorf("one caller's end is another's failure: %v", err)
	}
	h.Clock.Add(time.Second)
	h.Stop()
	if _, err := d.Find(ctx, 1520); err == nil || fault.Is(err, fault.ShopNotFound) {
		t.Errorf("a closed database says %v", err)
	}
}

func TestDirectoryServesManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		box := boxOf(t)
		for id := range int64(4) {
			create(t, h, box, id+1)
		}
		d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
		var all sync.WaitGroup
		for g := range 16 {
			all.Go(func() {
				for i := range 300 {
					id := int64((g+i)%6 + 1)
					mine, cancel := context.WithCancel(ctx)
					if i%7 == 0 {
						cancel()
					}
					entry, err := d.Find(mine, id)
					cancel()
					switch {
					case err == nil && entry.Shop.ID != id:
						t.Errorf("asked for %d, got %d", id, entry.Shop.ID)
					case i%7 == 0:
					case id <= 4 && err != nil, id > 4 && !fault.Is(err, fault.ShopNotFound):
						t.Errorf("%d: %v", id, err)
					}
					if g == 0 && i%10 == 0 {
						h.Clock.Add(500 * time.Millisecond)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestAStolenCiphertextDoesNotOpen(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	create(t, h, box, 1)
	create(t, h, box, 2)
	one, _ := shop.Load(ctx, h.DB.Reader(), 1)
	two, _ := shop.Load(ctx, h.DB.Reader(), 2)
	two.Secret = one.Secret
	if _, err := shop.OpenEntry(box, two); !fault.Is(err, fault.Internal) {
		t.Errorf("another shop's secret opened: %v", err)
	}
	one.OldSecret, one.WebhookKey = one.WebhookKey, one.Secret
	if _, err := shop.OpenEntry(box, one); !fault.Is(err, fault.Internal) {
		t.Errorf("a secret opened as a webhook key: %v", err)
	}
	one.WebhookKey = ""
	if _, err := shop.OpenEntry(box, one); err == nil {
		t.Error("a shop without a key is usable")
	}
}

func TestAnEntryDoesNotPrintItsSecrets(t *testing.T) {
	h := dbtest.SQLite(t)
	box := boxOf(t)
	secrets := create(t, h, box, 1520)
	entry := entryOf(t, h, box, 1520)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, entry) + fmt.Sprintf(verb, secrets); text != "shop 1520secrets" {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	if text := entry.LogValue().String(); strings.Contains(text, secrets.API) {
		t.Error(text)
	}
}

// A refusal in a decision leaves neither a row nor a link, whatever the batch.
func TestRefusedInABatch(t *testing.T) {
	h := dbtest.SQLite(t)
	create(t, h, boxOf(t), 1520)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := db.Do(ctx, h.DB, 1520, shop.Set{Shop: 1520, Values: []string{fmt.Sprintf("hold_minutes=%d", i%2*100)}, Actor: actor})
			if wrong := i%2 == 0; wrong != (err != nil) {
				t.Error(errors.Join(err))
			}
		})
	}
	all.Wait()
	if got := acts(t, h, 1520); len(got) != 2 {
		t.Errorf("audit: %q", got)
	}
}

func BenchmarkFind(b *testing.B) {
	h := dbtest.SQLite(b)
	box := boxOf(b)
	create(b, h, box, 1520)
	d := shop.NewDirectory(h.DB.Reader(), box, h.Clock.Time)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := d.Find(ctx, 1520); err != nil {
				b.Fatal(err)
			}
		}
	})
}

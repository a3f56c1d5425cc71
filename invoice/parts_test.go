package invoice

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

// The page's parts are reckoned with the rates of the invoice's own store, with the
// published ones when it has none, and are there while the payer can still choose.
func TestPartsOnThePage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 0)
		w.opens(store, "rate_ii=5")
		inParts := func(source string, kind instalment.MerchantType, parts int) func(*Create) {
			return func(c *Create) {
				c.Source, c.Joined, c.Plan = source, c.OrderID, &instalment.Plan{MerchantType: kind, PartsCount: parts}
			}
		}
		for _, test := range []struct {
			name string
			edit func(*Create)
			want string
		}{
			{"not in parts", func(*Create) {}, "[]"},
			{"of no store", inParts("", instalment.II, 2), "[52.90 USD 52.90 USD]"},
			{"of a store", inParts(store, instalment.II, 2), "[55.00 USD 55.00 USD]"},
			{"the rest goes first", inParts(store, instalment.PP, 3), "[33.34 USD 33.33 USD 33.33 USD]"},
			{"of a store that is gone", inParts("gone", instalment.PP, 2), "[]"},
			{"too many parts", inParts("", instalment.PP, 26), "[]"},
		} {
			page, err := w.Look(w.ctx, w.invoiced(test.edit).Session)
			if err != nil || page.State != AskCard || fmt.Sprint(page.Parts) != test.want {
				t.Errorf("%s: %s %v, %v; want %s", test.name, page.State, page.Parts, err, test.want)
			}
		}

		v := w.invoiced(inParts("", instalment.PP, 2))
		w.bank.script[provider.Authorize] = script{acts: never, answer: always(provider.Challenge), status: provider.Challenge}
		w.pay(v)
		w.send()
		if page, err := w.Look(w.ctx, v.Session); err != nil || page.State != AskCode || len(page.Parts) != 2 {
			t.Errorf("asked for a code: %+v, %v", page, err)
		}
		if _, err := w.Answer(w.ctx, v.Session, "1234"); err != nil {
			t.Fatal(err)
		}
		w.send()
		if page, err := w.Look(w.ctx, v.Session); err != nil || page.State != ShowPaid || page.Parts != nil {
			t.Errorf("paid: %+v, %v", page, err)
		}
	})
}

// opens makes a store of the world's shop.
func (w *world) opens(id string, settings ...string) {
	w.t.Helper()
	key, err := seal.NewKey(rand.NewChaCha8([32]byte{4}), "b")
	if err != nil {
		w.t.Fatal(err)
	}
	box, err := seal.New(rand.NewChaCha8([32]byte{5}), seal.Keys{key})
	if err != nil {
		w.t.Fatal(err)
	}
	u, _, err := shop.NewStore(box, rand.NewChaCha8([32]byte{6}), id, shopID, "card_uah", "", actor)
	if err != nil {
		w.t.Fatal(err)
	}
	u.Values = settings
	do(w, db.House, u)
}

package ledger

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
)

func TestBalancesListsTheShopsAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		tell(t, h)
		got, err := Balances(context.Background(), h.DB.Reader(), shop)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Version = 0
		}
		want := []Account{
			{Shop: shop, Currency: money.USD, Purpose: Authorised, Balance: -950},
			{Shop: shop, Currency: money.USD, Purpose: Available, Balance: 25500},
			{Shop: shop, Currency: money.USD, Purpose: Clearing, Provider: "card", Balance: -7100},
			{Shop: shop, Currency: money.USD, Purpose: Fee, Balance: 600},
			{Shop: shop, Currency: money.USD, Purpose: Frozen, Balance: 1000},
			{Shop: shop, Currency: money.USD, Purpose: Funding, Balance: -20000},
			{Shop: shop, Currency: money.USD, Purpose: Held, Balance: 950},
			{Shop: shop, Currency: money.UAH, Purpose: Available},
			{Shop: shop, Currency: money.UAH, Purpose: Clearing, Provider: "card"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if other, err := Balances(context.Background(), h.DB.Reader(), shop+1); err != nil || len(other) != 0 {
			t.Errorf("another shop has %v, %v", other, err)
		}
	})
}

func TestStatementGoesBackInPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		st := tell(t, h)
		var got []Line
		for before := int64(0); ; {
			page, err := Statement(context.Background(), h.DB.Reader(), shop, money.USD, Available, "", before, 3)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if len(page) < 3 {
				break
			}
			before = page[2].Transfer
		}
		type short struct {
			kind            string
			operation       int64
			amount, balance int64
		}
		var shorts []short
		for _, l := range got {
			shorts = append(shorts, short{l.Kind, l.Operation, l.Amount, l.Balance})
		}
		want := []short{{"payout", 4, -1000, 25500}, {KindRelease, 8, 500, 26500}, {"payout", 8, -500, 26000}, {"payout", 3, -3000, 26500}, {"payment", 2, 9500, 29500}, {"deposit", 1, 20000, 20000}}
		if diff := cmp.Diff(want, shorts, cmp.AllowUnexported(short{})); diff != "" {
			t.Error(diff)
		}
		if got[0].Transfer != st.open || got[0].At != h.Clock.Now() {
			t.Errorf("newest line: %+v", got[0])
		}
	})
}

func TestStatementIsOfOneProvider(t *testing.T) {
	h := dbtest.SQLite(t)
	do(t, h, func(s *db.State) (int64, error) {
		return Post(s, shop, Posting{Kind: "move"}, card(money.USD, -30), Leg{money.USD, Clearing, "bank", 30})
	})
	for provider, want := range map[string]int64{"card": -30, "bank": 30} {
		got, err := Statement(context.Background(), h.DB.Reader(), shop, money.USD, Clearing, provider, 0, 9)
		if err != nil || len(got) != 1 || got[0].Amount != want || got[0].Provider != provider {
			t.Errorf("%s: %+v, %v", provider, got, err)
		}
	}
}

func TestTransfersOfAnOperation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		st := tell(t, h)
		got, err := Transfers(context.Background(), h.DB.Reader(), shop, 3)
		if err != nil {
			t.Fatal(err)
		}
		now := h.Clock.Now()
		want := []Movement{
			{Transfer{shop, st.payout, Posting{Kind: "payout", Operation: 3}, now - 120_000}, []Entry{
				{shop, st.payout, 1, to(Available, money.USD, -3000), 26500},
				{shop, st.payout, 2, to(Frozen, money.USD, 3000), 3000}}},
			{Transfer{shop, st.done, Posting{Kind: "payout done", Operation: 3, Resolves: st.payout}, now}, []Entry{
				{shop, st.done, 1, to(Frozen, money.USD, -3000), 500},
				{shop, st.done, 2, card(money.USD, 2900), -7100},
				{shop, st.done, 3, to(Fee, money.USD, 100), 600}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if other, err := Transfers(context.Background(), h.DB.Reader(), shop+1, 3); err != nil || len(other) != 0 {
			t.Errorf("another shop sees %v, %v", other, err)
		}
	})
}

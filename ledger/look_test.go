package ledger

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

func TestTotalsSumToZero(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		tell(t, h)
		list, err := Totals(context.Background(), h.DB.Reader())
		if err != nil || len(list) != 9 {
			t.Fatalf("%+v, %v", list, err)
		}
		sums := map[money.Currency]int64{}
		for _, total := range list {
			sums[total.Currency] += total.Sum
		}
		if diff := cmp.Diff(map[money.Currency]int64{money.USD: 0, money.UAH: 0}, sums); diff != "" {
			t.Error(diff)
		}
		if want := (Total{money.USD, Available, 1, 25500}); list[1] != want {
			t.Errorf("%+v, want %+v", list[1], want)
		}
	})
}

// However few entries one look goes through, the pages together are the statement:
// nothing twice, nothing left out, and each look ends.
func TestSearchInSmallLooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		tell(t, h)
		for _, account := range []Account{
			{Shop: shop, Currency: money.USD, Purpose: Available}, {Shop: shop, Currency: money.USD, Purpose: Fee},
			{Shop: shop, Currency: money.USD, Purpose: Clearing, Provider: "card"}, {Shop: shop + 1, Currency: money.USD, Purpose: Available},
		} {
			want, err := Statement(context.Background(), h.DB.Reader(), account.Shop, account.Currency, account.Purpose, account.Provider, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []struct {
				limit int
				rows  int64
			}{{1, 1}, {2, 3}, {100, 2}, {3, 1000}, {100, 1000}} {
				var got []Line
				looks := 0
				for before := int64(0); ; looks++ {
					found, err := search(context.Background(), h.DB.Reader(), account, before, size.limit, size.rows)
					if err != nil || looks > 100 {
						t.Fatal(err, looks)
					}
					got = append(got, found.Lines...)
					if before = found.Next; before == 0 {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%+v %+v: %s", account, size, diff)
				}
			}
		}
	})
}

func TestFindTransfer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		st := tell(t, h)
		reversed := do(t, h, func(s *db.State) (int64, error) {
			return Reverse(s, shop, st.done, Posting{Kind: "correction"},
				to(Frozen, money.USD, -3000), card(money.USD, 2900), to(Fee, money.USD, 100))
		})
		reserve, err := FindTransfer(context.Background(), h.DB.Reader(), shop, st.payout)
		if err != nil || reserve.Kind != "payout" || len(reserve.Entries) != 2 || reserve.ResolvedBy != st.done || reserve.ReversedBy != 0 {
			t.Errorf("%+v, %v", reserve, err)
		}
		done, err := FindTransfer(context.Background(), h.DB.Reader(), shop, st.done)
		if err != nil || done.Resolves != st.payout || done.ResolvedBy != 0 || done.ReversedBy != reversed {
			t.Errorf("%+v, %v", done, err)
		}
		if _, err := FindTransfer(context.Background(), h.DB.Reader(), shop+1, st.done); !fault.Is(err, fault.NotFound) {
			t.Errorf("another shop's: %v", err)
		}
	})
}

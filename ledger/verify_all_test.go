package ledger

import (
	"context"
	"testing"

	"github.com/brama-pay/brama/db/dbtest"
)

// everyone verifies all shops, in pages that end within a transfer.
func everyone(t *testing.T, h *dbtest.House, page int64) (found []Difference) {
	t.Helper()
	b := &books{
		reader: h.DB.Reader(), page: page, looked: func(int64) {}, tallies: map[accountKey]*tally{},
		report: func(d Difference) { found = append(found, d) },
	}
	if err := b.verify(context.Background(), unsettled); err != nil {
		t.Fatal(err)
	}
	return found
}

// Another shop with the same books under the same ids must not be taken for the
// first: neither when both are right nor when one is not.
func TestVerifyAllKeepsShopsApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		st := tell(t, h)
		damage(t, h, []string{
			"INSERT INTO transfer SELECT 18, id, kind, operation, resolves, reverses, note, at FROM transfer",
			"INSERT INTO entry SELECT 18, transfer_id, n, currency, purpose, provider, amount, balance FROM entry",
			"INSERT INTO account SELECT 18, currency, purpose, provider, balance, version FROM account",
		})
		for _, page := range []int64{1, 2, 3, verifyPage} {
			if found := everyone(t, h, page); len(found) != 0 {
				t.Errorf("pages of %d: %v", page, found)
			}
		}
		damage(t, h, []string{st.fill("UPDATE entry SET amount = amount + 1 WHERE shop_id = 18 AND transfer_id = $deposit AND n = 2"),
			st.fill("UPDATE transfer SET resolves = $open WHERE shop_id = 17 AND id = $done")})
		wants := map[Wrong]int64{Unbalanced: 18, WrongBalance: 18, WrongRunning: 18, PartlyEnded: 17}
		for _, page := range []int64{1, 2, 3, verifyPage} {
			seen := map[Wrong]bool{}
			for _, d := range everyone(t, h, page) {
				if seen[d.What] = true; wants[d.What] != d.Shop {
					t.Errorf("pages of %d: %+v", page, d)
				}
			}
			if len(seen) != len(wants) {
				t.Errorf("pages of %d: found %v, want %v", page, seen, wants)
			}
		}
	})
}

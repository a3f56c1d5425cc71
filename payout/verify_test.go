package payout

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

// impossible writes payouts 1 to 7 of two shops, under the same ids, as they never were:
// completed, and nothing else but two transfers that resolve the reservation of the third.
var impossible = []string{
	"DROP INDEX transfer_resolves",
	`WITH RECURSIVE k(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM k WHERE i < 7)
	INSERT INTO payout (shop_id, id, source, shop_payment_id, payway, provider, currency, write_off, receive_currency, receive, fee, rounding, rate, rate_inverse,
		status, failure, account, account_mask, account_print, details, description, rrn, bank_transaction,
		attempts, refusals, refused_at, losses, reserve, callbacks, due_at, created_at, updated_at, processed_at, version)
	SELECT s.shop, i, '', 'p-' || i, 'w', 'p', 840, 102, 840, 100, 2, 0, 0, FALSE, 5, '', '', '', '', '', '', '', '', 0, 0, 0, 0, 1000 + i, 0, 0, 1, 1, 1, 1
	FROM k CROSS JOIN (SELECT 17 AS shop UNION ALL SELECT 18) s`,
	"INSERT INTO transfer (shop_id, id, kind, operation, resolves, reverses, note, at) VALUES (17, 2001, 'release', 3, 1003, 0, '', 1), (17, 2002, 'payout.complete', 3, 1003, 0, '', 1)",
	"INSERT INTO entry (shop_id, transfer_id, n, currency, purpose, provider, amount, balance) VALUES (17, 2001, 1, 840, 'clearing', 'p', 7, 7), (17, 2002, 1, 840, 'clearing', 'p', 30, 37)",
	"INSERT INTO attempt VALUES (18, 5, 1, 'payout', 'p', 'r-1', '', '', '', '', 1, 0, 0, 0, 1), (18, 5, 2, 'payout', 'p', 'r-2', 'unknown', '', '', '', 1, 0, 0, 0, 1), (18, 5, 3, 'payout', 'p', 'r-3', 'declined', '', '', '', 1, 0, 0, 0, 1)",
}

func execute(t *testing.T, h *dbtest.House, statements []string) {
	t.Helper()
	driver, source := "sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)"
	if h.Config.URL != "" {
		driver, source = "pgx", h.Config.URL
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, text := range statements {
		if _, err := pool.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// Wherever the pages end, each payout is looked at once and with its own shop's rows.
func TestVerifyInPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		execute(t, h, impossible)
		var first []string
		for _, page := range []int64{verifyPage, 1, 2, 3, 6} {
			var found []string
			saw, err := verify(context.Background(), h.DB.Reader(), 0, page, func(shop int64, what, subject, detail string) {
				found = append(found, fmt.Sprintf("%d: %s %s: %s", shop, subject, what, detail))
			}, func(int64) {})
			if err != nil || saw.Payouts != 14 || saw.OpenFrom != 7-settling {
				t.Fatalf("pages of %d: %+v, %v", page, saw, err)
			}
			if first == nil {
				first = found
			}
			if !slices.Equal(found, first) {
				t.Errorf("pages of %d found %q, one page %q", page, found, first)
			}
		}
		for _, want := range []string{
			"17: payout 1 (completed) has not reserved its write-off: reserved 0 of 102",
			"18: payout 7 (completed) has a reservation that its status contradicts: resolved by \"\", expected \"payout.complete\"",
			"17: payout 3 (completed) was ended by another's transfer: transfer 1003 is resolved",
			"17: payout 3 (completed) was booked with another amount: booked 37, the payout says 100",
			"18: payout 5 (completed) does not count its calls: it says 0, there are 3",
			"18: payout 5 (completed) has more than one open call: 2",
		} {
			if !slices.Contains(first, want) {
				t.Errorf("want %q in %q", want, first)
			}
		}
		if n := len(first); n != 14*2-1+2+3 { // the third is not contradicted by its status
			t.Errorf("%d findings: %q", n, first)
		}
	})
}

// An open payout is in the sum of what is frozen however old it is: the sum begins
// no later than at it, and a minute before the newest when none is open.
func TestVerifyBeginsAtTheOldestOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		w := newWorld(t, h, 1000_00)
		do(w, db.House, payway.Create{Alias: "with_fee", Direction: payway.Out, Currency: money.USD, Values: []string{"provider=card", "percent=2"}, Actor: actor})
		end := func(p *Payout) {
			do[*Payout](w, shopID, Apply{Shop: shopID, ID: p.ID, N: 1, Outcome: provider.Outcome{Result: provider.Succeeded}, Timing: timing})
		}
		from := func() int64 {
			saw, err := VerifyAll(t.Context(), h.DB.Reader(), func(_ int64, what, subject, detail string) { t.Error(subject, what, detail) }, func(int64) {})
			if err != nil {
				t.Fatal(err)
			}
			return saw.OpenFrom
		}
		old := do(w, shopID, w.order("old", "100.00")).Payout
		h.Clock.Add(2 * time.Hour)
		newest := do(w, shopID, w.order("new", "100.00")).Payout
		end(newest)
		if at := from(); at > old.ID {
			t.Errorf("payout %d is open, the sum begins at %d", old.ID, at)
		}
		end(old)
		if at := from(); at <= old.ID || at > newest.ID {
			t.Errorf("none is open, the sum begins at %d; the old one is %d, the newest %d", at, old.ID, newest.ID)
		}
	})
}

package sandbox_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/provider/sandbox"
)

// Each gives every act once, though two shops have the same references and a page
// ends between them.
func TestEachGoesThroughPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		b := newBench(h, time.Second)
		driver, source := "sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)"
		if h.Config.URL != "" {
			driver, source = "pgx", h.Config.URL
		}
		pool, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		_, err = pool.Exec(`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 1501)
			INSERT INTO act (shop_id, reference, account, operation, n, verb, original, currency, amount, hold, state, later, ripe_at, hidden, sends,
				question, mask, fingerprint, resolved, refunded, reason, created_at, version)
			SELECT s.shop, 'p-' || i, 'sandbox', i, 1, 'payout', '', 840, 100, FALSE, 'succeeded', '', 0, 0, 1, '', '', '', '', 0, '', 1, 1
			FROM k CROSS JOIN (SELECT 17 AS shop UNION ALL SELECT 18) s`)
		if err != nil {
			t.Fatal(err)
		}
		type key struct{ shop, operation int64 }
		seen, lines := map[key]bool{}, 0
		if err := b.Each(t.Context(), func(l sandbox.Line) { seen[key{l.Shop, l.Operation}], lines = true, lines+1 }); err != nil {
			t.Fatal(err)
		}
		if lines != 3002 || len(seen) != 3002 {
			t.Errorf("%d lines of %d acts, want 3002", lines, len(seen))
		}
		books, err := b.Books(t.Context())
		if err != nil || len(books) != 3002 || books[0].Shop != 17 || books[1500].Shop != 17 || books[1501].Shop != 18 {
			t.Errorf("the books are not by shop: %d lines, %v", len(books), err)
		}
	}, dbtest.Migrations(sandbox.Migrations()))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/brama-pay/brama/db"
)

// The same movement as a payout's acceptance, as a program would write it that
// knows nothing of batches: plain SQL, prepared, one transaction each, into
// copies of the gateway's own tables with their indexes and checks.
const (
	plainTake   = "UPDATE account SET balance = balance - CAST($1 AS BIGINT), version = version + 1 WHERE shop_id = $2 AND currency = 840 AND purpose = 'available' AND provider = '' AND balance >= CAST($1 AS BIGINT) RETURNING balance"
	plainFreeze = "UPDATE account SET balance = balance + $1, version = version + 1 WHERE shop_id = $2 AND currency = 840 AND purpose = 'frozen' AND provider = '' RETURNING balance"
	plainPayout = `INSERT INTO payout (` + payoutColumns + `) VALUES ($1, $2, '', $3, 'card_payway_usd', 'sandbox', 840, CAST($4 AS BIGINT), 840, CAST($4 AS BIGINT) - 2, 2, 0, 0, FALSE,
		3, '', $5, '15******0097', $6, '', '', '', '', 1, 0, 0, 0, $7, 0, $8, $9, $9, 0, 1)`
	plainTransfer = "INSERT INTO transfer (" + transferColumns + ") VALUES ($1, $2, 'payout.reserve', $3, 0, 0, '', $4)"
	plainEntries  = "INSERT INTO entry (" + entryColumns + ") VALUES ($1, $2, 1, 840, 'available', '', -CAST($3 AS BIGINT), $4), ($1, $2, 2, 840, 'frozen', '', CAST($3 AS BIGINT), $5)"
	plainAttempt  = "INSERT INTO attempt (" + attemptColumns + ") VALUES ($1, $2, 1, 'payout', 'sandbox', $3, '', '', '', '', $4, 0, 0, 0, 1)"
)

var plainTables = []string{"account", "payout", "transfer", "entry", "attempt"}

// plainConnections are the numbers of connections that are tried.
var plainConnections = []int{4, 8, 16, 32}

// The names of the phases of plain SQL begin so.
const (
	plainSpread = "sql x"
	plainHot    = "sql-hot x"
)

// plain measures plain SQL on PostgreSQL: at every number of connections in the
// first round, at the best one in the others.
func (b *bench) plain(ctx context.Context) error {
	if b.Database == "" {
		return nil
	}
	for _, one := range []struct {
		prefix string
		shops  []int64
	}{{plainSpread, b.house.shops}, {plainHot, b.house.shops[:1]}} {
		counts := plainConnections
		if best := b.bestCount(one.prefix); best > 0 {
			counts = []int{best}
		}
		for _, n := range counts {
			if err := b.plainPhase(ctx, fmt.Sprint(one.prefix, n), one.shops, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// bestCount is the number of connections with the greatest rate so far; 0 when
// nothing was measured.
func (b *bench) bestCount(prefix string) (count int) {
	most := 0.0
	for _, n := range plainConnections {
		if rate := b.mean(fmt.Sprint(prefix, n), perSecond); rate > most {
			most, count = rate, n
		}
	}
	return count
}

func (b *bench) plainFigures(payouts, hot float64) []figure {
	if b.Database == "" {
		return nil
	}
	rate := func(prefix string) float64 { return b.mean(fmt.Sprint(prefix, b.bestCount(prefix)), perSecond) }
	return []figure{
		{"plain_sql_per_second", rate(plainSpread), "%.0f", fmt.Sprintf("the same movement in plain SQL, one per transaction, at its best of %v connections: %d", plainConnections, b.bestCount(plainSpread))},
		{"plain_sql_hot_per_second", rate(plainHot), "%.0f", fmt.Sprintf("the same on one shop, at its best: %d", b.bestCount(plainHot))},
		{"ratio_to_plain", ratio(payouts, rate(plainSpread)), "%.2f", "target ≥ 2"},
		{"ratio_to_plain_hot", ratio(hot, rate(plainHot)), "%.2f", "target ≥ 10"},
	}
}

func (b *bench) plainPhase(ctx context.Context, name string, shops []int64, connections int) error {
	pool, err := b.house.pool(ctx, connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := preparePlain(ctx, pool, b.house.shops); err != nil {
		return err
	}
	took, err := runPlain(ctx, pool, shops, connections, b.Duration)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t := tally{Counted: int64(len(took)), Sent: int64(len(took)), Latencies: took, duration: b.Duration}
	b.add(result{Phase: name, PerSecond: t.perSecond(), P50: milliseconds(t.quantile(0.5)), P99: milliseconds(t.quantile(0.99)), Sent: t.Sent})
	return nil
}

// preparePlain makes the tables and the accounts, unless they are there.
func preparePlain(ctx context.Context, pool *pgxpool.Pool, shops []int64) error {
	for _, table := range plainTables {
		if _, err := pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+table+" (LIKE public."+table+" INCLUDING ALL)"); err != nil {
			return err
		}
	}
	_, err := pool.Exec(ctx, `INSERT INTO account (shop_id, currency, purpose, provider, balance, version)
		SELECT id, 840, purpose, '', CASE purpose WHEN 'available' THEN 100000000000000 ELSE 0 END, 1
		FROM unnest($1::bigint[]) id CROSS JOIN (VALUES ('available'), ('frozen')) AS p(purpose) ON CONFLICT DO NOTHING`, shops)
	return err
}

// runPlain moves money on so many connections for a time, after the same beginning
// as any load, and gives what each movement took.
func runPlain(ctx context.Context, pool *pgxpool.Pool, shops []int64, connections int, duration time.Duration) ([]time.Duration, error) {
	ids := db.NewIDs(db.Nodes-1, unixNow)
	took := make([][]time.Duration, connections)
	errs := make([]error, connections)
	counted := time.Now().Add(warmth)
	end := counted.Add(duration)
	var running sync.WaitGroup
	for c := range connections {
		running.Go(func() {
			for i := c; errs[c] == nil && time.Now().Before(end); i += connections {
				began := time.Now()
				errs[c] = movePlain(ctx, pool, ids, shops[i%len(shops)], int64(100+i%100))
				if now := time.Now(); now.After(counted) && now.Before(end) {
					took[c] = append(took[c], now.Sub(began))
				}
			}
		})
	}
	running.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	return all, errors.Join(errs...)
}

// movePlain is one payout accepted in plain SQL.
func movePlain(ctx context.Context, pool *pgxpool.Pool, ids *db.IDs, shop, amount int64) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var available, frozen int64
		if err := tx.QueryRow(ctx, plainTake, amount, shop).Scan(&available); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, plainFreeze, amount, shop).Scan(&frozen); err != nil {
			return err
		}
		payout, transfer, now := ids.Next(), ids.Next(), unixNow()
		for _, one := range []struct {
			text string
			args []any
		}{
			{plainPayout, []any{shop, payout, fmt.Sprint("plain-", payout), amount, plainSealed, plainPrint, transfer, now + 5000, now}},
			{plainTransfer, []any{shop, transfer, payout, now}},
			{plainEntries, []any{shop, transfer, amount, available, frozen}},
			{plainAttempt, []any{shop, payout, fmt.Sprintf("p-%d-%d", shop, payout), now}},
		} {
			if _, err := tx.Exec(ctx, one.text, one.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// What stands for a sealed account and its fingerprint: texts of their length.
const (
	plainSealed = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	plainPrint  = "0000000000000000000000000000000000000000000000000000000000000000"
)

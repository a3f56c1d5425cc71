package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/seal"
)

// The columns that the bench fills by itself.
const (
	payoutColumns = "shop_id, id, source, shop_payment_id, payway, provider, currency, write_off, receive_currency, receive, fee, rounding, rate, rate_inverse, " +
		"status, failure, account, account_mask, account_print, details, description, rrn, bank_transaction, " +
		"attempts, refusals, refused_at, losses, reserve, callbacks, due_at, created_at, updated_at, processed_at, version"
	transferColumns = "shop_id, id, kind, operation, resolves, reverses, note, at"
	entryColumns    = "shop_id, transfer_id, n, currency, purpose, provider, amount, balance"
	attemptColumns  = "shop_id, operation, n, verb, provider, reference, outcome, provider_id, continue_url, reason, sent_at, answered_at, asked, missing, version"
	callbackColumns = "shop_id, id, object, seq, kind, subject, event, protocol, url, snapshot, " +
		"status, tries, replayed, started_at, due_at, delivered_at, failure, created_at, version"
	actColumns = "shop_id, reference, account, operation, n, verb, original, currency, amount, hold, state, later, ripe_at, hidden, sends, " +
		"question, mask, fingerprint, resolved, refunded, reason, created_at, version"
)

// Each preloaded payout wrote off 1.02: 1.00 for the account and a fee of 0.02.
// Number i belongs to shop i modulo the shops, whose payout number q = i / shops
// it is; so every balance is a product and no statement has to look back.
//
// In these texts {name} stands for a number or an expression over i, the number
// of the payout, or s, that of the shop.
var preloadRows = []string{
	"INSERT INTO payout (" + payoutColumns + `) SELECT {shop}, {id0}, '', 'old-' || i, 'card_payway_usd', 'sandbox', 840, 102, 840, 100, 2, 0, 0, FALSE,
		5, '', {sealed}, '15******0097', {print}, '', '', 'R' || i, 'B' || i, 1, 0, 0, 0, {id1}, 1, 0, {at}, {at}, {at}, 2 FROM k`,
	"INSERT INTO attempt (" + attemptColumns + `) SELECT {shop}, {id0}, 1, 'payout', 'sandbox', {reference}, 'succeeded', 'SB' || i, '', '', {at}, {at}, 0, 0, 2 FROM k`,
	"INSERT INTO transfer (" + transferColumns + `) SELECT {shop}, CASE j WHEN 1 THEN {id1} ELSE {id2} END, CASE j WHEN 1 THEN 'payout.reserve' ELSE 'payout.complete' END,
		{id0}, CASE j WHEN 1 THEN 0 ELSE {id1} END, 0, '', {at} FROM k CROSS JOIN (SELECT 1 AS j UNION ALL SELECT 2) AS both_of`,
	"INSERT INTO entry (" + entryColumns + `) SELECT {shop}, CASE WHEN j < 3 THEN {id1} ELSE {id2} END, CASE WHEN j < 3 THEN j ELSE j - 2 END, 840,
		CASE j WHEN 1 THEN 'available' WHEN 2 THEN 'frozen' WHEN 3 THEN 'frozen' WHEN 4 THEN 'clearing' ELSE 'fee' END, CASE j WHEN 4 THEN 'sandbox' ELSE '' END,
		CASE j WHEN 1 THEN -102 WHEN 2 THEN 102 WHEN 3 THEN -102 WHEN 4 THEN 100 ELSE 2 END,
		CASE j WHEN 1 THEN 102 * ({count} - {q} - 1) WHEN 2 THEN 102 WHEN 3 THEN 0 WHEN 4 THEN 100 * ({q} + 1) ELSE 2 * ({q} + 1) END
		FROM k CROSS JOIN (SELECT 1 AS j UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) AS five`,
	"INSERT INTO callback (" + callbackColumns + `) SELECT {shop}, {id3}, {id0}, 1, 'withdraw', {id0}, 'completed', 'avanor', 'http://127.0.0.1/callbacks',
		'{"Shop":' || {shop} || ',"ID":' || {id0} || ',"PaymentID":"old-' || i || '","Status":5,"Failure":"","Currency":840,"WriteOff":102,"ReceiveCurrency":840,"Receive":100,"RRN":"","BankTransaction":""}',
		'delivered', 1, 0, {at}, 0, {at}, '', {at}, 2 FROM k`,
	"INSERT INTO delivery (shop_id, callback_id, n, at, millis, status, failure) SELECT {shop}, {id3}, 1, {at}, 1, 200, '' FROM k",
}

// preloadActs are the same payouts in the sandbox's books.
const preloadActs = "INSERT INTO {sandbox}act (" + actColumns + `) SELECT {shop}, {reference}, 'sandbox', {id0}, 1, 'payout', '', 840, 100, FALSE, 'succeeded', '', 0, 0, 1,
	'', '15******0097', {print}, '', 0, '', {at}, 1 FROM k`

// preloadHouse are the deposits that the payouts were paid from, and the accounts
// as all of it left them.
var preloadHouse = []string{
	"INSERT INTO transfer (" + transferColumns + ") SELECT {first} + s, {deposit}, 'deposit', 0, 0, 0, 'before', {depositAt} FROM k",
	"INSERT INTO entry (" + entryColumns + `) SELECT {first} + s, {deposit}, j, 840, CASE j WHEN 1 THEN 'funding' ELSE 'available' END, '',
		CASE j WHEN 1 THEN -1 ELSE 1 END * 102 * {count}, CASE j WHEN 1 THEN -1 ELSE 1 END * 102 * {count} FROM k CROSS JOIN (SELECT 1 AS j UNION ALL SELECT 2) AS both_of`,
	`INSERT INTO account (shop_id, currency, purpose, provider, balance, version)
		SELECT {first} + s, 840, CASE j WHEN 1 THEN 'funding' WHEN 2 THEN 'available' WHEN 3 THEN 'frozen' WHEN 4 THEN 'clearing' ELSE 'fee' END,
		CASE j WHEN 4 THEN 'sandbox' ELSE '' END, CASE j WHEN 1 THEN -102 * {count} WHEN 4 THEN 100 * {count} WHEN 5 THEN 2 * {count} ELSE 0 END, 1
		FROM k CROSS JOIN (SELECT 1 AS j UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) AS five`,
}

const preloadShops = "INSERT INTO {sandbox}shop (id, opened_at) SELECT {first} + s, {depositAt} FROM k"

// preload writes payouts that were completed before, with everything that belongs
// to them, straight into the tables of the gateway and of the sandbox. The shops
// must be there, and nothing of theirs in the books.
func (b *bench) preload(ctx context.Context, box *seal.Box) error {
	if b.Preload == 0 {
		return nil
	}
	p, err := b.house.preloader(ctx, b.Preload, box)
	if err != nil {
		return err
	}
	began := time.Now()
	told := began
	err = p.write(ctx, func(done int64) {
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			fmt.Fprintf(b.said, "%d of %d payouts written before, %s\n", done, b.Preload, time.Since(began).Round(time.Second))
		}
	})
	return errors.Join(err, p.end(ctx))
}

// preloader writes past payouts.
type preloader struct {
	total   int64
	shops   int64
	words   []string // what {name} stands for
	gateway func(ctx context.Context, text string) error
	sandbox func(ctx context.Context, text string) error
	end     func(ctx context.Context) error
}

func (h *house) preloader(ctx context.Context, total int64, box *seal.Box) (*preloader, error) {
	p := &preloader{total: total, shops: int64(len(h.shops))}
	sealed, err := h.sealedAccounts(box)
	if err != nil {
		return nil, err
	}
	schema := ""
	if h.Database != "" {
		schema = "sandbox."
		err = p.openPostgres(ctx, h.Database)
	} else {
		err = p.openSQLite(h)
	}
	first := ((unixNow() - db.Epoch) - total*4/64 - 60_000) << 6 // a minute before now at the latest
	id := func(tick string) string { return "(((" + tick + ") >> 6) * 4096 + 4032 + ((" + tick + ") & 63))" }
	at := func(tick string) string { return fmt.Sprintf("(((%s) >> 6) + %d)", tick, db.Epoch) }
	tick := func(j int) string { return fmt.Sprintf("%d + i * 4 + %d", first, j) }
	deposit := fmt.Sprintf("%d + s", first-p.shops-64)
	shop := fmt.Sprintf("(%d + i %% %d)", firstShop, p.shops)
	p.words = []string{
		"{first}", fmt.Sprint(firstShop), "{deposit}", id(deposit), "{depositAt}", at(deposit), "{count}", p.countOf(fmt.Sprintf("(i %% %d)", p.shops)),
		"{shop}", shop, "{q}", fmt.Sprintf("(i / %d)", p.shops), "{id0}", id(tick(0)), "{id1}", id(tick(1)), "{id2}", id(tick(2)), "{id3}", id(tick(3)),
		"{at}", at(tick(0)), "{reference}", "('p-' || " + shop + " || '-' || " + id(tick(0)) + ")", "{sandbox}", schema,
		"{sealed}", sealed, "{print}", "'" + plainPrint + "'",
	}
	return p, err
}

// sealedAccounts is an expression for the account of a payout, sealed for its shop.
func (h *house) sealedAccounts(box *seal.Box) (string, error) {
	var cases strings.Builder
	for i, id := range h.shops {
		sealed, err := box.Seal("payout", id, "account", []byte(benchAccount))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&cases, " WHEN %d THEN '%s'", i, sealed)
	}
	return fmt.Sprintf("CASE i %% %d%s END", len(h.shops), cases.String()), nil
}

func (p *preloader) openPostgres(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	p.gateway = func(ctx context.Context, text string) error {
		_, err := conn.Exec(ctx, text)
		return err
	}
	p.sandbox = p.gateway
	p.end = func(ctx context.Context) error {
		_, err := conn.Exec(ctx, "VACUUM ANALYZE")
		return errors.Join(err, conn.Close(ctx))
	}
	return p.gateway(ctx, "SET synchronous_commit = off")
}

// openSQLite writes without waiting for the disk; the end waits, once.
func (p *preloader) openSQLite(h *house) error {
	gateway, err := h.openFile("brama.db", "synchronous(OFF)")
	if err != nil {
		return err
	}
	sandbox, err := h.openFile("sandbox.db", "synchronous(OFF)")
	if err != nil {
		return errors.Join(err, gateway.Close())
	}
	both := []*sql.DB{gateway, sandbox}
	execute := func(d *sql.DB) func(context.Context, string) error {
		return func(ctx context.Context, text string) error { _, err := d.ExecContext(ctx, text); return err }
	}
	p.gateway, p.sandbox = execute(gateway), execute(sandbox)
	p.end = func(ctx context.Context) (err error) {
		for _, d := range both {
			for _, text := range []string{"PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)"} {
				_, failed := d.ExecContext(ctx, text)
				err = errors.Join(err, failed)
			}
			err = errors.Join(err, d.Close())
		}
		return err
	}
	return nil
}

// preloadPage is how many payouts are written at a time.
const preloadPage = 20_000

func (p *preloader) write(ctx context.Context, told func(done int64)) error {
	for _, text := range preloadHouse {
		if err := p.gateway(ctx, p.text(strings.ReplaceAll(text, "{count}", p.countOf("s")), "s", 0, p.shops)); err != nil {
			return err
		}
	}
	if err := p.sandbox(ctx, p.text(preloadShops, "s", 0, p.shops)); err != nil {
		return err
	}
	for from := int64(0); from < p.total; from += preloadPage {
		to := min(p.total, from+preloadPage)
		for _, text := range preloadRows {
			if err := p.gateway(ctx, p.text(text, "i", from, to)); err != nil {
				return fmt.Errorf("%.40s…: %w", text, err)
			}
		}
		if err := p.sandbox(ctx, p.text(preloadActs, "i", from, to)); err != nil {
			return err
		}
		told(to)
	}
	return nil
}

// countOf is how many payouts shop number s has.
func (p *preloader) countOf(s string) string {
	return fmt.Sprintf("(%d + CASE WHEN %s < %d THEN 1 ELSE 0 END)", p.total/p.shops, s, p.total%p.shops)
}

// text is a statement over the numbers from … to-1, called by the name.
func (p *preloader) text(text, name string, from, to int64) string {
	table := fmt.Sprintf("WITH RECURSIVE k(%[1]s) AS (SELECT CAST(%[2]d AS BIGINT) UNION ALL SELECT %[1]s + 1 FROM k WHERE %[1]s < %[3]d) ", name, from, to-1)
	return table + strings.NewReplacer(p.words...).Replace(text)
}

package turnover

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
)

// backdoor writes rows past the gateway.
type backdoor struct {
	t  *testing.T
	db *sql.DB
}

func open(t *testing.T, h *dbtest.House) backdoor {
	t.Helper()
	driver, source := "sqlite", h.Config.Path
	if h.Config.URL != "" {
		driver, source = "pgx", h.Config.URL
	}
	d, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return backdoor{t, d}
}

func (b backdoor) exec(text string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Exec(text, args...); err != nil {
		b.t.Fatalf("%s: %v", text, err)
	}
}

// insert fills the columns that do not matter: texts are empty, numbers 0.
func (b backdoor) insert(table, texts, numbers, falses string, known map[string]any) {
	b.t.Helper()
	var names, places []string
	var args []any
	put := func(name string, value any) {
		if given, ok := known[name]; ok {
			value = given
		}
		args = append(args, value)
		names, places = append(names, name), append(places, fmt.Sprintf("$%d", len(args)))
	}
	for _, name := range strings.Fields(texts) {
		put(name, "")
	}
	for _, name := range strings.Fields(numbers) {
		put(name, int64(0))
	}
	for _, name := range strings.Fields(falses) {
		put(name, false)
	}
	b.exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
}

func (b backdoor) payout(id, status, attempts, amount int64, c money.Currency) {
	b.insert("payout", "source shop_payment_id payway provider failure account account_mask account_print details description rrn bank_transaction",
		"shop_id id currency write_off receive_currency receive fee rounding rate status attempts refusals refused_at losses reserve callbacks due_at created_at updated_at processed_at version",
		"rate_inverse", map[string]any{"id": id, "shop_id": int64(7), "shop_payment_id": fmt.Sprint(id), "status": status, "attempts": attempts, "write_off": amount, "receive": int64(1), "currency": c.Number()})
}

func (b backdoor) invoice(id, status, attempts, hold, amount int64, c money.Currency) {
	b.insert("invoice", "source shop_order_id session payway provider failure description callback_url rejected_url success_url failed_url extra payer_account after_hold",
		"shop_id id currency amount net price_currency price surcharge rate status refunded price_refunded fee_returned attempts refusals refused_at losses authorization_n hold_transfer callbacks hold_until expires_at due_at created_at updated_at processed_at version",
		"rate_inverse hold", map[string]any{"id": id, "shop_id": int64(7), "shop_order_id": fmt.Sprint(id), "session": fmt.Sprint(id), "status": status, "attempts": attempts,
			"hold_transfer": hold, "amount": amount, "net": int64(1), "price": int64(1), "currency": c.Number()})
}

func (b backdoor) refund(id int64, status string, amount int64, c money.Currency) {
	b.insert("refund", "source shop_refund_id provider status failure callback_url",
		"shop_id id invoice_id currency amount price_currency price fee_back attempts refusals refused_at losses reserve due_at created_at updated_at processed_at version",
		"", map[string]any{"id": id, "shop_id": int64(7), "shop_refund_id": fmt.Sprint(id), "status": status, "amount": amount, "currency": c.Number()})
}

// work steps until there is nothing to read.
func work(t *testing.T, b *Board) (steps int) {
	t.Helper()
	for ; ; steps++ {
		worked, err := b.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			return steps
		}
		if steps > 20_000 {
			t.Fatal("it never rests")
		}
	}
}

// Figures equal what the tables say, in whatever pieces they were read: operations
// come in over days, some end at once, some much later, some are stored late.
func TestFiguresEqualTheTables(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		at, random := open(t, h), rand.New(rand.NewPCG(1, 2))
		now := h.Clock.Now()
		ids := func(back int64) int64 { return db.FirstID(now-back) + int64(random.IntN(4096*1000)) }
		currencies := []money.Currency{money.USD, money.UAH}
		pick := func(list ...int64) int64 { return list[random.IntN(len(list))] }
		used := map[int64]bool{}
		make := func(back int64) {
			id := ids(back)
			if used[id] {
				return
			}
			used[id] = true
			c, amount := currencies[random.IntN(2)], int64(random.IntN(10_000)+1)
			switch random.IntN(3) {
			case 0:
				at.payout(id, pick(1, 2, 3, 4, 5, 5, 6, 9), pick(0, 1), amount, c)
			case 1:
				at.invoice(id, pick(1, 2, 4, 4, 5, 6, 6, 8, 81), pick(0, 1), pick(0, 1), amount, c)
			default:
				at.refund(id, []string{"WAITING", "SUCCESS", "FAILED"}[random.IntN(3)], amount, c)
			}
		}
		for range 300 {
			make(int64(random.IntN(int(40 * 24 * hour)))) // some too old to be shown
		}
		b := New(h.DB.Reader(), h.Clock.Time)
		b.page = 7
		if since := b.Since(); since < now {
			t.Error("a board that has read nothing says it is complete")
		}
		work(t, b)
		for range 12 {
			agree(t, b, h, at)
			for range 15 {
				make(int64(random.IntN(int(late)) - 1000)) // as other nodes' clocks have it
			}
			at.exec("UPDATE payout SET status = 5 WHERE status IN (1, 3) AND id % 3 = $1", int64(random.IntN(3)))
			at.exec("UPDATE invoice SET status = 4 WHERE status IN (2, 81) AND id % 3 = $1", int64(random.IntN(3)))
			at.exec("UPDATE refund SET status = 'SUCCESS' WHERE status = 'WAITING' AND id % 3 = $1", int64(random.IntN(3)))
			work(t, b)
			h.Clock.Add(5 * 24 * time.Hour / 12 * time.Duration(random.IntN(2)))
			h.Clock.Add(20 * time.Minute)
			work(t, b)
			now = h.Clock.Now()
		}
	})
}

// agree compares once every piece that is open has been read again.
func agree(t *testing.T, b *Board, h *dbtest.House, at backdoor) {
	t.Helper()
	for _, s := range b.series {
		s.due = 0
		for _, p := range s.pieces {
			p.due = min(p.due, max(0, p.due-kept)) // due now, but for the growing one
		}
	}
	work(t, b)
	until := h.Clock.Now()/hour*hour + 2*hour
	since := b.Since()
	if since > until-kept+hour {
		t.Errorf("after all work the figures go back %d hours", (until-since)/hour)
	}
	for _, spans := range []struct{ from, hours int64 }{{since, 1}, {since, 24}} {
		for _, span := range b.Spans(spans.from, until, spans.hours) {
			want := map[Key]Sum{}
			for flow, table := range map[Flow]string{In: "invoice", Out: "payout", Back: "refund"} {
				amount := map[Flow]string{Out: "write_off"}[flow]
				if amount == "" {
					amount = "amount"
				}
				left := map[Flow]string{In: "status = 6 AND (attempts = 0 OR hold_transfer <> 0)", Out: "status = 6 AND attempts = 0", Back: "1 = 0"}[flow]
				done := map[Flow]string{In: "status = 4", Out: "status = 5", Back: "status = 'SUCCESS'"}[flow]
				final := map[Flow]string{In: "status IN (4, 6)", Out: "status IN (5, 6)", Back: "status <> 'WAITING'"}[flow]
				rows, err := at.db.Query("SELECT currency, COUNT(*), SUM(CASE WHEN "+done+" THEN 1 ELSE 0 END), SUM(CASE WHEN "+left+" THEN 1 ELSE 0 END), SUM(CASE WHEN "+final+
					" THEN 1 ELSE 0 END), CAST(SUM(CASE WHEN "+done+" THEN "+amount+" ELSE 0 END) AS BIGINT) FROM "+table+" WHERE id >= $1 AND id < $2 GROUP BY currency",
					db.FirstID(span.From), db.FirstID(span.Until))
				if err != nil {
					t.Fatal(err)
				}
				for rows.Next() {
					var c money.Currency
					var all, final int64
					var s Sum
					if err := rows.Scan(&c, &all, &s.Done, &s.Left, &final, &s.Volume); err != nil {
						t.Fatal(err)
					}
					s.Open, s.Failed = all-final, final-s.Done-s.Left
					want[Key{flow, c}] = s
				}
				_ = rows.Close()
			}
			if diff := cmp.Diff(want, span.Sums); diff != "" {
				t.Errorf("%s, %d hours: %s", time.UnixMilli(span.From).UTC(), spans.hours, diff)
			}
		}
	}
}

// What is final is not read again, and what waits for long is read ever less: the
// work of a day does not grow with what lies in the tables.
func TestReadingRests(t *testing.T) {
	h := dbtest.SQLite(t)
	at := open(t, h)
	start := db.FirstID(h.Clock.Now() - 10*hour)
	for i := range int64(50) {
		at.payout(start+i*4096, 5, 1, 100, money.USD)
	}
	at.invoice(start, 8, 1, 1, 100, money.USD) // a hold that lasts
	b := New(h.DB.Reader(), h.Clock.Time)
	b.page = 10
	if steps := work(t, b); steps < 8 || steps > 30 { // hours in which nothing was are not read one by one
		t.Errorf("reading everything took %d steps", steps)
	}
	h.Clock.Add(10 * time.Minute)
	work(t, b)
	if pieces := len(b.series[1].pieces); pieces != 1 {
		t.Errorf("%d pieces of payouts are kept, all but the newest of which are final", pieces)
	}
	reads := 0
	for range 24 * 60 {
		h.Clock.Add(time.Minute)
		reads += work(t, b)
	}
	// Three heads a minute, each hour's end twice, and the hold again when it is an eighth older.
	if heads := 3 * 24 * 60; reads < heads || reads > heads+2*3*24+40 {
		t.Errorf("a day of one open hold took %d reads", reads)
	}
}

func TestOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		at, id := open(t, h), h.DB.NewID()
		for i, status := range []int64{1, 2, 2, 3, 5, 6, 9} {
			at.payout(id+int64(i), status, 1, 100, money.USD)
		}
		at.exec("UPDATE payout SET due_at = 5 WHERE status IN (1, 3, 9)")
		at.insert("attempt", "verb provider reference outcome provider_id continue_url reason", "shop_id operation n sent_at answered_at asked missing version", "",
			map[string]any{"shop_id": int64(7), "operation": id + 6, "n": int64(1), "verb": "payout", "outcome": "unknown", "sent_at": int64(4711)})
		got, err := Open(context.Background(), h.DB.Reader(), h.Clock.Now())
		if want := (Now{Payouts: 3, Confirming: 2, Unknown: 1, UnknownSince: 4711}); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

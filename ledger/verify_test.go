package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// story posts some of everything: two minutes apart, so that a part is beyond
// the horizon and a part is not.
type story struct{ deposit, payout, second, done, released, open, hold, wrong, undone int64 }

func tell(t testing.TB, h *dbtest.House) story {
	var st story
	st.deposit = post(t, h, Posting{Kind: "deposit", Operation: 1}, to(Funding, money.USD, -20000), to(Available, money.USD, 20000))
	post(t, h, Posting{Kind: "payment", Operation: 2}, card(money.USD, -10000), to(Available, money.USD, 9500), to(Fee, money.USD, 500))
	st.payout = do(t, h, func(s *db.State) (int64, error) { return Reserve(s, shop, 3, "payout", usd(3000)) })
	st.second = do(t, h, func(s *db.State) (int64, error) { return Reserve(s, shop, 8, "payout", usd(500)) })
	h.Clock.Add(2 * time.Minute)
	st.released = do(t, h, func(s *db.State) (_ int64, err error) {
		// In one decision, so that the ids of the two ends follow each other.
		st.done, err = Settle(s, shop, st.payout, Posting{Kind: "payout done", Operation: 3}, to(Frozen, money.USD, -3000), card(money.USD, 2900), to(Fee, money.USD, 100))
		if err != nil {
			return 0, err
		}
		return Release(s, shop, st.second, 8, usd(500))
	})
	st.open = do(t, h, func(s *db.State) (int64, error) { return Reserve(s, shop, 4, "payout", usd(1000)) })
	st.hold = post(t, h, Posting{Kind: "hold", Operation: 5}, to(Held, money.USD, 950), to(Authorised, money.USD, -950))
	other := post(t, h, Posting{Kind: "hold", Operation: 7}, to(Held, money.USD, 40), to(Authorised, money.USD, -40))
	do(t, h, func(s *db.State) (int64, error) {
		return Settle(s, shop, other, Posting{Kind: "unhold", Operation: 7}, to(Held, money.USD, -40), to(Authorised, money.USD, 40))
	})
	legs := []Leg{card(money.UAH, -700), to(Available, money.UAH, 700)}
	st.wrong = post(t, h, Posting{Kind: "payment", Operation: 6}, legs...)
	st.undone = do(t, h, func(s *db.State) (int64, error) {
		return Reverse(s, shop, st.wrong, Posting{Kind: "correction", Operation: 6}, legs...)
	})
	return st
}

// fill puts the story's ids into an SQL text.
func (st story) fill(text string) string {
	return strings.NewReplacer("$deposit", fmt.Sprint(st.deposit), "$payout", fmt.Sprint(st.payout), "$second", fmt.Sprint(st.second),
		"$done", fmt.Sprint(st.done), "$released", fmt.Sprint(st.released), "$open", fmt.Sprint(st.open), "$hold", fmt.Sprint(st.hold),
		"$wrong", fmt.Sprint(st.wrong), "$undone", fmt.Sprint(st.undone)).Replace(text)
}

func TestVerifyFindsNothingInBooksThatAreRight(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		if found := differences(t, h, verifyPage, unsettled); len(found) != 0 {
			t.Errorf("in books without a page: %v", found)
		}
		tell(t, h)
		for _, page := range []int64{1, 2, 3, 5, verifyPage} {
			for _, unsettled := range []int64{0, unsettled, 1 << 52} {
				if found := differences(t, h, page, unsettled); len(found) != 0 {
					t.Errorf("pages of %d, %d unsettled: %v", page, unsettled, found)
				}
			}
		}
	})
}

// unchecked lets a test store what the schema refuses.
var unchecked = map[string][]string{
	"sqlite": {
		"PRAGMA ignore_check_constraints = 1",
		"DROP INDEX transfer_resolves", "DROP INDEX transfer_reverses",
	},
	"postgres": {
		"ALTER TABLE account DROP CONSTRAINT account_check", "ALTER TABLE account DROP CONSTRAINT account_check1",
		"ALTER TABLE entry DROP CONSTRAINT entry_amount_check",
		"DROP INDEX transfer_resolves", "DROP INDEX transfer_reverses",
	},
}

func TestVerifyFindsEachDamage(t *testing.T) {
	const available = "WHERE shop_id = 17 AND currency = 840 AND purpose = 'available'"
	tests := []struct {
		name, damage string
		wants        []string // each must be reported: what, subject
	}{
		{"an amount changed", "UPDATE entry SET amount = amount + 1 WHERE transfer_id = $deposit AND n = 2",
			[]string{"does not sum to zero, transfer $deposit", "is not the sum of its entries, available USD", "has entries with wrong balances, available USD"}},
		{"an amount changed lately", "UPDATE entry SET amount = amount - 1 WHERE transfer_id = $open AND n = 2",
			[]string{"does not sum to zero, transfer $open", "is not the sum of its entries, frozen USD"}},
		{"an amount of the newest transfer changed", "UPDATE entry SET amount = amount + 1 WHERE transfer_id = $undone AND n = 1",
			[]string{"does not sum to zero, transfer $undone"}},
		{"two amounts changed alike", "UPDATE entry SET amount = amount * 2 WHERE transfer_id = $deposit",
			[]string{"is not the sum of its entries, available USD", "is not the sum of its entries, funding USD"}},
		{"amounts that wrap around to zero", "UPDATE entry SET amount = -9223372036854775807 - 1 WHERE transfer_id = $deposit",
			[]string{"does not sum to zero, transfer $deposit", "is not the sum of its entries, available USD"}},
		{"a balance raised", "UPDATE account SET balance = balance + 100 " + available,
			[]string{"is not the sum of its entries, available USD", "has entries with wrong balances, available USD"}},
		{"a balance raised together with its last entry",
			"UPDATE account SET balance = balance + 100 " + available + "; UPDATE entry SET balance = balance + 100 WHERE transfer_id = $open AND purpose = 'available'",
			[]string{"is not the sum of its entries, available USD", "has entries with wrong balances, available USD"}},
		{"an entry's balance changed", "UPDATE entry SET balance = balance + 1 WHERE transfer_id = $deposit AND n = 2",
			[]string{"has entries with wrong balances, available USD"}},
		{"an entry's balance changed lately", "UPDATE entry SET balance = balance + 1 WHERE transfer_id = $open AND n = 2",
			[]string{"has entries with wrong balances, frozen USD"}},
		{"an entry's balance below zero", "UPDATE entry SET balance = -1 WHERE transfer_id = $deposit AND n = 2",
			[]string{"is below zero, transfer $deposit", "has entries with wrong balances, available USD"}},
		{"a balance below zero", "UPDATE account SET balance = -1 WHERE shop_id = 17 AND currency = 840 AND purpose = 'frozen'",
			[]string{"is below zero, frozen USD", "is not the sum of its entries, frozen USD"}},
		{"an entry of nothing", "INSERT INTO entry VALUES (17, $deposit, 3, 840, 'fee', '', 0, 0)",
			[]string{"moves nothing, transfer $deposit"}},
		{"an entry removed", "DELETE FROM entry WHERE transfer_id = $deposit AND n = 1",
			[]string{"does not sum to zero, transfer $deposit", "has fewer than two entries, transfer $deposit", "is not the sum of its entries, funding USD"}},
		{"the entries of a transfer removed", "DELETE FROM entry WHERE transfer_id = $open",
			[]string{"has fewer than two entries, transfer $open", "is not the sum of its entries, frozen USD"}},
		{"a transfer removed", "DELETE FROM transfer WHERE id = $deposit",
			[]string{"belongs to no transfer, transfer $deposit"}},
		{"the newest transfer removed", "DELETE FROM transfer WHERE id = $undone",
			[]string{"belongs to no transfer, transfer $undone"}},
		{"a transfer given to another shop", "UPDATE transfer SET shop_id = 18 WHERE id = $deposit",
			[]string{"belongs to no transfer, transfer $deposit"}},
		{"all of a transfer removed", "DELETE FROM transfer WHERE id = $deposit; DELETE FROM entry WHERE transfer_id = $deposit",
			[]string{"is not the sum of its entries, available USD", "is not the sum of its entries, funding USD"}},
		{"an entry moved to another account", "UPDATE entry SET purpose = 'rounding' WHERE transfer_id = $deposit AND n = 1",
			[]string{"has entries but no balance, rounding USD", "is not the sum of its entries, funding USD"}},
		{"an entry moved to another currency", "UPDATE entry SET currency = 978 WHERE transfer_id = $deposit AND n = 1",
			[]string{"does not sum to zero, transfer $deposit", "has entries but no balance, funding EUR"}},
		{"an entry moved to another provider lately", "UPDATE entry SET provider = 'bank' WHERE transfer_id = $done AND n = 2",
			[]string{"has entries but no balance, clearing USD bank", "is not the sum of its entries, clearing USD card"}},
		{"an account removed", "DELETE FROM account " + available,
			[]string{"has entries but no balance, available USD"}},
		{"an account added", "INSERT INTO account VALUES (17, 978, 'available', '', 500, 1)",
			[]string{"is not the sum of its entries, available EUR"}},
		{"the end of a reservation that is not there", "UPDATE transfer SET resolves = 12345 WHERE id = $done",
			[]string{"resolves what is not there, transfer $done", "resolves a reservation in part, transfer $done"}},
		{"the end of itself", "UPDATE transfer SET resolves = id WHERE id = $done",
			[]string{"resolves what is not there, transfer $done"}},
		{"the end of another reservation", "UPDATE transfer SET resolves = $open WHERE id = $done",
			[]string{"resolves a reservation in part, transfer $done"}},
		{"less than was reserved is given back", "UPDATE entry SET amount = amount / 2 WHERE transfer_id = $released",
			[]string{"resolves a reservation in part, transfer $released"}},
		{"the end of a hold that leaves it held", "UPDATE transfer SET resolves = $hold WHERE id = $undone",
			[]string{"resolves a reservation in part, transfer $undone"}},
		{"a reservation ended twice", "UPDATE transfer SET resolves = $payout WHERE id = $open",
			[]string{"resolves what another resolves, transfer $open", "resolves what another resolves, transfer $done"}},
		{"the undoing of a transfer that is not there", "UPDATE transfer SET reverses = 12345 WHERE id = $undone",
			[]string{"reverses what is not there, transfer $undone"}},
		{"a transfer undone twice", "UPDATE transfer SET reverses = $wrong WHERE id = $open",
			[]string{"reverses what another reverses, transfer $undone", "reverses what another reverses, transfer $open"}},
	}
	for engine, lift := range unchecked {
		t.Run(engine, func(t *testing.T) {
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					var h *dbtest.House
					if engine == "sqlite" {
						h = dbtest.SQLite(t)
					} else {
						h = dbtest.Postgres(t)
					}
					st := tell(t, h)
					damage(t, h, append(lift, strings.Split(st.fill(test.damage), ";")...))
					for _, page := range []int64{1, 2, verifyPage} {
						mustReport(t, differences(t, h, page, unsettled), test.wants, st)
					}
				})
			}
		})
	}
}

func damage(t *testing.T, h *dbtest.House, statements []string) {
	t.Helper()
	pool := raw(t, h)
	for _, text := range statements {
		if _, err := pool.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func mustReport(t *testing.T, found []Difference, wants []string, st story) {
	t.Helper()
	reported := map[string]bool{}
	for _, d := range found {
		if d.Shop != shop || d.Detail == "" {
			t.Errorf("a report without its shop or its detail: %+v", d)
		}
		reported[string(d.What)+", "+d.Subject] = true
	}
	for _, want := range wants {
		if !reported[st.fill(want)] {
			t.Errorf("not reported: %s; found %v", want, found)
		}
	}
}

func TestVerifyKeepsToItsShop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		tell(t, h)
		damage(t, h, []string{"INSERT INTO account VALUES (18, 978, 'available', '', 500, 1)", "INSERT INTO entry VALUES (18, 5, 1, 840, 'fee', '', 7, 7)"})
		if found := differences(t, h, verifyPage, unsettled); len(found) != 0 {
			t.Errorf("another shop's damage was reported: %v", found)
		}
	})
}

func TestVerifySaysWhenItCouldNotRead(t *testing.T) {
	h := dbtest.SQLite(t)
	tell(t, h)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Verify(gone, h.DB.Reader(), shop, func(Difference) {}); err == nil {
		t.Error("no error from a canceled read: the books would pass for verified")
	}
}

// TestBooksUnderLoadStaySound posts at random from several callers while the
// books are verified, and then compares what was answered with what is stored.
func TestBooksUnderLoadStaySound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		damage(t, h, []string{"INSERT INTO shop SELECT 17, name, active, secret, old_secret, webhook_key, old_webhook_key, settings, created_at, updated_at, version FROM shop WHERE id = 0"})
		post(t, h, Posting{Kind: "deposit"}, to(Funding, money.USD, -500), to(Available, money.USD, 500))
		var callers sync.WaitGroup
		for seed := range uint64(8) {
			callers.Go(func() { trade(t, h, rand.New(rand.NewPCG(seed, 17))) })
		}
		over := make(chan struct{})
		go func() { callers.Wait(); close(over) }()
		for running := true; running; {
			select {
			case <-over:
				running = false
			default:
			}
			// One writer draws the ids, so nothing below the newest is unsettled.
			if found := differences(t, h, 50, 0); len(found) != 0 {
				t.Fatalf("%v", found)
			}
		}
		balances, err := Balances(context.Background(), h.DB.Reader(), shop)
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, account := range balances {
			sum += account.Balance
			if account.Purpose == Frozen && account.Balance != 0 {
				t.Errorf("%d is frozen, though everything was ended", account.Balance)
			}
		}
		if sum != 0 {
			t.Errorf("the books sum to %d", sum)
		}
	}, dbtest.Running())
}

// trade reserves what may be too much, and settles or releases it.
func trade(t *testing.T, h *dbtest.House, random *rand.Rand) {
	for range 40 {
		amount := random.Int64N(200) + 1
		reserve, err := db.Do(context.Background(), h.DB, shop, act(func(s *db.State) (int64, error) { return Reserve(s, shop, 1, "payout", usd(amount)) }))
		if fault.Is(err, fault.Balance) {
			continue
		}
		if err == nil {
			_, err = db.Do(context.Background(), h.DB, shop, act(func(s *db.State) (int64, error) {
				if amount%4 != 0 {
					return Release(s, shop, reserve, 1, usd(amount))
				}
				return Settle(s, shop, reserve, Posting{Kind: "payout done", Operation: 1}, to(Frozen, money.USD, -amount), card(money.USD, amount-1), to(Fee, money.USD, 1))
			}))
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func TestAReservationEndsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		st := tell(t, h)
		for name, a := range map[string]act{
			"released after it was settled": func(s *db.State) (int64, error) { return Release(s, shop, st.payout, 3, usd(1000)) },
			"reversed twice": func(s *db.State) (int64, error) {
				return Reverse(s, shop, st.wrong, Posting{Kind: "correction"}, to(Fee, money.USD, 1), to(Funding, money.USD, -1))
			},
		} {
			if _, err := db.Do(context.Background(), h.DB, shop, a); !fault.Is(err, fault.Internal) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if found := differences(t, h, verifyPage, unsettled); len(found) != 0 {
			t.Error(found)
		}
	})
}

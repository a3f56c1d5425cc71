package ledger

import (
	"context"
	"database/sql"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/money"
)

const shop = 17

// to and the following are legs in the tests' shorthand.
func to(purpose Purpose, currency money.Currency, amount int64) Leg {
	return Leg{Currency: currency, Purpose: purpose, Amount: amount}
}

func card(currency money.Currency, amount int64) Leg {
	return Leg{Currency: currency, Purpose: Clearing, Provider: "card", Amount: amount}
}

func usd(minor int64) money.Amount { return money.New(minor, money.USD) }

// newState is a state of its own, with ids from 1.
func newState() *db.State {
	var id int64
	return db.NewState(1000, func() int64 { id++; return id })
}

// must posts into a state; a test that gets an error here is not about it.
func must(t testing.TB, s *db.State, p Posting, legs ...Leg) int64 {
	t.Helper()
	id, err := Post(s, shop, p, legs...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func deposit(t testing.TB, s *db.State, amount int64) {
	t.Helper()
	must(t, s, Posting{Kind: "deposit"}, to(Funding, money.USD, -amount), to(Available, money.USD, amount))
}

// act is a use case that posts: it reads every account of the tests.
type act func(*db.State) (int64, error)

func (act) Reads(r *db.Reads) {
	for _, currency := range []money.Currency{money.USD, money.UAH} {
		for _, purpose := range Purposes() {
			provider := ""
			if purpose == Clearing {
				provider = "card"
			}
			Read(r, shop, currency, purpose, provider)
			if purpose == Clearing {
				Read(r, shop, currency, purpose, "bank")
			}
		}
	}
}

func (a act) Decide(s *db.State) (int64, error) { return a(s) }

// post posts one transfer in a transaction of its own.
func post(t testing.TB, h *dbtest.House, p Posting, legs ...Leg) int64 {
	t.Helper()
	return do(t, h, func(s *db.State) (int64, error) { return Post(s, shop, p, legs...) })
}

func do(t testing.TB, h *dbtest.House, a act) int64 {
	t.Helper()
	id, err := db.Do(context.Background(), h.DB, shop, a)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// raw is a connection that may do what the gateway never does.
func raw(t testing.TB, h *dbtest.House) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+h.Config.Path+"?_pragma=busy_timeout(5000)"
	if h.Config.URL != "" {
		driver, source = "pgx", h.Config.URL
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() { pool.Close() })
	return pool
}

func differences(t testing.TB, h *dbtest.House, page, unsettled int64) []Difference {
	t.Helper()
	var found []Difference
	err := verify(context.Background(), h.DB.Reader(), shop, page, unsettled, func(d Difference) { found = append(found, d) })
	if err != nil {
		t.Fatal(err)
	}
	return found
}

package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/brama-pay/brama/money"
)

// Difference is something in the books of a shop that must not be.
type Difference struct {
	Shop    int64
	What    Wrong
	Subject string // what it is about: "transfer 17", "available USD", "clearing USD card"
	Detail  string // for people
}

// Wrong is a kind of difference.
type Wrong string

// The kinds of difference.
const (
	Unbalanced    Wrong = "does not sum to zero"            // a transfer, in a currency
	Incomplete    Wrong = "has fewer than two entries"      // a transfer
	Orphan        Wrong = "belongs to no transfer"          // an entry
	Empty         Wrong = "moves nothing"                   // an entry of amount zero
	Overdrawn     Wrong = "is below zero"                   // an account or an entry of available, frozen or held
	WrongBalance  Wrong = "is not the sum of its entries"   // an account
	WrongRunning  Wrong = "has entries with wrong balances" // an account
	NoAccount     Wrong = "has entries but no balance"      // an account
	NothingEnded  Wrong = "resolves what is not there"      // a transfer
	NothingUndone Wrong = "reverses what is not there"      // a transfer
	EndedTwice    Wrong = "resolves what another resolves"  // a transfer
	UndoneTwice   Wrong = "reverses what another reverses"  // a transfer
	PartlyEnded   Wrong = "resolves a reservation in part"  // a transfer
)

const (
	// verifyPage is how many entries, and how many transfers, one read takes at most:
	// a long read keeps SQLite from shortening its log.
	verifyPage = 4000
	// unsettled is how far behind the newest transfer the balances are compared in
	// one read: a minute of ids (db.IDs). Several nodes draw ids of one shop by their
	// own clocks, so that a transfer may be stored a little later than one with a
	// greater id; not by a minute, or the node would have lost its number.
	unsettled = 60_000 << 12
)

// Verify recomputes the books of one shop and reports every difference, while
// the gateway may be at work. It reads in pages, each a short read of its own.
// The error is that of the database, or of the context: then not all was read.
//
// That an entry's balance is the running sum of its account is found without an
// order: ids of one shop are not in the order of commits when several nodes serve
// it. See tally.
func Verify(ctx context.Context, reader *sql.DB, shop int64, report func(Difference)) error {
	return verify(ctx, reader, shop, verifyPage, unsettled, report)
}

// VerifyAll does what Verify does for every shop in one pass: the keys begin with
// the id, so that a pass for one shop goes by the rows of all. looked is told how
// many rows each read took, for who waits. It keeps one sum per account in memory.
func VerifyAll(ctx context.Context, reader *sql.DB, report func(Difference), looked func(rows int64)) error {
	b := &books{reader: reader, page: verifyPage, report: report, looked: looked, tallies: map[accountKey]*tally{}}
	return b.verify(ctx, unsettled)
}

func verify(ctx context.Context, reader *sql.DB, shop, page, unsettled int64, report func(Difference)) error {
	b := &books{reader: reader, only: shop, page: page, report: report, looked: func(int64) {}, tallies: map[accountKey]*tally{}}
	return b.verify(ctx, unsettled)
}

func (b *books) verify(ctx context.Context, unsettled int64) error {
	newest, err := transfers.First(ctx, b.reader, "(shop_id = $1 OR $1 = 0) ORDER BY id DESC", b.only)
	if err != nil {
		return err
	}
	if newest != nil {
		b.horizon = newest.ID - unsettled
	}
	for _, read := range []func(context.Context) error{b.readPages, b.readAccounts} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// books is what is known of the books while they are read.
type books struct {
	reader  *sql.DB
	only    int64 // the shop, 0 for all
	page    int64
	horizon int64 // entries of later transfers are summed when the accounts are read
	report  func(Difference)
	looked  func(rows int64)
	tallies map[accountKey]*tally
}

func (b *books) wrong(shop int64, what Wrong, subject, format string, args ...any) {
	b.report(Difference{Shop: shop, What: what, Subject: subject, Detail: fmt.Sprintf(format, args...)})
}

func (b *books) tally(k accountKey) *tally {
	t := b.tallies[k]
	if t == nil {
		t = &tally{}
		b.tallies[k] = t
	}
	return t
}

// accountKey names an account. The currency is as stored: a damaged one may be none.
type accountKey struct {
	shop     int64
	currency int64
	purpose  Purpose
	provider string
}

// String names the account within its shop.
func (k accountKey) String() string {
	text := string(k.purpose) + " " + currencyName(k.currency)
	if k.provider != "" {
		text += " " + k.provider
	}
	return text
}

func currencyName(number int64) string {
	if c, ok := money.CurrencyByNumber(number); ok {
		return c.Code()
	}
	return fmt.Sprint(number)
}

func transferName(id int64) string { return fmt.Sprintf("transfer %d", id) }

package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/provider/sandbox"
)

// moved is what an operation moved at a provider account, in a currency.
type moved struct {
	shop      int64
	account   string
	operation int64
	currency  money.Currency
}

// bookRounds is how often books that differ are compared: the two databases are
// not read at one moment, and a gateway at work is ahead in one of them.
const bookRounds = 4

// sandbox compares the sandbox's own books with our clearing accounts, operation
// by operation. Only a demo has a sandbox.
func (l *look) sandbox(at storage, only int64) error {
	kind, err := facts.First(l.ctx, l.of.db.Reader(), "name = $1", factKind)
	if err != nil || kind == nil || kind.Value != kindDemo {
		return err
	}
	books, err := db.Open(l.ctx, at.sandboxConfig(true))
	if err != nil {
		return fmt.Errorf("the sandbox's books: %w", err)
	}
	defer books.Close()
	b := &bothBooks{look: l, theirs: sandbox.New(sandbox.Config{DB: books, Now: time.Now}), only: only}
	if b.accounts, err = sandboxAccounts(l.ctx, l.of.db); err != nil {
		return err
	}
	return b.compare()
}

// bothBooks are the sandbox's books and ours.
type bothBooks struct {
	*look
	theirs   *sandbox.Sandbox
	accounts []string // the provider accounts that are the sandbox's
	only     int64    // the shop, 0 for all
	seed     maphash.Seed
}

// compare compares the sums of buckets first, which takes no memory, and then, in
// rounds, operation by operation, those buckets that differ.
func (b *bothBooks) compare() error {
	differs, err := b.buckets()
	if err != nil || !slices.Contains(differs, true) {
		return err
	}
	var before map[moved][2]int64
	for round := range bookRounds {
		if round > 0 {
			sleep(b.ctx, 300*time.Millisecond)
		}
		after, err := b.within(differs)
		if err != nil {
			return err
		}
		if before != nil {
			for k := range after { // what was equal once was only read at a bad moment
				if _, again := before[k]; !again {
					delete(after, k)
				}
			}
		}
		if before = after; len(before) == 0 {
			return nil
		}
	}
	return b.tell(before)
}

// bucketsOf is how many buckets operations are spread over.
const bucketsOf = 1 << 16

// buckets tells which buckets differ. What the one side moved is added and what the
// other did taken away, each times an odd number that is the operation's own and
// not to be foreseen: one difference in a bucket always shows, and several undo each
// other by a chance of 2^-63.
func (b *bothBooks) buckets() ([]bool, error) {
	sums := make([]uint64, bucketsOf)
	b.seed = maphash.MakeSeed()
	err := b.each(func(k moved, theirs, ours int64) {
		hash := maphash.Comparable(b.seed, k)
		sums[hash%bucketsOf] += uint64(theirs-ours) * (hash | 1)
	})
	differs := make([]bool, bucketsOf)
	for i, sum := range sums {
		differs[i] = sum != 0
	}
	return differs, err
}

// within gives what differs in some of the buckets: the sandbox's amount and ours.
func (b *bothBooks) within(buckets []bool) (map[moved][2]int64, error) {
	sums := map[moved][2]int64{}
	err := b.each(func(k moved, theirs, ours int64) {
		if buckets[maphash.Comparable(b.seed, k)%bucketsOf] {
			sums[k] = [2]int64{sums[k][0] + theirs, sums[k][1] + ours}
		}
	})
	maps.DeleteFunc(sums, func(_ moved, sum [2]int64) bool { return sum[0] == sum[1] })
	return sums, err
}

// each goes through both books.
func (b *bothBooks) each(each func(k moved, theirs, ours int64)) error {
	rows := int64(0)
	err := b.theirs.Each(b.ctx, func(act sandbox.Line) {
		if rows++; rows%bookPage == 0 {
			b.looked("the sandbox's books")(bookPage)
		}
		if by := act.Moved(); by != 0 && (b.only == 0 || b.only == act.Shop) {
			each(moved{act.Shop, act.Account, act.Operation, act.Amount.Currency}, by, 0)
		}
	})
	if err != nil {
		return err
	}
	return b.ours(each)
}

func sandboxAccounts(ctx context.Context, d *db.DB) (names []string, err error) {
	accounts, err := provider.ListAccounts(ctx, d.Reader())
	for _, a := range accounts {
		if a.Connector == sandbox.Name {
			names = append(names, a.Name)
		}
	}
	return names, err
}

// bookPage is how many transfers one short read takes.
const bookPage = 2000

// ours gives what our clearing accounts say: below zero the provider owes us.
func (b *bothBooks) ours(each func(k moved, theirs, ours int64)) error {
	row := func(scan func(...any) error) error {
		var k moved
		var amount int64
		if err := scan(&k.shop, &k.account, &k.operation, &k.currency, &amount); err != nil {
			return err
		}
		if slices.Contains(b.accounts, k.account) && (b.only == 0 || b.only == k.shop) {
			each(k, 0, -amount)
		}
		return nil
	}
	for after := int64(0); ; {
		end, err := count(b.ctx, b.of.db.Reader(), "SELECT COALESCE(MAX(p.id), 0) FROM (SELECT t.id FROM transfer t WHERE t.id > $1 ORDER BY t.id LIMIT $2) p", after, bookPage)
		if err != nil || end == 0 {
			return err
		}
		err = db.Query(b.ctx, b.of.db.Reader(), row, `
			SELECT t.shop_id, e.provider, t.operation, e.currency, e.amount
			FROM transfer t JOIN entry e ON e.transfer_id = t.id AND e.shop_id = t.shop_id AND e.purpose = 'clearing'
			WHERE t.id > $1 AND t.id <= $2`, after, end)
		if err != nil {
			return err
		}
		b.looked("the sandbox's books")(bookPage)
		after = end
	}
}

// tell reports what differs; an operation that is still open is only noted.
func (b *bothBooks) tell(left map[moved][2]int64) error {
	order := func(x, y moved) int {
		return cmp.Or(cmp.Compare(x.shop, y.shop), cmp.Compare(x.operation, y.operation), strings.Compare(x.account, y.account))
	}
	for _, k := range slices.SortedFunc(maps.Keys(left), order) {
		sum := left[k]
		open, err := count(b.ctx, b.of.db.Reader(),
			"SELECT COUNT(*) FROM attempt WHERE operation = $1 AND shop_id = $2 AND outcome IN ('', 'pending', 'challenge', 'unknown')", k.operation, k.shop)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("the sandbox moved %s, our books say %s", money.New(sum[0], k.currency), money.New(sum[1], k.currency))
		if open > 0 {
			b.note(k.shop, fmt.Sprintf("operation %d at %s: %s; its outcome is still open", k.operation, k.account, text))
			continue
		}
		b.differ(k.shop, "differs from the provider's books", fmt.Sprintf("operation %d at %s", k.operation, k.account), text)
	}
	return nil
}

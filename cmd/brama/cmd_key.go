package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/seal"
	"github.com/brama-pay/brama/shop"
)

type keyCommands struct {
	storage
	List   keyList   `cmd:"" help:"Name the keys of the key file."`
	Rotate keyRotate `cmd:"" help:"Make a new key and put every stored secret under it."`
}

type keyList struct{}

func (c *keyList) operate(_ context.Context, o *desk) error {
	keys, err := seal.ReadKeys(o.keyPath)
	if err != nil {
		return fmt.Errorf("--key-file: %w", err)
	}
	t := newTable(o.out)
	t.row("KEY", "USE")
	for i, key := range keys {
		use := []string{"opens"}
		if i == 0 {
			use = append(use, "seals")
		}
		if i == len(keys)-1 {
			use = append(use, "makes fingerprints")
		}
		t.row(key.ID, strings.Join(use, ", "))
	}
	t.flush()
	return nil
}

type keyRotate struct{ deed }

func (c *keyRotate) operate(ctx context.Context, o *desk) error {
	unlock, err := lockKeys(o.keyPath)
	if err != nil {
		return err
	}
	defer unlock()
	keys, unfinished, err := o.readyToRotate(ctx)
	if err != nil {
		return err
	}
	if !c.Commit {
		return o.planRotation(ctx, c.deed, keys, unfinished)
	}
	if !unfinished {
		if keys, err = o.newKey(keys); err != nil {
			return err
		}
	}
	done, err := o.resealAll(ctx)
	if err != nil {
		return fmt.Errorf("%w\nThe rotation to %s is not finished: repeat the command to go on. All keys of %s are needed", err, keys[0].ID, o.keyPath)
	}
	if err := o.finishRotation(ctx, keys, done); err != nil {
		return err
	}
	o.printf("%s seals now; sealed anew: %s\n%s\n", keys[0].ID, done, removable(keys, o.keyPath))
	return nil
}

// lockKeys makes sure that one rotation runs at a time, in whatever process: two
// would each make a key under the same name.
func lockKeys(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	_ = file.Close()
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, errors.New("another rotation of the keys is running")
	}
	return func() { _ = lock.Close() }, nil
}

// readyToRotate reads the key file and refuses what would lose secrets. An
// unfinished rotation shows in the canary, which is sealed anew at the very end.
func (o *desk) readyToRotate(ctx context.Context) (keys seal.Keys, unfinished bool, err error) {
	if keys, err = seal.ReadKeys(o.keyPath); err != nil {
		return nil, false, fmt.Errorf("--key-file: %w", err)
	}
	fresh, err := o.box.Canary()
	if err != nil {
		return nil, false, err
	}
	if seal.KeyID(fresh) != keys[0].ID {
		return nil, false, fmt.Errorf("--key-file: %s was changed since the server started; restart the server first", o.keyPath)
	}
	nodes, err := count(ctx, o.db.Reader(), "SELECT COUNT(*) FROM node WHERE holder <> '' AND until > $1", unixNow())
	if err != nil {
		return nil, false, err
	}
	if nodes > 1 {
		return nil, false, fmt.Errorf("%d other processes use this database and would not know the new key: stop them, rotate, give them the new key file, start them", nodes-1)
	}
	canary, err := facts.First(ctx, o.db.Reader(), "name = $1", factCanary)
	if err != nil || canary == nil {
		return nil, false, errors.Join(err, errors.New("the database has no canary"))
	}
	return keys, !o.box.Current(canary.Value), nil
}

func (o *desk) planRotation(ctx context.Context, d deed, keys seal.Keys, unfinished bool) error {
	n, err := o.countSealed(ctx, unfinished)
	if err != nil {
		return err
	}
	next := "a new key is made before " + keys[0].ID + " in " + o.keyPath
	if unfinished {
		next = "the unfinished rotation to " + keys[0].ID + " goes on"
	}
	o.printf("%s; to be sealed anew: %s\n", next, n)
	o.end(d, "")
	return nil
}

// newKey puts a new key first, in the file before the box: what is sealed must
// open after a crash.
func (o *desk) newKey(keys seal.Keys) (seal.Keys, error) {
	next, err := keys.Next(rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := seal.ReplaceKeys(o.keyPath, next); err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	return next, o.box.Lead(next[0])
}

// sealedCount counts what is or was sealed anew.
type sealedCount struct{ shops, accounts, stores, payouts, operators int64 }

func (n sealedCount) String() string {
	return fmt.Sprintf("the secrets of %d shops and %d provider accounts, the passwords of %d stores, the accounts of %d payouts, the second factors of %d operators",
		n.shops, n.accounts, n.stores, n.payouts, n.operators)
}

func (n sealedCount) total() int64 { return n.shops + n.accounts + n.stores + n.payouts + n.operators }

func (n sealedCount) plus(m sealedCount) sealedCount {
	return sealedCount{n.shops + m.shops, n.accounts + m.accounts, n.stores + m.stores, n.payouts + m.payouts, n.operators + m.operators}
}

// countSealed counts what a rotation would seal anew: everything, or what one
// that was cut has left.
func (o *desk) countSealed(ctx context.Context, unfinished bool) (n sealedCount, err error) {
	if unfinished {
		return o.countStale(ctx)
	}
	for text, to := range map[string]*int64{
		"SELECT COUNT(*) FROM shop WHERE id > 0": &n.shops, "SELECT COUNT(*) FROM provider_account": &n.accounts,
		"SELECT COUNT(*) FROM store": &n.stores, "SELECT COUNT(*) FROM payout": &n.payouts,
		"SELECT COUNT(*) FROM operator WHERE factor <> '' OR pending_factor <> ''": &n.operators,
	} {
		if *to, err = count(ctx, o.db.Reader(), text); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (o *desk) countStale(ctx context.Context) (n sealedCount, err error) {
	err = o.eachShop(ctx, func(row *shop.Shop) error {
		_, needed, err := shop.NewReseal(o.box, row)
		if err != nil {
			return err
		}
		if needed {
			n.shops++
		}
		stale, err := payout.CountSealed(ctx, o.db.Reader(), o.box, row.ID)
		n.payouts += stale
		return err
	})
	if err != nil {
		return n, err
	}
	accounts, err := provider.NewReseals(ctx, o.db.Reader(), o.box)
	if err != nil {
		return n, err
	}
	stores, err := shop.NewStoreReseals(ctx, o.db.Reader(), o.box)
	if err != nil {
		return n, err
	}
	factors, err := operator.NewReseals(ctx, o.db.Reader(), o.box)
	n.accounts, n.stores, n.operators = int64(len(accounts)), int64(len(stores)), int64(len(factors))
	return n, err
}

// resealAll goes through everything until a whole round finds nothing: a request
// under way may still store what it sealed under the old key.
func (o *desk) resealAll(ctx context.Context) (done sealedCount, err error) {
	for {
		n, err := o.resealOnce(ctx)
		done = done.plus(n)
		if err != nil || n.total() == 0 {
			return done, err
		}
	}
}

func (o *desk) resealOnce(ctx context.Context) (n sealedCount, err error) {
	err = o.eachShop(ctx, func(row *shop.Shop) error {
		u, needed, err := shop.NewReseal(o.box, row)
		if err != nil {
			return err
		}
		if needed {
			n.shops++
			if _, err := db.Do(ctx, o.db, row.ID, u); err != nil && !fault.Is(err, fault.Busy) {
				return err // busy: the next round looks again
			}
		}
		sealed, err := payout.Reseal(ctx, o.db, o.box, row.ID)
		n.payouts += sealed
		return err
	})
	if err != nil {
		return n, err
	}
	err = o.resealCatalogue(ctx, &n)
	return n, err
}

// resealCatalogue does what is locked by the house: provider accounts, stores, operators.
func (o *desk) resealCatalogue(ctx context.Context, n *sealedCount) error {
	accounts, err := provider.NewReseals(ctx, o.db.Reader(), o.box)
	if err == nil {
		err = resealHouse(ctx, o, accounts, &n.accounts)
	}
	if err != nil {
		return err
	}
	stores, err := shop.NewStoreReseals(ctx, o.db.Reader(), o.box)
	if err == nil {
		err = resealHouse(ctx, o, stores, &n.stores)
	}
	if err != nil {
		return err
	}
	factors, err := operator.NewReseals(ctx, o.db.Reader(), o.box)
	if err == nil {
		err = resealHouse(ctx, o, factors, &n.operators)
	}
	return err
}

// resealHouse runs what was prepared, and counts it. What is busy the next round
// looks at again.
func resealHouse[U db.UseCase[struct{}]](ctx context.Context, o *desk, list []U, n *int64) error {
	for _, u := range list {
		*n++
		if _, err := db.Do(ctx, o.db, db.House, u); err != nil && !fault.Is(err, fault.Busy) {
			return err
		}
	}
	return nil
}

// eachShop goes through the shops in pages.
func (o *desk) eachShop(ctx context.Context, each func(*shop.Shop) error) error {
	const page = 200
	for after := int64(0); ; {
		rows, err := shop.List(ctx, o.db.Reader(), after, page)
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.ID
			if err := each(row); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
	}
}

// crowned ends a rotation: the canary is under the new key, and the audit says so.
type crowned struct{ canary, key, detail, actor string }

func (u crowned) Reads(r *db.Reads) {
	facts.Read(r, factCanary)
	audit.Read(r, db.House)
}

func (u crowned) Decide(s *db.State) (struct{}, error) {
	canary, _ := facts.Find(s, factCanary)
	canary.Value = u.canary
	facts.Update(s, canary)
	audit.Append(s, db.House, u.actor, "key.rotate", "key "+u.key, u.detail)
	return struct{}{}, nil
}

func (o *desk) finishRotation(ctx context.Context, keys seal.Keys, done sealedCount) error {
	canary, err := o.box.Canary()
	if err != nil {
		return err
	}
	_, err = db.Do(ctx, o.db, db.House, crowned{canary, keys[0].ID, "sealed anew: " + done.String(), o.actor})
	return err
}

// removable says which keys may leave the file.
func removable(keys seal.Keys, path string) string {
	last := keys[len(keys)-1].ID
	text := "Keep a copy of " + path + " elsewhere. " + last + " stays in it: it makes the fingerprints of accounts."
	var old []string
	for _, key := range keys[1 : len(keys)-1] {
		old = append(old, key.ID)
	}
	if len(old) > 0 {
		text += "\nNothing is under " + strings.Join(old, ", ") + " any more: it may be removed, unless an older backup of the database is to be opened."
	}
	return text
}

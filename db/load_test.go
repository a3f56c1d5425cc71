package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// hammer increments shop 1's counter 1,600 times from 8 goroutines spread over
// the nodes, and looks at the exact sum.
func hammer(t *testing.T, nodes ...*dbtest.House) {
	t.Helper()
	const each, goroutines = 200, 8
	var wait sync.WaitGroup
	for g := range goroutines {
		node := nodes[g%len(nodes)]
		wait.Go(func() {
			for range each {
				if _, err := db.Do(context.Background(), node.DB, 1, increment(1)); err != nil {
					t.Errorf("increment: %v", err)
					return
				}
			}
		})
	}
	wait.Wait()
	if got := number(t, nodes[0], "SELECT value FROM counter WHERE shop_id = 1"); got != each*goroutines {
		t.Errorf("the counter is at %d, want %d", got, each*goroutines)
	}
}

func TestNoUpdateIsLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) { hammer(t, h) }, own())
}

func TestNoUpdateIsLostBetweenNodes(t *testing.T) {
	h := dbtest.Postgres(t, own())
	hammer(t, h, h.Another(t))
}

// Batches that hold several shops lock them in one order, so that nodes never
// wait for each other in a ring.
func TestNodesWithManyShopsDoNotDeadlock(t *testing.T) {
	h := dbtest.Postgres(t, own(), dbtest.Writers(1))
	nodes := []*dbtest.House{h, h.Another(t)}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 100 {
				shop := int64((g*3+i)%4 + 1)
				if _, err := db.Do(context.Background(), nodes[g%2].DB, shop, increment(shop)); err != nil {
					t.Errorf("increment of shop %d: %v", shop, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if got := number(t, h, "SELECT CAST(SUM(value) AS BIGINT) FROM counter"); got != 800 {
		t.Errorf("the counters sum to %d, want 800", got)
	}
	for i, node := range nodes {
		if n := node.DB.Stats.Failures.Load(); n != 0 {
			t.Errorf("node %d had %d failed transactions", i, n)
		}
	}
}

// While a decision is made its shop is locked, and no other one.
func TestTheShopIsLockedWhileItIsDecided(t *testing.T) {
	h := dbtest.Postgres(t, own())
	beside := rawConn(t, h.Config.URL)
	act := increment(1)
	decide := act.decide
	act.decide = func(s *db.State) (int64, error) {
		for shop, want := range map[int]bool{1: true, 2: false} {
			_, err := beside.Exec(context.Background(), "SELECT id FROM shop WHERE id = $1 FOR UPDATE NOWAIT", shop)
			if locked := err != nil; locked != want {
				t.Errorf("shop %d is locked: %t, %v", shop, locked, err)
			}
		}
		return decide(s)
	}
	do(t, h, 1, act)
}

// The version is the second belt: what was changed without the shop's lock is
// found, and nothing of the decision is stored.
func TestARowChangedBehindTheLockIsNotOverwritten(t *testing.T) {
	h := dbtest.Postgres(t, own())
	behind := rawConn(t, h.Config.URL)
	act := increment(1)
	decide := act.decide
	act.decide = func(s *db.State) (int64, error) {
		rawExec(t, behind, "UPDATE counter SET value = 50, version = version + 1 WHERE shop_id = 1")
		return decide(s)
	}
	_, err := db.Do(context.Background(), h.DB, 1, act)
	wantKind(t, err, fault.Internal)
	if got := do(t, h, 1, increment(1)); got != 51 {
		t.Errorf("the counter is at %d, want 51", got)
	}
}

// The same for a row that appears between loading and writing: the batch is
// undone, and whoever looked for the row finds it in the second run.
func TestARowInsertedBehindTheLockIsFound(t *testing.T) {
	h := dbtest.Postgres(t, own(), dbtest.Idle(), dbtest.Writers(1))
	behind := rawConn(t, h.Config.URL)
	runs := 0
	create := act{
		reads: func(r *db.Reads) { itemsByName.Read(r, "one", int64(1)) },
		decide: func(s *db.State) (int64, error) {
			if runs++; runs == 1 {
				rawExec(t, behind, "INSERT INTO item VALUES (1, 1, 'one', 0, 0, FALSE, '', 1)")
			}
			if old, ok := itemsByName.Find(s, "one", int64(1)); ok {
				return old.ID, nil
			}
			items.Insert(s, &item{Shop: 1, ID: 2, Name: "one"})
			return 2, nil
		},
	}
	bystander := enqueue(t, context.Background(), h, 1, increment(1))
	creator := enqueue(t, context.Background(), h, 1, create)
	if commits := step(t, h); commits != 2 {
		t.Errorf("%d commits, want each alone", commits)
	}
	if got, err := bystander.answer(); err != nil || got != 1 {
		t.Errorf("the bystander = %d, %v; want 1", got, err)
	}
	if got, err := creator.answer(); err != nil || got != 1 {
		t.Errorf("the creator = %d, %v; want the row that is there", got, err)
	}
}

func TestAFullQueueIsOverloaded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		gone, leave := context.WithCancel(context.Background())
		leave()
		var err error
		for i := 0; err == nil || fault.Is(err, fault.Unavailable); i++ {
			if i > 100_000 {
				t.Fatal("the queue has no end")
			}
			_, err = db.Do(gone, h.DB, 1, insert(1, int64(i), fmt.Sprint(i)))
		}
		wantKind(t, err, fault.Overloaded)
		if commits := step(t, h); commits != 0 {
			t.Errorf("%d commits for callers who had all gone", commits)
		}
		checkItems(t, h, nil)
		fresh := enqueue(t, context.Background(), h, 1, increment(1))
		step(t, h)
		if _, err := fresh.answer(); err != nil {
			t.Errorf("after the queue was emptied: %v", err)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

func TestAfterShutNothingIsTakenButTheQueueIsDone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		before := enqueue(t, context.Background(), h, 1, increment(1))
		h.DB.Shut()
		_, err := db.Do(context.Background(), h.DB, 1, increment(1))
		wantKind(t, err, fault.Unavailable)
		stopped, stop := context.WithCancel(context.Background())
		stop()
		h.DB.Writers()[0].Run(stopped)
		if got, err := before.answer(); err != nil || got != 1 {
			t.Errorf("what was queued = %d, %v; want 1", got, err)
		}
		if got := number(t, h, "SELECT value FROM counter WHERE shop_id = 1"); got != 1 {
			t.Errorf("the counter is at %d, want 1", got)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

package db_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/fault"
)

// numbered inserts item i, counts it, and then ends as told.
func numbered(i int64, end func() error) act {
	count := increment(1)
	return act{
		reads: count.reads,
		decide: func(s *db.State) (int64, error) {
			items.Insert(s, &item{Shop: 1, ID: i, Name: fmt.Sprint(i)})
			value, err := count.decide(s)
			if err == nil && end != nil {
				err = end()
			}
			return value, err
		},
	}
}

func TestAHundredDecisionsInOneCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		gone, leave := context.WithCancel(context.Background())
		late, leaveLate := context.WithCancel(context.Background())
		defer leaveLate()
		var list [100]*waiting
		for i := range list {
			ctx, end := context.Background(), func() error { return nil }
			switch i {
			case 10, 20, 30:
				end = func() error { return fault.New(fault.Balance, "refused %d", i) }
			case 40:
				end = func() error { panic("a defect") }
			case 50:
				ctx = gone
			case 60: // its caller leaves while it is being decided
				ctx = late
				end = func() error { leaveLate(); <-list[60].done; return nil }
			}
			list[i] = enqueue(t, ctx, h, 1, numbered(int64(i), end))
		}
		leave()
		<-list[50].done
		if commits := step(t, h); commits != 1 {
			t.Errorf("%d commits, want 1", commits)
		}

		count := int64(0)
		var stored []int64
		for i, w := range list {
			value, err := w.answer()
			switch i {
			case 10, 20, 30:
				wantKind(t, err, fault.Balance)
				continue
			case 40:
				wantKind(t, err, fault.Internal)
				continue
			case 50:
				wantKind(t, err, fault.Unavailable)
				continue
			case 60:
				wantKind(t, err, fault.Unknown)
				count++
			default:
				count++
				if err != nil || value != count {
					t.Errorf("decision %d = %d, %v; want %d", i, value, err, count)
				}
			}
			stored = append(stored, int64(i))
		}
		checkItems(t, h, stored)
		if got := number(t, h, "SELECT value FROM counter WHERE shop_id = 1"); got != count || count != 95 {
			t.Errorf("counter = %d, want %d", got, count)
		}
		if got := number(t, h, "SELECT version FROM counter WHERE shop_id = 1"); got != 2 {
			t.Errorf("version = %d after one commit, want 2", got)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// checkItems compares shop 1's items, read directly, with the ids wanted.
func checkItems(t *testing.T, h *dbtest.House, want []int64) {
	t.Helper()
	rows, err := items.Select(context.Background(), h.DB.Reader(), "shop_id = $1 ORDER BY id", 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, row := range rows {
		got = append(got, row.ID)
		if row.Version != 1 {
			t.Errorf("item %d begins at version %d", row.ID, row.Version)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("items %v, want %v", got, want)
	}
}

func TestABatchMayHoldSeveralShops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		var list []*waiting
		for _, shop := range []int64{3, 1, 2, 1} {
			list = append(list, enqueue(t, context.Background(), h, shop, increment(shop)))
		}
		if commits := step(t, h); commits != 1 {
			t.Errorf("%d commits, want 1", commits)
		}
		for i, want := range []int64{1, 1, 1, 2} {
			if got, err := list[i].answer(); err != nil || got != want {
				t.Errorf("answer %d = %d, %v; want %d", i, got, err, want)
			}
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

func TestARefusalLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		_, err := db.Do(context.Background(), h.DB, 1, numbered(7, func() error { return fault.New(fault.Balance, "no") }))
		wantKind(t, err, fault.Balance)
		checkItems(t, h, nil)
		if got := do(t, h, 1, increment(1)); got != 1 {
			t.Errorf("the counter is at %d; a refused decision moved it", got)
		}
	}, own())
}

func TestAStaleCopyIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		stale := increment(1)
		stale.decide = func(s *db.State) (int64, error) {
			first, _ := counters.Find(s, "c", int64(1))
			second, _ := counters.Find(s, "c", int64(1))
			first.Value, second.Value = 5, 6
			counters.Update(s, first)
			counters.Update(s, second)
			return 0, nil
		}
		_, err := db.Do(context.Background(), h.DB, 1, stale)
		wantKind(t, err, fault.Internal)
		if got := do(t, h, 1, increment(1)); got != 1 {
			t.Errorf("the counter is at %d; a failed decision moved it", got)
		}
	}, own())
}

// A row is written once, however often a decision, or several, touched it.
func TestARowMayBeWrittenSeveralTimes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		again := func(s *db.State, times int) {
			for range times {
				row, _ := items.Find(s, int64(1), int64(1))
				row.Parent++
				items.Update(s, row)
			}
		}
		create := act{decide: func(s *db.State) (int64, error) {
			items.Insert(s, &item{Shop: 1, ID: 1, Name: "one"})
			again(s, 2)
			return 0, nil
		}}
		change := act{
			reads:  func(r *db.Reads) { items.Read(r, int64(1), int64(1)) },
			decide: func(s *db.State) (int64, error) { again(s, 2); return 0, nil },
		}
		var list []*waiting
		for _, u := range []act{create, change} {
			list = append(list, enqueue(t, context.Background(), h, 1, u))
		}
		inserted := step(t, h)
		for range 2 {
			list = append(list, enqueue(t, context.Background(), h, 1, change))
		}
		if changed := step(t, h); inserted != 1 || changed != 1 {
			t.Errorf("%d and %d commits, want 1 each", inserted, changed)
		}
		for i, w := range list {
			if _, err := w.answer(); err != nil {
				t.Errorf("decision %d: %v", i, err)
			}
		}
		if parent, version := number(t, h, "SELECT parent FROM item"), number(t, h, "SELECT version FROM item"); parent != 8 || version != 2 {
			t.Errorf("the row is at %d, version %d; want 8, version 2", parent, version)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// A copy that is changed without Update must not reach a later decision.
func TestWhatIsFoundIsACopy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		careless := increment(1)
		careless.decide = func(s *db.State) (int64, error) {
			row, _ := counters.Find(s, "c", int64(1))
			row.Value = 99
			return 0, nil
		}
		first := enqueue(t, context.Background(), h, 1, careless)
		second := enqueue(t, context.Background(), h, 1, increment(1))
		step(t, h)
		if _, err := first.answer(); err != nil {
			t.Error(err)
		}
		if got, err := second.answer(); err != nil || got != 1 {
			t.Errorf("the next decision = %d, %v; want 1", got, err)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// follow reads an item and, once it is loaded, its parent's parent and so on.
func follow(id int64) act {
	return act{
		reads: func(r *db.Reads) {
			for at := id; at != 0; {
				row := items.Read(r, at, int64(1))
				if row == nil {
					return
				}
				at = row.Parent
			}
		},
		decide: func(s *db.State) (int64, error) {
			var sum int64
			for at := id; at != 0; {
				row, ok := items.Find(s, at, int64(1))
				if !ok {
					return 0, fault.New(fault.NotFound, "no item %d", at)
				}
				sum += row.ID
				at = row.Parent
			}
			return sum, nil
		},
	}
}

// chain inserts items 1…n, each the parent of the next.
func chain(n int64) act {
	return act{decide: func(s *db.State) (int64, error) {
		for id := int64(1); id <= n; id++ {
			items.Insert(s, &item{Shop: 1, ID: id, Name: fmt.Sprint(id), Parent: id - 1})
		}
		return n, nil
	}}
}

func TestRowsAreLoadedInRounds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		do(t, h, 1, chain(9))
		behind(t, h, "UPDATE item SET id = 100 + id, parent = 100 + parent WHERE parent > 0") // as nobody remembers them
		behind(t, h, "UPDATE item SET id = 101 WHERE id = 1")
		_, err := db.Do(context.Background(), h.DB, 1, follow(109)) // deeper than any real chain of rows
		wantKind(t, err, fault.Internal)
		if got := do(t, h, 1, follow(104)); got != 101+102+103+104 {
			t.Errorf("four levels sum to %d", got)
		}
		_, err = db.Do(context.Background(), h.DB, 1, follow(77))
		wantKind(t, err, fault.NotFound)
	}, own())
}

// What an earlier decision of the batch inserted may name rows that nobody could
// load: the decision that needs them runs once more, in a transaction of its own.
func TestARowNamedOnlyByTheBatchIsLoadedAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		stored := enqueue(t, context.Background(), h, 1, chain(3))
		step(t, h)
		if _, err := stored.answer(); err != nil {
			t.Fatal(err)
		}
		inserted := enqueue(t, context.Background(), h, 1, act{decide: func(s *db.State) (int64, error) {
			items.Insert(s, &item{Shop: 1, ID: 10, Name: "ten", Parent: 3})
			return 10, nil
		}})
		found := enqueue(t, context.Background(), h, 1, follow(10))
		never := enqueue(t, context.Background(), h, 1, act{decide: func(s *db.State) (int64, error) {
			items.Insert(s, &item{Shop: 1, ID: 11, Name: "eleven"})
			_, _ = items.Find(s, int64(1), int64(1)) // no Reads named it
			return 0, nil
		}})
		after := enqueue(t, context.Background(), h, 1, increment(1))
		if commits := step(t, h); commits != 3 {
			t.Errorf("%d commits, want the batch and two alone", commits)
		}
		for _, w := range []*waiting{inserted, after} {
			if _, err := w.answer(); err != nil {
				t.Error(err)
			}
		}
		if got, err := found.answer(); err != nil || got != 10+3+2+1 {
			t.Errorf("the second run = %d, %v", got, err)
		}
		_, err := never.answer()
		wantKind(t, err, fault.Internal)
		checkItems(t, h, []int64{1, 2, 3, 10})
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// A row that is in the database and that no Reads named: the INSERT meets it,
// the batch is undone, and every other decision stands in a batch of its own.
func TestAnInsertThatMeetsARowHurtsOnlyItsCaller(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		first := enqueue(t, context.Background(), h, 1, insert(1, 1, "taken"))
		step(t, h)
		if _, err := first.answer(); err != nil {
			t.Fatal(err)
		}
		before := enqueue(t, context.Background(), h, 1, numbered(2, nil))
		byID := enqueue(t, context.Background(), h, 1, insert(1, 1, "another"))
		byName := enqueue(t, context.Background(), h, 1, insert(1, 3, "taken"))
		after := enqueue(t, context.Background(), h, 1, numbered(4, nil))
		step(t, h)
		for i, w := range []*waiting{before, after} {
			if got, err := w.answer(); err != nil || got != int64(i+1) {
				t.Errorf("a bystander = %d, %v; want %d", got, err, i+1)
			}
		}
		for _, w := range []*waiting{byID, byName} {
			_, err := w.answer()
			wantKind(t, err, fault.Internal)
		}
		checkItems(t, h, []int64{1, 2, 4})
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// A CHECK of the schema is the last belt: whoever breaks it is undone alone.
func TestABrokenCheckHurtsOnlyItsCaller(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		below := increment(1)
		below.decide = func(s *db.State) (int64, error) {
			row, _ := counters.Find(s, "c", int64(1))
			row.Value = -1
			counters.Update(s, row)
			return -1, nil
		}
		bad := enqueue(t, context.Background(), h, 1, below)
		good := enqueue(t, context.Background(), h, 2, increment(2))
		step(t, h)
		_, err := bad.answer()
		wantKind(t, err, fault.Internal)
		if got, err := good.answer(); err != nil || got != 1 {
			t.Errorf("a bystander = %d, %v; want 1", got, err)
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

// followed notes how a use case ended.
type followed struct {
	act
	ends chan string
}

func (f followed) Followed(answer int64, err error) {
	if err != nil {
		f.ends <- fmt.Sprint("kind ", fault.KindOf(err))
		return
	}
	f.ends <- fmt.Sprint("answer ", answer)
}

// However a use case ends, it is told so once: what it holds while it runs must
// come back, and what it announced must be sent only once.
func TestAUseCaseIsToldItsEndOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		stored := enqueue(t, context.Background(), h, 1, chain(3))
		step(t, h)
		if _, err := stored.answer(); err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(context.Background())
		late, leaveLate := context.WithCancel(context.Background())
		var lateDone chan struct{}
		cases := []struct {
			name string
			ctx  context.Context
			act  act
			want string
		}{
			{"stored", context.Background(), numbered(10, nil), "answer 1"},
			{"refused", context.Background(), numbered(11, func() error { return fault.New(fault.Balance, "no") }), fmt.Sprint("kind ", fault.Balance)},
			{"panicking", context.Background(), numbered(12, func() error { panic("a defect") }), fmt.Sprint("kind ", fault.Internal)},
			{"dropped", gone, numbered(13, nil), fmt.Sprint("kind ", fault.Unavailable)},
			{"left late", late, numbered(14, func() error { leaveLate(); <-lateDone; return nil }), "answer 2"},
			{"parent", context.Background(), act{decide: func(s *db.State) (int64, error) {
				items.Insert(s, &item{Shop: 1, ID: 20, Name: "twenty", Parent: 3})
				return 20, nil
			}}, "answer 20"},
			{"run alone", context.Background(), follow(20), "answer 26"},
		}
		ends := make([]chan string, len(cases))
		for i, c := range cases {
			ends[i] = make(chan string, 10)
			w := enqueue(t, c.ctx, h, 1, followed{c.act, ends[i]})
			if c.name == "left late" {
				lateDone = w.done
			}
		}
		leave()
		for len(ends[3]) == 0 { // the drop is the caller's own doing
			runtime.Gosched()
		}
		step(t, h)
		for i, c := range cases {
			if got := <-ends[i]; got != c.want || len(ends[i]) != 0 {
				t.Errorf("%s: told %q and %d more; want %q", c.name, got, len(ends[i]), c.want)
			}
		}
		h.DB.Shut()
		refused := followed{increment(1), make(chan string, 10)}
		if _, err := db.Do(context.Background(), h.DB, 1, refused); err == nil || len(refused.ends) != 1 {
			t.Errorf("not taken: error %v, told %d times", err, len(refused.ends))
		}
	}, own(), dbtest.Idle(), dbtest.Writers(1))
}

package db

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/brama-pay/brama/fault"
)

// fakeEngine gives the errors it is told to, one per call, then none.
type fakeEngine struct {
	begins, runs, commits []error
	begun, rolledBack     int
}

func next(list *[]error) error {
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

func (e *fakeEngine) begin(context.Context) (bool, error) { e.begun++; return true, next(&e.begins) }
func (e *fakeEngine) load(context.Context, []int64, []lookup, *sheet) error {
	return next(&e.runs)
}
func (e *fakeEngine) write(context.Context, []*slot) error { return next(&e.runs) }
func (e *fakeEngine) commit(context.Context) error         { return next(&e.commits) }
func (e *fakeEngine) rollback()                            { e.rolledBack++ }
func (e *fakeEngine) close()                               {}

func postgresError(severity, code string) error {
	return &pgconn.PgError{SeverityUnlocalized: severity, Code: code}
}

// diskError is what SQLite says of a disk, by its code.
type diskError int

func (diskError) Error() string { return "the disk" }

// Code is the extended code.
func (e diskError) Code() int { return int(e) }

// busyError is what SQLite says while another connection writes.
func busyError(t *testing.T) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "busy.db")
	var err error
	for range 2 {
		pool, openErr := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(0)")
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer pool.Close()
		_, err = pool.Exec("BEGIN IMMEDIATE")
	}
	if err == nil {
		t.Fatal("two connections write at the same time")
	}
	return err
}

// twoMembers runs a batch of two members that do nothing and gives their answers.
func twoMembers(e engine) (answers []error, decided int) {
	w := &Writer{engine: e, now: func() int64 { return Epoch }, newID: func() int64 { return 1 }, stats: &Stats{}}
	var members []*member
	for range 2 {
		members = append(members, &member{shop: 1, reads: func(*Reads) {}, done: make(chan error, 1), decide: func(*State) error {
			decided++
			return nil
		}})
	}
	waiting := slices.Clone(members)
	w.batch(members)
	for _, m := range waiting {
		answers = append(answers, <-m.done)
	}
	return answers, decided
}

func repeat(err error, n int) []error { return slices.Repeat([]error{err}, n) }

func TestWhatIsTriedAgain(t *testing.T) {
	const well = fault.Kind(255)
	serialization, deadlock, busy := postgresError("ERROR", "40001"), postgresError("ERROR", "40P01"), busyError(t)
	defect := errors.New("a defect")
	cases := []struct {
		name    string
		engine  fakeEngine
		want    fault.Kind
		begun   int
		decided int
	}{
		{"nothing wrong", fakeEngine{}, well, 1, 2},
		{"serialization, once", fakeEngine{runs: repeat(serialization, 1)}, well, 2, 2},
		{"deadlock, twice", fakeEngine{runs: repeat(deadlock, 2)}, well, 3, 2},
		{"busy at the begin", fakeEngine{begins: repeat(busy, 5)}, well, 6, 2},
		{"busy for ever", fakeEngine{begins: repeat(busy, 100)}, fault.Unavailable, 6, 0},
		{"serialization at the commit", fakeEngine{commits: repeat(serialization, 1)}, well, 2, 4},
		{"serialization for ever", fakeEngine{commits: repeat(serialization, 100)}, fault.Unavailable, 18, 24},
		{"serialization until each goes alone", fakeEngine{commits: repeat(serialization, 6)}, well, 8, 14},
		{"busy at the commit", fakeEngine{commits: repeat(busy, 1)}, well, 2, 4},
		{"connection lost before the commit", fakeEngine{runs: repeat(io.ErrUnexpectedEOF, 1)}, fault.Unavailable, 1, 0},
		{"server told to end before the commit", fakeEngine{runs: repeat(postgresError("FATAL", "57P01"), 1)}, fault.Unavailable, 1, 0},
		{"disk full", fakeEngine{runs: repeat(postgresError("ERROR", "53100"), 1)}, fault.Unavailable, 1, 0},
		{"connection lost at the commit", fakeEngine{commits: repeat(io.EOF, 1)}, fault.Unknown, 1, 2},
		{"server told to end at the commit", fakeEngine{commits: repeat(postgresError("FATAL", "57P01"), 1)}, fault.Unknown, 1, 2},
		{"server crashed at the commit", fakeEngine{commits: repeat(postgresError("PANIC", "XX000"), 1)}, fault.Unknown, 1, 2},
		{"a sync failed at the commit", fakeEngine{commits: repeat(diskError(sqlite3.SQLITE_IOERR_FSYNC), 1)}, fault.Unknown, 1, 2},
		{"no room at the commit", fakeEngine{commits: repeat(diskError(sqlite3.SQLITE_FULL), 1)}, fault.Unavailable, 1, 2},
		{"told to end by a conflict at the commit", fakeEngine{commits: repeat(postgresError("FATAL", "40001"), 1)}, fault.Unknown, 1, 2},
		{"time-out at the commit", fakeEngine{commits: repeat(context.DeadlineExceeded, 1)}, fault.Unknown, 1, 2},
		{"a check refused at the commit", fakeEngine{commits: repeat(postgresError("ERROR", "23514"), 1)}, well, 3, 4},
		{"rolled back at the commit", fakeEngine{commits: repeat(errRolledBack, 1)}, well, 3, 4},
		{"a defect in the batch", fakeEngine{runs: repeat(defect, 1)}, well, 3, 2},
		{"a defect in each", fakeEngine{runs: repeat(defect, 3)}, fault.Internal, 3, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answers, decided := twoMembers(&c.engine)
			for _, err := range answers {
				if (c.want == well) != (err == nil) || err != nil && fault.KindOf(err) != c.want {
					t.Errorf("answer %v, want kind %d", err, c.want)
				}
			}
			if c.engine.begun != c.begun || c.engine.rolledBack != c.begun || decided != c.decided {
				t.Errorf("%d transactions, %d rollbacks, %d decisions; want %d, %d, %d", c.engine.begun, c.engine.rolledBack, decided, c.begun, c.begun, c.decided)
			}
		})
	}
}

// No text of a database reaches a shop.
func TestTheCauseStaysInside(t *testing.T) {
	answers, _ := twoMembers(&fakeEngine{runs: repeat(errors.New("sesame"), 3)})
	var f *fault.Error
	if !errors.As(answers[0], &f) || f.Message != "the database refused" || f.Cause == nil {
		t.Errorf("answer %#v", answers[0])
	}
}

// What a member alone met – a row that another node stored under an id drawn
// twice – it finds when it looks again; in company it is first run alone.
func TestWhatWasMetIsLookedAtAgain(t *testing.T) {
	met := error(unexpected{note: "met a row", got: 0, want: 1})
	for _, c := range []struct {
		times int
		want  bool
	}{{1, true}, {maxRetries, true}, {maxRetries + 1, false}} {
		e := &fakeEngine{runs: repeat(met, c.times)}
		w := &Writer{engine: e, now: func() int64 { return Epoch }, newID: func() int64 { return 1 }, stats: &Stats{}}
		m := &member{shop: 1, reads: func(*Reads) {}, done: make(chan error, 1), decide: func(*State) error { return nil }}
		w.batch([]*member{m})
		if err := <-m.done; (err == nil) != c.want {
			t.Errorf("met %d times: %v", c.times, err)
		}
	}
}

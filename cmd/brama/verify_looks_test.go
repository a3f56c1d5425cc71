package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/brama-pay/brama/console"
)

// Every look finds its differences beside the others, a row of no shop is found in
// each table, and what is printed is the same each time, look after look.
func TestVerifyFindsAllSideBySide(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		ids := lived(t, e)
		for table, key := range map[string]string{
			"transfer": "id", "entry": "transfer_id", "invoice": "id", "refund": "id", "payout": "id", "attempt": "operation", "callback": "id", "delivery": "callback_id",
		} {
			e.sql(fmt.Sprintf("UPDATE %[1]s SET shop_id = 999 WHERE %[2]s = (SELECT MIN(%[2]s) FROM %[1]s WHERE shop_id = 1520)", table, key))
		}
		for _, text := range []string{
			"UPDATE account SET shop_id = 999 WHERE shop_id = 1520 AND purpose = 'fee'",
			"INSERT INTO contradiction (shop_id, id, operation, n, kind, found, transfer_id, at) VALUES (999, 1, 1, 1, 'end', 'late', 0, 1)",
			fmt.Sprintf("UPDATE payout SET status = 3 WHERE id = %d", ids["payout"]),
			fmt.Sprintf("UPDATE invoice SET status = 4 WHERE id = %d", ids["declined"]),
			fmt.Sprintf("UPDATE entry SET amount = amount + 1 WHERE purpose = 'clearing' AND transfer_id = (SELECT MAX(id) FROM transfer WHERE operation = %d)", ids["payout"]),
			"UPDATE delivery SET status = 500",
			"UPDATE audit SET detail = 'other' WHERE shop_id = 0 AND seq = 3",
		} {
			e.sql(text)
		}
		first := e.run("verify")
		wants := []string{ // in this order
			"does not sum to zero", "is not the sum of its entries",
			fmt.Sprintf("payout %d (sent) has not reserved", ids["payout"]), fmt.Sprintf("invoice %d (succeeded) has not the payments", ids["declined"]),
			"is not the sum of open payouts and refunds", "differs from the provider's books", "a delivered callback that nobody took",
		}
		for _, table := range []string{"account", "transfer", "entry", "invoice", "refund", "payout", "attempt", "callback", "delivery", "contradiction"} {
			wants = append(wants, "rows of "+table+" belong to no shop")
		}
		rest := first.stdout
		for _, want := range append(wants, "the house: audit 3") {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Fatalf("want %q after the others in\n%s", want, first.stdout)
			}
			rest = after
		}
		for range 3 {
			if again := e.run("verify"); again.status != 1 || again.stdout != first.stdout {
				t.Fatalf("another run printed\n%s\nthe first\n%s", again.stdout, first.stdout)
			}
		}
	})
}

func fakeVerification(ctx context.Context, out io.Writer) *verification {
	return &verification{ctx: ctx, out: out, progress: io.Discard}
}

// A later look that finds more than anybody waits for does not stop the first, and
// is printed after it.
func TestLooksArePrintedInTheirOrder(t *testing.T) {
	var printed strings.Builder
	v, later := fakeVerification(context.Background(), &printed), make(chan struct{})
	err := v.together([]*look{
		{take: func(l *look) error {
			<-later
			l.differ(1, "is first", "this", "")
			return nil
		}},
		{take: func(l *look) error {
			for i := range int64(5000) {
				l.differ(2, "is later", "that", "")
				if i == 500 {
					close(later)
				}
			}
			return nil
		}},
		{take: func(l *look) error { l.note(3, "the last"); return nil }},
	})
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	if err != nil || v.differences != 5001 || v.notes != 1 || len(lines) != 5002 {
		t.Fatalf("%d differences, %d notes, %d lines, %v", v.differences, v.notes, len(lines), err)
	}
	if !strings.Contains(lines[0], "is first") || !strings.Contains(lines[5000], "is later") || !strings.Contains(lines[5001], "the last") {
		t.Errorf("%q … %q, %q", lines[0], lines[5000], lines[5001])
	}
}

// The first error ends the looks that go on, and those that have not begun; what was
// found before it is shown.
func TestAnErrorEndsTheLooks(t *testing.T) {
	v, broken := fakeVerification(context.Background(), io.Discard), errors.New("the disk is broken")
	var found []console.Finding
	v.found = func(f console.Finding) { found = append(found, f) }
	err := v.together([]*look{
		{take: func(l *look) error { l.differ(1, "is wrong", "this", ""); <-l.ctx.Done(); return l.ctx.Err() }},
		{take: func(*look) error { return broken }},
		{take: func(l *look) error { return l.ctx.Err() }},
	})
	if err != broken || len(found) != 1 {
		t.Errorf("%v with %d findings", err, len(found))
	}
}

// A look that breaks off by a defect is an error too, and ends nobody else's work.
func TestABrokenLookIsAnError(t *testing.T) {
	v := fakeVerification(context.Background(), io.Discard)
	err := v.together([]*look{
		{take: func(l *look) error { <-l.ctx.Done(); return l.ctx.Err() }},
		{take: func(*look) error { panic("a defect") }},
	})
	if err == nil || !strings.Contains(err.Error(), "a defect") {
		t.Error(err)
	}
}

// Who interrupts verify does not wait for the end of a pass, and is not told that
// the books are right.
func TestVerifyEndsWhenCanceled(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		e.serve("--demo")()
		ctx, cancel := context.WithCancel(context.Background())
		v := fakeVerification(ctx, io.Discard)
		v.looked = func(string, int64) { cancel() }
		ended := make(chan error, 1)
		go func() { ended <- v.run(storage{Data: e.data, Database: e.database}, 0) }()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it goes on")
		}
	})
}

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/brama-pay/brama/client/avanor"
)

// lived is an estate on which every kind of operation came to its end.
func lived(t *testing.T, e *estate) (orders map[string]int64) {
	ctx := context.Background()
	stop := e.serve("--demo")
	orders = map[string]int64{
		"paid": e.invoice("paid", "100.00", "4242424242424242", false), "held": e.invoice("held", "100.00", "4242424242424242", true),
		"charged": e.invoice("charged", "100.00", "4242424242424242", true), "unheld": e.invoice("unheld", "100.00", "4242424242424242", true),
		"declined": e.invoice("declined", "100.00", "4000000000000002", false),
		"payout":   e.payout("payout", "150010000097"), "rejected": e.payout("rejected", "150010000002"),
	}
	for order, status := range map[string]avanor.InvoiceStatus{"paid": 4, "held": 8, "charged": 8, "unheld": 8, "declined": 6} {
		e.invoiceStatus(order, status)
	}
	if _, err := e.client().ChargeInvoice(ctx, orders["charged"]); err != nil {
		t.Fatal(err)
	}
	if _, err := e.client().UnholdInvoice(ctx, orders["unheld"]); err != nil {
		t.Fatal(err)
	}
	for id, amount := range map[string]avanor.Decimal{"r-1": "30.00", "r-2": "66.00"} {
		if _, err := e.client().CreateRefund(ctx, avanor.RefundRequest{InvoiceID: orders["paid"], Amount: amount, ShopRefundID: id}); err != nil {
			t.Fatal(err)
		}
	}
	e.payoutStatus(orders["payout"], avanor.PayoutCompleted)
	e.payoutStatus(orders["rejected"], avanor.PayoutRejected)
	e.eventually("the refunds end", func() bool {
		list, err := e.client().ListRefunds(ctx, orders["paid"])
		return err == nil && len(list) == 2 && list[0].Status.Final() && list[1].Status.Final()
	})
	e.eventually("every callback is delivered", func() bool { return !strings.Contains(e.must("callback", "list", "1520"), "waiting") })
	if got := e.run("verify"); got.status != 0 { // beside the running server
		t.Fatalf("verify beside the server: %v", got)
	}
	e.must("shop", "set", "1520", "confirm_above=USD:1.00", "--commit")
	orders["confirming"] = e.payout("confirming", "150010000097")
	stop()
	return orders
}

// Each kind of damage must be found, and the thing that is damaged named.
func TestVerifyFindsDamage(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		ids := lived(t, e)
		got := e.run("verify")
		if got.status != 0 || !strings.Contains(got.stdout, "no difference") || !strings.Contains(got.stdout, "2 shops") {
			t.Fatalf("verify: %v", got)
		}
		invoice := func(order string) string { return fmt.Sprintf("invoice %d (", ids[order]) }
		payout := func(order string) string { return fmt.Sprintf("payout %d (", ids[order]) }
		for _, d := range []struct {
			change, back string // SQL; %d is the operation
			id           int64
			finds        []string
		}{
			{"UPDATE account SET balance = balance + 1 WHERE purpose = 'available' AND currency = 840", "UPDATE account SET balance = balance - 1 WHERE purpose = 'available' AND currency = 840",
				0, []string{"available USD is not the sum of its entries"}},
			{"UPDATE account SET balance = balance - 1 WHERE purpose = 'frozen' AND currency = 840", "UPDATE account SET balance = balance + 1 WHERE purpose = 'frozen' AND currency = 840",
				0, []string{"frozen USD is not the sum of open payouts and refunds"}},
			{"UPDATE account SET balance = balance + 1 WHERE purpose = 'held'", "UPDATE account SET balance = balance - 1 WHERE purpose = 'held'",
				0, []string{"held USD is not the sum of the held invoices"}},
			{"UPDATE invoice SET status = 4, processed_at = 1 WHERE id = %d", "UPDATE invoice SET status = 6 WHERE id = %[1]d", ids["declined"],
				[]string{invoice("declined") + "succeeded) has not the payments", "told its shop another end"}},
			{"UPDATE invoice SET status = 6 WHERE id = %d", "UPDATE invoice SET status = 4 WHERE id = %d", ids["paid"],
				[]string{invoice("paid") + "rejected) has not the payments"}},
			{"UPDATE invoice SET status = 2, due_at = 1, processed_at = 0 WHERE id = %d", "UPDATE invoice SET status = 8, due_at = 0 WHERE id = %d", ids["held"],
				[]string{invoice("held") + "awaiting) is held and its hold is resolved, or the reverse", "held USD is not the sum"}},
			{"UPDATE invoice SET net = net - 1 WHERE id = %d", "UPDATE invoice SET net = net + 1 WHERE id = %d", ids["charged"],
				[]string{invoice("charged") + "succeeded) was booked with other amounts"}},
			{"UPDATE invoice SET refunded = refunded - 1 WHERE id = %d", "UPDATE invoice SET refunded = refunded + 1 WHERE id = %d", ids["paid"],
				[]string{invoice("paid") + "succeeded) does not count its refunds"}},
			{"UPDATE invoice SET status = 3 WHERE id = %d", "UPDATE invoice SET status = 6 WHERE id = %d", ids["unheld"],
				[]string{invoice("unheld") + ") has a status that no move leads to"}},
			{"UPDATE transfer SET kind = 'invoice.paid' WHERE kind = 'invoice.unhold' AND operation = %d", "UPDATE transfer SET kind = 'invoice.unhold' WHERE resolves <> 0 AND operation = %d", ids["unheld"],
				[]string{invoice("unheld") + "rejected) is rejected and its hold was not released"}},
			{"UPDATE invoice SET attempts = attempts + 1 WHERE id = %d", "UPDATE invoice SET attempts = attempts - 1 WHERE id = %d", ids["paid"],
				[]string{"does not count its calls"}},
			{"UPDATE attempt SET outcome = 'unknown' WHERE operation = %d", "UPDATE attempt SET outcome = 'succeeded' WHERE operation = %d", ids["payout"],
				[]string{payout("payout") + "completed) is final with a call whose outcome is open"}},
			{"UPDATE payout SET status = 6 WHERE id = %d", "UPDATE payout SET status = 5 WHERE id = %d", ids["payout"],
				[]string{payout("payout") + "rejected) has a reservation that its status contradicts"}},
			{"UPDATE payout SET status = 5 WHERE id = %d", "UPDATE payout SET status = 6 WHERE id = %d", ids["rejected"],
				[]string{payout("rejected") + "completed) has a reservation that its status contradicts"}},
			{"UPDATE payout SET status = 3 WHERE id = %d", "UPDATE payout SET status = 2 WHERE id = %d", ids["confirming"],
				[]string{payout("confirming") + "sent) waits and nobody will ever look"}},
			{"UPDATE payout SET write_off = write_off + 1 WHERE id = %d", "UPDATE payout SET write_off = write_off - 1 WHERE id = %d", ids["confirming"],
				[]string{payout("confirming") + "confirming) has not reserved its write-off", "frozen USD is not the sum"}},
			{"UPDATE refund SET status = 'FAILED' WHERE shop_refund_id = 'r-1'", "UPDATE refund SET status = 'SUCCESS' WHERE shop_refund_id = 'r-1'", 0,
				[]string{"(FAILED) has a reservation that its status contradicts", invoice("paid") + "succeeded) does not count its refunds"}},
			{"UPDATE refund SET due_at = 5 WHERE shop_refund_id = 'r-2'", "UPDATE refund SET due_at = 0 WHERE shop_refund_id = 'r-2'", 0,
				[]string{"waits and nobody will ever look, or the reverse"}},
			{"UPDATE callback SET object = 1 WHERE object = %d", "UPDATE callback SET object = %d WHERE object = 1", ids["charged"],
				[]string{invoice("charged") + "succeeded) does not count its callbacks", "owes a callback that does not exist"}},
			{"UPDATE delivery SET status = 500 WHERE callback_id = (SELECT id FROM callback WHERE object = %d AND seq = 1)", "UPDATE delivery SET status = 200", ids["paid"],
				[]string{"a delivered callback that nobody took"}},
			{"UPDATE audit SET detail = 'other' WHERE shop_id = 0 AND seq = 3", "", 0, []string{"the house: audit 3"}},
		} {
			e.sql(filled(d.change, d.id))
			got := e.run("verify")
			if got.status != 1 || !strings.Contains(got.stdout, "differences") {
				t.Errorf("%s: verify: %v", d.change, got)
			}
			for _, text := range d.finds {
				if !strings.Contains(got.stdout, text) {
					t.Errorf("%s: want %q in\n%s", d.change, text, got.stdout)
				}
			}
			if d.back != "" {
				e.sql(filled(d.back, d.id))
			}
		}
	})
}

func filled(text string, id int64) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return fmt.Sprintf(text, id)
}

// The sandbox's books are a second witness: what both databases of ours agree on
// can still be wrong.
func TestVerifyAsksTheSandbox(t *testing.T) {
	e := newEstate(t)
	stop := e.serve("--demo", "--sandbox-delay", "2")
	id := e.payout("p-1", "150010000127") // never arrives
	e.payoutStatus(id, 9)
	stop()
	e.must("payout", "resolve", "1520", fmt.Sprint(id), "paid", "--reason", "a lie", "--commit")
	got := e.run("verify")
	want := fmt.Sprintf("operation %d at sandbox differs from the provider's books: the sandbox moved 0.00 USD, our books say -10.00 USD", id)
	if got.status != 1 || !strings.Contains(got.stdout, want) {
		t.Errorf("want %q: %v", want, got)
	}
	if got := e.run("verify", "--shop", "202203"); got.status != 0 {
		t.Errorf("another shop: %v", got)
	}
}

// Rows of a shop that is not there are met by no look at a shop.
func TestVerifyFindsStrays(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		e.founded().must("shop", "create", "First", "--id", "77", "--commit")
		e.must("shop", "deposit", "77", "1", "USD", "--commit")
		e.sql("UPDATE shop SET id = 78 WHERE id = 77")
		got := e.run("verify")
		if got.status != 1 || !strings.Contains(got.stdout, "rows of account belong to no shop: 2") {
			t.Errorf("verify: %v", got)
		}
	})
}

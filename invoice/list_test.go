package invoice

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/db/dbtest"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// kept is a use case that stores rows as they are, calls too, and a contradiction about each
// operation that is named.
type kept struct {
	invoices []Invoice
	refunds  []Refund
	against  []provider.Attempt
	calls    []provider.Attempt
	result   provider.Result
}

func (k kept) Reads(r *db.Reads) {
	for _, a := range k.against {
		provider.ReadContradiction(r, a.Shop, a.Operation, a.N, k.result)
	}
}

func (k kept) Decide(s *db.State) (struct{}, error) {
	for i := range k.invoices {
		invoices.Insert(s, &k.invoices[i])
	}
	for i := range k.refunds {
		refunds.Insert(s, &k.refunds[i])
	}
	for i := range k.calls {
		provider.Attempts.Insert(s, &k.calls[i])
	}
	for _, a := range k.against {
		if err := provider.Contradict(s, &a, provider.Outcome{Result: k.result}, posting(a)); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

func walked[T any](t *testing.T, id func(*T) int64, find func(before int64) (db.Found[T], error)) (ids []int64) {
	t.Helper()
	var before int64
	for range 30 {
		found, err := find(before)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range found.Rows {
			ids = append(ids, id(row))
		}
		if before = found.Next; before == 0 {
			break
		}
	}
	return ids
}

// posting is what a contradiction about an operation is called.
func posting(a provider.Attempt) ledger.Posting {
	if a.Verb == provider.Refund {
		return ledger.Posting{Kind: RefundContradictionKind, Operation: a.Operation}
	}
	return ledger.Posting{Kind: ContradictionKind, Operation: a.Operation}
}

// Searches find what they are asked for and nothing else, newest first, page by page.
func TestSearches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, h *dbtest.House) {
		ctx, start := context.Background(), dbtest.Start.UnixMilli()
		statuses, stands := []Status{Created, Succeeded, Unknown, Rejected, Held}, []RefundStatus{Waiting, Refunded, Failed}
		mine := map[int64]*kept{1: {result: provider.Succeeded}, 2: {result: provider.Declined}}
		var asked []Invoice
		var given []Refund
		for i := range int64(20) {
			shop, id := 1+i%2, db.FirstID(start+i*1000)
			v := Invoice{Shop: shop, ID: id, OrderID: fmt.Sprint("o", i/2), Session: fmt.Sprintf("%012x%020d", shop, i), Payway: "card", Provider: "bank", Currency: money.USD, PriceCurrency: money.USD,
				Amount: 100 + i, Net: 100, Price: 100 + i, Status: statuses[i%5], CreatedAt: start + i*1000}
			f := Refund{Shop: shop, ID: id + 1, InvoiceID: id, RefundID: fmt.Sprint("r", i/2), Provider: "bank", Currency: money.USD, PriceCurrency: money.USD,
				Amount: 100 + i, Price: 100, Status: stands[i%3], CreatedAt: start + i*1000}
			if f.Status == Waiting {
				f.DueAt = start
			}
			asked, given = append(asked, v), append(given, f)
			mine[shop].invoices, mine[shop].refunds = append(mine[shop].invoices, v), append(mine[shop].refunds, f)
		}
		mine[1].against = []provider.Attempt{{Shop: 1, Operation: asked[0].ID, N: 1}}
		// Three holds: nobody knows whether it was charged, nor released; the third is known.
		doubted := []int64{asked[4].ID, asked[9].ID}
		mine[1].calls = []provider.Attempt{{Shop: 1, Operation: asked[4].ID, N: 2, Verb: provider.Capture, Outcome: provider.Unknown},
			{Shop: 1, Operation: asked[14].ID, N: 2, Verb: provider.Capture, Outcome: provider.Succeeded},
			{Shop: 1, Operation: asked[6].ID, N: 1, Verb: provider.Payout, Outcome: provider.Unknown}}
		mine[2].calls = []provider.Attempt{{Shop: 2, Operation: asked[9].ID, N: 2, Verb: provider.Capture, Outcome: provider.Unknown},
			{Shop: 2, Operation: asked[9].ID, N: 3, Verb: provider.Void, Outcome: provider.Unknown}}
		mine[2].against = []provider.Attempt{{Shop: 2, Operation: given[1].ID, N: 1, Verb: provider.Refund}}
		for shop, k := range mine {
			if _, err := db.Do(ctx, h.DB, shop, *k); err != nil {
				t.Fatal(err)
			}
		}
		for name, test := range map[string]struct {
			search Search
			want   func(Invoice) bool
		}{
			"all":     {Search{}, func(Invoice) bool { return true }},
			"shop":    {Search{Shop: 2}, func(v Invoice) bool { return v.Shop == 2 }},
			"status":  {Search{Status: Held}, func(v Invoice) bool { return v.Status == Held }},
			"unknown": {Search{Status: Unknown, Shop: 1}, func(v Invoice) bool { return v.Status == Unknown && v.Shop == 1 }},
			"amounts": {Search{Least: 104, Most: 109, Currency: money.USD}, func(v Invoice) bool { return v.Amount >= 104 && v.Amount <= 109 }},
			"time":    {Search{Seek: db.Seek{From: asked[4].ID}, Until: asked[9].ID}, func(v Invoice) bool { return v.ID >= asked[4].ID && v.ID < asked[9].ID }},
			"attention": {Search{Attention: true}, func(v Invoice) bool {
				return v.Status == Unknown || v.ID == asked[0].ID || slices.Contains(doubted, v.ID)
			}},
			"both":     {Search{Attention: true, Shop: 2}, func(v Invoice) bool { return v.Shop == 2 && (v.Status == Unknown || slices.Contains(doubted, v.ID)) }},
			"provider": {Search{Provider: "none"}, func(Invoice) bool { return false }},
		} {
			var want []int64
			for _, v := range slices.Backward(asked) {
				if test.want(v) {
					want = append(want, v.ID)
				}
			}
			got := walked(t, number, func(before int64) (db.Found[Invoice], error) {
				q := test.search
				q.Before, q.Limit = before, 2
				return q.Find(ctx, h.DB.Reader())
			})
			if !slices.Equal(got, want) {
				t.Errorf("invoices, %s: %v, want %v", name, got, want)
			}
		}
		for name, test := range map[string]struct {
			search RefundSearch
			want   func(Refund) bool
		}{
			"all":     {RefundSearch{}, func(Refund) bool { return true }},
			"status":  {RefundSearch{Status: Failed, Shop: 1}, func(f Refund) bool { return f.Status == Failed && f.Shop == 1 }},
			"waiting": {RefundSearch{Status: Waiting}, func(f Refund) bool { return f.Status == Waiting }},
			"amounts": {RefundSearch{Least: 104, Most: 109, Currency: money.USD}, func(f Refund) bool { return f.Amount >= 104 && f.Amount <= 109 }},
			"stuck":   {RefundSearch{Stuck: start + 7000}, func(f Refund) bool { return f.Status == Waiting && f.CreatedAt < start+7000 || f.ID == given[1].ID }},
		} {
			var want []int64
			for _, f := range slices.Backward(given) {
				if test.want(f) {
					want = append(want, f.ID)
				}
			}
			got := walked(t, refundNumber, func(before int64) (db.Found[Refund], error) {
				q := test.search
				q.Before, q.Limit = before, 2
				return q.Find(ctx, h.DB.Reader())
			})
			if !slices.Equal(got, want) {
				t.Errorf("refunds, %s: %v, want %v", name, got, want)
			}
		}
		for text, want := range map[string]int{"o3": 2, asked[5].Session: 1, "none": 0} {
			if found, err := Named(ctx, h.DB.Reader(), 0, text); err != nil || len(found) != want {
				t.Errorf("%q: %v, %v", text, found, err)
			}
		}
		if found, err := NamedRefunds(ctx, h.DB.Reader(), given[2].ID, "r4"); err != nil || len(found) != 3 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

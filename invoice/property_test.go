package invoice

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/provider"
)

// series is an invoice and the refunds that are made of it, some of which fail.
type series struct {
	*rapid.T
	s        *db.State
	v        *Invoice
	open     []*Refund
	done     []*Refund
	balance  int64 // available before the first
	refunded int64
	price    int64
	feeBack  int64
}

// Any series of refunds, some failing, in any order of their ends: together they
// never exceed what was paid, the last takes the rest to the last unit, and the
// books say so.
func TestRefundsOfAnySeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := begin(t)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			if len(r.open) > 0 && rapid.Bool().Draw(t, "ends") {
				r.end(rapid.IntRange(0, len(r.open)-1).Draw(t, "which"), rapid.Bool().Draw(t, "well"))
			} else {
				r.refund(rapid.Int64Range(1, r.v.Amount+1).Draw(t, "amount"))
			}
			r.check()
		}
		for len(r.open) > 0 {
			r.end(0, rapid.Bool().Draw(t, "well"))
		}
		r.rest()
		r.check()
	})
}

func begin(t *rapid.T) *series {
	settings := rapid.SampledFrom([]string{"{}", given}).Draw(t, "settings")
	v := invoice(Succeeded)
	v.Amount = rapid.Int64Range(1, 1_000_000).Draw(t, "paid")
	v.Net = rapid.Int64Range(1, v.Amount).Draw(t, "net")
	v.Price = v.Amount
	if rapid.Bool().Draw(t, "converted") {
		v.PriceCurrency, v.Price = money.UAH, rapid.Int64Range(1, 50_000_000).Draw(t, "price")
	}
	v.Surcharge = rapid.Int64Range(0, v.Price/10).Draw(t, "surcharge")
	if v.Currency == v.PriceCurrency { // the surcharge is on top
		v.Price += v.Surcharge
	}
	r := &series{T: t, s: state(settings), v: v, balance: 2_000_000}
	if _, err := ledger.Post(r.s, shopID, ledger.Posting{Kind: "deposit"},
		ledger.Leg{Currency: money.USD, Purpose: ledger.Funding, Amount: -r.balance},
		ledger.Leg{Currency: money.USD, Purpose: ledger.Available, Amount: r.balance}); err != nil {
		t.Fatal(err)
	}
	v.Attempts, v.Authorization = 1, 1
	provider.Attempts.Put(r.s, attempt(1, provider.Authorize, provider.Succeeded))
	invoices.Put(r.s, v)
	return r
}

// refund asks for a refund; more than is left is refused, and so is what would
// give the payer nothing.
func (r *series) refund(minor int64) {
	c := giveBack(money.New(minor, money.USD).Text())
	c.RefundID = fmt.Sprint(len(r.open), "/", len(r.done), "/", minor, "/", r.s.NewID())
	left := r.v.Amount - r.refunded
	made, err := c.Decide(r.s)
	switch {
	case err == nil && minor <= left:
		r.open = append(r.open, made.Refund)
		r.count(made.Refund, 1)
	case fault.Is(err, fault.TooLarge) && minor > left:
	case fault.Is(err, fault.TooSmall) && minor < left && r.v.Currency != r.v.PriceCurrency:
	default:
		r.Fatalf("a refund of %d of the %d left: %v", minor, left, err)
	}
}

func (r *series) count(f *Refund, sign int64) {
	r.refunded += sign * f.Amount
	r.price += sign * f.Price
	r.feeBack += sign * f.FeeBack
}

func (r *series) end(which int, well bool) {
	f, result := r.open[which], provider.Declined
	r.open = append(r.open[:which:which], r.open[which+1:]...)
	if well {
		result = provider.Succeeded
		r.done = append(r.done, f)
	} else {
		r.count(f, -1)
	}
	if _, err := (ApplyRefund{Shop: shopID, ID: f.ID, N: 1, Outcome: provider.Outcome{Result: result}, Timing: timing}).Decide(r.s); err != nil {
		r.Fatal(err)
	}
}

// rest gives back what is left: then the payer has all but the surcharge, and the
// shop all of its fee that it is to have.
func (r *series) rest() {
	if left := r.v.Amount - r.refunded; left > 0 {
		r.refund(left)
		r.end(0, true)
	}
	if whole := r.v.Price - r.v.Surcharge; r.price != whole {
		r.Fatalf("all is given back, and the payer has %d of %d", r.price, whole)
	}
	if r.feeBack != 0 && r.feeBack != r.v.Amount-r.v.Net {
		r.Fatalf("all is given back, and %d of the fee of %d", r.feeBack, r.v.Amount-r.v.Net)
	}
}

func (r *series) check() {
	v, _ := invoices.Find(r.s, int64(invoiceID), int64(shopID))
	if v.Refunded != r.refunded || v.PriceRefunded != r.price || v.FeeReturned != r.feeBack {
		r.Fatalf("the invoice counts %d, %d, %d; its refunds %d, %d, %d", v.Refunded, v.PriceRefunded, v.FeeReturned, r.refunded, r.price, r.feeBack)
	}
	if r.refunded > v.Amount || r.price > v.Price-v.Surcharge || r.feeBack > v.Amount-v.Net || r.feeBack < 0 || r.price < 0 {
		r.Fatalf("given back %d of %d, %d of %d, %d of %d", r.refunded, v.Amount, r.price, v.Price-v.Surcharge, r.feeBack, v.Amount-v.Net)
	}
	r.checkBooks()
}

func (r *series) checkBooks() {
	now := books(r.s)
	var frozen, gone, back, out int64
	for _, f := range r.open {
		frozen += f.Amount
	}
	for _, f := range r.done {
		gone, back, out = gone+f.Amount, back+f.FeeBack, out+f.Price
	}
	price := r.v.PriceCurrency.Code()
	if now["frozen USD"] != frozen || now["available USD"] != r.balance-frozen-gone+back || now["clearing "+price] != out || now["fee USD"] != -back {
		r.Fatalf("frozen %d, gone %d, returned %d, given %d: the books are %v", frozen, gone, back, out, now)
	}
	sums := map[string]int64{}
	for account, balance := range now {
		sums[account[len(account)-3:]] += balance
	}
	if sums["USD"] != 0 || sums["UAH"] != 0 {
		r.Fatalf("the books sum to %v", sums)
	}
}

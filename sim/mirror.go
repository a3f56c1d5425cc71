package sim

import (
	"fmt"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
)

// mirror is what was committed, row by row, as the writers said it. It holds each
// commit against the promises: what it costs does not grow with the world.
type mirror struct {
	world     *World
	invoices  map[int64]*invoice.Invoice
	byOrder   map[ownID]*invoice.Invoice // of stores
	refunds   map[int64]*invoice.Refund
	byRefund  map[ownID]*invoice.Refund
	payouts   map[int64]*payout.Payout
	attempts  map[[2]int64]*provider.Attempt // by operation and number
	open      map[int64]int                  // open attempts of an operation
	accounts  map[accountKey]int64
	sums      map[accountKey]int64 // of the entries
	reserved  map[purse]int64      // what open payouts and refunds, and held invoices, must have reserved
	messages  map[int64]*callback.Message
	told      []int64         // all messages, in the order in which they were owed
	places    map[int64]int64 // messages of an object
	byPlace   map[[2]int64]*callback.Message
	heard     map[int64]int64 // the last place that an object's receiver saw
	transfers map[int64]*ledger.Transfer
	ends      map[int64][]string // kinds of the transfers that took or released an invoice's money
	refunded  map[int64]int64    // of an invoice, by the refunds that have not failed
	clearing  map[moved]int64
}

type accountKey struct {
	shop     int64
	currency money.Currency
	purpose  ledger.Purpose
	provider string
}

// ownID is a shop's own id of an operation.
type ownID struct {
	shop int64
	own  string
}

type purse struct {
	shop     int64
	currency money.Currency
	purpose  ledger.Purpose
}

func newMirror(w *World) *mirror {
	return &mirror{
		world: w, invoices: map[int64]*invoice.Invoice{}, byOrder: map[ownID]*invoice.Invoice{}, refunds: map[int64]*invoice.Refund{}, byRefund: map[ownID]*invoice.Refund{}, payouts: map[int64]*payout.Payout{},
		attempts: map[[2]int64]*provider.Attempt{}, open: map[int64]int{}, accounts: map[accountKey]int64{}, sums: map[accountKey]int64{},
		reserved: map[purse]int64{}, messages: map[int64]*callback.Message{}, places: map[int64]int64{}, byPlace: map[[2]int64]*callback.Message{}, heard: map[int64]int64{},
		transfers: map[int64]*ledger.Transfer{}, ends: map[int64][]string{}, refunded: map[int64]int64{}, clearing: map[moved]int64{},
	}
}

// must fails the world unless it is so.
func (m *mirror) must(is bool, invariant, format string, args ...any) {
	if !is {
		m.world.fail(invariant, fmt.Sprintf(format, args...))
	}
}

// store takes the rows of a commit that was done.
func (m *mirror) store(rows []any) {
	var posted []*ledger.Entry
	var told []*ledger.Account
	for _, row := range rows {
		switch row := row.(type) {
		case *ledger.Transfer:
			m.transfer(row)
		case *ledger.Entry:
			posted = append(posted, row)
		case *ledger.Account:
			told = append(told, row)
		}
	}
	m.post(posted)
	for _, row := range rows {
		switch row := row.(type) {
		case *invoice.Invoice:
			m.invoice(row)
		case *invoice.Refund:
			m.refund(row)
		case *payout.Payout:
			m.payout(row)
		case *provider.Attempt:
			m.attempt(row)
		case *callback.Message:
			m.message(row)
		}
	}
	for _, a := range told {
		m.account(a)
	}
	for _, row := range rows {
		if v, ok := row.(*invoice.Invoice); ok {
			m.must(v.Refunded == m.refunded[v.ID], "an invoice counts its refunds", "invoice %d says %d, they are %d", v.ID, v.Refunded, m.refunded[v.ID])
		}
	}
}

func (m *mirror) transfer(t *ledger.Transfer) {
	m.must(m.transfers[t.ID] == nil, "a transfer is never changed", "transfer %d", t.ID)
	m.transfers[t.ID] = t
	m.world.counts.Transfers++
	if t.Kind == "invoice.paid" || t.Kind == "invoice.unhold" {
		m.ends[t.Operation] = append(m.ends[t.Operation], t.Kind)
		m.must(len(m.ends[t.Operation]) == 1, "one of charge and unhold", "invoice %d: %v", t.Operation, m.ends[t.Operation])
	}
	if t.Kind == "invoice.contradiction" || t.Kind == "payout.contradiction" || t.Kind == "refund.contradiction" {
		m.world.counts.Contradictions++
	}
}

// post holds each transfer's entries against zero, per currency.
func (m *mirror) post(entries []*ledger.Entry) {
	zero := map[accountKey]int64{}
	for _, e := range entries {
		zero[accountKey{shop: e.Transfer, currency: e.Currency}] += e.Amount
		m.sums[accountKey{e.Shop, e.Currency, e.Purpose, e.Provider}] += e.Amount
		t := m.transfers[e.Transfer]
		m.must(t != nil && t.Shop == e.Shop, "an entry has its transfer", "transfer %d", e.Transfer)
		if e.Purpose == ledger.Clearing && t != nil {
			m.clearing[moved{e.Shop, e.Provider, t.Operation, e.Currency}] -= e.Amount
		}
	}
	for k, sum := range zero {
		m.must(sum == 0, "the ledger sums to zero", "transfer %d: %d of %s", k.shop, sum, k.currency)
	}
}

// account holds a balance against its entries, and what is reserved against what is open.
func (m *mirror) account(a *ledger.Account) {
	k := accountKey{a.Shop, a.Currency, a.Purpose, a.Provider}
	m.accounts[k] = a.Balance
	m.must(a.Balance == m.sums[k], "a balance is the sum of its entries", "%s %s of shop %d: %d, entries %d", a.Purpose, a.Currency, a.Shop, a.Balance, m.sums[k])
	if a.Purpose == ledger.Available || a.Purpose == ledger.Frozen || a.Purpose == ledger.Held {
		m.must(a.Balance >= 0, "no balance below zero", "%s %s of shop %d: %d", a.Purpose, a.Currency, a.Shop, a.Balance)
	}
	if a.Purpose == ledger.Frozen || a.Purpose == ledger.Held {
		want := m.reserved[purse{a.Shop, a.Currency, a.Purpose}]
		m.must(a.Balance == want, "what is in progress is reserved", "%s %s of shop %d: %d, in progress %d", a.Purpose, a.Currency, a.Shop, a.Balance, want)
	}
}

func (m *mirror) invoice(v *invoice.Invoice) {
	old := m.invoices[v.ID]
	from := invoice.Status(0)
	if old != nil {
		from = old.Status
		m.reserve(v.Shop, v.Currency, ledger.Held, -held(old))
		m.must(old.Amount == v.Amount && old.OrderID == v.OrderID && old.Price == v.Price, "what was agreed stays", "invoice %d", v.ID)
	} else {
		m.world.counts.Invoices++
	}
	m.must(leads(from, v.Status, invoiceMoves),
		"statuses move as allowed", "invoice %d from %s to %s", v.ID, from, v.Status)
	m.must(v.Refunded >= 0 && v.Refunded <= v.Amount && v.PriceRefunded <= v.Price, "refunds never exceed what was paid", "invoice %d: %d of %d", v.ID, v.Refunded, v.Amount)
	m.reserve(v.Shop, v.Currency, ledger.Held, held(v))
	m.invoices[v.ID] = v
	if v.Source != "" {
		m.byOrder[ownID{v.Shop, v.OrderID}] = v
	}
}

func held(v *invoice.Invoice) int64 {
	if v.Status.Outward() == invoice.Held {
		return v.Net
	}
	return 0
}

// reserve moves what an account must hold, which must agree once the commit is read.
func (m *mirror) reserve(shop int64, currency money.Currency, purpose ledger.Purpose, by int64) {
	m.reserved[purse{shop, currency, purpose}] += by
}

func (m *mirror) refund(f *invoice.Refund) {
	old := m.refunds[f.ID]
	from := invoice.RefundStatus("")
	if old != nil {
		from = old.Status
		m.reserve(f.Shop, f.Currency, ledger.Frozen, -waiting(old))
		m.refunded[f.InvoiceID] -= counted(old)
	} else {
		m.world.counts.Refunds++
	}
	m.must(leads(from, f.Status, refundMoves),
		"statuses move as allowed", "refund %d from %q to %q", f.ID, from, f.Status)
	m.reserve(f.Shop, f.Currency, ledger.Frozen, waiting(f))
	m.refunded[f.InvoiceID] += counted(f)
	m.refunds[f.ID], m.byRefund[ownID{f.Shop, f.RefundID}] = f, f
}

func waiting(f *invoice.Refund) int64 {
	if f.Status == invoice.Waiting {
		return f.Amount
	}
	return 0
}

func counted(f *invoice.Refund) int64 {
	if f.Status != invoice.Failed {
		return f.Amount
	}
	return 0
}

func (m *mirror) payout(p *payout.Payout) {
	old := m.payouts[p.ID]
	from := payout.Status(0)
	if old != nil {
		from = old.Status
		m.reserve(p.Shop, p.Currency, ledger.Frozen, -inProgress(old))
	} else {
		m.world.counts.Payouts++
		m.must(m.transfers[p.Reserve] != nil, "what is in progress is reserved", "payout %d was accepted and nothing was reserved for it", p.ID)
	}
	m.must(leads(from, p.Status, payoutMoves),
		"statuses move as allowed", "payout %d from %s to %s", p.ID, from, p.Status)
	m.reserve(p.Shop, p.Currency, ledger.Frozen, inProgress(p))
	m.payouts[p.ID] = p
}

func inProgress(p *payout.Payout) int64 {
	if p.Status.Final() {
		return 0
	}
	return p.WriteOff
}

func (m *mirror) attempt(a *provider.Attempt) {
	k := [2]int64{a.Operation, a.N}
	if old := m.attempts[k]; old != nil {
		m.must(old.Open() || old.Outcome == a.Outcome, "an outcome is learned once", "attempt %d of %d was %s, is %s", a.N, a.Operation, old.Outcome, a.Outcome)
		m.must(old.Reference == a.Reference && old.Verb == a.Verb, "a reference is of one act for life", "attempt %d of %d", a.N, a.Operation)
		if old.Open() {
			m.open[a.Operation]--
		}
	}
	if a.Open() {
		m.open[a.Operation]++
	}
	m.attempts[k] = a
	m.must(m.open[a.Operation] <= 1, "at most one open attempt", "operation %d", a.Operation)
}

func (m *mirror) message(o *callback.Message) {
	old := m.messages[o.ID]
	if old == nil {
		m.must(o.Seq == m.places[o.Object]+1, "callbacks have no hole", "object %d: place %d after %d", o.Object, o.Seq, m.places[o.Object])
		m.places[o.Object] = o.Seq
		m.told = append(m.told, o.ID)
	} else {
		m.must(old.Status == callback.Waiting || old.Status == o.Status || o.Replayed > old.Replayed, "a callback that is through stays so", "callback %d from %s to %s", o.ID, old.Status, o.Status)
	}
	m.must(o.Status != callback.Delivered || m.world.receivers.taken[o.ID], "a delivered callback was taken", "callback %d", o.ID)
	m.messages[o.ID], m.byPlace[[2]int64{o.Object, o.Seq}] = o, o
}

// hear holds what reached a shop against the order that was promised.
func (m *mirror) hear(message int64) {
	o := m.messages[message]
	m.must(o != nil, "a callback was owed before it is sent", "callback %d", message)
	if o == nil {
		return
	}
	m.must(o.Seq >= m.heard[o.Object] || o.Replayed > 0, "callbacks come in order", "object %d: place %d after %d", o.Object, o.Seq, m.heard[o.Object])
	for place := o.Seq - 1; place > 0; place-- {
		earlier := m.byPlace[[2]int64{o.Object, place}] // one that is sent again may have begun to wait meanwhile
		m.must(earlier.Status != callback.Waiting || earlier.Replayed > 0, "callbacks come in order", "object %d: place %d while %d waits", o.Object, o.Seq, place)
	}
	m.heard[o.Object] = max(m.heard[o.Object], o.Seq)
}

// over reports whether an act's end is known: its operation is final, and so is the
// attempt itself.
func (m *mirror) over(verb provider.Verb, operation, n int64) bool {
	a := m.attempts[[2]int64{operation, n}]
	if a == nil || a.Open() {
		return false
	}
	switch verb {
	case provider.Payout:
		return m.payouts[operation].Status.Final()
	case provider.Refund:
		return m.refunds[operation].Status != invoice.Waiting
	}
	return m.invoices[operation].Status.Final()
}

// The moves that the rooms' tables allow.
var invoiceMoves, refundMoves, payoutMoves = func() (map[invoice.Status][]invoice.Status, map[invoice.RefundStatus][]invoice.RefundStatus, map[payout.Status][]payout.Status) {
	invoices, refunds, payouts := map[invoice.Status][]invoice.Status{}, map[invoice.RefundStatus][]invoice.RefundStatus{}, map[payout.Status][]payout.Status{}
	for _, o := range invoice.Moves {
		invoices[o.From] = append(invoices[o.From], o.To)
	}
	for _, o := range invoice.RefundMoves {
		refunds[o.From] = append(refunds[o.From], o.To)
	}
	for _, o := range payout.Moves {
		payouts[o.From] = append(payouts[o.From], o.To)
	}
	return invoices, refunds, payouts
}()

// leads reports whether allowed moves lead from one status to another: a batch may
// hold several decisions about a row, and only the last is written.
func leads[S comparable](from, to S, moves map[S][]S) bool {
	reached := map[S]bool{from: true}
	for next := []S{from}; len(next) > 0; next = next[1:] {
		if next[0] == to {
			return true
		}
		for _, s := range moves[next[0]] {
			if !reached[s] {
				reached[s] = true
				next = append(next, s)
			}
		}
	}
	return false
}

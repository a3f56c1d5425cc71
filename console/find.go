package console

import (
	"fmt"
	"net/url"
	"path"
	"strconv"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

func findPages() []route {
	return []route{
		{pattern: "GET " + root + "find", title: "Search", needs: operator.See, serve: findPage},
		{pattern: "POST " + root + "replay/{shop}/{id}", title: "Send a callback again", needs: operator.Replay, serve: replayOne},
	}
}

// hit is an object that a search met.
type hit struct {
	what, path string
	shop       int64
	text       string
}

// found is what a search came to.
type found struct {
	sought string
	hits   []hit
	amount string // the query of lists when it is an amount, not an id
	looked bool   // the providers' own ids were looked at, which are in no index
	next   int64  // before which operation that look goes on; 0: it is through
	wrong  problems
}

// findPage goes to the object that any of its ids names; when several shops use
// the same one, it shows them all. What is no id of ours may be one of a provider's.
func findPage(v *visit) error {
	f := found{sought: lastOf(v.value("q")), wrong: problems{}}
	before, among := v.before(f.wrong), v.value("among") != ""
	if f.amount = amountQuery(f.sought); f.sought == "" || f.amount != "" || len(f.wrong) > 0 {
		return v.page(page{title: "Search", body: findBody(v, f)})
	}
	var err error
	if before == 0 && !among {
		if f.hits, err = v.find(f.sought); err != nil {
			return err
		}
	}
	if len(f.hits) == 0 {
		f.looked = true
		if f.hits, f.next, err = v.findCalled(f.sought, before); err != nil {
			return err
		}
	}
	if len(f.hits) == 1 && f.next == 0 && before == 0 {
		return v.to(f.hits[0].path)
	}
	if v.r.Header.Get("HX-Request") != "" {
		return v.fragment(calledRows(v, f))
	}
	return v.page(page{title: "Search", body: findBody(v, f)})
}

// before is the operation before which the look at providers' ids begins: where the
// look before ended, or behind the day up to which one looks.
func (v *visit) before(wrong problems) int64 {
	if after := v.after(); after > 0 || v.value("until") == "" {
		return after
	}
	at, err := day("until", v.value("until"), 1)
	if err != nil {
		wrong["until"] = "must be a day, as 2026-01-31"
		return 0
	}
	return db.FirstID(at)
}

// amountQuery is the query of the lists that seek an amount with its currency.
func amountQuery(text string) string {
	_, code := typed(text)
	c, known := money.CurrencyByCode(code)
	a, err := amountOf(text, c)
	if !known || err != nil {
		return ""
	}
	return "?" + url.Values{"currency": {code}, "least": {a.Text()}, "most": {a.Text()}}.Encode()
}

// calledLooks is how many looks, each bounded, one page takes.
const calledLooks = 3

// findCalled looks for what a provider knows by a name: among our calls, and the
// payouts' reference numbers. It says before which operation both go on.
func (v *visit) findCalled(name string, before int64) (hits []hit, next int64, err error) {
	f := finding{visit: v, seen: map[string]bool{}}
	for range calledLooks {
		calls, more, err := provider.Called(v.ctx(), v.DB.Reader(), 0, name, before)
		if err != nil {
			return nil, 0, err
		}
		banked, err := payout.Banked(v.ctx(), v.DB.Reader(), 0, name, db.Seek{Before: before, From: more, Limit: 100})
		if err != nil {
			return nil, 0, err
		}
		next = max(more, banked.Next) // both have come at least so far; what is older comes again
		for _, a := range calls {
			f.called(a)
		}
		for _, p := range banked.Rows {
			f.operation(p.Shop, p.ID)
		}
		if before = next; next == 0 || f.err != nil {
			break
		}
	}
	return f.hits, next, f.err
}

// called adds the operation of a call, and what the call has to do with it.
func (f *finding) called(a *provider.Attempt) {
	before := len(f.hits)
	f.operation(a.Shop, a.Operation)
	for i := range f.hits[before:] {
		f.hits[before+i].text += fmt.Sprintf("; its call %d, at %s", a.N, a.Provider)
	}
}

// lastOf is the id at the end of an address that was pasted whole, such as the link
// to a payer's page; any other text stays as it is.
func lastOf(text string) string {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" {
		return text
	}
	return path.Base(at.Path)
}

// find looks a text up by every key that is indexed.
func (v *visit) find(sought string) ([]hit, error) {
	id, err := strconv.ParseInt(sought, 10, 64)
	if err != nil || id < 0 {
		id = 0
	}
	f := finding{visit: v, seen: map[string]bool{}}
	f.operations(id, sought)
	if shopID, operation, ok := provider.OperationOf(sought); ok {
		f.operation(shopID, operation)
	}
	if id > 0 {
		f.callbacks(id)
		f.transfers(id)
		f.shop(id)
	}
	return f.hits, f.err
}

// finding collects hits, each once; after an error it finds nothing.
type finding struct {
	*visit
	hits []hit
	seen map[string]bool
	err  error
}

func (f *finding) add(h hit) {
	if h.path != "" && !f.seen[h.path] {
		f.seen[h.path] = true
		f.hits = append(f.hits, h)
	}
}

// operations are payouts, invoices and refunds by id, by the shop's own or by session.
func (f *finding) operations(id int64, own string) {
	from := f.DB.Reader()
	paid, err := payout.Named(f.ctx(), from, id, own)
	if err != nil {
		f.err = err
		return
	}
	for _, p := range paid {
		f.add(hit{"payout " + number(p.ID), payoutPath(p.Shop, p.ID), p.Shop, p.PaymentID + ", " + grouped(p.WriteOffAmount())})
	}
	asked, err := invoice.Named(f.ctx(), from, id, own)
	if err != nil {
		f.err = err
		return
	}
	for _, i := range asked {
		f.add(hit{"invoice " + number(i.ID), invoicePath(i.Shop, i.ID), i.Shop, i.OrderID + ", " + grouped(i.GrossAmount())})
	}
	given, err := invoice.NamedRefunds(f.ctx(), from, id, own)
	if err != nil {
		f.err = err
		return
	}
	for _, r := range given {
		f.add(hit{"refund " + number(r.ID), refundPath(r.Shop, r.ID), r.Shop, r.RefundID + ", " + grouped(r.GrossAmount())})
	}
}

// operation is what a reference, a callback or a transfer belongs to.
func (f *finding) operation(shopID, id int64) {
	if id == 0 || f.err != nil {
		return
	}
	before := len(f.hits)
	f.operations(id, "")
	kept := f.hits[:before]
	for _, h := range f.hits[before:] {
		if h.shop == shopID {
			kept = append(kept, h)
		}
	}
	f.hits = kept
}

func (f *finding) callbacks(id int64) {
	if f.err != nil {
		return
	}
	m, err := callback.FindAny(f.ctx(), f.DB.Reader(), id)
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		f.err = err
	default:
		if path := f.known(objectPath("callbacks", m.Shop, m.ID)); path != "" {
			f.add(hit{"callback " + number(m.ID), path, m.Shop, m.Event})
			return
		}
		f.operation(m.Shop, m.Subject)
	}
}

func (f *finding) transfers(id int64) {
	if f.err != nil {
		return
	}
	list, err := ledger.Named(f.ctx(), f.DB.Reader(), id)
	if err != nil {
		f.err = err
		return
	}
	for _, t := range list {
		if path := f.known(objectPath("ledger/transfers", t.Shop, t.ID)); path != "" {
			f.add(hit{"transfer " + number(t.ID), path, t.Shop, t.Kind})
			continue
		}
		f.operation(t.Shop, t.Operation)
	}
}

func (f *finding) shop(id int64) {
	if f.err != nil {
		return
	}
	s, err := shop.Load(f.ctx(), f.DB.Reader(), id)
	switch {
	case fault.Is(err, fault.ShopNotFound):
	case err != nil:
		f.err = err
	default:
		path := f.known(root + "shops/" + number(id))
		if path == "" {
			path = payoutsPath + "?shop=" + number(id)
		}
		f.add(hit{"shop " + number(id), path, id, s.Name})
	}
}

// replayOne owes one callback again and goes back to the page that asked. A form
// that is sent twice does it once.
func replayOne(v *visit) error {
	shopID, id, err := v.object()
	if err != nil {
		return err
	}
	asked, err := strconv.ParseInt(v.value("asked"), 10, 64)
	if err != nil {
		return errForm
	}
	said := "Callback " + number(id) + " is sent again now."
	_, err = db.Do(v.ctx(), v.DB, shopID, callback.Replay{Shop: shopID, ID: id, Asked: asked, Actor: v.actor()})
	if fault.Is(err, fault.Busy) {
		said, err = "Callback "+number(id)+" was sent again, or waits to be, already.", nil
	}
	if err != nil {
		return err
	}
	return v.see(within(v.value("back")), said)
}

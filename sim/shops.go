package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payout"
)

// operation is something a shop asked for, as the shop knows it.
type operation struct {
	call
	kind    string // invoice, refund or payout
	own     string // the shop's own id
	id      int64  // the gateway's, once it said so
	session string
	acked   bool
}

// visitor is one client action: its own dice make it the same act in a run from
// which others were left out.
type visitor struct {
	*World
	dice  *rand.Rand
	ctx   context.Context
	leave func() // ends ctx; nil when the caller stays
	node  *node
	no    int64
	twin  func(*visitor) // what another caller does at the same time, at any node
}

// breakAt is an action that breaks its world, for the test of Shrink; 0 is none.
var breakAt int64

// visit begins the next client action.
func (w *World) visit() {
	w.action++
	for _, s := range w.Skip {
		if s.From <= w.action && w.action < s.To {
			return
		}
	}
	if w.action == breakAt {
		w.fail("the simulation is broken on purpose", "")
	}
	v := &visitor{World: w, dice: rand.New(rand.NewPCG(w.Seed, uint64(w.action)<<1|1)), no: w.action} //nolint:gosec // counts up from one
	v.node = w.nodes[v.dice.IntN(len(w.nodes))]
	act := v.choose()
	if act == nil {
		return
	}
	if v.ctx = context.Background(); v.dice.IntN(100) < 5 {
		v.ctx, v.leave = context.WithCancel(v.ctx)
	}
	if t := w.start("client", v.node, act); v.leave != nil && !t.ended {
		t.leave = func() { t.leave = nil; v.leave() }
	}
	if v.twin != nil {
		other := *v
		other.ctx, other.node = context.Background(), w.nodes[v.dice.IntN(len(w.nodes))]
		w.start("client", other.node, func() { v.twin(&other) })
	}
}

// stay makes the running caller wait for the end of what it begins: who changes a
// secret does.
func (v *visitor) stay() {
	v.ctx, v.leave = context.Background(), nil
	v.running.leave = nil
}

// meanwhile lets another caller do something at the same time, now and then.
func (v *visitor) meanwhile(of int, do func(*visitor)) {
	if v.dice.IntN(of) == 0 {
		v.twin = do
	}
}

// choose picks what the visitor does; nil when there is nothing to do it to.
func (v *visitor) choose() func() {
	switch p := v.dice.IntN(100); {
	case p < 4:
		return v.inParts
	case p < 16:
		return v.order
	case p < 44:
		return v.pay
	case p < 60:
		return v.hold
	case p < 74:
		return v.refund
	case p < 86:
		return v.withdraw
	case p < 90:
		return v.repeat
	case p < 93:
		return v.lie
	case p < 96:
		return v.ask
	}
	return v.operate
}

func (v *visitor) shop() *merchant { return v.shops[v.dice.IntN(len(v.shops))] }

func (v *visitor) amount(from, to int64) string {
	minor := from + v.dice.Int64N(to-from+1)
	return fmt.Sprintf("%d.%02d", minor/100, minor%100)
}

// recent picks one of the latest operations for which a condition holds.
func (v *visitor) recent(good func(*operation) bool) *operation {
	for range 12 {
		if len(v.ops) == 0 {
			return nil
		}
		o := v.ops[len(v.ops)-1-v.dice.IntN(min(len(v.ops), 40))]
		if good(o) {
			return o
		}
	}
	return nil
}

// order creates an invoice or a hold.
func (v *visitor) order() {
	o := &operation{kind: "invoice", own: fmt.Sprintf("order-%d", v.no)}
	o.shop, o.method = v.shop(), "invoice/create"
	if v.dice.IntN(2) == 0 {
		o.method = "invoice/hold"
	}
	o.fields = map[string]string{"shop_order_id": o.own, "amount": v.amount(300, 20_000), "currency": "840", "payway": "in_usd", "callback_url": "https://order.test/cb"}
	if v.dice.IntN(4) == 0 {
		o.fields["payway"] = "in_uah"
	}
	v.ops = append(v.ops, o)
	v.send(o)
}

// send sends an operation's request and notes what was acknowledged.
func (v *visitor) send(o *operation) {
	if o.kind == "store" {
		v.sendInParts(o)
		return
	}
	got := v.do(v.ctx, v.node, o.call)
	if !got.Result {
		return
	}
	v.counts.Acknowledged++
	if o.acked {
		v.fail("an own id is acknowledged once", fmt.Sprintf("%s %s of shop %d", o.kind, o.own, o.shop.id))
	}
	o.acked = true
	var data struct {
		ID   int64 `json:"id"`
		Data struct {
			Session string `json:"session_id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(got.Data, &data); err != nil {
		v.fail("an answer is an envelope", string(got.Data))
	}
	o.id, o.session = data.ID, data.Data.Session
	v.present(o)
}

// present holds an acknowledged operation against what is stored.
func (w *World) present(o *operation) {
	there := false
	switch o.kind {
	case "invoice":
		row := w.mirror.invoices[o.id]
		there = row != nil && row.Shop == o.shop.id && row.OrderID == o.own && row.GrossAmount().Text() == o.fields["amount"]
	case "store":
		row := w.mirror.of(o)
		there = row != nil && row.GrossAmount().Text() == o.fields["amount"]
	case "payout":
		row := w.mirror.payouts[o.id]
		there = row != nil && row.Shop == o.shop.id && row.PaymentID == o.own
	case "refund":
		row := w.mirror.refundOf(o.shop.id, o.own)
		there = row != nil && row.GrossAmount().Text() == o.fields["amount"]
	}
	if !there {
		w.fail("every acknowledged operation is there", fmt.Sprintf("%s %s of shop %d, id %d", o.kind, o.own, o.shop.id, o.id))
	}
}

func (m *mirror) refundOf(shop int64, own string) *invoice.Refund {
	return m.byRefund[ownID{shop, own}]
}

// pay is a payer at the page: opens it, pays, answers, clicks twice, leaves.
func (v *visitor) pay() {
	o := v.recent(func(o *operation) bool {
		row := v.mirror.of(o)
		return o.session != "" && (row != nil && row.Status <= invoice.Awaiting || v.dice.IntN(10) == 0)
	})
	if o == nil {
		return
	}
	var form url.Values
	switch p := v.dice.IntN(100); {
	case p < 62:
		form = url.Values{"card": {"4242424242424242"}, "expiry": {"12/39"}, "cvv": {"123"}}
	case p < 92:
		form = url.Values{"code": {goodCode}}
		if p < 67 {
			form.Set("code", "9999")
		}
	default:
		form = url.Values{"cancel": {"1"}}
	}
	v.meanwhile(6, func(w *visitor) { w.form(w.ctx, w.node, o.session, form) })
	v.form(v.ctx, v.node, o.session, form)
}

// hold charges or releases a hold.
func (v *visitor) hold() {
	o := v.recent(func(o *operation) bool {
		row := v.mirror.of(o)
		return row != nil && o.acked && row.Status.Outward() == invoice.Held || row != nil && o.acked && v.dice.IntN(12) == 0
	})
	if o == nil {
		return
	}
	if o.kind == "store" {
		v.endInParts(o)
		return
	}
	method, other := "invoice/charge", "invoice/unhold"
	if v.dice.IntN(5) < 2 {
		method, other = other, method
	}
	v.meanwhile(4, func(w *visitor) { w.resolve(o, other) })
	v.resolve(o, method)
}

// resolve charges or releases, and holds the answer against what is stored.
func (v *visitor) resolve(o *operation, method string) {
	got := v.do(v.ctx, v.node, call{shop: o.shop, method: method, fields: map[string]string{"invoice_id": strconv.FormatInt(o.id, 10)}})
	if !got.Result {
		return
	}
	v.counts.Acknowledged++
	want := map[string]invoice.Status{"invoice/charge": invoice.Succeeded, "invoice/unhold": invoice.Rejected}[method]
	if row := v.mirror.invoices[o.id]; row == nil || row.Status != want {
		v.fail("every acknowledged operation is there", fmt.Sprintf("%s of invoice %d was answered Ok", method, o.id))
	}
}

// refund gives back a part of a paid invoice, rather much than little.
func (v *visitor) refund() {
	of := v.recent(func(o *operation) bool {
		row := v.mirror.of(o)
		return row != nil && o.acked && (row.Status == invoice.Succeeded || v.dice.IntN(20) == 0)
	})
	if of == nil {
		return
	}
	if of.kind == "store" {
		v.declineInParts(of)
		return
	}
	v.meanwhile(3, func(w *visitor) { w.giveBack(of, fmt.Sprintf("refund-%d-b", w.no)) })
	v.giveBack(of, fmt.Sprintf("refund-%d", v.no))
}

func (v *visitor) giveBack(of *operation, own string) {
	row := v.mirror.invoices[of.id]
	minor := max(1, row.Amount*(20+v.dice.Int64N(90))/100)
	o := &operation{kind: "refund", own: own}
	o.shop, o.method = of.shop, "invoice/create-refund"
	o.fields = map[string]string{"invoice_id": strconv.FormatInt(of.id, 10), "shop_refund_id": o.own, "amount": money.New(minor, row.Currency).Text()}
	v.ops = append(v.ops, o)
	v.send(o)
}

// withdraw pays out.
func (v *visitor) withdraw() {
	o := &operation{kind: "payout", own: fmt.Sprintf("payout-%d", v.no)}
	o.shop, o.method = v.shop(), "withdraw/create"
	o.fields = map[string]string{"shop_payment_id": o.own, "amount": v.amount(500, 30_000), "amount_type": "ps_amount", "payway": "out_usd", "shop_currency": "840",
		"account": fmt.Sprintf("1500%08d", v.dice.IntN(1e8))}
	switch v.dice.IntN(6) {
	case 0:
		o.fields["payway"], o.fields["amount"] = "out_uah", v.amount(20_000, 900_000)
	case 1:
		o.fields["amount_type"] = "shop_amount"
	}
	v.ops = append(v.ops, o)
	v.meanwhile(6, func(w *visitor) { w.send(o) })
	v.send(o)
}

// repeat sends an earlier request again, as a shop does that got no answer.
func (v *visitor) repeat() {
	if o := v.recent(func(*operation) bool { return true }); o != nil {
		v.send(o)
	}
}

// lie is a request that must be refused, with the code that it must be refused with.
func (v *visitor) lie() {
	o := v.recent(func(o *operation) bool { return o.kind == "invoice" && o.acked })
	if o == nil {
		return
	}
	id := strconv.FormatInt(o.id, 10)
	other := v.shops[(int(o.shop.id)-1000)%len(v.shops)]
	own := fmt.Sprintf("lie-%d", v.no)
	lies := []struct {
		call
		code int
	}{
		{call{shop: o.shop, method: "invoice/charge", fields: map[string]string{"invoice_id": id}, secret: other.secret}, 10},
		{call{shop: other, method: "invoice/charge", fields: map[string]string{"invoice_id": id}}, 7},
		{call{shop: other, method: "invoice/unhold", fields: map[string]string{"invoice_id": id}}, 7},
		{call{shop: other, method: "invoice/get-refunds", fields: map[string]string{"invoice_id": id}}, 7},
		{call{shop: other, method: "invoice/create-refund", fields: map[string]string{"invoice_id": id, "shop_refund_id": own, "amount": "1.00"}}, 7},
		{call{shop: o.shop, method: "invoice/create-refund", fields: map[string]string{"invoice_id": id, "shop_refund_id": own, "amount": "1.00"},
			changed: map[string]string{"amount": "2.00"}}, 10},
		{call{shop: o.shop, method: "withdraw/create", fields: map[string]string{"shop_payment_id": own, "amount": "1.00", "amount_type": "ps_amount",
			"payway": "out_usd", "shop_currency": "840", "account": "150010000097"}, changed: map[string]string{"account": "150010000098"}}, 10},
		{call{shop: &merchant{id: 77, secret: other.secret}, method: "shop_balance"}, 11},
	}
	told := lies[v.dice.IntN(len(lies))]
	got := v.do(v.ctx, v.node, told.call)
	if got.Code != told.code && got.Code != codeUnknown && got.Code != codeOverloaded {
		v.fail("a lie is refused", fmt.Sprintf("%s %v: code %d, not %d", told.method, told.fields, got.Code, told.code))
	}
}

// What any request may hear: the database is not there or a commit was lost, and
// there is no place.
const (
	codeUnknown    = 23
	codeOverloaded = 24
)

// ask asks for what there is, and holds what it hears against what is stored.
func (v *visitor) ask() {
	o := v.recent(func(o *operation) bool { return o.acked })
	if o == nil {
		return
	}
	if o.kind == "store" {
		v.askInParts(o)
		return
	}
	c := call{shop: o.shop}
	switch o.kind {
	case "invoice":
		c.method, c.fields = "invoice/check", map[string]string{"shop_order_id": o.own}
	case "payout":
		c.method, c.fields = "withdraw/shop_payment_status", map[string]string{"shop_payment_id": o.own}
	default:
		c.method, c.fields = "invoice/get-refunds", map[string]string{"invoice_id": o.fields["invoice_id"]}
	}
	if v.dice.IntN(4) == 0 {
		c.method, c.fields = "shop_balance", nil
	}
	got := v.do(v.ctx, v.node, c)
	if !got.Result && v.ctx.Err() == nil {
		v.fail("every acknowledged operation is there", fmt.Sprintf("%s %s: code %d %s", c.method, o.own, got.Code, got.Message))
	}
}

func (v *visitor) decide(shop, id int64, reject bool) {
	var err error
	if reject {
		_, err = v.node.payouts.Reject(v.ctx, payout.Reject{Shop: shop, ID: id, Actor: actor, Reason: "no"})
	} else {
		_, err = v.node.payouts.Confirm(v.ctx, payout.Confirm{Shop: shop, ID: id, Actor: actor})
	}
	v.tracef("operator: payout %d, reject %v: %v", id, reject, err)
}

package console

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/provider"
)

// outcomeArguments are those of an act that ends what nobody knew.
type outcomeArguments struct {
	ID   int64 `json:"id"`
	Done bool  `json:"done"`
}

// outcomeFields are the fields of such an act about something of a shop.
func outcomeFields(label string) func(*visit, problems) []input {
	return func(v *visit, wrong problems) []input {
		return []input{
			shopField(v, wrong),
			{name: "id", label: label, value: v.value("id"), mode: "numeric", problem: wrong["id"], required: true},
			{name: "outcome", label: "What the provider says", value: v.value("outcome"), problem: wrong["outcome"], options: []option{
				{"", "choose"}, {"done", "it was done"}, {"failed", "it was not done, and never will be"},
			}},
		}
	}
}

// outcome is the shop, the number and the outcome that were filled in.
func (v *visit) outcome() (shop int64, a outcomeArguments, err error) {
	if shop, err = v.id("shop"); err != nil {
		return shop, a, err
	}
	if a.ID, err = v.id("id"); err != nil {
		return shop, a, err
	}
	said := v.value("outcome")
	if said != "done" && said != "failed" {
		return shop, a, fault.Param("outcome", "must be said: do not guess")
	}
	a.Done = said == "done"
	return shop, a, nil
}

// as is the outcome in a proposal's subject.
func (a outcomeArguments) as() string {
	if a.Done {
		return "as done"
	}
	return "as failed"
}

func readResolveInvoice(v *visit) (order, error) {
	shop, a, err := v.outcome()
	if err != nil {
		return order{}, err
	}
	i, err := (&invoice.Invoices{DB: v.DB}).Find(v.ctx(), shop, a.ID)
	if err != nil {
		return order{}, err
	}
	calls, err := provider.AttemptsOf(v.ctx(), v.DB.Reader(), shop, a.ID)
	if err != nil {
		return order{}, err
	}
	act := "nothing"
	if n := len(calls); n > 0 {
		act = string(calls[n-1].Verb)
	}
	return ordered(order{shop: shop, subject: fmt.Sprintf("invoice %d of shop %d: %s of %s, %s", i.ID, shop, act, i.PriceAmount(), a.as())}, a)
}

func planResolveInvoice(_ *visit, o order, actor string) (plan, error) {
	var a outcomeArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	return plan{act: telling(invoice.Resolve{Shop: o.shop, ID: a.ID, Done: a.Done, Actor: actor, Reason: o.reason}, func(i *invoice.Invoice) string {
		return fmt.Sprintf("invoice %d is %s, status %d", i.ID, i.Status, i.Status)
	})}, nil
}

func readResolveRefund(v *visit) (order, error) {
	shop, a, err := v.outcome()
	if err != nil {
		return order{}, err
	}
	f, err := (&invoice.Invoices{DB: v.DB}).FindRefund(v.ctx(), shop, a.ID)
	if err != nil {
		return order{}, err
	}
	return ordered(order{shop: shop, subject: fmt.Sprintf("refund %d of shop %d: %s of invoice %d, %s", f.ID, shop, f.PriceAmount(), f.InvoiceID, a.as())}, a)
}

func planResolveRefund(_ *visit, o order, actor string) (plan, error) {
	var a outcomeArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	return plan{act: telling(invoice.ResolveRefund{Shop: o.shop, ID: a.ID, Done: a.Done, Actor: actor, Reason: o.reason}, func(f *invoice.Refund) string {
		return fmt.Sprintf("refund %d is %s", f.ID, f.Status)
	})}, nil
}

// resolveActs offers to end an operation whose last call has an unknown outcome.
func (h history) resolveActs(v *visit, kind string) []act {
	n := len(h.calls)
	if n == 0 || h.calls[n-1].Outcome != provider.Unknown {
		return nil
	}
	return v.acts(url.Values{"shop": {number(h.shop)}, "id": {number(h.operation)}}, kind)
}

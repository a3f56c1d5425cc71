package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/payout"
)

type payoutArguments struct {
	ID   int64 `json:"id"`
	Paid bool  `json:"paid,omitempty"`
}

func payoutFields(v *visit, wrong problems) []input {
	return []input{shopField(v, wrong), {name: "id", label: "Payout", value: v.value("id"), mode: "numeric", problem: wrong["id"], required: true}}
}

func readPayout(v *visit) (order, error) { return v.payoutOrder(payoutArguments{}) }

// payoutOrder is an order about a payout that is there, with its amounts in words.
func (v *visit) payoutOrder(arguments payoutArguments) (order, error) {
	shopID, err := v.id("shop")
	if err != nil {
		return order{}, err
	}
	if arguments.ID, err = v.id("id"); err != nil {
		return order{}, err
	}
	p, err := (&payout.Payouts{DB: v.DB, Box: v.Box}).Find(v.ctx(), shopID, arguments.ID)
	if err != nil {
		return order{}, err
	}
	subject := fmt.Sprintf("payout %d of shop %d: %s to %s", p.ID, shopID, p.ReceiveAmount(), p.AccountMask)
	if arguments.Paid {
		subject += ", as paid"
	} else if v.value("outcome") != "" {
		subject += ", as failed"
	}
	return ordered(order{shop: shopID, subject: subject}, arguments)
}

func planConfirm(_ *visit, o order, actor string) (plan, error) {
	return planPayout(o, func(a payoutArguments) db.UseCase[*payout.Payout] {
		return payout.Confirm{Shop: o.shop, ID: a.ID, Actor: actor}
	})
}

func planReject(_ *visit, o order, actor string) (plan, error) {
	return planPayout(o, func(a payoutArguments) db.UseCase[*payout.Payout] {
		return payout.Reject{Shop: o.shop, ID: a.ID, Actor: actor, Reason: o.reason}
	})
}

func planResolve(_ *visit, o order, actor string) (plan, error) {
	return planPayout(o, func(a payoutArguments) db.UseCase[*payout.Payout] {
		return payout.Resolve{Shop: o.shop, ID: a.ID, Paid: a.Paid, Actor: actor, Reason: o.reason}
	})
}

func planPayout(o order, of func(payoutArguments) db.UseCase[*payout.Payout]) (plan, error) {
	var a payoutArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	return plan{act: telling(of(a), sayPayout)}, nil
}

func resolveFields(v *visit, wrong problems) []input {
	return append(payoutFields(v, wrong), input{name: "outcome", label: "What the provider says", value: v.value("outcome"), problem: wrong["outcome"], options: []option{
		{"", "choose"}, {"paid", "it has paid"}, {"failed", "it has not paid, and never will"},
	}})
}

func readResolve(v *visit) (order, error) {
	outcome := v.value("outcome")
	if outcome != "paid" && outcome != "failed" {
		return order{}, fault.Param("outcome", "must be said: do not guess")
	}
	return v.payoutOrder(payoutArguments{Paid: outcome == "paid"})
}

func sayPayout(p *payout.Payout) string {
	return fmt.Sprintf("payout %d is %s, status %d", p.ID, p.Status, p.Status)
}

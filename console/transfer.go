package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

// kindTransfer is the kind of movements between accounts by hand.
const kindTransfer = "ledger.transfer"

// transferKind moves money between two accounts of a shop. That it is done once,
// however often its form is sent, is the approval's work.
func transferKind() kind {
	return kind{
		name: kindTransfer, title: "Move money between accounts", needs: operator.TransferLedger, tone: toneBad,
		fields: transferFields, read: readTransfer, plan: planTransfer,
		detail: detailOf(transferDetail),
	}
}

type transferArguments struct {
	From     ledger.Purpose `json:"from"`
	To       ledger.Purpose `json:"to"`
	Minor    int64          `json:"minor"`
	Currency string         `json:"currency"`
}

func transferFields(v *visit, wrong problems) []input {
	var purposes []option
	for _, p := range shop.TransferPurposes() {
		purposes = append(purposes, option{string(p), string(p)})
	}
	return []input{
		shopField(v, wrong),
		{name: "from", label: "From account", value: v.value("from"), problem: wrong["from"], options: purposes},
		{name: "to", label: "To account", value: v.value("to"), problem: wrong["to"], options: purposes},
		{name: "amount", label: "Amount", value: v.value("amount"), mode: "decimal", help: "as 1000.00", problem: wrong["amount"], required: true},
		{name: "currency", label: "Currency", value: v.value("currency"), help: "as USD", problem: wrong["currency"], required: true},
	}
}

func readTransfer(v *visit) (order, error) {
	shopID, err := v.shopID()
	if err != nil {
		return order{}, err
	}
	amount, err := v.amount()
	if err != nil {
		return order{}, err
	}
	a := transferArguments{ledger.Purpose(v.value("from")), ledger.Purpose(v.value("to")), amount.Minor, amount.Currency.Code()}
	if err := a.transfer(shopID, v.value("reason"), v.actor()).Check(); err != nil {
		return order{}, err
	}
	return ordered(order{shop: shopID, subject: fmt.Sprintf("%s of shop %d from %s to %s", amount, shopID, a.From, a.To)}, a)
}

func (a transferArguments) transfer(shopID int64, reason, actor string) shop.Transfer {
	currency, _ := money.CurrencyByCode(a.Currency)
	return shop.Transfer{Shop: shopID, From: a.From, To: a.To, Amount: money.New(a.Minor, currency), Reason: reason, Actor: actor}
}

func planTransfer(_ *visit, o order, actor string) (plan, error) {
	var a transferArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	return plan{act: telling(a.transfer(o.shop, o.reason, actor), func(id int64) string { return fmt.Sprintf("it is booked as transfer %d", id) })}, nil
}

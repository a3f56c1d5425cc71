package console

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/shop"
)

type depositArguments struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
	Settle   bool   `json:"settle"`
	Note     string `json:"note"`
}

func depositFields(v *visit, wrong problems) []input {
	return []input{
		shopField(v, wrong),
		{name: "amount", label: "Amount", value: v.value("amount"), mode: "decimal", help: "as 1000.00", problem: wrong["amount"], required: true},
		{name: "currency", label: "Currency", value: v.value("currency"), help: "as USD", problem: wrong["currency"], required: true},
		{name: "direction", label: "Direction", value: v.value("direction"), problem: wrong["direction"], options: []option{
			{"deposit", "the shop brought it: the balance grows"}, {"settlement", "it was paid out to the shop: the balance falls"},
		}},
		{name: "note", label: "Line for the books", value: v.value("note"), problem: wrong["note"]},
	}
}

func readDeposit(v *visit) (order, error) {
	shopID, err := v.shopID()
	if err != nil {
		return order{}, err
	}
	amount, err := v.amount()
	if err != nil {
		return order{}, err
	}
	if !amount.IsPositive() {
		return order{}, fault.Param("amount", "must be above zero")
	}
	direction := v.value("direction")
	if direction != "deposit" && direction != "settlement" {
		return order{}, fault.Param("direction", "must be deposit or settlement")
	}
	a := depositArguments{Minor: amount.Minor, Currency: amount.Currency.Code(), Settle: direction == "settlement", Note: v.value("note")}
	subject := strings.TrimSpace(fmt.Sprintf("%s of %s, shop %d %s", direction, amount, shopID, a.Note))
	return ordered(order{shop: shopID, subject: subject}, a)
}

func planDeposit(_ *visit, o order, actor string) (plan, error) {
	var a depositArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	currency, _ := money.CurrencyByCode(a.Currency)
	u := shop.Deposit{Shop: o.shop, Amount: money.New(a.Minor, currency), Settle: a.Settle, Note: a.Note, Actor: actor}
	return plan{act: telling(u, func(after money.Amount) string { return "it is booked; available after it: " + grouped(after) })}, nil
}

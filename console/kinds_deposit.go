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
	shopID, err := v.id("shop")
	if err != nil {
		return order{}, err
	}
	if _, err := shop.Load(v.ctx(), v.DB.Reader(), shopID); err != nil {
		return order{}, err
	}
	currency, ok := money.CurrencyByCode(strings.ToUpper(v.value("currency")))
	if !ok {
		return order{}, fault.Param("currency", "must be a currency's code, such as USD")
	}
	amount, err := money.Parse(v.value("amount"), currency)
	if err != nil || !amount.IsPositive() {
		return order{}, fault.Param("amount", "must be an amount such as 1000.00")
	}
	direction := v.value("direction")
	if direction != "deposit" && direction != "settlement" {
		return order{}, fault.Param("direction", "must be deposit or settlement")
	}
	a := depositArguments{Minor: amount.Minor, Currency: currency.Code(), Settle: direction == "settlement", Note: v.value("note")}
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
	return plan{act: telling(u, func(after money.Amount) string { return "it is booked; available after it: " + after.String() })}, nil
}

package console

import (
	"encoding/json"
	"fmt"

	"github.com/brama-pay/brama/invoice"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/shop"
)

// details are what an approval does, in words: of its arguments, which are what is
// executed, not of what its subject says. What it is about is shown as it is now.
func (v *visit) details(a *operator.Approval) []fact {
	k, known := kindOf(a.Kind)
	if !known {
		return []fact{{name: "In detail", text: "this version does not know " + a.Kind + " and cannot do it"}}
	}
	list, err := k.detail(v, a)
	if err != nil {
		return []fact{{name: "In detail", text: "what it is about cannot be read: " + err.Error()}}
	}
	return list
}

// detailOf is a kind's detail of its own type of arguments.
func detailOf[A any](say func(*visit, *operator.Approval, A) ([]fact, error)) func(*visit, *operator.Approval) ([]fact, error) {
	return func(v *visit, a *operator.Approval) ([]fact, error) {
		var arguments A
		if err := json.Unmarshal([]byte(a.Arguments), &arguments); err != nil {
			return nil, err
		}
		return say(v, a, arguments)
	}
}

// payoutDetail tells what happens to a payout; does says what of its arguments.
func payoutDetail(does func(payoutArguments, *payout.Payout) string) func(*visit, *operator.Approval) ([]fact, error) {
	return detailOf(func(v *visit, a *operator.Approval, arguments payoutArguments) ([]fact, error) {
		p, err := (&payout.Payouts{DB: v.DB, Box: v.Box}).Find(v.ctx(), a.Shop, arguments.ID)
		if err != nil {
			return nil, err
		}
		word, t := payoutWord(p.Status)
		return []fact{
			{name: "Does", text: does(arguments, p)},
			{name: "Payout", is: idText(number(p.ID), payoutPath(p.Shop, p.ID))},
			{name: "Shop's own id", text: p.PaymentID},
			{name: "Beneficiary gets", is: amount(p.ReceiveAmount())},
			{name: "To the account", text: p.AccountMask},
			{name: "Leaves the shop's balance", is: amount(p.WriteOffAmount())},
			{name: "Stands now", is: status(word, t)},
		}, nil
	})
}

func doesConfirm(payoutArguments, *payout.Payout) string {
	return "the payout is sent to the provider"
}

func doesReject(_ payoutArguments, p *payout.Payout) string {
	return "nothing is sent; " + grouped(p.WriteOffAmount()) + " go back to the shop's balance"
}

func doesResolve(a payoutArguments, p *payout.Payout) string {
	if a.Paid {
		return "it ends as paid: " + grouped(p.WriteOffAmount()) + " leave the shop's balance for good"
	}
	return "it ends as failed: " + grouped(p.WriteOffAmount()) + " go back to the shop's balance"
}

// ended is the outcome that an operator says, in words.
func (a outcomeArguments) ended() string {
	if a.Done {
		return "the provider's last call ends as done"
	}
	return "the provider's last call ends as not done, and never to be done"
}

func invoiceDetail(v *visit, a *operator.Approval, arguments outcomeArguments) ([]fact, error) {
	i, err := (&invoice.Invoices{DB: v.DB}).Find(v.ctx(), a.Shop, arguments.ID)
	if err != nil {
		return nil, err
	}
	word, t := invoiceWord(i.Status)
	return []fact{
		{name: "Does", text: arguments.ended()},
		{name: "Invoice", is: idText(number(i.ID), invoicePath(i.Shop, i.ID))},
		{name: "Shop's own id", text: i.OrderID},
		{name: "Payer pays", is: amount(i.PriceAmount())},
		{name: "Shop gets", is: amount(i.NetAmount())},
		{name: "Stands now", is: status(word, t)},
	}, nil
}

func refundDetail(v *visit, a *operator.Approval, arguments outcomeArguments) ([]fact, error) {
	f, err := (&invoice.Invoices{DB: v.DB}).FindRefund(v.ctx(), a.Shop, arguments.ID)
	if err != nil {
		return nil, err
	}
	word, t := refundWord(f.Status)
	return []fact{
		{name: "Does", text: arguments.ended()},
		{name: "Refund", is: idText(number(f.ID), refundPath(f.Shop, f.ID))},
		{name: "Of invoice", is: idText(number(f.InvoiceID), invoicePath(f.Shop, f.InvoiceID))},
		{name: "Payer gets back", is: amount(f.PriceAmount())},
		{name: "Taken from the shop", is: amount(f.GrossAmount())},
		{name: "Stands now", is: status(word, t)},
	}, nil
}

// secretWords are the secrets that are rotated.
var secretWords = map[shop.Kind]string{
	shop.API: "the shop's secret, which signs its requests and our callbacks", shop.Webhook: "the webhook key, which signs the Standard Webhooks headers",
	"": "the store's password, which signs PayParts requests and callbacks",
}

func rotateDetail(v *visit, a *operator.Approval, arguments rotateArguments) ([]fact, error) {
	list := []fact{
		{name: "Does", text: wordOf(rotations, arguments.How)},
		{name: "Secret", text: secretWords[arguments.Kind]},
	}
	if arguments.Store != "" {
		return append(list, fact{name: "Store", is: idText(arguments.Store, storePath(arguments.Store))}), nil
	}
	named, err := v.shopFact(a.Shop)
	return append(list, named), err
}

// shopFact is a shop by its name.
func (v *visit) shopFact(id int64) (fact, error) {
	row, err := shop.Load(v.ctx(), v.DB.Reader(), id)
	if err != nil {
		return fact{}, err
	}
	return fact{name: "Of the shop", text: fmt.Sprintf("%s (%d)", row.Name, id)}, nil
}

func depositDetail(v *visit, a *operator.Approval, arguments depositArguments) ([]fact, error) {
	does := "the shop's balance grows by what it brought"
	if arguments.Settle {
		does = "the shop's balance falls by what was paid out to it"
	}
	named, err := v.shopFact(a.Shop)
	return []fact{
		{name: "Does", text: does},
		{name: "Amount", text: minorSaid(arguments.Minor, arguments.Currency)},
		named,
		{name: "Line for the books", text: arguments.Note},
	}, err
}

func transferDetail(v *visit, a *operator.Approval, arguments transferArguments) ([]fact, error) {
	named, err := v.shopFact(a.Shop)
	return []fact{
		{name: "Amount", text: minorSaid(arguments.Minor, arguments.Currency)},
		{name: "From account", is: accountLink(a.Shop, arguments.Currency, arguments.From)},
		{name: "To account", is: accountLink(a.Shop, arguments.Currency, arguments.To)},
		named,
	}, err
}

func roleDetail(v *visit, _ *operator.Approval, arguments roleArguments) ([]fact, error) {
	o, err := v.Operators.Load(v.ctx(), arguments.Operator)
	if err != nil {
		return nil, err
	}
	return []fact{
		{name: "Operator", text: o.Email},
		{name: "Role now", text: string(o.Role)},
		{name: "New role", text: string(arguments.Role)},
	}, nil
}

// accountPath is the statement of an account that has no provider.
func accountPath(shopID int64, code string, p ledger.Purpose) string {
	return fmt.Sprintf("%s/%d/%s/%s", ledgerPath, shopID, code, p)
}

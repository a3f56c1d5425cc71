package console

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/shop"
)

// kind is an act that needs four eyes: what it asks of the person who proposes it,
// and the use case that is made of it when it is executed.
type kind struct {
	name  string
	title string
	needs operator.Permission
	tone  tone
	// fields are what the proposer fills in, with the values that are there.
	fields func(v *visit, wrong problems) []input
	// read makes the order of what was filled in; a fault.Invalid names a field.
	read func(v *visit) (order, error)
	// detail is what a proposal does, in words and whole units of money.
	detail func(v *visit, a *operator.Approval) ([]fact, error)
	// plan makes the use case of an order's arguments, new each time.
	plan func(v *visit, o order, actor string) (plan, error)
}

// order is what a proposal says: whose money or secret it is, to what it is done,
// and the kind's own arguments, which never hold a secret.
type order struct {
	shop      int64 // db.House: the house
	subject   string
	arguments json.RawMessage
	reason    string
}

// plan is a use case that is ready to run, and what the person who runs it is
// shown once.
type plan struct {
	act    db.UseCase[string] // answers what was done, in words
	secret string
}

// kinds are the acts that need four eyes, by name.
func kinds() []kind {
	return []kind{
		{
			name: "payout.confirm", title: "Confirm a payout", needs: operator.DecidePayout, tone: toneGood,
			fields: payoutFields, read: readPayout, plan: planConfirm,
			detail: payoutDetail(doesConfirm),
		},
		{
			name: "payout.reject", title: "Reject a payout", needs: operator.DecidePayout, tone: toneBad,
			fields: payoutFields, read: readPayout, plan: planReject,
			detail: payoutDetail(doesReject),
		},
		{
			name: "payout.resolve", title: "End a payout of unknown outcome", needs: operator.ResolvePayout, tone: toneBad,
			fields: resolveFields, read: readResolve, plan: planResolve,
			detail: payoutDetail(doesResolve),
		},
		{
			name: "invoice.resolve", title: "End a payment, charge or release of unknown outcome", needs: operator.ResolveInvoice, tone: toneBad,
			fields: outcomeFields("Invoice"), read: readResolveInvoice, plan: planResolveInvoice,
			detail: detailOf(invoiceDetail),
		},
		{
			name: "refund.resolve", title: "End a refund of unknown outcome", needs: operator.ResolveInvoice, tone: toneBad,
			fields: outcomeFields("Refund"), read: readResolveRefund, plan: planResolveRefund,
			detail: detailOf(refundDetail),
		},
		{
			name: "shop.rotate", title: "Rotate a shop's secret", needs: operator.RotateSecret, tone: toneBad,
			fields: rotateFields, read: readRotate, plan: planRotate,
			detail: detailOf(rotateDetail),
		},
		{
			name: "store.rotate", title: "Rotate a store's password", needs: operator.RotateSecret, tone: toneBad,
			fields: storeRotateFields, read: readStoreRotate, plan: planStoreRotate,
			detail: detailOf(rotateDetail),
		},
		{
			name: "shop.deposit", title: "Book a deposit or a settlement", needs: operator.Deposit, tone: toneGood,
			fields: depositFields, read: readDeposit, plan: planDeposit,
			detail: detailOf(depositDetail),
		},
		confirmKind(),
		accountKind(),
		routeKind(),
		rateKind(),
		transferKind(),
		{
			name: "operator.role", title: "Change an operator's role", needs: operator.ManageOperators, tone: toneBad,
			fields: roleFields, read: readRole, plan: planRole,
			detail: detailOf(roleDetail),
		},
		enableKind(),
	}
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// told is a use case whose answer is put in words.
type told[A any] struct {
	db.UseCase[A]
	say func(A) string
}

// Decide is the use case's own, its answer in words.
func (u told[A]) Decide(s *db.State) (string, error) {
	answer, err := u.UseCase.Decide(s)
	if err != nil {
		return "", err
	}
	return u.say(answer), nil
}

func telling[A any](u db.UseCase[A], say func(A) string) db.UseCase[string] {
	if _, follows := u.(db.Follower[A]); follows {
		panic("console: an act that is followed by something cannot wait for four eyes")
	}
	return told[A]{u, say}
}

// ordered is an order with arguments of its own type.
func ordered(o order, arguments any) (order, error) {
	text, err := json.Marshal(arguments)
	o.arguments = text
	return o, err
}

// shopField is the number of a shop.
func shopField(v *visit, wrong problems) input {
	return input{name: "shop", label: "Shop", value: v.value("shop"), mode: "numeric", problem: wrong["shop"], required: true}
}

// id is a number that was filled in.
func (v *visit) id(name string) (int64, error) {
	n, err := strconv.ParseInt(v.value(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.Param(name, "must be a number")
	}
	return n, nil
}

// shopID is the shop that was filled in, which there is.
func (v *visit) shopID() (int64, error) {
	id, err := v.id("shop")
	if err != nil {
		return 0, err
	}
	_, err = shop.Load(v.ctx(), v.DB.Reader(), id)
	return id, err
}

// amount is the amount that was filled in, in the currency beside it.
func (v *visit) amount() (money.Amount, error) {
	currency, ok := money.CurrencyByCode(strings.ToUpper(v.value("currency")))
	if !ok {
		return money.Amount{}, fault.Param("currency", "must be a currency's code, such as USD")
	}
	amount, err := amountOf(v.value("amount"), currency)
	if err != nil {
		return amount, fault.Param("amount", err.Error())
	}
	return amount, nil
}

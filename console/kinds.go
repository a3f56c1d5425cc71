package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/operator"
	"github.com/brama-pay/brama/payout"
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
		},
		{
			name: "payout.reject", title: "Reject a payout", needs: operator.DecidePayout, tone: toneBad,
			fields: payoutFields, read: readPayout, plan: planReject,
		},
		{
			name: "payout.resolve", title: "End a payout of unknown outcome", needs: operator.ResolvePayout, tone: toneBad,
			fields: resolveFields, read: readResolve, plan: planResolve,
		},
		{
			name: "shop.rotate", title: "Rotate a shop's secret", needs: operator.RotateSecret, tone: toneBad,
			fields: rotateFields, read: readRotate, plan: planRotate,
		},
		{
			name: "store.rotate", title: "Rotate a store's password", needs: operator.RotateSecret, tone: toneBad,
			fields: storeRotateFields, read: readStoreRotate, plan: planStoreRotate,
		},
		{
			name: "shop.deposit", title: "Book a deposit or a settlement", needs: operator.Deposit, tone: toneGood,
			fields: depositFields, read: readDeposit, plan: planDeposit,
		},
		{
			name: "operator.role", title: "Change an operator's role", needs: operator.ManageOperators, tone: toneBad,
			fields: roleFields, read: readRole, plan: planRole,
		},
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

func sayPayout(p *payout.Payout) string {
	return fmt.Sprintf("payout %d is %s, status %d", p.ID, p.Status, p.Status)
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

// The ways of a rotation.
const (
	startRotation  = "start"
	revokeSecret   = "revoke"
	finishRotation = "finish"
)

var rotations = []option{
	{startRotation, "make a new one; the old one stays valid"},
	{finishRotation, "finish: only the new one is valid"},
	{revokeSecret, "it has leaked: make a new one, the old one is not valid any more at once"},
}

func rotationField(v *visit, wrong problems) input {
	return input{name: "how", label: "How", value: v.value("how"), problem: wrong["how"], options: rotations}
}

func (v *visit) rotation() (string, error) {
	how := v.value("how")
	for _, o := range rotations {
		if o.value == how {
			return how, nil
		}
	}
	return "", fault.Param("how", "must be start, finish or revoke")
}

type rotateArguments struct {
	Kind  shop.Kind `json:"kind,omitempty"`
	Store string    `json:"store,omitempty"`
	How   string    `json:"how"`
}

func rotateFields(v *visit, wrong problems) []input {
	return []input{
		shopField(v, wrong),
		{name: "kind", label: "Which secret", value: v.value("kind"), problem: wrong["kind"], options: []option{
			{string(shop.API), "secret: signs requests and callbacks"}, {string(shop.Webhook), "webhook key: signs the Standard Webhooks headers"},
		}},
		rotationField(v, wrong),
	}
}

func readRotate(v *visit) (order, error) {
	shopID, err := v.id("shop")
	if err != nil {
		return order{}, err
	}
	if _, err := shop.Load(v.ctx(), v.DB.Reader(), shopID); err != nil {
		return order{}, err
	}
	a := rotateArguments{Kind: shop.Kind(v.value("kind"))}
	if a.Kind != shop.API && a.Kind != shop.Webhook {
		return order{}, fault.Param("kind", "must be secret or webhook_key")
	}
	if a.How, err = v.rotation(); err != nil {
		return order{}, err
	}
	return ordered(order{shop: shopID, subject: fmt.Sprintf("%s of shop %d: %s", a.Kind, shopID, a.How)}, a)
}

func planRotate(v *visit, o order, actor string) (plan, error) {
	var a rotateArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	if a.How == finishRotation {
		return plan{act: telling(shop.FinishRotation{Shop: o.shop, Kind: a.Kind, Actor: actor}, sayFinished)}, nil
	}
	u, plain, err := shop.NewRotation(v.Box, v.Random, o.shop, a.Kind, a.How == revokeSecret, actor)
	return plan{act: telling(u, sayRotated), secret: plain}, err
}

func sayFinished(dropped bool) string {
	if !dropped {
		return "there was no old secret: nothing changed"
	}
	return "only the new secret is valid now"
}

func sayRotated(struct{}) string { return "the new secret is in force" }

func storeRotateFields(v *visit, wrong problems) []input {
	return []input{
		{name: "store", label: "Store", value: v.value("store"), problem: wrong["store"], required: true},
		rotationField(v, wrong),
	}
}

func readStoreRotate(v *visit) (order, error) {
	row, err := shop.LoadStore(v.ctx(), v.DB.Reader(), v.value("store"))
	if err != nil {
		return order{}, err
	}
	how, err := v.rotation()
	if err != nil {
		return order{}, err
	}
	return ordered(order{shop: db.House, subject: fmt.Sprintf("password of store %s: %s", row.ID, how)}, rotateArguments{Store: row.ID, How: how})
}

func planStoreRotate(v *visit, o order, actor string) (plan, error) {
	var a rotateArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	if a.How == finishRotation {
		return plan{act: telling(shop.FinishStoreRotation{ID: a.Store, Actor: actor}, sayFinished)}, nil
	}
	row, err := shop.LoadStore(v.ctx(), v.DB.Reader(), a.Store)
	if err != nil {
		return plan{}, err
	}
	u, plain, err := shop.NewStoreRotation(v.Box, v.Random, row, "", a.How == revokeSecret, actor)
	return plan{act: telling(u, sayRotated), secret: plain}, err
}

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

type roleArguments struct {
	Operator int64         `json:"operator"`
	Role     operator.Role `json:"role"`
}

func roleFields(v *visit, wrong problems) []input {
	roles := make([]option, 0, len(operator.Roles()))
	for _, role := range operator.Roles() {
		roles = append(roles, option{string(role), string(role)})
	}
	return []input{
		{name: "email", label: "Operator", value: v.value("email"), as: "email", problem: wrong["email"], required: true},
		{name: "role", label: "Role", value: v.value("role"), problem: wrong["role"], options: roles},
	}
}

func readRole(v *visit) (order, error) {
	o, err := v.Operators.Find(v.ctx(), v.value("email"))
	if err != nil {
		return order{}, err
	}
	role := operator.Role(v.value("role"))
	if !role.Valid() || role == o.Role {
		return order{}, fault.Param("role", "must be another of viewer, support, finance and admin")
	}
	subject := fmt.Sprintf("operator %s: %s to %s", o.Email, o.Role, role)
	return ordered(order{shop: db.House, subject: subject}, roleArguments{o.ID, role})
}

func planRole(_ *visit, o order, actor string) (plan, error) {
	var a roleArguments
	if err := json.Unmarshal(o.arguments, &a); err != nil {
		return plan{}, err
	}
	u := operator.SetRole{Operator: a.Operator, Role: a.Role, Actor: actor}
	return plan{act: telling(u, func(o *operator.Operator) string { return o.Email + " is " + string(o.Role) + " now" })}, nil
}

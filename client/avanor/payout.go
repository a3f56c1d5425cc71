package avanor

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/brama-pay/brama/money"
)

// AmountType says what the amount of a payout means (seed 003).
type AmountType string

// The meanings of a payout's amount.
const (
	// PsAmount is what the beneficiary gets, in the payway's currency.
	PsAmount AmountType = "ps_amount"
	// ShopAmount is what leaves the shop's balance, in the shop's currency.
	ShopAmount AmountType = "shop_amount"
)

// PayoutQuoteRequest asks what a payout would cost. The first four fields are
// required and signed.
type PayoutQuoteRequest struct {
	Payway         string // alias, see ListOutputPayways
	Amount         Decimal
	AmountType     AmountType
	ShopCurrency   money.Currency // the balance that pays
	Account        string         // optional here
	AccountDetails map[string]string
}

// PayoutQuote is what a payout would cost and what it still needs.
type PayoutQuote struct {
	ShopWriteOff  Decimal // in ShopCurrency
	ShopCurrency  money.Currency
	PayeeReceive  Decimal // in PayCurrency
	PayCurrency   money.Currency
	AccountFields map[string]Field // what AccountDetails must hold
	Info          json.RawMessage  // free-form
}

// TryPayout quotes a payout without creating it (seed 003).
func (c *Client) TryPayout(ctx context.Context, q PayoutQuoteRequest) (PayoutQuote, error) {
	p := params{
		"payway":        q.Payway,
		"amount":        string(q.Amount),
		"amount_type":   string(q.AmountType),
		"shop_currency": currencyText(q.ShopCurrency),
	}
	p.optional("account", q.Account)
	p.object("account_details", q.AccountDetails)
	return ask(ctx, c, "withdraw/try", p, one(readPayoutQuote))
}

func readPayoutQuote(r *reader) PayoutQuote {
	r.need("payee_receive", "shop_write_off")
	return PayoutQuote{
		ShopWriteOff:  r.decimal("shop_write_off"),
		ShopCurrency:  r.currency("shop_currency"),
		PayeeReceive:  r.decimal("payee_receive"),
		PayCurrency:   r.currency("ps_currency"),
		AccountFields: readFields(r, "account_info_config"),
		Info:          r.fields["info"],
	}
}

// AccountCheckRequest asks whether an account can be paid to (seed 002).
type AccountCheckRequest struct {
	Payway         string
	Amount         Decimal
	Account        string // card, phone, login or wallet
	AccountDetails map[string]string
}

// ProviderStatus says how much an account check is worth.
type ProviderStatus int

// The statuses of an account check (api/avanor.md §7).
const (
	ProviderAnswered    ProviderStatus = 1
	ProviderUnavailable ProviderStatus = 2
	ProviderUnknown     ProviderStatus = 3
)

// AccountCheck is a provider's word about an account. Only with
// ProviderAnswered does Accepted mean anything.
type AccountCheck struct {
	Accepted       bool
	ProviderStatus ProviderStatus
	Info           json.RawMessage // free-form, often null
}

// CheckAccount asks the provider about an account. A refused account is an
// answer, not an error.
func (c *Client) CheckAccount(ctx context.Context, q AccountCheckRequest) (AccountCheck, error) {
	p := params{"payway": q.Payway, "amount": string(q.Amount), "account": q.Account}
	p.object("account_details", q.AccountDetails)
	return ask(ctx, c, "check_account", p, one(readAccountCheck))
}

func readAccountCheck(r *reader) AccountCheck {
	r.need("result")
	return AccountCheck{
		Accepted:       r.flag("result"),
		ProviderStatus: ProviderStatus(r.number("provider_status")),
		Info:           r.fields["account_info"],
	}
}

// PayoutRequest sends money out (api/avanor.md §7). All but the last two are
// required and signed.
type PayoutRequest struct {
	ShopPaymentID  string // the shop's own id, 1–255 characters
	Payway         string
	Account        string
	Amount         Decimal
	AmountType     AmountType
	ShopCurrency   money.Currency
	Description    string
	AccountDetails map[string]string
}

func (q PayoutRequest) params() params {
	p := params{
		"shop_payment_id": q.ShopPaymentID,
		"payway":          q.Payway,
		"account":         q.Account,
		"amount":          string(q.Amount),
		"amount_type":     string(q.AmountType),
		"shop_currency":   currencyText(q.ShopCurrency),
	}
	p.optional("description", q.Description)
	p.object("account_details", q.AccountDetails)
	return p
}

// PayoutStatus is where a payout stands (api/avanor.md §7).
type PayoutStatus int

// The statuses of payouts. Completed and Rejected are final.
const (
	PayoutCreated       PayoutStatus = 1
	PayoutConfirming    PayoutStatus = 2 // an operator must confirm it
	PayoutSent          PayoutStatus = 3
	PayoutProviderError PayoutStatus = 4 // not accepted yet, will be sent again
	PayoutCompleted     PayoutStatus = 5
	PayoutRejected      PayoutStatus = 6
	PayoutUnknown       PayoutStatus = 9 // the gateway does not know yet and keeps asking
)

var payoutStatusTexts = map[PayoutStatus]string{
	PayoutCreated: "created", PayoutConfirming: "waits for confirmation", PayoutSent: "sent to the provider",
	PayoutProviderError: "provider error", PayoutCompleted: "completed", PayoutRejected: "rejected",
	PayoutUnknown: "outcome unknown",
}

// Final reports whether the status never moves again.
func (s PayoutStatus) Final() bool { return s == PayoutCompleted || s == PayoutRejected }

// String is the status in words.
func (s PayoutStatus) String() string {
	if text, ok := payoutStatusTexts[s]; ok {
		return text
	}
	return "status " + strconv.Itoa(int(s))
}

// Payout is a payout as the gateway knows it, from an answer or a callback.
type Payout struct {
	ID                int64 // the gateway's withdraw_id
	ShopID            int64 // callbacks only
	ShopPaymentID     string
	Status            PayoutStatus
	ErrorCode         Code    // 0 unless it was rejected
	ShopWriteOff      Decimal // in ShopCurrency
	ShopCurrency      money.Currency
	PayeeReceive      Decimal // in PayCurrency
	PayCurrency       money.Currency
	Balance           Decimal // CreatePayout only: available afterwards, in ShopCurrency
	RRN               string
	BankTransactionID string
}

// CreatePayout sends money out. Too little is ErrBalance, a repeated id is
// ErrNotUnique, a refused account is ErrAccountNotFound. After ErrOutcomeUnknown
// ask FindPayoutByShopID: repeating under another id may pay twice.
func (c *Client) CreatePayout(ctx context.Context, q PayoutRequest) (Payout, error) {
	return ask(ctx, c, "withdraw/create", q.params(), one(readPayout))
}

// FindPayout asks for a payout by the gateway's id (seed 001); ErrNotFound when
// there is none.
func (c *Client) FindPayout(ctx context.Context, id int64) (Payout, error) {
	return ask(ctx, c, "withdraw/status", params{"withdraw_id": idText(id)}, one(readPayout))
}

// FindPayoutByShopID asks for a payout by the shop's own id.
func (c *Client) FindPayoutByShopID(ctx context.Context, shopPaymentID string) (Payout, error) {
	return ask(ctx, c, "withdraw/shop_payment_status", params{"shop_payment_id": shopPaymentID}, one(readPayout))
}

func readPayout(r *reader) Payout {
	r.need("id", "status")
	return Payout{
		ID:                r.number("id"),
		ShopID:            r.number("shop_id"),
		ShopPaymentID:     r.text("shop_payment_id"),
		Status:            PayoutStatus(r.number("status")),
		ErrorCode:         r.code("error_code"),
		ShopWriteOff:      r.decimal("shop_write_off"),
		ShopCurrency:      r.currency("shop_currency"),
		PayeeReceive:      r.decimal("payee_receive"),
		PayCurrency:       r.currency("ps_currency"),
		Balance:           r.decimal("balance"),
		RRN:               r.text("rrn"),
		BankTransactionID: r.text("bank_transaction_id"),
	}
}

package avanor

import (
	"context"

	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/payout"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
)

// Payouts is money out; payout.Payouts is it.
type Payouts interface {
	Payments
	Findings
}

// Payments quotes, checks and creates payouts.
type Payments interface {
	Try(ctx context.Context, t payout.Try) (fee.PayoutQuote, error)
	Check(ctx context.Context, c payout.CheckAccount) (provider.Verdict, error)
	Create(ctx context.Context, c payout.Create) (payout.Accepted, error)
}

// Findings finds payouts; another shop's is fault.NotFound.
type Findings interface {
	Find(ctx context.Context, shop, id int64) (*payout.Payout, error)
	FindByPayment(ctx context.Context, shop int64, source, paymentID string) (*payout.Payout, error)
}

func (q *request) payout() payout.Order {
	return payout.Order{
		Shop: q.shop.Shop.ID, Payway: q.fields["payway"], Amount: q.fields["amount"],
		ShopAmount: q.fields["amount_type"] == shopAmount, Currency: q.currency("shop_currency"),
	}
}

func (q *request) beneficiary() provider.Beneficiary {
	return provider.Beneficiary{Account: q.fields["account"], Details: q.details}
}

// tryPayout is withdraw/try (seed 003).
func (d *door) tryPayout(ctx context.Context, q *request, p *pen) error {
	quote, err := d.Payouts.Try(ctx, payout.Try{Order: q.payout()})
	if err != nil {
		return err
	}
	way, err := d.way(ctx, q, payway.Out)
	if err != nil {
		return err
	}
	p.begin()
	p.key("account_info_config")
	if err := p.accountFields(way); err != nil {
		return err
	}
	p.literal("info", "{}")
	p.money("payee_receive", quote.Receive)
	p.currency("ps_currency", quote.Receive.Currency)
	p.currency("shop_currency", quote.WriteOff.Currency)
	p.money("shop_write_off", quote.WriteOff)
	p.end()
	return nil
}

// The values of provider_status (api/avanor.md §7). A provider that cannot be
// asked and one that does not answer are both unknown to us.
const (
	providerAnswered = 1
	providerUnknown  = 3
)

// checkAccount is check_account (seed 002). A refused account is an answer, not
// an error; where nobody knows nothing speaks against it, unless its form does.
func (d *door) checkAccount(ctx context.Context, q *request, p *pen) error {
	verdict, err := d.Payouts.Check(ctx, payout.CheckAccount{
		Shop: q.shop.Shop.ID, Payway: q.fields["payway"], Amount: q.fields["amount"], Beneficiary: q.beneficiary(),
	})
	if err != nil {
		return err
	}
	status := int64(providerUnknown)
	if verdict.Known {
		status = providerAnswered
	}
	p.begin()
	p.literal("account_info", "null")
	p.int("provider_status", status)
	p.bool("result", !verdict.Malformed && (verdict.Good || !verdict.Known))
	p.end()
	return nil
}

// createPayout is withdraw/create.
func (d *door) createPayout(ctx context.Context, q *request, p *pen) error {
	made, err := d.Payouts.Create(ctx, payout.Create{
		Order: q.payout(), Source: origin, PaymentID: q.fields["shop_payment_id"], Beneficiary: q.beneficiary(),
		Description: q.fields["description"],
	})
	if err != nil {
		return err
	}
	row := made.Payout
	p.begin()
	p.money("balance", made.Balance)
	p.int("id", row.ID)
	p.money("payee_receive", row.ReceiveAmount())
	p.currency("ps_currency", row.ReceiveCurrency)
	p.currency("shop_currency", row.Currency)
	p.text("shop_payment_id", row.PaymentID)
	p.money("shop_write_off", row.WriteOffAmount())
	p.int("status", int64(row.Status))
	p.end()
	return nil
}

// findPayout is withdraw/status (seed 001).
func (d *door) findPayout(ctx context.Context, q *request, p *pen) error {
	row, err := d.Payouts.Find(ctx, q.shop.Shop.ID, q.id("withdraw_id"))
	return showPayout(row, err, p)
}

// findPayoutByShop is withdraw/shop_payment_status.
func (d *door) findPayoutByShop(ctx context.Context, q *request, p *pen) error {
	row, err := d.Payouts.FindByPayment(ctx, q.shop.Shop.ID, origin, q.fields["shop_payment_id"])
	return showPayout(row, err, p)
}

func showPayout(row *payout.Payout, err error, p *pen) error {
	if err != nil {
		return err
	}
	p.begin()
	p.textOrNull("bank_transaction_id", row.BankTransaction)
	p.int("error_code", failureCode(row.Status == payout.Rejected, string(row.Failure)))
	p.int("id", row.ID)
	p.money("payee_receive", row.ReceiveAmount())
	p.currency("ps_currency", row.ReceiveCurrency)
	p.textOrNull("rrn", row.RRN)
	p.currency("shop_currency", row.Currency)
	p.text("shop_payment_id", row.PaymentID)
	p.money("shop_write_off", row.WriteOffAmount())
	p.int("status", int64(row.Status))
	p.end()
	return nil
}

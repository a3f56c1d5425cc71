package payout

import (
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/payway"
	"github.com/brama-pay/brama/provider"
	"github.com/brama-pay/brama/shop"
)

// CheckAccount is the local half of check_account (seed 002): the shop, the
// payway, the amount and the form of the account. The provider is asked after it.
type CheckAccount struct {
	Shop        int64
	Payway      string
	Amount      string // in the payway's currency
	Beneficiary provider.Beneficiary
}

// Reads names the shop and the payway.
func (c CheckAccount) Reads(r *db.Reads) {
	shop.Read(r, c.Shop)
	payway.Read(r, c.Payway)
}

// Decide gives the payway. fault.AccountNotFound: the account cannot be right.
func (c CheckAccount) Decide(s *db.State) (*payway.Payway, error) {
	_, way, err := open(s, c.Shop, c.Payway)
	if err != nil {
		return nil, err
	}
	amount, err := parseAmount(c.Amount, way.Currency)
	if err != nil {
		return nil, err
	}
	if err := way.Within("Payee receive", amount); err != nil {
		return nil, err
	}
	return way, checkAccount(way, c.Beneficiary)
}

// checkAccount looks at the form of an account and its details.
func checkAccount(way *payway.Payway, b provider.Beneficiary) error {
	if err := way.CheckAccount(b.Account); err != nil {
		return err
	}
	fields, err := way.Details()
	if err != nil {
		return err
	}
	_, err = fields.Pick("account_details.", b.Details)
	return err
}

package shop

import (
	"strings"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
)

// Deposit books money that a shop brought, or that was settled to it, outside of
// any payment: a prefunded balance, a settlement by bank, a demo's start.
//
// It has no id of its own: repeated, it books twice. After an unknown outcome
// the operator looks at the shop's statement first.
type Deposit struct {
	Shop   int64
	Amount money.Amount // positive
	Settle bool         // the money goes out of the shop's balance instead, to the shop itself
	Note   string       // on the books and in the audit; one line, may be empty
	Actor  string
}

// Reads names the shop's row, the end of its audit chain and the two accounts.
func (u Deposit) Reads(r *db.Reads) {
	readForChange(r, u.Shop)
	ledger.Read(r, u.Shop, u.Amount.Currency, ledger.Funding, "")
	ledger.Read(r, u.Shop, u.Amount.Currency, ledger.Available, "")
}

// Decide posts the movement and answers what is available after it.
// fault.Balance when a settlement exceeds what is available.
func (u Deposit) Decide(s *db.State) (money.Amount, error) {
	if _, err := Find(s, u.Shop); err != nil {
		return money.Amount{}, err
	}
	if !u.Amount.IsPositive() || u.Amount.Currency.Code() == "" {
		return money.Amount{}, fault.Param("amount", "must be more than 0, in a known currency")
	}
	if u.Note != "" && checkName(u.Note) != "" {
		return money.Amount{}, fault.Param("note", checkName(u.Note))
	}
	kind, minor := "deposit", u.Amount.Minor
	if u.Settle {
		kind, minor = "settlement", -minor
	}
	_, err := ledger.Post(s, u.Shop, ledger.Posting{Kind: kind, Note: u.Note},
		ledger.Leg{Currency: u.Amount.Currency, Purpose: ledger.Funding, Amount: -minor},
		ledger.Leg{Currency: u.Amount.Currency, Purpose: ledger.Available, Amount: minor})
	if err != nil {
		return money.Amount{}, err
	}
	audit.Append(s, u.Shop, u.Actor, "shop."+kind, subject(u.Shop), strings.TrimSpace(u.Amount.String()+" "+u.Note))
	return money.New(ledger.Balance(s, u.Shop, u.Amount.Currency, ledger.Available, ""), u.Amount.Currency), nil
}

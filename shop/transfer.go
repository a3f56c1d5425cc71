package shop

import (
	"fmt"
	"slices"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/ledger"
	"github.com/brama-pay/brama/money"
)

// KindManual is the kind of the transfers that Transfer posts.
const KindManual = "manual"

// Transfer moves money between two accounts of a shop on people's word: what came
// against a final status out of suspense, a fee given back out of goodwill, a
// correction of an earlier transfer of this kind.
//
// It has no id of its own: repeated, it moves twice. Whoever runs it sees to that,
// as an approval does, which is executed once.
type Transfer struct {
	Shop     int64
	From, To ledger.Purpose // two of TransferPurposes
	Amount   money.Amount   // positive
	Reason   string         // on the books and in the audit; one line, required
	Actor    string
}

// TransferPurposes are the accounts between which people may move money. The
// others follow from operations in progress (frozen, held, authorised), from
// conversions (exchange), or equal a provider's books (clearing): a movement by
// hand would make them wrong.
func TransferPurposes() []ledger.Purpose {
	return []ledger.Purpose{ledger.Available, ledger.Suspense, ledger.Fee, ledger.Rounding, ledger.Funding}
}

// Check is fault.Invalid, naming the field that is wrong, nil when the transfer can
// be asked for.
func (u Transfer) Check() error {
	may := TransferPurposes()
	switch {
	case !slices.Contains(may, u.From):
		return fault.Param("from", fmt.Sprintf("must be one of %v", may))
	case !slices.Contains(may, u.To) || u.To == u.From:
		return fault.Param("to", fmt.Sprintf("must be another of %v", may))
	case !u.Amount.IsPositive() || u.Amount.Currency.Code() == "":
		return fault.Param("amount", "must be more than 0, in a known currency")
	case checkName(u.Reason) != "":
		return fault.Param("reason", checkName(u.Reason))
	}
	return nil
}

// Reads names the shop's row, the end of its audit chain and the two accounts.
func (u Transfer) Reads(r *db.Reads) {
	readForChange(r, u.Shop)
	ledger.Read(r, u.Shop, u.Amount.Currency, u.From, "")
	ledger.Read(r, u.Shop, u.Amount.Currency, u.To, "")
}

// Decide posts the transfer and answers its id. fault.Balance when it takes more
// out of available than there is.
func (u Transfer) Decide(s *db.State) (int64, error) {
	if _, err := Find(s, u.Shop); err != nil {
		return 0, err
	}
	if err := u.Check(); err != nil {
		return 0, err
	}
	id, err := ledger.Post(s, u.Shop, ledger.Posting{Kind: KindManual, Note: u.Reason},
		ledger.Leg{Currency: u.Amount.Currency, Purpose: u.From, Amount: -u.Amount.Minor},
		ledger.Leg{Currency: u.Amount.Currency, Purpose: u.To, Amount: u.Amount.Minor})
	if err != nil {
		return 0, err
	}
	detail := fmt.Sprintf("transfer %d: %s from %s to %s; %s", id, u.Amount, u.From, u.To, u.Reason)
	audit.Append(s, u.Shop, u.Actor, "ledger.transfer", subject(u.Shop), detail)
	return id, nil
}

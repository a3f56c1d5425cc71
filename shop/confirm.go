package shop

import (
	"slices"

	"github.com/brama-pay/brama/audit"
	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
)

// confirmKey is the setting above which payouts wait for an operator.
const confirmKey = "confirm_above"

// loosened are the currencies of which larger payouts than before would not wait
// for an operator, in order.
func (s Settings) loosened(to Settings) []string {
	var list []string
	for code := range s.ConfirmAbove {
		if after, waits := to.confirmAbove(code); !waits || after > s.mustConfirmAbove(code) {
			list = append(list, code)
		}
	}
	slices.Sort(list)
	return list
}

// confirmAbove is the limit of a currency in minor units; false when none waits.
func (s Settings) confirmAbove(code string) (int64, bool) {
	text, waits := s.ConfirmAbove[code]
	currency, known := money.CurrencyByCode(code)
	limit, err := money.Parse(text, currency)
	if !known || err != nil {
		return -1, waits // it cannot be read: everything waits
	}
	return limit.Minor, waits
}

func (s Settings) mustConfirmAbove(code string) int64 {
	limit, _ := s.confirmAbove(code)
	return limit
}

// checkAlone refuses what would undo the second pair of eyes on payouts by one.
func checkAlone(old, settings Settings) error {
	if len(old.loosened(settings)) > 0 {
		return fault.Param(confirmKey, "may be lowered by one; to raise or remove a limit, propose it to another operator on the shop's page")
	}
	return nil
}

// SetConfirm changes above which amounts a shop's payouts wait for an operator, if
// it is still what was looked at. It is what two people agree on.
type SetConfirm struct {
	Shop     int64
	From, To string // as the setting's text is
	Actor    string
}

// Reads names the shop's row and the end of its audit chain.
func (u SetConfirm) Reads(r *db.Reads) {
	shops.Read(r, u.Shop)
	audit.Read(r, u.Shop)
}

// Decide answers the limits as they are then. fault.Busy: they were changed meanwhile.
func (u SetConfirm) Decide(s *db.State) (string, error) {
	row, err := Find(s, u.Shop)
	if err != nil {
		return "", err
	}
	settings, err := row.Settings()
	if err != nil {
		return "", err
	}
	if settings.Text(confirmKey) != u.From {
		return "", fault.New(fault.Busy, "the limits of shop %d were changed meanwhile; look at them again", u.Shop)
	}
	changes, err := Set{Shop: u.Shop, Values: []string{confirmKey + "=" + u.To}, Actor: u.Actor}.Decide(s)
	if err == nil && len(changes) == 0 {
		err = fault.Param(confirmKey, "is that already")
	}
	return u.To, err
}

package shop

import (
	"fmt"
	"regexp"

	"github.com/brama-pay/brama/db"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/money"
	"github.com/brama-pay/brama/payway"
)

// aliasForm is the grammar of aliases (api/avanor.md §4). What has not this form is
// no payway, and is not looked for.
var aliasForm = regexp.MustCompile(`^[A-Za-z0-9_,\[\]]{1,150}$`)

func readPayway(r *db.Reads, alias string) {
	if aliasForm.MatchString(alias) {
		payway.Read(r, alias)
	}
}

// leadable refuses to lead a store to a payway that cannot serve it. PayParts is in
// UAH throughout: by another one a payer would be asked for a price that nobody signed.
func leadable(s *db.State, alias string, shop int64) error {
	if !aliasForm.MatchString(alias) {
		return fault.Param("payway", "must be the alias of a payway: 1 to 150 letters, digits and _ , [ ]")
	}
	way, err := payway.Find(s, alias)
	if fault.Is(err, fault.PaywayNotFound) {
		return fault.Param("payway", "there is no payway "+alias+"; make it first, incoming and in UAH")
	}
	if err != nil {
		return err
	}
	switch {
	case way.Direction != payway.In:
		return fault.Param("payway", alias+" is for payouts; name an incoming payway in UAH")
	case way.Currency != money.UAH:
		return fault.Param("payway", alias+" is in "+way.Currency.Code()+"; name an incoming payway in UAH")
	case !way.OpenTo(shop):
		return fault.Param("payway", fmt.Sprintf("%s is not open to shop %d; open it first (open=%d), or name another", alias, shop, shop))
	}
	return nil
}

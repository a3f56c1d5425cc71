package payway

import (
	"slices"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/fee"
	"github.com/brama-pay/brama/money"
)

// everyShop is the Shops of a payway that is open to all.
const everyShop = "*"

// OpenTo reports whether a shop may use the payway.
func (p *Payway) OpenTo(shop int64) bool {
	if p.Shops == everyShop {
		return true
	}
	number := strconv.FormatInt(shop, 10)
	for part := range strings.SplitSeq(p.Shops, ",") {
		if part == number {
			return true
		}
	}
	return false
}

// open adds a shop to those that may use the payway; false takes it away.
func (p *Payway) open(shop int64, may bool) (reason string) {
	switch {
	case may && p.OpenTo(shop):
		return ""
	case p.Shops == everyShop:
		return "the payway is open to every shop; set shops to a list first"
	}
	number := strconv.FormatInt(shop, 10)
	list := slices.DeleteFunc(strings.Split(p.Shops, ","), func(part string) bool { return part == "" || part == number })
	if may {
		list = append(list, number)
	}
	p.Shops = strings.Join(list, ",")
	return ""
}

// Tariff is the payway's fee as package fee computes it. The row has the shop's
// parts, as the wire does; the tariff has the payer's.
func (p *Payway) Tariff() fee.Tariff {
	return fee.Tariff{
		Percent: p.Percent, Fix: p.Fix, Min: p.FeeMin, Max: p.FeeMax,
		PayerPercent: p.PercentPart.Rest(), PayerFix: p.FixPart.Rest(),
	}
}

// Limits are the least and the greatest amount, in the payway's currency. A zero
// greatest is none.
func (p *Payway) Limits() (least, most money.Amount) {
	return money.New(p.MinAmount, p.Currency), money.New(p.MaxAmount, p.Currency)
}

// Within is fault.TooSmall or fault.TooLarge for an amount outside of the limits,
// which are those of the payer's price or of what the payee gets. what begins the
// message: "Payer price" gives `Payer price amount is too small, min: 1.0`
// (api/avanor.md §5).
func (p *Payway) Within(what string, amount money.Amount) error {
	least, most := p.Limits()
	switch {
	case amount.Currency != p.Currency:
		return fault.New(fault.Internal, "%s is not in the currency of payway %s", amount, p.Alias)
	case amount.Minor < least.Minor:
		return fault.New(fault.TooSmall, "%s amount is too small, min: %s", what, least.Number())
	case most.Minor > 0 && amount.Minor > most.Minor:
		return fault.New(fault.TooLarge, "%s amount is too large, max: %s", what, most.Number())
	}
	return nil
}
